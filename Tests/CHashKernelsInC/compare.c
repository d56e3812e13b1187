// Compares every path of CHashKernels with the portable one where `swift test` cannot or is slow to: tools/test-kernels-arm
// builds it for ARM and runs it in an emulator, tools/test --sanitize builds it with sanitizers. The portable path itself
// is compared with the examples of FIPS 180-4 here, and with swift-crypto in CHashKernelsTests.
#include "CHashKernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES = 40, LENGTH = 3000 };

static uint64_t seed = 1;
static size_t below(size_t limit) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(seed >> 33) % limit;
}

/// Memory of exactly this length, so that a sanitizer sees a read past its end.
static const void *random_bytes(size_t length) {
    uint8_t *bytes = malloc(length ? length : 1);
    if (!bytes) abort();
    for (size_t index = 0; index < length; index++) bytes[index] = (uint8_t)below(256);
    return bytes;
}

static bool vectors(void) {
    static const uint8_t abc[2][33] = {
        "\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba\x3e\x25\x71\x78\x50\xc2\x6c\x9c\xd0\xd8\x9d",
        "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
        "\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad",
    };
    bool equal = true;
    for (chk_algorithm algorithm = chk_sha1; algorithm <= chk_sha256; algorithm++) {
        uint8_t digest[32];
        chk_message message = {"abc", 3};
        chk_hash_many(chk_portable, algorithm, &message, 1, digest);
        equal &= memcmp(digest, abc[algorithm], chk_digest_length(algorithm)) == 0;
    }
    return equal;
}

/// The same messages whole by the portable path, and whole and in parts by the other one.
static bool equal_once(chk_path path, chk_algorithm algorithm) {
    size_t count = 1 + below(MESSAGES), size = count * chk_digest_length(algorithm);
    chk_message messages[MESSAGES];
    chk_stream streams[MESSAGES], *ended[MESSAGES];
    uint8_t expected[MESSAGES * 32], whole[MESSAGES * 32], parts[MESSAGES * 32];
    for (size_t index = 0; index < count; index++) {
        size_t length = below(4) ? below(200) : below(LENGTH);
        messages[index] = (chk_message){random_bytes(length), length};
        ended[index] = &streams[index];
        chk_start(algorithm, ended[index]);
    }
    chk_hash_many(chk_portable, algorithm, messages, count, expected);
    chk_hash_many(path, algorithm, messages, count, whole);
    size_t done[MESSAGES] = {0};
    for (size_t left = 1; left > 0;) {
        chk_slice slices[MESSAGES];
        left = 0;
        for (size_t index = 0; index < count; index++) {
            size_t length = below(messages[index].length - done[index] + 1);
            slices[index] = (chk_slice){&streams[index], (const uint8_t *)messages[index].bytes + done[index], length};
            done[index] += length;
            left += messages[index].length - done[index];
        }
        chk_update_many(path, algorithm, slices, count);
    }
    chk_finish_many(path, algorithm, ended, count, parts);
    for (size_t index = 0; index < count; index++) free((void *)messages[index].bytes);
    return memcmp(expected, whole, size) == 0 && memcmp(expected, parts, size) == 0;
}

int main(int count, char **names) {
    bool good = vectors();
    printf("portable: %s the examples of FIPS 180-4\n", good ? "agrees with" : "DIFFERS FROM");
    for (chk_path path = chk_automatic; path < CHK_PATH_COUNT; path++) {
        if (!chk_available(path)) continue;
        int wrong = 0, runs = 300;
        for (int run = 0; run < runs; run++) wrong += !equal_once(path, chk_sha1) + !equal_once(path, chk_sha256);
        printf("%s: %d of %d comparisons failed\n", chk_path_name(path), wrong, 2 * runs);
        good &= wrong == 0;
    }
    for (int index = 1; index < count; index++) {
        chk_path path;
        if (chk_path_named(names[index], &path) && chk_available(path)) continue;
        printf("%s: NOT AVAILABLE\n", names[index]);
        good = false;
    }
    return good ? 0 : 1;
}
