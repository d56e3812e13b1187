// What this processor can do, and what its operating system saves when it switches threads.
#include "kernels.h"

chk_processor chk_this_processor(void) { return (chk_processor){false}; }
