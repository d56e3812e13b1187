// SHA-256 over lanes (FIPS 180-4, 6.2.2), for any width. The file that includes this one says what a vector is, as for
// sha1_lanes.h, and adds `rotate_right` and `shift_right`; `parity` is the exclusive or of three.
#include "kernels.h"

#define SUM0(x) parity(rotate_right(x, 2), rotate_right(x, 13), rotate_right(x, 22))
#define SUM1(x) parity(rotate_right(x, 6), rotate_right(x, 11), rotate_right(x, 25))
#define SIGMA0(x) parity(rotate_right(x, 7), rotate_right(x, 18), shift_right(x, 3))
#define SIGMA1(x) parity(rotate_right(x, 17), rotate_right(x, 19), shift_right(x, 10))

/// Rounds use the schedule as a ring: the word of round t takes the place of that of round t - 16.
#define SCHEDULE(t)                                                                                                    \
    w[t] = add(add(w[t], SIGMA0(w[((t) + 1) & 15])), add(w[((t) + 9) & 15], SIGMA1(w[((t) + 14) & 15])))

#define ROUND(a, b, c, d, e, f, g, h, t)                                                                               \
    h = add(add(h, add(w[t], all_equal(k[t]))), add(choose(e, f, g), SUM1(e)));                                        \
    d = add(d, h);                                                                                                     \
    h = add(h, add(majority(a, b, c), SUM0(a)))

#define EIGHT_ROUNDS(t)                                                                                                \
    ROUND(a, b, c, d, e, f, g, h, t);                                                                                  \
    ROUND(h, a, b, c, d, e, f, g, (t) + 1);                                                                            \
    ROUND(g, h, a, b, c, d, e, f, (t) + 2);                                                                            \
    ROUND(f, g, h, a, b, c, d, e, (t) + 3);                                                                            \
    ROUND(e, f, g, h, a, b, c, d, (t) + 4);                                                                            \
    ROUND(d, e, f, g, h, a, b, c, (t) + 5);                                                                            \
    ROUND(c, d, e, f, g, h, a, b, (t) + 6);                                                                            \
    ROUND(b, c, d, e, f, g, h, a, (t) + 7)

#define SCHEDULE_FOUR(t) SCHEDULE(t), SCHEDULE((t) + 1), SCHEDULE((t) + 2), SCHEDULE((t) + 3)

void KERNEL(uint32_t *state, const uint8_t *const *data, size_t blocks) {
    vec a = load_words(state), b = load_words(state + LANES), c = load_words(state + 2 * LANES);
    vec d = load_words(state + 3 * LANES), e = load_words(state + 4 * LANES), f = load_words(state + 5 * LANES);
    vec g = load_words(state + 6 * LANES), h = load_words(state + 7 * LANES);
    for (size_t block = 0; block < blocks; block++) {
        vec w[16];
        size_t offset = block * CHK_BLOCK;
        prefetch(data, offset);
        load_four(w, data, offset);
        load_four(w + 4, data, offset + 16);
        const vec a0 = a, b0 = b, c0 = c, d0 = d, e0 = e, f0 = f, g0 = g, h0 = h;
        const uint32_t *k = chk_sha256_constants;
        EIGHT_ROUNDS(0);
        load_four(w + 8, data, offset + 32);
        load_four(w + 12, data, offset + 48);
        EIGHT_ROUNDS(8);
        for (int sixteen = 1; sixteen < 4; sixteen++) {
            k += 16;
            SCHEDULE_FOUR(0), SCHEDULE_FOUR(4);
            EIGHT_ROUNDS(0);
            SCHEDULE_FOUR(8), SCHEDULE_FOUR(12);
            EIGHT_ROUNDS(8);
        }
        a = add(a, a0), b = add(b, b0), c = add(c, c0), d = add(d, d0);
        e = add(e, e0), f = add(f, f0), g = add(g, g0), h = add(h, h0);
    }
    store_words(state, a), store_words(state + LANES, b), store_words(state + 2 * LANES, c);
    store_words(state + 3 * LANES, d), store_words(state + 4 * LANES, e), store_words(state + 5 * LANES, f);
    store_words(state + 6 * LANES, g), store_words(state + 7 * LANES, h);
}
