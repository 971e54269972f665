// AArch64: four lanes, thirty-two registers, fused multiply-add always present.
#if defined(__aarch64__)
#include "levels.h"
#define ATOLL_TABLE atoll_kernels_neon
#define ATOLL_NAME "neon"
#define WIDTH 4
#define SOFTWARE_FMA 0
#define WIDE_VECTORS 4
#define WIDE_ROWS 6
#define PAIR_ROWS 8
#define SINGLE_ROWS 8
#define GATHER_ROWS 2
#define GATHER_VECTORS 12
#define HELD_VECTORS 24
#include "source/table.h"
#endif
