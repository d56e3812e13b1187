#define _GNU_SOURCE
#include "CCachedRead.h"

ssize_t ccachedread_pread(int descriptor, void *bytes, size_t length, off_t offset) {
    struct iovec whole = {bytes, length};
    return preadv2(descriptor, &whole, 1, offset, RWF_NOWAIT);
}

ssize_t ccachedread_preadv(int descriptor, const struct iovec *vectors, int count, off_t offset) {
    return preadv2(descriptor, vectors, count, offset, RWF_NOWAIT);
}
