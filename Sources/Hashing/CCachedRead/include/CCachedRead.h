// Reads that never wait for a disk; the Glibc module of Swift does not show the calls.
#pragma once
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/// Reads what the page cache has of the bytes at `offset`, from the first to the first that is missing (preadv2 with
/// RWF_NOWAIT). Returns how many bytes came, or -1 with errno set: EAGAIN when not even the first is in memory, EOPNOTSUPP
/// when the file system cannot tell.
ssize_t ccachedread_pread(int descriptor, void *bytes, size_t length, off_t offset);

/// The same into several buffers, one after the other.
ssize_t ccachedread_preadv(int descriptor, const struct iovec *vectors, int count, off_t offset);

/// Whether the page cache has all bytes from `offset` on, as many as `length` (cachestat, Linux 6.5). 0 also when the
/// kernel cannot tell.
int ccachedread_has(int descriptor, off_t offset, size_t length);
