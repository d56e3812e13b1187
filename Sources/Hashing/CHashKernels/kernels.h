// Inside CHashKernels: what a kernel is, and which there are.
#pragma once
#include "CHashKernels.h"

enum { CHK_BLOCK = 64 };

/// Moves several messages on by the same number of whole blocks.
///
///     state   word 0 of lane 0, of lane 1, …, word 1 of lane 0, …      5 or 8 rows of `lanes` words
///     data    where the blocks of each lane begin                      any alignment
///
/// An idle lane is given the data of a busy one; what becomes of its state does not matter.
typedef void chk_advance(uint32_t *state, const uint8_t *const *data, size_t blocks);

typedef struct chk_kernel {
    chk_path path;
    size_t lanes;
    unsigned cost; // of one block in every lane, idle or not; only the ratio to other kernels counts
    chk_advance *advance;
} chk_kernel;

enum { CHK_KERNELS_MAX = 10 };

/// The kernels among which a path chooses, anew for each step.
typedef struct chk_choice {
    size_t count;
    chk_kernel kernels[CHK_KERNELS_MAX];
} chk_choice;

chk_choice chk_choice_of(chk_path path, chk_algorithm algorithm);

/// The kernel to take first so that `messages` messages, one at least, move on at the least cost.
const chk_kernel *chk_cheapest(const chk_choice *choice, size_t messages);

/// The instruction sets of this processor that its operating system saves, asked for once.
typedef struct chk_processor {
    bool shani, avx2, avx512, avx512vl, neon, armv8;
} chk_processor;

chk_processor chk_this_processor(void);

/// A message in work: the blocks that are due, and those that follow them.
typedef struct chk_job {
    uint32_t state[8];
    const uint8_t *data;
    size_t blocks;
    const uint8_t *next_data;
    size_t next_blocks;
    uint8_t scratch[2 * CHK_BLOCK]; // a pending block made full, or the padding
    chk_stream *stream;             // takes the state at the end, or
    uint8_t *digest;                // takes the digest
} chk_job;

/// Where jobs come from: fills `job` with the next one that has a block at least; false when there are no more.
typedef bool chk_source(void *context, chk_job *job);

/// Carries out all jobs of a source, side by side.
void chk_run(chk_path path, chk_algorithm algorithm, chk_source *source, void *context);

static inline size_t chk_words(chk_algorithm algorithm) { return algorithm == chk_sha1 ? 5 : 8; }

static inline uint32_t chk_load_big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline void chk_store_big_endian(uint8_t *bytes, uint32_t word) {
    bytes[0] = (uint8_t)(word >> 24);
    bytes[1] = (uint8_t)(word >> 16);
    bytes[2] = (uint8_t)(word >> 8);
    bytes[3] = (uint8_t)word;
}

/// The first words of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
extern const uint32_t chk_sha256_constants[64];

chk_advance chk_sha1_portable, chk_sha256_portable;

#if defined(__x86_64__)
chk_advance chk_sha1_shani_1, chk_sha1_shani_2, chk_sha1_shani_4, chk_sha1_avx2, chk_sha1_avx512;
chk_advance chk_sha1_shani_vl_1, chk_sha1_shani_vl_2, chk_sha1_shani_vl_4;
chk_advance chk_sha256_shani_vl_1, chk_sha256_shani_vl_2, chk_sha256_shani_vl_4;
chk_advance chk_sha256_shani_1, chk_sha256_shani_2, chk_sha256_shani_4, chk_sha256_avx2;
chk_advance chk_sha256_avx512;
#elif defined(__aarch64__)
chk_advance chk_sha1_armv8_1, chk_sha1_armv8_2, chk_sha1_armv8_4, chk_sha1_neon;
chk_advance chk_sha256_armv8_1, chk_sha256_armv8_2, chk_sha256_armv8_4, chk_sha256_neon;
#endif
