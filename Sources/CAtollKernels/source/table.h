// One level: all functions, compiled for the width and the instructions that the including file has set.
#pragma once
#pragma clang fp contract(off)
#include "conv.h"
#include "conv_pool.h"
#include "dense.h"
#include "elementwise.h"
#include "fixed_point.h"
#include "losses.h"
#include "optimizers.h"
#include "pool.h"

static void transpose_all(const float *from, float *to, size_t rows, size_t columns) {
  transpose(from, (long)columns, to, (long)rows, (long)rows, (long)columns);
}

static void each_fused(const float *a, const float *b, const float *c, float *y, size_t count) {
  EACH(count,
       store_lanes(y + i, lanes,
                   fused(load_lanes(a + i, lanes), load_lanes(b + i, lanes), load_lanes(c + i, lanes)));)
}

// Twelve chains hide the latency of the multiply-add and fit sixteen registers. The factor keeps them finite.
static size_t multiply_add_burst(float *x, size_t rounds) {
  enum { chains = 12 };
  vf chain[chains], factor = splat(0.5f), addend = splat(1.0f);
  REPEAT (j, chains) chain[j] = load(x + j * WIDTH);
  for (size_t k = 0; k < rounds; k++) REPEAT (j, chains) chain[j] = fused(chain[j], factor, addend);
  REPEAT (j, chains) store(x + j * WIDTH, chain[j]);
  return 2 * rounds * chains * WIDTH;
}

const atoll_kernels ATOLL_TABLE = {
    .name = ATOLL_NAME,
    .dense_forward = dense_forward,
    .dense_backward = dense_backward,
    .conv_forward = conv_forward,
    .conv_backward = conv_backward,
    .conv_backward_each = conv_backward_each,
    .conv_pool_forward = conv_pool_forward,
    .conv_pool_backward = conv_pool_backward,
    .conv_pool_backward_each = conv_pool_backward_each,
    .max_pool_forward = max_pool_forward,
    .max_pool_backward = max_pool_backward,
    .relu_forward = relu_forward,
    .relu_backward = relu_backward,
    .tanh_forward = tanh_forward,
    .tanh_backward = tanh_backward,
    .sigmoid_forward = sigmoid_forward,
    .sigmoid_backward = sigmoid_backward,
    .exp = each_exp,
    .log = each_log,
    .softmax_cross_entropy = softmax_cross_entropy,
    .softmax = softmax,
    .logistic_loss = logistic_loss,
    .axpy = axpy,
    .weighted_sum = weighted_sum,
    .transpose = transpose_all,
    .fused_multiply_add = each_fused,
    .multiply_add_burst = multiply_add_burst,
    .momentum_step = momentum_step,
    .adagrad_step = adagrad_step,
    .adam_step = adam_step,
    .squared_norm = squared_norm,
    .accumulate_fixed = accumulate_fixed,
    .accumulate_fixed_four = accumulate_fixed_four,
    .accumulate_ring = accumulate_ring,
};
