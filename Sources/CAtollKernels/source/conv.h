// Two-dimensional convolution. The border is a copy of the input with zeros around it, so that a border term
// is a product with zero and every output has the same chain: bias, then kernel row, kernel column, input
// channel.
#pragma once
#include "fixed_point.h"
#include "shapes.h"
#include "tile.h"

// x with its border, in `scratch`; x itself where the shape has no border.
static const float *with_border(const float *x, const atoll_conv *s, float *scratch) {
  if (s->padding == 0) return x;
  long row = (long)s->in_width * s->in_channels, padded_row = padded_width(s) * s->in_channels;
  memset(scratch, 0, padded_size(s) * sizeof(float));
  for (long y = 0; y < s->in_height; y++)
    memcpy(scratch + (y + s->padding) * padded_row + (long)s->padding * s->in_channels, x + y * row,
           (size_t)row * sizeof(float));
  return scratch;
}

static void without_border(const float *padded, const atoll_conv *s, float *x) {
  long row = (long)s->in_width * s->in_channels, padded_row = padded_width(s) * s->in_channels;
  for (long y = 0; y < s->in_height; y++)
    memcpy(x + y * row, padded + (y + s->padding) * padded_row + (long)s->padding * s->in_channels,
           (size_t)row * sizeof(float));
}

// The first `columns` pixels of output row `oy` of one sample. x has its border.
INLINE void conv_row(const float *x, const float *w, const float *bias, float *y, const atoll_conv *s,
                     long oy, long columns, bool relu) {
  long padded_row = padded_width(s) * s->in_channels;
  product p = {.a = x + oy * s->stride * padded_row,
               .a_row = (long)s->stride * s->in_channels,
               .a_term = 1,
               .a_segment = padded_row,
               .b = w,
               .b_term = s->out_channels,
               .start = bias,
               .start_row = 0,
               .c = y,
               .c_row = s->out_channels,
               .segments = s->kernel_height,
               .terms = (long)s->kernel_width * s->in_channels,
               .relu = relu};
  multiply(p, columns, s->out_channels);
}

static void conv_forward(const float *x, const float *w, const float *bias, float *y, const atoll_conv *s,
                         size_t batch, bool relu, float *scratch) {
  long in = (long)s->in_height * s->in_width * s->in_channels, row = (long)s->out_width * s->out_channels;
  for (size_t b = 0; b < batch; b++, x += in) {
    const float *padded = with_border(x, s, scratch);
    for (long oy = 0; oy < s->out_height; oy++, y += row)
      conv_row(padded, w, bias, y, s, oy, s->out_width, relu);
  }
}

// weights[kernel row][kernel column][input][output] -> [kernel row][kernel column][output][input]
static void transpose_channels(const float *w, float *to, const atoll_conv *s) {
  long in = s->in_channels, out = s->out_channels;
  for (long tap = 0; tap < (long)s->kernel_height * s->kernel_width; tap++, w += in * out, to += in * out)
    transpose(w, out, to, in, in, out);
}

// Where samples leave the gradients of weights and bias: added to one sum, or each sample's to memory of its
// own, from zero on. `squares` is then added the square of its norm.
typedef struct {
  float *dw, *db;
  long apart;       // floats from one sample's to the next one's; 0: one sum
  double *squares;  // [sample], where apart is not 0
} gradients;

static gradients each_gradient(float *each, double *squares, const atoll_conv *s) {
  long weights = (long)weight_count(s);
  return (gradients){each, each + weights, weights + s->out_channels, squares};
}

static void begin_sample(const gradients *g) {
  if (g->apart) memset(g->dw, 0, (size_t)g->apart * sizeof(float));
}

static void end_sample(gradients *g) {
  if (!g->apart) return;
  *g->squares++ += squared_norm(g->dw, (size_t)g->apart);
  g->dw += g->apart;
  g->db += g->apart;
}

// dw: samples, then output pixels in ascending order. dx: output rows, kernel rows, kernel columns, output
// channels.
static void conv_gradients(const float *x, const float *w, const float *d, float *dx, gradients to_weights,
                           const atoll_conv *s, size_t batch, float *scratch) {
  long channels = s->in_channels, out = s->out_channels, padded_row = padded_width(s) * channels;
  long in_size = (long)s->in_height * s->in_width * channels, pixels = (long)s->out_height * s->out_width;
  long kernel_row = s->kernel_width * channels;
  float *padded_dx = scratch + padded_size(s), *transposed = padded_dx + padded_size(s);
  if (dx) transpose_channels(w, transposed, s);
  for (size_t b = 0; b < batch; b++, x += in_size, d += pixels * out) {
    const float *padded = with_border(x, s, scratch);
    begin_sample(&to_weights);
    add_rows(d, to_weights.db, pixels, out);
    for (long ky = 0; ky < s->kernel_height; ky++) {
      float *part = to_weights.dw + ky * kernel_row * out;
      product p = {.a = padded + ky * padded_row,
                   .a_row = 1,
                   .a_term = s->stride * channels,
                   .a_segment = s->stride * padded_row,
                   .b = d,
                   .b_term = out,
                   .start = part,
                   .start_row = out,
                   .c = part,
                   .c_row = out,
                   .segments = s->out_height,
                   .terms = s->out_width};
      multiply(p, kernel_row, out);
    }
    end_sample(&to_weights);
    if (!dx) continue;
    float *gradient = s->padding == 0 ? dx : padded_dx;
    memset(gradient, 0, (size_t)(padded_height(s) * padded_row) * sizeof(float));
    for (long oy = 0; oy < s->out_height; oy++)
      for (long ky = 0; ky < s->kernel_height; ky++)
        for (long kx = 0; kx < s->kernel_width; kx++) {
          float *to = gradient + (oy * s->stride + ky) * padded_row + kx * channels;
          product p = {.a = d + oy * s->out_width * out,
                       .a_row = out,
                       .a_term = 1,
                       .b = transposed + (ky * s->kernel_width + kx) * channels * out,
                       .b_term = channels,
                       .start = to,
                       .start_row = s->stride * channels,
                       .c = to,
                       .c_row = s->stride * channels,
                       .segments = 1,
                       .terms = out};
          multiply(p, s->out_width, channels);
        }
    if (s->padding != 0) without_border(gradient, s, dx);
    dx += in_size;
  }
}

static void conv_backward(const float *x, const float *w, const float *d, float *dx, float *dw, float *db,
                          const atoll_conv *s, size_t batch, float *scratch) {
  conv_gradients(x, w, d, dx, (gradients){dw, db, 0, NULL}, s, batch, scratch);
}

static void conv_backward_each(const float *x, const float *w, const float *d, float *dx, float *each,
                               double *squares, const atoll_conv *s, size_t batch, float *scratch) {
  conv_gradients(x, w, d, dx, each_gradient(each, squares, s), s, batch, scratch);
}
