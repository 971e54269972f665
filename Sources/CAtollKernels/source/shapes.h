// Sizes that follow from shapes and that order the operations: the same on every level.
#pragma once
#include "atoll_kernels.h"

// Below this many outputs a dense layer sums over inputs in sixteen partial sums; lanes over outputs would
// idle.
#define NARROW_OUTPUTS 8
// Inputs handled at a time by the narrow backward pass, and rows of weights handled at a time by the wide
// one.
#define NARROW_BLOCK 64
// Inputs of a wide dense layer whose products are added up in one chain.
#define FORWARD_BLOCK 256
#define DENSE_BLOCK 32

static inline size_t round_up(size_t n, size_t multiple) { return (n + multiple - 1) / multiple * multiple; }

static inline long padded_height(const atoll_conv *s) { return s->in_height + 2L * s->padding; }
static inline long padded_width(const atoll_conv *s) { return s->in_width + 2L * s->padding; }

// Floats of the input of one sample with its border of zeros; 0 where there is no border and the input itself
// serves.
static inline size_t padded_size(const atoll_conv *s) {
  return s->padding == 0 ? 0 : (size_t)(padded_height(s) * padded_width(s) * s->in_channels);
}

static inline size_t weight_count(const atoll_conv *s) {
  return (size_t)s->kernel_height * (size_t)s->kernel_width * (size_t)s->in_channels *
         (size_t)s->out_channels;
}

// Rows of the pooled output that the sparse backward pass takes at a time: about 24 cells, so that the rows
// of the input under them stay in the first cache. Gradients are added band by band, so this is part of the
// algorithm.
static inline long band_rows(const atoll_pool *p) {
  long rows = 24 / p->out_width;
  return rows < 1 ? 1 : rows;
}
