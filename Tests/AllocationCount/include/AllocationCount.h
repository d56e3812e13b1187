// Counts what a thread takes from the heap, for tests of code that is to take nothing.
#pragma once

/// Blocks that the calling thread has taken from the heap so far; -1 when they cannot be counted here.
long allocation_count(void);
