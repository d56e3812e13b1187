// One lane: a vector is a word.
#include "kernels.h"

typedef uint32_t vec;
#define LANES 1

static inline vec load_words(const uint32_t *words) { return *words; }
static inline void store_words(uint32_t *words, vec value) { *words = value; }
static inline vec all_equal(uint32_t value) { return value; }
static inline vec add(vec x, vec y) { return x + y; }
static inline vec exclusive_or(vec x, vec y) { return x ^ y; }
static inline vec rotate_left(vec x, int bits) { return x << bits | x >> (32 - bits); }
static inline vec rotate_right(vec x, int bits) { return x >> bits | x << (32 - bits); }
static inline vec shift_right(vec x, int bits) { return x >> bits; }
static inline vec choose(vec x, vec y, vec z) { return z ^ (x & (y ^ z)); }
static inline vec parity(vec x, vec y, vec z) { return x ^ y ^ z; }
static inline vec majority(vec x, vec y, vec z) { return (x & y) | (z & (x | y)); }

static inline void prefetch(const uint8_t *const *data, size_t offset) { (void)data, (void)offset; }

static inline void load_four(vec w[4], const uint8_t *const *data, size_t offset) {
    for (int word = 0; word < 4; word++) w[word] = chk_load_big_endian(data[0] + offset + 4 * word);
}
