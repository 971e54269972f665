// The tables of functions, one for each instruction set that this build has.
#pragma once
#include "atoll_kernels.h"

extern const atoll_kernels atoll_kernels_portable;
#if defined(__x86_64__)
extern const atoll_kernels atoll_kernels_avx2;
extern const atoll_kernels atoll_kernels_avx512;
#elif defined(__aarch64__)
extern const atoll_kernels atoll_kernels_neon;
#endif
