// SHA-256 with the SHA instructions of x86. Two rounds take four cycles, but the next two of another stream may start
// after one: streams are interleaved to fill the time.
//
// The text of the kernels: the file that includes it names them (KERNEL) and says what instructions there are besides.
#define EACH for (int lane = 0; lane < lanes; lane++)

/// Four rounds of each lane; `t` counts in fours. The schedule is a ring of four vectors.
#define FOUR_ROUNDS(t)                                                                                                 \
    EACH {                                                                                                             \
        if ((t) >= 4) {                                                                                                \
            __m128i last = w[lane][((t) + 3) & 3];                                                                     \
            __m128i part = _mm_add_epi32(_mm_sha256msg1_epu32(w[lane][(t) & 3], w[lane][((t) + 1) & 3]),               \
                                         _mm_alignr_epi8(last, w[lane][((t) + 2) & 3], 4));                            \
            w[lane][(t) & 3] = _mm_sha256msg2_epu32(part, last);                                                       \
        }                                                                                                              \
        __m128i words = _mm_add_epi32(w[lane][(t) & 3], _mm_loadu_si128((const __m128i *)chk_sha256_constants + (t))); \
        cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], words);                                             \
        abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32(words, 0x0e));                    \
    }

#define SIXTEEN_ROUNDS(t) FOUR_ROUNDS(t) FOUR_ROUNDS((t) + 1) FOUR_ROUNDS((t) + 2) FOUR_ROUNDS((t) + 3)

static inline __attribute__((always_inline)) void advance(
    uint32_t *state, const uint8_t *const *data, size_t blocks, const int lanes) {
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i abef[4], cdgh[4];
    EACH {
        const int *words = (const int *)state + lane;
        abef[lane] = _mm_set_epi32(words[0], words[lanes], words[4 * lanes], words[5 * lanes]);
        cdgh[lane] = _mm_set_epi32(words[2 * lanes], words[3 * lanes], words[6 * lanes], words[7 * lanes]);
    }
    for (size_t offset = 0; offset < blocks * CHK_BLOCK; offset += CHK_BLOCK) {
        __m128i w[4][4], abef0[4], cdgh0[4];
        EACH {
            abef0[lane] = abef[lane], cdgh0[lane] = cdgh[lane];
            const __m128i *block = (const __m128i *)(data[lane] + offset);
            for (int four = 0; four < 4; four++) w[lane][four] = _mm_shuffle_epi8(_mm_loadu_si128(block + four), swap);
        }
        SIXTEEN_ROUNDS(0) SIXTEEN_ROUNDS(4) SIXTEEN_ROUNDS(8) SIXTEEN_ROUNDS(12)
        EACH {
            abef[lane] = _mm_add_epi32(abef[lane], abef0[lane]);
            cdgh[lane] = _mm_add_epi32(cdgh[lane], cdgh0[lane]);
        }
    }
    EACH {
        int *words = (int *)state + lane;
        words[0] = _mm_extract_epi32(abef[lane], 3), words[lanes] = _mm_extract_epi32(abef[lane], 2);
        words[2 * lanes] = _mm_extract_epi32(cdgh[lane], 3), words[3 * lanes] = _mm_extract_epi32(cdgh[lane], 2);
        words[4 * lanes] = _mm_extract_epi32(abef[lane], 1), words[5 * lanes] = _mm_extract_epi32(abef[lane], 0);
        words[6 * lanes] = _mm_extract_epi32(cdgh[lane], 1), words[7 * lanes] = _mm_extract_epi32(cdgh[lane], 0);
    }
}

void KERNEL(1)(uint32_t *state, const uint8_t *const *data, size_t blocks) { advance(state, data, blocks, 1); }
void KERNEL(2)(uint32_t *state, const uint8_t *const *data, size_t blocks) { advance(state, data, blocks, 2); }
void KERNEL(4)(uint32_t *state, const uint8_t *const *data, size_t blocks) { advance(state, data, blocks, 4); }
