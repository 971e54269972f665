// AVX-512: sixteen lanes, thirty-two registers.
#if defined(__x86_64__)
#include <immintrin.h>

#include "levels.h"
#define ATOLL_TABLE atoll_kernels_avx512
#define ATOLL_NAME "avx512"
#define WIDTH 16
#define SOFTWARE_FMA 0
#define MASKED_AVX512 1
#define WIDE_VECTORS 4
#define WIDE_ROWS 6
#define PAIR_ROWS 12
#define SINGLE_ROWS 16
#define GATHER_ROWS 3
#define GATHER_VECTORS 6
#define HELD_VECTORS 20
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), \
                             apply_to = function)
#include "source/table.h"
#pragma clang attribute pop
#endif
