// SHA-1 over sixteen lanes (FIPS 180-4, 6.1.2), with its operations in an order of their own.
//
// A round is a rotation and an addition that wait for the round before, and seven operations that could be done sooner
// or later. They stand here in the order that keeps the vector pipes of Zen 4 busiest: each value is made a few rounds
// before its use. The order was found by search; it takes a tenth less time than that of the standard (sha1_lanes.h).
//
// The rounds need every slot of the vector pipes, so the words of the next block are turned meanwhile by the pipes for
// whole numbers, which have nothing else to do.
#if defined(__x86_64__)
#include "lanes_avx512.h"

#define ROUNDS 80
#define FULLY_UNROLLED _Pragma("clang loop unroll(full)")

/// Keeps the compiler from moving an operation: it has its own idea of the order.
static inline vec in_order(vec value) {
    __asm__ volatile("" : "+v"(value));
    return value;
}

static const uint32_t round_constant[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};

/// The function of round t.
static inline __attribute__((always_inline)) vec mix(int t, vec b, vec c, vec d) {
    return t < 20 ? choose(b, c, d) : t >= 40 && t < 60 ? majority(b, c, d) : parity(b, c, d);
}

/// A block of every lane, turned: a row has one word of each.
typedef struct turned_block {
    _Alignas(64) uint32_t words[16][LANES];
} turned_block;

typedef struct __attribute__((packed)) word_anywhere {
    uint32_t word;
} word_anywhere;

/// Turns the block of one lane. It is read once and in one go: pieces lie at multiples of their length, so the lines of
/// all lanes compete for one set of the first-level cache, which has room for half of them.
static inline __attribute__((always_inline)) void turn(turned_block *to, const uint8_t *block, int lane) {
    // A prefetch past the end of a message does no harm; as an integer the address may point anywhere.
    _mm_prefetch((const char *)((uintptr_t)block + PREFETCH), _MM_HINT_T0);
    FULLY_UNROLLED for (int word = 0; word < 16; word++) {
        // Volatile: otherwise the compiler finds that a vector can do this.
        const volatile word_anywhere *from = (const volatile word_anywhere *)(block + 4 * word);
        to->words[word][lane] = __builtin_bswap32(from->word);
    }
}

void chk_sha1_avx512(uint32_t *state, const uint8_t *const *data, size_t blocks) {
    vec chain[5];
    for (int word = 0; word < 5; word++) chain[word] = load_words(state + word * LANES);
    turned_block turned_blocks[2];
    for (int lane = 0; lane < LANES; lane++) turn(&turned_blocks[0], data[lane], lane);
    for (size_t block = 0; block < blocks; block++) {
        const turned_block *const now = &turned_blocks[block % 2];
        turned_block *const later = &turned_blocks[(block + 1) % 2];
        const size_t next = (block + 1 < blocks ? block + 1 : block) * CHK_BLOCK; // the last is turned again, in vain
        // By round, so that all indices are constants once unrolled: the word `a` before round t, in its place 4 rounds
        // further back the word `b` and so on; `turned` is the same rotated by 30, as `c`, `d` and `e` have it.
        vec a[ROUNDS + 5], turned[ROUNDS + 5], w[ROUNDS], keyed[ROUNDS];
        vec *const a_of = a + 4, *const turned_of = turned + 4;
        a_of[0] = chain[0], a_of[-1] = chain[1];
        turned_of[-2] = chain[2], turned_of[-3] = chain[3], turned_of[-4] = chain[4];
        for (int t = 0; t < 3; t++) w[t] = load_words(now->words[t]);
        vec k = all_equal(round_constant[0]);
        keyed[0] = add(w[0], k), keyed[1] = add(w[1], k), keyed[2] = add(w[2], k);
        turned_of[-1] = in_order(rotate_left(a_of[-1], 30));
        vec ready = in_order(add(add(turned_of[-4], keyed[0]), mix(0, a_of[-1], turned_of[-2], turned_of[-3])));
        vec half_ready = in_order(add(turned_of[-3], keyed[1]));
        vec rotated = in_order(rotate_left(a_of[0], 5));
        vec unturned = a_of[0]; // of the schedule
        FULLY_UNROLLED for (int t = 0; t < ROUNDS; t++) {
            if (t + 3 < 16) w[t + 3] = load_words(now->words[t + 3]);
            if (t % 5 == 0) turn(later, data[t / 5] + next, t / 5);
            turned_of[t] = in_order(rotate_left(a_of[t], 30));
            vec mixed = half_ready;
            if (t + 1 < ROUNDS) mixed = in_order(mix(t + 1, a_of[t], turned_of[t - 1], turned_of[t - 2]));
            vec next_half = half_ready;
            if (t + 2 < ROUNDS) next_half = in_order(add(turned_of[t - 2], keyed[t + 2]));
            a_of[t + 1] = in_order(add(rotated, ready));
            rotated = in_order(rotate_left(a_of[t + 1], 5));
            if (t + 3 < ROUNDS) keyed[t + 3] = in_order(add(w[t + 3], all_equal(round_constant[(t + 3) / 20])));
            ready = in_order(add(half_ready, mixed));
            half_ready = next_half;
            vec previous = unturned;
            if (t + 5 >= 16 && t + 5 < ROUNDS) {
                unturned = in_order(parity(w[t + 2], w[t - 3], w[t - 9]));
                unturned = in_order(exclusive_or(unturned, w[t - 11]));
            }
            if (t + 4 >= 16 && t + 4 < ROUNDS) w[t + 4] = in_order(rotate_left(previous, 1));
        }
        chain[0] = add(chain[0], a_of[80]), chain[1] = add(chain[1], a_of[79]);
        chain[2] = add(chain[2], turned_of[78]), chain[3] = add(chain[3], turned_of[77]);
        chain[4] = add(chain[4], turned_of[76]);
    }
    for (int word = 0; word < 5; word++) store_words(state + word * LANES, chain[word]);
}

#pragma clang attribute pop
#endif
