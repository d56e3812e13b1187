// SHA-256 with the SHA instructions of ARMv8, streams interleaved to fill the time that four rounds of one take.
#if defined(__aarch64__)
#include "kernels.h"

#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("sha2"))), apply_to = function)

#define EACH for (int lane = 0; lane < lanes; lane++)

/// Four rounds of each lane; `t` counts in fours. The schedule is a ring of four vectors.
#define FOUR_ROUNDS(t)                                                                                                 \
    EACH {                                                                                                             \
        uint32x4_t *ring = w[lane], before = abcd[lane];                                                               \
        if ((t) >= 4) {                                                                                                \
            uint32x4_t part = vsha256su0q_u32(ring[(t) & 3], ring[((t) + 1) & 3]);                                     \
            ring[(t) & 3] = vsha256su1q_u32(part, ring[((t) + 2) & 3], ring[((t) + 3) & 3]);                           \
        }                                                                                                              \
        uint32x4_t words = vaddq_u32(ring[(t) & 3], vld1q_u32(chk_sha256_constants + 4 * (t)));                        \
        abcd[lane] = vsha256hq_u32(abcd[lane], efgh[lane], words);                                                     \
        efgh[lane] = vsha256h2q_u32(efgh[lane], before, words);                                                        \
    }

#define SIXTEEN_ROUNDS(t) FOUR_ROUNDS(t) FOUR_ROUNDS((t) + 1) FOUR_ROUNDS((t) + 2) FOUR_ROUNDS((t) + 3)

static inline uint32x4_t gather(const uint32_t *words, int stride) {
    const uint32_t four[4] = {words[0], words[stride], words[2 * stride], words[3 * stride]};
    return vld1q_u32(four);
}

static inline void scatter(uint32_t *words, int stride, uint32x4_t value) {
    uint32_t four[4];
    vst1q_u32(four, value);
    for (int word = 0; word < 4; word++) words[word * stride] = four[word];
}

static inline __attribute__((always_inline)) void advance(
    uint32_t *state, const uint8_t *const *data, size_t blocks, const int lanes) {
    uint32x4_t abcd[4], efgh[4];
    EACH { abcd[lane] = gather(state + lane, lanes), efgh[lane] = gather(state + lane + 4 * lanes, lanes); }
    for (size_t offset = 0; offset < blocks * CHK_BLOCK; offset += CHK_BLOCK) {
        uint32x4_t w[4][4], abcd0[4], efgh0[4];
        EACH {
            abcd0[lane] = abcd[lane], efgh0[lane] = efgh[lane];
            const uint8_t *block = data[lane] + offset;
            for (int four = 0; four < 4; four++) {
                w[lane][four] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(block + 16 * four)));
            }
        }
        SIXTEEN_ROUNDS(0) SIXTEEN_ROUNDS(4) SIXTEEN_ROUNDS(8) SIXTEEN_ROUNDS(12)
        EACH {
            abcd[lane] = vaddq_u32(abcd[lane], abcd0[lane]);
            efgh[lane] = vaddq_u32(efgh[lane], efgh0[lane]);
        }
    }
    EACH { scatter(state + lane, lanes, abcd[lane]), scatter(state + lane + 4 * lanes, lanes, efgh[lane]); }
}

void chk_sha256_armv8_1(uint32_t *state, const uint8_t *const *data, size_t blocks) { advance(state, data, blocks, 1); }
void chk_sha256_armv8_2(uint32_t *state, const uint8_t *const *data, size_t blocks) { advance(state, data, blocks, 2); }
void chk_sha256_armv8_4(uint32_t *state, const uint8_t *const *data, size_t blocks) { advance(state, data, blocks, 4); }

#pragma clang attribute pop
#endif
