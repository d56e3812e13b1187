// The functions of the heap stand in for those of the C library in the whole process, and pass everything on to them.
//
// A program's own malloc comes before that of a library, whoever calls it: Swift's runtime and Foundation too. A sanitizer
// has a malloc of its own, which is left in its place.
#include "AllocationCount.h"
#include <errno.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

#if defined(__GLIBC__) && !defined(HAS_SANITIZER)

static _Thread_local long taken;

long allocation_count(void) { return taken; }

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
    taken++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    taken++;
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
    taken++;
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
    taken++;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
    *block = memalign(alignment, size);
    return *block || size == 0 ? 0 : ENOMEM;
}

#else

long allocation_count(void) { return -1; }

#endif
