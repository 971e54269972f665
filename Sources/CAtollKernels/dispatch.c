// Choice of the level at run time, and the scratch sizes, which are the same on every level.
#include <string.h>

#include "levels.h"
#include "source/shapes.h"

static const atoll_kernels *supported(int index) {
  switch (index) {
#if defined(__x86_64__)
    case 0:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                     __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                 ? &atoll_kernels_avx512
                 : NULL;
    case 1:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &atoll_kernels_avx2 : NULL;
#elif defined(__aarch64__)
    case 0:
      return &atoll_kernels_neon;
#endif
    case 2:
      return &atoll_kernels_portable;
    default:
      return NULL;
  }
}

const atoll_kernels *atoll_kernels_named(const char *name) {
  for (int i = 0; i < 3; i++) {
    const atoll_kernels *table = supported(i);
    if (table && strcmp(table->name, name) == 0) return table;
  }
  return NULL;
}

const atoll_kernels *atoll_kernels_best(void) {
  for (int i = 0; i < 2; i++) {
    const atoll_kernels *table = supported(i);
    if (table) return table;
  }
  return &atoll_kernels_portable;
}

size_t atoll_dense_scratch(size_t batch, size_t inputs, size_t outputs) {
  size_t lanes = round_up(batch, 16);
  size_t wide = batch * outputs + (outputs + DENSE_BLOCK) * lanes;
  size_t narrow = batch * outputs + outputs * inputs + NARROW_OUTPUTS * NARROW_BLOCK;
  return outputs < NARROW_OUTPUTS ? narrow : wide;
}

size_t atoll_conv_scratch(const atoll_conv *shape, size_t batch) {
  (void)batch;
  return 2 * padded_size(shape) + weight_count(shape);
}

size_t atoll_conv_pool_scratch(const atoll_conv *shape, const atoll_pool *pool, size_t batch) {
  (void)batch;
  size_t forward =
      (size_t)pool->window * (size_t)pool->out_width * (size_t)pool->window * (size_t)shape->out_channels;
  size_t lists = 2 * (size_t)shape->out_channels * (size_t)(band_rows(pool) * pool->out_width);
  size_t backward = padded_size(shape) + 2 * weight_count(shape) + lists + (size_t)shape->out_channels;
  return padded_size(shape) + (forward > backward ? forward : backward);
}

size_t atoll_softmax_scratch(size_t batch, size_t classes) {
  (void)batch;
  return 16 * classes;
}
