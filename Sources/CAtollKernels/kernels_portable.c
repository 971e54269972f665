// Any processor with IEEE arithmetic. The fused multiply-add is computed exactly in double, so the bits are
// those of the other levels, at a few per cent of their speed: for conformance, not for training.
#include "levels.h"
#define ATOLL_TABLE atoll_kernels_portable
#define ATOLL_NAME "portable"
#define WIDTH 4
#define SOFTWARE_FMA 1
#define WIDE_VECTORS 1
#define WIDE_ROWS 4
#define PAIR_ROWS 4
#define SINGLE_ROWS 4
#define GATHER_ROWS 1
#define GATHER_VECTORS 4
#define HELD_VECTORS 8
#include "source/table.h"
