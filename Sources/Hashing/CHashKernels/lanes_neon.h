// Four lanes of NEON.
#include "kernels.h"

#include <arm_neon.h>

typedef uint32x4_t vec;
#define LANES 4

static inline vec load_words(const uint32_t *words) { return vld1q_u32(words); }
static inline void store_words(uint32_t *words, vec value) { vst1q_u32(words, value); }
static inline vec all_equal(uint32_t value) { return vdupq_n_u32(value); }
static inline vec add(vec x, vec y) { return vaddq_u32(x, y); }
static inline vec exclusive_or(vec x, vec y) { return veorq_u32(x, y); }
#define shift_right(x, bits) vshrq_n_u32(x, bits)
#define rotate_left(x, bits) vsriq_n_u32(vshlq_n_u32(x, bits), x, 32 - (bits))
#define rotate_right(x, bits) rotate_left(x, 32 - (bits))

static inline vec choose(vec x, vec y, vec z) { return vbslq_u32(x, y, z); }
static inline vec parity(vec x, vec y, vec z) { return veorq_u32(veorq_u32(x, y), z); }
// Where x and y differ z decides, elsewhere y.
static inline vec majority(vec x, vec y, vec z) { return vbslq_u32(veorq_u32(x, y), z, y); }

static inline void prefetch(const uint8_t *const *data, size_t offset) { (void)data, (void)offset; }

/// Words 4q to 4q + 3 of a block of every lane; `offset` is that of word 4q.
static inline void load_four(vec w[4], const uint8_t *const *data, size_t offset) {
    vec row[4];
    for (int lane = 0; lane < 4; lane++) {
        row[lane] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data[lane] + offset)));
    }
    uint64x2_t even01 = vreinterpretq_u64_u32(vtrn1q_u32(row[0], row[1]));
    uint64x2_t odd01 = vreinterpretq_u64_u32(vtrn2q_u32(row[0], row[1]));
    uint64x2_t even23 = vreinterpretq_u64_u32(vtrn1q_u32(row[2], row[3]));
    uint64x2_t odd23 = vreinterpretq_u64_u32(vtrn2q_u32(row[2], row[3]));
    w[0] = vreinterpretq_u32_u64(vtrn1q_u64(even01, even23)), w[1] = vreinterpretq_u32_u64(vtrn1q_u64(odd01, odd23));
    w[2] = vreinterpretq_u32_u64(vtrn2q_u64(even01, even23)), w[3] = vreinterpretq_u32_u64(vtrn2q_u64(odd01, odd23));
}
