// SHA-1 with the SHA instructions of ARMv8, streams interleaved to fill the time that four rounds of one take.
#if defined(__aarch64__)
#include "kernels.h"

#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("sha2"))), apply_to = function)

#define EACH for (int lane = 0; lane < lanes; lane++)

/// Four rounds of each lane; `t` counts in fours. The schedule is a ring of four vectors.
#define FOUR_ROUNDS(t, instruction, k)                                                                                 \
    EACH {                                                                                                             \
        uint32x4_t *ring = w[lane];                                                                                    \
        if ((t) >= 4) {                                                                                                \
            uint32x4_t part = vsha1su0q_u32(ring[(t) & 3], ring[((t) + 1) & 3], ring[((t) + 2) & 3]);                  \
            ring[(t) & 3] = vsha1su1q_u32(part, ring[((t) + 3) & 3]);                                                  \
        }                                                                                                              \
        uint32_t next = vsha1h_u32(vgetq_lane_u32(abcd[lane], 0));                                                     \
        abcd[lane] = instruction(abcd[lane], e[lane], vaddq_u32(ring[(t) & 3], vdupq_n_u32(k)));                       \
        e[lane] = next;                                                                                                \
    }

#define TWENTY_ROUNDS(t, instruction, k)                                                                               \
    FOUR_ROUNDS(t, instruction, k)                                                                                     \
    FOUR_ROUNDS((t) + 1, instruction, k)                                                                               \
    FOUR_ROUNDS((t) + 2, instruction, k)                                                                               \
    FOUR_ROUNDS((t) + 3, instruction, k)                                                                               \
    FOUR_ROUNDS((t) + 4, instruction, k)

static inline __attribute__((always_inline)) void advance(
    uint32_t *state, const uint8_t *const *data, size_t blocks, const int lanes) {
    uint32x4_t abcd[4];
    uint32_t e[4];
    EACH {
        const uint32_t *words = state + lane;
        const uint32_t four[4] = {words[0], words[lanes], words[2 * lanes], words[3 * lanes]};
        abcd[lane] = vld1q_u32(four);
        e[lane] = words[4 * lanes];
    }
    for (size_t offset = 0; offset < blocks * CHK_BLOCK; offset += CHK_BLOCK) {
        uint32x4_t w[4][4], abcd0[4];
        uint32_t e0[4];
        EACH {
            abcd0[lane] = abcd[lane], e0[lane] = e[lane];
            const uint8_t *block = data[lane] + offset;
            for (int four = 0; four < 4; four++) {
                w[lane][four] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(block + 16 * four)));
            }
        }
        TWENTY_ROUNDS(0, vsha1cq_u32, 0x5a827999)
        TWENTY_ROUNDS(5, vsha1pq_u32, 0x6ed9eba1)
        TWENTY_ROUNDS(10, vsha1mq_u32, 0x8f1bbcdc)
        TWENTY_ROUNDS(15, vsha1pq_u32, 0xca62c1d6)
        EACH { abcd[lane] = vaddq_u32(abcd[lane], abcd0[lane]), e[lane] += e0[lane]; }
    }
    EACH {
        uint32_t *words = state + lane, four[4];
        vst1q_u32(four, abcd[lane]);
        words[0] = four[0], words[lanes] = four[1], words[2 * lanes] = four[2], words[3 * lanes] = four[3];
        words[4 * lanes] = e[lane];
    }
}

void chk_sha1_armv8_1(uint32_t *state, const uint8_t *const *data, size_t blocks) { advance(state, data, blocks, 1); }
void chk_sha1_armv8_2(uint32_t *state, const uint8_t *const *data, size_t blocks) { advance(state, data, blocks, 2); }
void chk_sha1_armv8_4(uint32_t *state, const uint8_t *const *data, size_t blocks) { advance(state, data, blocks, 4); }

#pragma clang attribute pop
#endif
