// zlib, for answers that a client wants compressed.
#pragma once
#include <zlib.h>
