// Sixteen lanes of AVX-512.
#include "kernels.h"

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw"))), apply_to = function)

typedef __m512i vec;
#define LANES 16
#ifndef PREFETCH
#define PREFETCH 512 // bytes ahead in each message
#endif

static inline vec load_words(const uint32_t *words) { return _mm512_load_si512(words); }
static inline void store_words(uint32_t *words, vec value) { _mm512_store_si512(words, value); }
static inline vec all_equal(uint32_t value) { return _mm512_set1_epi32((int)value); }
static inline vec add(vec x, vec y) { return _mm512_add_epi32(x, y); }
static inline vec exclusive_or(vec x, vec y) { return _mm512_xor_si512(x, y); }
#define rotate_left(x, bits) _mm512_rol_epi32(x, bits)
#define rotate_right(x, bits) _mm512_ror_epi32(x, bits)
#define shift_right(x, bits) _mm512_srli_epi32(x, bits)

static inline __m128i load_16(const uint8_t *bytes) { return _mm_loadu_si128((const __m128i *)bytes); }

/// A prefetch past the end of a message does no harm; as an integer the address may point anywhere.
static inline void prefetch(const uint8_t *const *data, size_t offset) {
    for (int lane = 0; lane < LANES; lane++) {
        _mm_prefetch((const char *)((uintptr_t)data[lane] + offset + PREFETCH), _MM_HINT_T0);
    }
}

// The truth tables of the functions, with x as 0xf0, y as 0xcc and z as 0xaa.
static inline vec choose(vec x, vec y, vec z) { return _mm512_ternarylogic_epi32(x, y, z, 0xca); }
static inline vec parity(vec x, vec y, vec z) { return _mm512_ternarylogic_epi32(x, y, z, 0x96); }
static inline vec majority(vec x, vec y, vec z) { return _mm512_ternarylogic_epi32(x, y, z, 0xe8); }

/// Words 4q to 4q + 3 of a block of every lane; `offset` is that of word 4q.
///
/// Quarters are put together as they are loaded, which keeps most of the turning out of the two pipes that shuffle:
/// rotations need those as well.
static inline void load_four(vec w[4], const uint8_t *const *data, size_t offset) {
    const vec swap = _mm512_set_epi64(
        0x0c0d0e0f08090a0b, 0x0405060700010203, 0x0c0d0e0f08090a0b, 0x0405060700010203, 0x0c0d0e0f08090a0b,
        0x0405060700010203, 0x0c0d0e0f08090a0b, 0x0405060700010203);
    vec row[4]; // in quarter g the four words of lane 4g + row
    for (int lane = 0; lane < 4; lane++) {
        __m256i low = _mm256_castsi128_si256(load_16(data[lane] + offset));
        __m256i high = _mm256_castsi128_si256(load_16(data[lane + 8] + offset));
        low = _mm256_inserti128_si256(low, load_16(data[lane + 4] + offset), 1);
        high = _mm256_inserti128_si256(high, load_16(data[lane + 12] + offset), 1);
        row[lane] = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    }
    vec low01 = _mm512_unpacklo_epi32(row[0], row[1]), high01 = _mm512_unpackhi_epi32(row[0], row[1]);
    vec low23 = _mm512_unpacklo_epi32(row[2], row[3]), high23 = _mm512_unpackhi_epi32(row[2], row[3]);
    w[0] = _mm512_shuffle_epi8(_mm512_unpacklo_epi64(low01, low23), swap);
    w[1] = _mm512_shuffle_epi8(_mm512_unpackhi_epi64(low01, low23), swap);
    w[2] = _mm512_shuffle_epi8(_mm512_unpacklo_epi64(high01, high23), swap);
    w[3] = _mm512_shuffle_epi8(_mm512_unpackhi_epi64(high01, high23), swap);
}
