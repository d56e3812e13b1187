// SHA-1 with the SHA instructions of x86. Four rounds take six cycles, but the next four of another stream may start
// after two: streams are interleaved to fill the time.
//
// The text of the kernels: the file that includes it names them (KERNEL) and says what instructions there are besides.
#define EACH for (int lane = 0; lane < lanes; lane++)

/// Four rounds of each lane; `t` counts in fours. The schedule is a ring of four vectors.
#define FOUR_ROUNDS(t)                                                                                                 \
    EACH {                                                                                                             \
        if ((t) >= 4) {                                                                                                \
            __m128i part = _mm_xor_si128(_mm_sha1msg1_epu32(w[lane][(t) & 3], w[lane][((t) + 1) & 3]),                 \
                                         w[lane][((t) + 2) & 3]);                                                      \
            w[lane][(t) & 3] = _mm_sha1msg2_epu32(part, w[lane][((t) + 3) & 3]);                                       \
        }                                                                                                              \
        __m128i last = e[lane], word = w[lane][(t) & 3];                                                               \
        __m128i next = (t) == 0 ? _mm_add_epi32(last, word) : _mm_sha1nexte_epu32(last, word);                         \
        e[lane] = abcd[lane];                                                                                          \
        abcd[lane] = _mm_sha1rnds4_epu32(abcd[lane], next, (t) / 5);                                                   \
    }

#define TWENTY_ROUNDS(t)                                                                                               \
    FOUR_ROUNDS(t) FOUR_ROUNDS((t) + 1) FOUR_ROUNDS((t) + 2) FOUR_ROUNDS((t) + 3) FOUR_ROUNDS((t) + 4)

static inline __attribute__((always_inline)) void advance(
    uint32_t *state, const uint8_t *const *data, size_t blocks, const int lanes) {
    const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    __m128i abcd[4], e[4];
    EACH {
        const uint32_t *words = state + lane;
        abcd[lane] = _mm_set_epi32((int)words[0], (int)words[lanes], (int)words[2 * lanes], (int)words[3 * lanes]);
        e[lane] = _mm_set_epi32((int)words[4 * lanes], 0, 0, 0);
    }
    for (size_t offset = 0; offset < blocks * CHK_BLOCK; offset += CHK_BLOCK) {
        __m128i w[4][4], abcd0[4], e0[4];
        EACH {
            abcd0[lane] = abcd[lane], e0[lane] = e[lane];
            const __m128i *block = (const __m128i *)(data[lane] + offset);
            for (int four = 0; four < 4; four++) w[lane][four] = _mm_shuffle_epi8(_mm_loadu_si128(block + four), swap);
        }
        TWENTY_ROUNDS(0) TWENTY_ROUNDS(5) TWENTY_ROUNDS(10) TWENTY_ROUNDS(15)
        EACH {
            e[lane] = _mm_sha1nexte_epu32(e[lane], e0[lane]);
            abcd[lane] = _mm_add_epi32(abcd[lane], abcd0[lane]);
        }
    }
    EACH {
        uint32_t *words = state + lane;
        words[0] = (uint32_t)_mm_extract_epi32(abcd[lane], 3);
        words[lanes] = (uint32_t)_mm_extract_epi32(abcd[lane], 2);
        words[2 * lanes] = (uint32_t)_mm_extract_epi32(abcd[lane], 1);
        words[3 * lanes] = (uint32_t)_mm_extract_epi32(abcd[lane], 0);
        words[4 * lanes] = (uint32_t)_mm_extract_epi32(e[lane], 3);
    }
}

void KERNEL(1)(uint32_t *state, const uint8_t *const *data, size_t blocks) { advance(state, data, blocks, 1); }
void KERNEL(2)(uint32_t *state, const uint8_t *const *data, size_t blocks) { advance(state, data, blocks, 2); }
void KERNEL(4)(uint32_t *state, const uint8_t *const *data, size_t blocks) { advance(state, data, blocks, 4); }
