#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int clinux_set_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }

static volatile sig_atomic_t end_signal_descriptor = -1;

static void tell_end_signal(int number) {
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    // A full pipe means that the news is there already.
    if (write(end_signal_descriptor, &byte, 1) < 0) {
    }
    errno = saved;
}

int clinux_catch_end_signals(int descriptor) {
    end_signal_descriptor = descriptor;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction tell = {.sa_handler = tell_end_signal, .sa_flags = SA_RESTART};
    sigemptyset(&ignore.sa_mask);
    sigemptyset(&tell.sa_mask);
    if (sigaction(SIGPIPE, &ignore, NULL) || sigaction(SIGTERM, &tell, NULL) || sigaction(SIGINT, &tell, NULL)
        || sigaction(SIGHUP, &tell, NULL)) {
        return -1;
    }
    sigset_t open;
    sigemptyset(&open);
    sigaddset(&open, SIGTERM);
    sigaddset(&open, SIGINT);
    sigaddset(&open, SIGHUP);
    return sigprocmask(SIG_UNBLOCK, &open, NULL);
}

// The program is the first of the objects, and the only one that is told of.
static int unmap_object(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size, (void)context;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int number = 0; number < object->dlpi_phnum; number++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[number];
        // Pages that can be written hold what the file does not.
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X) || part->p_flags & PF_W) continue;
        uintptr_t begin = (object->dlpi_addr + part->p_vaddr) & ~(page - 1);
        uintptr_t end = object->dlpi_addr + part->p_vaddr + part->p_memsz;
        if (madvise((void *)begin, end - begin, MADV_DONTNEED)) return -1;
    }
    return 1;
}

int clinux_unmap_program(void) { return dl_iterate_phdr(unmap_object, NULL) < 0 ? -1 : 0; }

void clinux_keep_heap_top(void) { mallopt(M_TOP_PAD, 32 << 20); }

void clinux_line_buffer_stdout(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

int clinux_terminal_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int clinux_open_pidfd(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int clinux_rename_new(const char *old, const char *new) {
    return renameat2(AT_FDCWD, old, AT_FDCWD, new, RENAME_NOREPLACE);
}

ssize_t clinux_copy_range(int from, off_t from_offset, int to, off_t to_offset, size_t count) {
    return copy_file_range(from, &from_offset, to, &to_offset, count, 0);
}

int clinux_allocate(int descriptor, off_t length) { return fallocate(descriptor, 0, 0, length); }

int clinux_punch_hole(int descriptor, off_t offset, off_t length) {
    return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}

int clinux_flush_disk(int descriptor) { return syncfs(descriptor); }

int clinux_begin_flush(int descriptor) { return sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE); }
