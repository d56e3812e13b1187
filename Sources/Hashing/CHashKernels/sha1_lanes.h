// SHA-1 over lanes (FIPS 180-4, 6.1.2), for any width. The file that includes this one says what a vector is:
//
//     vec                              a word of every lane
//     LANES                            how many
//     load_words, store_words          a row of the state
//     load_four                        four words of a block of every lane, turned: a vector has one word of each lane
//     add, all_equal, rotate_left, exclusive_or, choose, parity, majority
//     KERNEL                           the name of what comes out
#include "kernels.h"

/// Rounds use the schedule as a ring: the word of round t takes the place of that of round t - 16.
#define SCHEDULE(t)                                                                                                    \
    (w[(t) & 15] = rotate_left(                                                                                        \
         exclusive_or(parity(w[((t) + 13) & 15], w[((t) + 8) & 15], w[((t) + 2) & 15]), w[(t) & 15]), 1))

// What depends on `a`, the word of the round before, comes last: only a rotation and an addition wait for it.
#define ROUND(a, b, c, d, e, mix, k, word)                                                                             \
    e = add(add(add(e, add(word, k)), mix(b, c, d)), rotate_left(a, 5));                                               \
    b = rotate_left(b, 30)

#define FIVE_ROUNDS(t, mix, k, word)                                                                                   \
    ROUND(a, b, c, d, e, mix, k, word(t));                                                                             \
    ROUND(e, a, b, c, d, mix, k, word((t) + 1));                                                                       \
    ROUND(d, e, a, b, c, mix, k, word((t) + 2));                                                                       \
    ROUND(c, d, e, a, b, mix, k, word((t) + 3));                                                                       \
    ROUND(b, c, d, e, a, mix, k, word((t) + 4))

#define TWENTY_ROUNDS(t, mix, k)                                                                                       \
    FIVE_ROUNDS(t, mix, k, SCHEDULE);                                                                                  \
    FIVE_ROUNDS((t) + 5, mix, k, SCHEDULE);                                                                            \
    FIVE_ROUNDS((t) + 10, mix, k, SCHEDULE);                                                                           \
    FIVE_ROUNDS((t) + 15, mix, k, SCHEDULE)

#define LOADED(t) w[t]

void KERNEL(uint32_t *state, const uint8_t *const *data, size_t blocks) {
    vec a = load_words(state), b = load_words(state + LANES), c = load_words(state + 2 * LANES);
    vec d = load_words(state + 3 * LANES), e = load_words(state + 4 * LANES);
    for (size_t block = 0; block < blocks; block++) {
        vec w[16];
        size_t offset = block * CHK_BLOCK;
        prefetch(data, offset);
        load_four(w, data, offset);
        const vec a0 = a, b0 = b, c0 = c, d0 = d, e0 = e;
        vec k = all_equal(0x5a827999);
        load_four(w + 4, data, offset + 16);
        FIVE_ROUNDS(0, choose, k, LOADED);
        load_four(w + 8, data, offset + 32);
        FIVE_ROUNDS(5, choose, k, LOADED);
        load_four(w + 12, data, offset + 48);
        FIVE_ROUNDS(10, choose, k, LOADED);
        ROUND(a, b, c, d, e, choose, k, LOADED(15));
        ROUND(e, a, b, c, d, choose, k, SCHEDULE(16));
        ROUND(d, e, a, b, c, choose, k, SCHEDULE(17));
        ROUND(c, d, e, a, b, choose, k, SCHEDULE(18));
        ROUND(b, c, d, e, a, choose, k, SCHEDULE(19));
        k = all_equal(0x6ed9eba1);
        TWENTY_ROUNDS(20, parity, k);
        k = all_equal(0x8f1bbcdc);
        TWENTY_ROUNDS(40, majority, k);
        k = all_equal(0xca62c1d6);
        TWENTY_ROUNDS(60, parity, k);
        a = add(a, a0), b = add(b, b0), c = add(c, c0), d = add(d, d0), e = add(e, e0);
    }
    store_words(state, a), store_words(state + LANES, b), store_words(state + 2 * LANES, c);
    store_words(state + 3 * LANES, d), store_words(state + 4 * LANES, e);
}
