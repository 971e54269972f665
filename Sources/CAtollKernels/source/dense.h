// Fully connected layers.
#pragma once
#include "shapes.h"
#include "tile.h"

// Sixteen partial sums over the inputs: lane l takes the inputs l, l + 16, …; they are added as a binary tree
// (l and l + 8, then 4, 2, 1 apart). A last group of fewer than sixteen is filled with zeros.
INLINE float dot16(const float *x, const float *w, long n) {
  enum { parts = 16 / WIDTH };
  vf sum[parts];
  REPEAT (j, parts) sum[j] = (vf)0;
  long i = 0;
  for (; i + 16 <= n; i += 16) {
    REPEAT (j, parts) sum[j] = fused(load(x + i + j * WIDTH), load(w + i + j * WIDTH), sum[j]);
  }
  if (i < n) {
    REPEAT (j, parts) {
      vf a = 0, b = 0;
      long at = i + j * WIDTH;
      if (at < n) {
        a = load_first(x + at, lanes_left(n, at));
        b = load_first(w + at, lanes_left(n, at));
      }
      sum[j] = fused(a, b, sum[j]);
    }
  }
  float lane[16];
  REPEAT (j, parts) store(lane + j * WIDTH, sum[j]);
  for (int apart = 8; apart > 0; apart /= 2) {
    REPEAT (l, apart) lane[l] += lane[l + apart];
  }
  return lane[0];
}

static void dense_forward_narrow(const float *x, const float *w, const float *bias, float *y, long batch,
                                 long inputs, long outputs, float *scratch) {
  if (outputs > 1) {
    for (long i = 0; i < inputs; i++)
      for (long o = 0; o < outputs; o++) scratch[o * inputs + i] = w[i * outputs + o];
    w = scratch;
  }
  for (long b = 0; b < batch; b++)
    for (long o = 0; o < outputs; o++)
      y[b * outputs + o] = bias[o] + dot16(x + b * inputs, w + o * inputs, inputs);
}

// Rows of weights that are fetched ahead of the one in use.
enum { ROWS_AHEAD = 24 };

static void dense_forward(const float *x, const float *w, const float *bias, float *y, size_t batch,
                          size_t inputs, size_t outputs, float *scratch) {
  long rows = (long)batch, in = (long)inputs, out = (long)outputs;
  if (outputs < NARROW_OUTPUTS) {
    dense_forward_narrow(x, w, bias, y, rows, in, out, scratch);
    return;
  }
  // Blocks of inputs keep a strip of the weights in the cache while all rows pass over it; and sums of block
  // sums round less than one long chain would: with thousands of inputs that is most of a network's error.
  for (long i = 0; i < in || i == 0; i += FORWARD_BLOCK) {
    product p = {.a = x + i,
                 .a_row = in,
                 .a_term = 1,
                 .b = w + i * out,
                 .b_term = out,
                 .start = i == 0 ? bias : NULL,
                 .start_row = 0,
                 .c = i == 0 ? y : scratch,
                 .c_row = out,
                 .segments = 1,
                 .terms = in - i < FORWARD_BLOCK ? in - i : FORWARD_BLOCK,
                 .b_ahead = ROWS_AHEAD * out};
    multiply(p, rows, out);
    for (long k = 0; i > 0 && k < rows * out; k++) y[k] += scratch[k];
  }
}

// Columns of `count` rows of w[·][outputs] as rows of `to`, NARROW_BLOCK apart; and back.
static void gather_columns(const float *w, float *to, long count, long outputs) {
  for (long k = 0; k < count; k++)
    for (long o = 0; o < outputs; o++) to[o * NARROW_BLOCK + k] = w[k * outputs + o];
}

static void spread_columns(const float *from, float *w, long count, long outputs) {
  for (long k = 0; k < count; k++)
    for (long o = 0; o < outputs; o++) w[k * outputs + o] = from[o * NARROW_BLOCK + k];
}

// Few outputs: lanes over inputs. Weights with more than one output are gathered, a block of inputs at a
// time.
static void dense_backward_narrow(const float *x, const float *w, const float *d, const float *change,
                                  float *dx, float *target, long batch, long inputs, long outputs,
                                  float *scratch) {
  bool single = outputs == 1;
  for (long i = 0; i < inputs; i += NARROW_BLOCK) {
    long count = inputs - i < NARROW_BLOCK ? inputs - i : NARROW_BLOCK;
    if (dx) {
      if (!single) gather_columns(w + i * outputs, scratch, count, outputs);
      product p = {.a = d,
                   .a_row = outputs,
                   .a_term = 1,
                   .b = single ? w + i : scratch,
                   .b_term = NARROW_BLOCK,
                   .c = dx + i,
                   .c_row = inputs,
                   .segments = 1,
                   .terms = outputs};
      multiply(p, batch, count);
    }
    if (!target) continue;
    float *sums = single ? target + i : scratch;
    if (!single) gather_columns(target + i * outputs, sums, count, outputs);
    product p = {.a = change,
                 .a_row = 1,
                 .a_term = outputs,
                 .b = x + i,
                 .b_term = inputs,
                 .start = sums,
                 .start_row = NARROW_BLOCK,
                 .c = sums,
                 .c_row = NARROW_BLOCK,
                 .segments = 1,
                 .terms = batch};
    multiply(p, outputs, count);
    if (!single) spread_columns(sums, target + i * outputs, count, outputs);
  }
}

static void dense_backward(const float *x, const float *w, const float *d, float factor, float *dx,
                           float *target, float *target_bias, size_t batch, size_t inputs, size_t outputs,
                           float *scratch) {
  long rows = (long)batch, in = (long)inputs, out = (long)outputs;
  float *change = scratch;
  scratch += rows * out;
  if (target) {
    for (long k = 0; k < rows * out; k++) change[k] = factor * d[k];
    add_rows(change, target_bias, rows, out);
  }
  if (outputs < NARROW_OUTPUTS) {
    dense_backward_narrow(x, w, d, change, dx, target, rows, in, out, scratch);
    return;
  }
  // dx runs with lanes over samples, because the sum over outputs lies along the rows of the weights.
  long lanes = (long)round_up(batch, 16);
  float *transposed = scratch, *strip = scratch + out * lanes;
  if (dx) {
    memset(transposed, 0, (size_t)(out * lanes) * sizeof(float));
    transpose(d, out, transposed, lanes, rows, out);
  }
  for (long i = 0; i < in; i += DENSE_BLOCK) {
    long count = in - i < DENSE_BLOCK ? in - i : DENSE_BLOCK;
    if (dx) {
      product p = {.a = w + i * out,
                   .a_row = out,
                   .a_term = 1,
                   .b = transposed,
                   .b_term = lanes,
                   .c = strip,
                   .c_row = lanes,
                   .segments = 1,
                   .terms = out};
      multiply(p, count, lanes);
      transpose(strip, lanes, dx + i, in, count, rows);
    }
    if (!target) continue;
    product p = {.a = x + i,
                 .a_row = 1,
                 .a_term = in,
                 .b = change,
                 .b_term = out,
                 .start = target + i * out,
                 .start_row = out,
                 .c = target + i * out,
                 .c_row = out,
                 .segments = 1,
                 .terms = rows,
                 .start_ahead = DENSE_BLOCK * out};
    multiply(p, count, out);
  }
}
