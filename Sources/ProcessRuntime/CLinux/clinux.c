#define _GNU_SOURCE
#include "CLinux.h"

#include <malloc.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int clinux_set_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }

void clinux_keep_heap_top(void) { mallopt(M_TOP_PAD, 32 << 20); }

void clinux_line_buffer_stdout(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

int clinux_terminal_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int clinux_open_pidfd(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }
