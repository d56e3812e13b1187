// Eight lanes of AVX2.
#include "kernels.h"

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

typedef __m256i vec;
#define LANES 8
#ifndef PREFETCH
#define PREFETCH 512 // bytes ahead in each message
#endif

static inline vec load_words(const uint32_t *words) { return _mm256_load_si256((const __m256i *)words); }
static inline void store_words(uint32_t *words, vec value) { _mm256_store_si256((__m256i *)words, value); }
static inline vec all_equal(uint32_t value) { return _mm256_set1_epi32((int)value); }
static inline vec add(vec x, vec y) { return _mm256_add_epi32(x, y); }
static inline vec exclusive_or(vec x, vec y) { return _mm256_xor_si256(x, y); }
#define shift_right(x, bits) _mm256_srli_epi32(x, bits)
#define rotate_left(x, bits) _mm256_or_si256(_mm256_slli_epi32(x, bits), _mm256_srli_epi32(x, 32 - (bits)))
#define rotate_right(x, bits) rotate_left(x, 32 - (bits))

static inline vec choose(vec x, vec y, vec z) {
    return exclusive_or(z, _mm256_and_si256(x, exclusive_or(y, z)));
}
static inline vec parity(vec x, vec y, vec z) { return exclusive_or(exclusive_or(x, y), z); }
static inline vec majority(vec x, vec y, vec z) {
    // Where x and y differ z decides, elsewhere y.
    return exclusive_or(y, _mm256_and_si256(exclusive_or(x, y), exclusive_or(y, z)));
}

static inline __m128i load_16(const uint8_t *bytes) { return _mm_loadu_si128((const __m128i *)bytes); }

/// A prefetch past the end of a message does no harm; as an integer the address may point anywhere.
static inline void prefetch(const uint8_t *const *data, size_t offset) {
    for (int lane = 0; lane < LANES; lane++) {
        _mm_prefetch((const char *)((uintptr_t)data[lane] + offset + PREFETCH), _MM_HINT_T0);
    }
}

/// Words 4q to 4q + 3 of a block of every lane; `offset` is that of word 4q.
static inline void load_four(vec w[4], const uint8_t *const *data, size_t offset) {
    const vec swap = _mm256_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203, 0x0c0d0e0f08090a0b, 0x0405060700010203);
    vec row[4]; // in half g the four words of lane 4g + row
    for (int lane = 0; lane < 4; lane++) {
        vec low = _mm256_castsi128_si256(load_16(data[lane] + offset));
        row[lane] = _mm256_inserti128_si256(low, load_16(data[lane + 4] + offset), 1);
    }
    vec low01 = _mm256_unpacklo_epi32(row[0], row[1]), high01 = _mm256_unpackhi_epi32(row[0], row[1]);
    vec low23 = _mm256_unpacklo_epi32(row[2], row[3]), high23 = _mm256_unpackhi_epi32(row[2], row[3]);
    w[0] = _mm256_shuffle_epi8(_mm256_unpacklo_epi64(low01, low23), swap);
    w[1] = _mm256_shuffle_epi8(_mm256_unpackhi_epi64(low01, low23), swap);
    w[2] = _mm256_shuffle_epi8(_mm256_unpacklo_epi64(high01, high23), swap);
    w[3] = _mm256_shuffle_epi8(_mm256_unpackhi_epi64(high01, high23), swap);
}
