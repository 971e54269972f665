// Functions of single elements and their derivatives.
#pragma once
#include "elementary.h"

#define EACH(count, body)                                  \
  for (long i = 0, n = (long)(count); i < n; i += WIDTH) { \
    long lanes = lanes_left(n, i);                         \
    body                                                   \
  }

#define FORWARD(name, function)                                                 \
  static void name(const float *x, float *y, size_t count) {                    \
    EACH(count, store_lanes(y + i, lanes, function(load_lanes(x + i, lanes)));) \
  }

FORWARD(relu_forward, positive_part)
FORWARD(tanh_forward, vector_tanh)
FORWARD(sigmoid_forward, vector_sigmoid)
FORWARD(each_exp, vector_exp)
FORWARD(each_log, vector_log)

// In the backward functions y is the result of the forward function.
static void relu_backward(const float *y, const float *d, float *dx, size_t count) {
  EACH(count, {
    vf zero = 0;
    vf gradient = load_lanes(d + i, lanes);
    store_lanes(dx + i, lanes, load_lanes(y + i, lanes) > zero ? gradient : zero);
  })
}

static void tanh_backward(const float *y, const float *d, float *dx, size_t count) {
  EACH(count, {
    vf t = load_lanes(y + i, lanes);
    store_lanes(dx + i, lanes, load_lanes(d + i, lanes) * fused(-t, t, splat(1.0f)));
  })
}

static void sigmoid_backward(const float *y, const float *d, float *dx, size_t count) {
  EACH(count, {
    vf s = load_lanes(y + i, lanes);
    store_lanes(dx + i, lanes, load_lanes(d + i, lanes) * fused(-s, s, s));
  })
}

static void axpy(float a, const float *x, float *y, size_t count) {
  EACH(count, store_lanes(y + i, lanes, fused(splat(a), load_lanes(x + i, lanes), load_lanes(y + i, lanes)));)
}

// Columns that stay in the first cache while all rows pass over them.
enum { COLUMN_BLOCK = 1024 };

static void weighted_sum(const float *rows, const float *factors, float *sum, size_t batch, size_t count) {
  for (size_t k = 0; k < count; k += COLUMN_BLOCK)
    for (size_t b = 0; b < batch; b++)
      axpy(factors[b], rows + b * count + k, sum + k, count - k < COLUMN_BLOCK ? count - k : COLUMN_BLOCK);
}
