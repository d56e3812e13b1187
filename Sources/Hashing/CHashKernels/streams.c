// The calls of the header: messages become jobs.
#include "kernels.h"

#include <string.h>

static const uint32_t first_state[2][8] = {
    [chk_sha1] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0},
    [chk_sha256] =
        {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19},
};

size_t chk_digest_length(chk_algorithm algorithm) { return 4 * chk_words(algorithm); }

void chk_start(chk_algorithm algorithm, chk_stream *stream) {
    memcpy(stream->state, first_state[algorithm], sizeof stream->state);
    stream->length = 0;
}

/// Writes the end of a message (last bytes, a one bit, zeros, the length in bits) as one block or two.
static size_t pad(uint8_t *blocks, const uint8_t *last, size_t count, uint64_t length) {
    size_t size = count < CHK_BLOCK - 8 ? CHK_BLOCK : 2 * CHK_BLOCK;
    if (count > 0) memcpy(blocks, last, count);
    blocks[count] = 0x80;
    memset(blocks + count + 1, 0, size - count - 9);
    chk_store_big_endian(blocks + size - 8, (uint32_t)(length >> 29));
    chk_store_big_endian(blocks + size - 4, (uint32_t)(length << 3));
    return size / CHK_BLOCK;
}

// MARK: - Update

typedef struct updates {
    const chk_slice *slices, *end;
} updates;

/// The job of a slice: first the pending block, when the slice makes it full, then the whole blocks of the slice.
static bool next_update(void *context, chk_job *job) {
    updates *updates = context;
    while (updates->slices < updates->end) {
        const chk_slice *slice = updates->slices++;
        chk_stream *stream = slice->stream;
        const uint8_t *bytes = slice->bytes;
        size_t length = slice->length, pending = stream->length % CHK_BLOCK;
        if (length == 0) continue;
        stream->length += length;
        if (pending + length < CHK_BLOCK) {
            memcpy(stream->pending + pending, bytes, length);
            continue;
        }
        size_t filled = 0;
        if (pending > 0) {
            filled = CHK_BLOCK - pending;
            memcpy(job->scratch, stream->pending, pending);
            memcpy(job->scratch + pending, bytes, filled);
            bytes += filled;
            length -= filled;
        }
        size_t whole = length / CHK_BLOCK, rest = length % CHK_BLOCK;
        if (rest > 0) memcpy(stream->pending, bytes + whole * CHK_BLOCK, rest);
        job->data = filled ? job->scratch : bytes;
        job->blocks = filled ? 1 : whole;
        job->next_data = bytes;
        job->next_blocks = filled ? whole : 0;
        memcpy(job->state, stream->state, sizeof job->state);
        job->stream = stream;
        job->digest = NULL;
        return true;
    }
    return false;
}

void chk_update_many(chk_path path, chk_algorithm algorithm, const chk_slice *slices, size_t count) {
    updates updates = {slices, slices + count};
    chk_run(path, algorithm, next_update, &updates);
}

// MARK: - Finish

typedef struct endings {
    chk_stream *const *streams, *const *end;
    uint8_t *digests;
    size_t digest_length;
} endings;

static bool next_ending(void *context, chk_job *job) {
    endings *endings = context;
    if (endings->streams == endings->end) return false;
    chk_stream *stream = *endings->streams++;
    job->data = job->scratch;
    job->blocks = pad(job->scratch, stream->pending, stream->length % CHK_BLOCK, stream->length);
    job->next_blocks = 0;
    memcpy(job->state, stream->state, sizeof job->state);
    job->stream = NULL;
    job->digest = endings->digests;
    endings->digests += endings->digest_length;
    return true;
}

void chk_finish_many(
    chk_path path, chk_algorithm algorithm, chk_stream *const *streams, size_t count, uint8_t *digests) {
    endings endings = {streams, streams + count, digests, chk_digest_length(algorithm)};
    chk_run(path, algorithm, next_ending, &endings);
}

// MARK: - Whole messages

typedef struct messages {
    const chk_message *messages, *end;
    uint8_t *digests;
    chk_algorithm algorithm;
} messages;

/// The job of a message: its whole blocks, then its padding.
static bool next_message(void *context, chk_job *job) {
    messages *messages = context;
    if (messages->messages == messages->end) return false;
    const chk_message *message = messages->messages++;
    size_t whole = message->length / CHK_BLOCK, rest = message->length % CHK_BLOCK;
    const uint8_t *bytes = message->bytes;
    size_t padding = pad(job->scratch, whole ? bytes + whole * CHK_BLOCK : bytes, rest, message->length);
    job->data = whole ? bytes : job->scratch;
    job->blocks = whole ? whole : padding;
    job->next_data = job->scratch;
    job->next_blocks = whole ? padding : 0;
    memcpy(job->state, first_state[messages->algorithm], sizeof job->state);
    job->stream = NULL;
    job->digest = messages->digests;
    messages->digests += chk_digest_length(messages->algorithm);
    return true;
}

void chk_hash_many(
    chk_path path, chk_algorithm algorithm, const chk_message *whole, size_t count, uint8_t *digests) {
    messages messages = {whole, whole + count, digests, algorithm};
    chk_run(path, algorithm, next_message, &messages);
}
