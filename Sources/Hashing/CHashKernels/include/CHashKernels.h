// SHA-1 and SHA-256 of many messages at once, on one core.
//
// One stream of SHA is bound by the latency of its instructions. Pieces are independent, so a kernel takes a block of
// each of several pieces and works on them side by side:
//
//     piece 7   ▓▓▓▓▓▓▓▓▓▓░░░░   lane 0 ┐
//     piece 8   ▓▓▓▓▓▓▓▓▓▓░░░░   lane 1 │ a step moves every lane on by the same number of blocks
//     piece 9   ▓▓▓▓             lane 2 ┘ this one ends early: its lane goes to the next message that waits
//
// - Units: lengths in bytes; a block is 64 bytes.
// - Source: FIPS 180-4.
// - Memory: nothing is allocated, nothing is read past the end of a slice, and there is no state but the caller's
//   streams, so any number of threads may hash at once.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What is computed.
typedef enum __attribute__((enum_extensibility(closed))) chk_algorithm : uint8_t {
    chk_sha1 __attribute__((swift_name("sha1"))),     // 20 bytes
    chk_sha256 __attribute__((swift_name("sha256"))), // 32 bytes
} chk_algorithm;

/// With which instructions it is computed.
typedef enum __attribute__((enum_extensibility(closed))) chk_path : uint8_t {
    /// Each step takes the kernel that measured best for the number of messages still unfinished then.
    chk_automatic __attribute__((swift_name("automatic"))),
    /// Plain C, one message at a time.
    chk_portable __attribute__((swift_name("portable"))),
    /// The SHA instructions of x86, messages interleaved.
    chk_shani __attribute__((swift_name("shani"))),
    /// The same with the thirty-two registers of AVX-512VL.
    chk_shani_vl __attribute__((swift_name("shaniVL"))),
    /// Eight lanes of 32 bits.
    chk_avx2 __attribute__((swift_name("avx2"))),
    /// Sixteen lanes of 32 bits, with rotations and three-operand logic.
    chk_avx512 __attribute__((swift_name("avx512"))),
    /// Four lanes of 32 bits on ARM.
    chk_neon __attribute__((swift_name("neon"))),
    /// The SHA instructions of ARMv8, messages interleaved.
    chk_armv8 __attribute__((swift_name("armv8"))),
} chk_path;

enum {
    /// Paths are numbered from 0 (automatic) to this, exclusive.
    CHK_PATH_COUNT = 8,
    /// More messages than this in one call never make it slower; fewer may leave lanes empty.
    CHK_LANES_MAX = 16,
    CHK_DIGEST_MAX = 32,
};

/// A message that is hashed in parts. Plain memory: copy it, keep it in arrays, throw it away at any time.
typedef struct chk_stream {
    uint32_t state[8];   // SHA-1 uses the first five
    uint64_t length;     // bytes so far
    uint8_t pending[64]; // the last `length % 64` bytes, which do not fill a block yet
} chk_stream;

/// The next bytes of a stream.
typedef struct chk_slice {
    chk_stream *stream;
    const void *bytes; // may be null when length is 0; any alignment
    size_t length;
} chk_slice;

/// A whole message.
typedef struct chk_message {
    const void *bytes; // may be null when length is 0; any alignment
    size_t length;
} chk_message;

/// Bytes of a digest: 20 or 32.
size_t chk_digest_length(chk_algorithm algorithm);

/// What people and settings call a path: "automatic", "portable", "sha-ni", "sha-ni-vl", "avx2", "avx512", "neon",
/// "armv8".
const char *chk_path_name(chk_path path);

/// The path of that name into `path`; false when there is none of that name.
bool chk_path_named(const char *name, chk_path *path);

/// Whether this processor and its operating system can run a path. `automatic` and `portable` run everywhere.
bool chk_available(chk_path path);

/// The path that is fastest here for `messages` messages at once: what `automatic` starts with.
chk_path chk_best(chk_algorithm algorithm, size_t messages);

/// Makes a stream stand at the start of a message.
void chk_start(chk_algorithm algorithm, chk_stream *stream);

/// Adds bytes to many streams, each stream at most once in a call; lengths may differ and may be zero.
///
/// The path must be available. Every stream must have been started for the same algorithm.
void chk_update_many(chk_path path, chk_algorithm algorithm, const chk_slice *slices, size_t count);

/// Ends many messages: writes their digests one behind the other to `digests`, in the order of the streams.
///
/// The streams are used up; `chk_start` makes them fit for the next message.
void chk_finish_many(chk_path path, chk_algorithm algorithm, chk_stream *const *streams, size_t count, uint8_t *digests);

/// Digests of whole messages in one go, one behind the other: start, update and finish without streams.
void chk_hash_many(
    chk_path path, chk_algorithm algorithm, const chk_message *messages, size_t count, uint8_t *digests);

#ifdef __cplusplus
}
#endif
