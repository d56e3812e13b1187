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

// The truth tables of the functions, with x as 0xf0, y as 0xcc and z as 0xaa.
static inline vec choose(vec x, vec y, vec z) { return _mm512_ternarylogic_epi32(x, y, z, 0xca); }
static inline vec parity(vec x, vec y, vec z) { return _mm512_ternarylogic_epi32(x, y, z, 0x96); }
static inline vec majority(vec x, vec y, vec z) { return _mm512_ternarylogic_epi32(x, y, z, 0xe8); }

/// Turns four blocks, 16 words each, into vectors that have in quarter q the word 4q + j of each of the four.
static inline void turn_four(vec out[4], const uint8_t *const *data, size_t offset) {
    vec row[4];
    for (int lane = 0; lane < 4; lane++) {
        // A prefetch past the end of a message does no harm; as an integer the address may point anywhere.
        _mm_prefetch((const char *)((uintptr_t)data[lane] + offset + PREFETCH), _MM_HINT_T0);
        row[lane] = _mm512_loadu_si512(data[lane] + offset);
    }
    vec low01 = _mm512_unpacklo_epi32(row[0], row[1]), high01 = _mm512_unpackhi_epi32(row[0], row[1]);
    vec low23 = _mm512_unpacklo_epi32(row[2], row[3]), high23 = _mm512_unpackhi_epi32(row[2], row[3]);
    out[0] = _mm512_unpacklo_epi64(low01, low23), out[1] = _mm512_unpackhi_epi64(low01, low23);
    out[2] = _mm512_unpacklo_epi64(high01, high23), out[3] = _mm512_unpackhi_epi64(high01, high23);
}

static inline void load_block(vec w[16], const uint8_t *const *data, size_t offset) {
    const vec swap = _mm512_set_epi64(
        0x3c3d3e3f38393a3b, 0x3435363730313233, 0x2c2d2e2f28292a2b, 0x2425262720212223, 0x1c1d1e1f18191a1b,
        0x1415161710111213, 0x0c0d0e0f08090a0b, 0x0405060700010203);
    vec four[4][4];
    for (int group = 0; group < 4; group++) turn_four(four[group], data + 4 * group, offset);
    for (int j = 0; j < 4; j++) {
        vec even01 = _mm512_shuffle_i32x4(four[0][j], four[1][j], 0x88);
        vec even23 = _mm512_shuffle_i32x4(four[2][j], four[3][j], 0x88);
        vec odd01 = _mm512_shuffle_i32x4(four[0][j], four[1][j], 0xdd);
        vec odd23 = _mm512_shuffle_i32x4(four[2][j], four[3][j], 0xdd);
        w[j] = _mm512_shuffle_epi8(_mm512_shuffle_i32x4(even01, even23, 0x88), swap);
        w[4 + j] = _mm512_shuffle_epi8(_mm512_shuffle_i32x4(odd01, odd23, 0x88), swap);
        w[8 + j] = _mm512_shuffle_epi8(_mm512_shuffle_i32x4(even01, even23, 0xdd), swap);
        w[12 + j] = _mm512_shuffle_epi8(_mm512_shuffle_i32x4(odd01, odd23, 0xdd), swap);
    }
}
