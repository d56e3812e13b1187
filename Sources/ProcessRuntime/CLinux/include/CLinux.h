// The few Linux calls that the Glibc module of Swift does not show.
#pragma once
#include <stdint.h>
#include <sys/types.h>

/// Asks the kernel to send `signal` to this process when its parent thread ends (prctl PR_SET_PDEATHSIG).
/// Returns 0, or -1 with errno set.
int clinux_set_parent_death_signal(int signal);

/// From now on SIGTERM, SIGINT and SIGHUP write their number as one byte to `descriptor` instead of ending the process;
/// SIGPIPE is ignored. Returns 0, or -1 with errno set.
int clinux_catch_end_signals(int descriptor);

/// Keeps freed heap tops instead of giving them back at once: event loops that allocate and free large buffers
/// otherwise spend their time in page faults (measured 2.7 times slower without).
void clinux_keep_heap_top(void);

/// Unmaps the program's code: what runs again is mapped again, from the page cache. After the start that is a part of it.
/// Returns 0, or -1 with errno set.
int clinux_unmap_program(void);

/// Makes stdout line-buffered, whatever it is connected to.
void clinux_line_buffer_stdout(void);

/// Columns of the terminal at `descriptor`, or 0 when it is not one.
int clinux_terminal_columns(int descriptor);

/// A descriptor of `process` that becomes readable when it ends. Returns -1 with errno set.
int clinux_open_pidfd(pid_t process);

/// Renames `old` to `new` unless there is something of that name; then errno is EEXIST. Returns 0, or -1 with errno set.
int clinux_rename_new(const char *old, const char *new);

/// Copies up to `count` bytes from one file to another, inside the kernel.
/// Returns how many were copied, 0 at the end of the file, or -1 with errno set.
ssize_t clinux_copy_range(int from, off_t from_offset, int to, off_t to_offset, size_t count);

/// Gives a file `length` bytes of disk, which also makes it that long; never writes them.
/// Returns 0, or -1 with errno set (EOPNOTSUPP: the file system cannot).
int clinux_allocate(int descriptor, off_t length);

/// Gives `length` bytes at `offset` back to the file system; they read as zeros. Returns 0, or -1 with errno set.
int clinux_punch_hole(int descriptor, off_t offset, off_t length);

/// Flushes everything on the file system of `descriptor` to its disk. Returns 0, or -1 with errno set.
int clinux_flush_disk(int descriptor);

/// Begins to write the dirty pages of a file to its disk, without waiting for them. Returns 0, or -1 with errno set.
int clinux_begin_flush(int descriptor);
