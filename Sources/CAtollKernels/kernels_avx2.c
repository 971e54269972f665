// AVX2 with fused multiply-add: eight lanes, sixteen registers.
#if defined(__x86_64__)
#include <immintrin.h>

#include "levels.h"
#define ATOLL_TABLE atoll_kernels_avx2
#define ATOLL_NAME "avx2"
#define WIDTH 8
#define SOFTWARE_FMA 0
#define MASKED_AVX2 1
#define WIDE_VECTORS 2
#define WIDE_ROWS 6
#define PAIR_ROWS 6
#define SINGLE_ROWS 8
#define GATHER_ROWS 1
#define GATHER_VECTORS 12
#define HELD_VECTORS 9
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "source/table.h"
#pragma clang attribute pop
#endif
