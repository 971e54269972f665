// Runs every kernel over a fixed set of shapes, on every level that this processor has, and prints one hash
// for each level. `script/kernels-neon` runs it here and, under qemu, as an AArch64 program: the hashes must
// agree.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "atoll_kernels.h"

// FNV-1a, 64 bits.
static uint64_t hash;
static void absorb(const void *data, size_t bytes) {
  const uint8_t *p = data;
  for (size_t i = 0; i < bytes; i++) hash = (hash ^ p[i]) * 1099511628211u;
}

// Knuth's linear congruential generator (MMIX). About one in ten is a zero of either sign or subnormal.
static uint64_t state;
static float number(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  float value = (float)(int32_t)(state >> 32) / 2147483648.0f;
  switch (state >> 27 & 31) {
    case 0:
      return 0.0f;
    case 1:
      return -0.0f;
    case 2:
      return value * 1e-38f;
    default:
      return value;
  }
}

// Memory for one set of shapes: numbers to read, or results to write, freed together.
static void *blocks[64];
static int block_count;
static void *memory(size_t bytes) { return blocks[block_count++] = calloc(bytes + 1, 1); }
static float *numbers(size_t count) {
  float *p = memory(count * sizeof(float));
  for (size_t i = 0; i < count; i++) p[i] = number();
  return p;
}
static float *room(size_t count) { return memory(count * sizeof(float)); }
static void release(void) {
  while (block_count > 0) free(blocks[--block_count]);
}
static void result(const float *p, size_t count) { absorb(p, count * sizeof(float)); }

static void dense(const atoll_kernels *k, size_t batch, size_t inputs, size_t outputs) {
  float *x = numbers(batch * inputs), *w = numbers(inputs * outputs), *bias = numbers(outputs);
  float *d = numbers(batch * outputs), *y = room(batch * outputs), *dx = room(batch * inputs);
  float *scratch = room(atoll_dense_scratch(batch, inputs, outputs));
  k->dense_forward(x, w, bias, y, batch, inputs, outputs, scratch);
  k->dense_backward(x, w, d, -0.1f, dx, w, bias, batch, inputs, outputs, scratch);
  result(y, batch * outputs);
  result(dx, batch * inputs);
  k->dense_backward(x, w, d, 1, dx, NULL, NULL, batch, inputs, outputs, scratch);
  result(dx, batch * inputs);
  result(w, inputs * outputs);
  result(bias, outputs);
  release();
}

static void convolution(const atoll_kernels *k, const int32_t *g) {
  const size_t batch = 2;
  atoll_conv s = {g[0], g[1], g[2], g[3], g[4], g[5], g[6], 0, 0, g[7]};
  s.out_height = (s.in_height + 2 * s.padding - s.kernel_height) / s.stride + 1;
  s.out_width = (s.in_width + 2 * s.padding - s.kernel_width) / s.stride + 1;
  atoll_pool p = {s.out_height, s.out_width, s.out_channels, 2, 2, s.out_height / 2, s.out_width / 2};
  size_t in = batch * (size_t)(s.in_height * s.in_width * s.in_channels), channels = (size_t)s.out_channels;
  size_t out = batch * (size_t)(s.out_height * s.out_width) * channels;
  size_t pooled = batch * (size_t)(p.out_height * p.out_width) * channels;
  size_t weights = (size_t)(s.kernel_height * s.kernel_width * s.in_channels) * channels;
  float *x = numbers(in), *w = numbers(weights), *bias = numbers(channels), *d = numbers(out);
  float *y = room(out), *dx = room(in), *dw = numbers(weights), *db = numbers(channels),
        *small = room(pooled);
  float *scratch = room(atoll_conv_scratch(&s, batch) + atoll_conv_pool_scratch(&s, &p, batch));
  uint8_t *choice = memory(pooled);
  k->conv_forward(x, w, bias, y, &s, batch, true, scratch);
  result(y, out);
  k->conv_backward(x, w, d, dx, dw, db, &s, batch, scratch);
  result(dx, in);
  k->conv_pool_forward(x, w, bias, small, choice, &s, &p, batch, scratch);
  k->conv_pool_backward(x, w, small, choice, d, dx, dw, db, &s, &p, batch, scratch);
  result(small, pooled);
  absorb(choice, pooled);
  result(dx, in);
  result(dw, weights);
  result(db, channels);
  double *squares = memory(batch * sizeof(double));
  float *each = room(batch * (weights + channels)), factors[] = {0.3f, 0.7f};
  k->conv_backward_each(x, w, d, dx, each, squares, &s, batch, scratch);
  result(dx, in);
  result(each, batch * (weights + channels));
  k->conv_pool_backward_each(x, w, small, choice, d, dx, each, squares, &s, &p, batch, scratch);
  result(dx, in);
  result(each, batch * (weights + channels));
  absorb(squares, batch * sizeof(double));
  k->weighted_sum(each, factors, dw, batch, weights);
  k->transpose(dw, w, weights / channels, channels);
  result(w, weights);
  k->max_pool_forward(y, small, choice, &p, batch);
  k->max_pool_backward(small, choice, y, &p, batch);
  result(y, out);
  release();
}

static void arrays(const atoll_kernels *k, size_t count) {
  float *x = numbers(count), *d = numbers(count), *y = room(count), *m = numbers(count), *v = room(count);
  void (*functions[])(const float *, float *, size_t) = {k->relu_forward, k->tanh_forward, k->sigmoid_forward,
                                                         k->exp};
  void (*derivatives[])(const float *, const float *, float *, size_t) = {k->relu_backward, k->tanh_backward,
                                                                          k->sigmoid_backward};
  for (size_t i = 0; i < count; i++) x[i] *= 20;
  for (int i = 0; i < 4; i++) {
    functions[i](x, y, count);
    result(y, count);
    if (i == 3) break;
    derivatives[i](y, d, y, count);
    result(y, count);
  }
  for (size_t i = 0; i < count; i++) v[i] = x[i] * x[i] + 1e-40f;
  k->log(v, y, count);
  result(y, count);
  k->axpy(0.3f, x, y, count);
  k->fused_multiply_add(x, d, m, y, count);
  result(y, count);
  k->momentum_step(0.1f, 0.9f, true, d, m, x, count);
  k->adagrad_step(0.1f, 1e-8f, d, v, x, count);
  k->adam_step(0.1f, 0.9f, 0.999f, 1e-8f, 1.5f, 2.5f, 0.01f, d, m, v, x, count);
  result(m, count);
  result(v, count);
  result(x, count);
  double norm = k->squared_norm(x, count);
  absorb(&norm, sizeof norm);
  int64_t *sum = memory(count * sizeof(int64_t));
  k->accumulate_fixed(d, 0x1p40, 1, sum, count);
  k->accumulate_ring(sum, sum, count);
  absorb(sum, count * sizeof(int64_t));
  release();
}

static void losses(const atoll_kernels *k, size_t batch, size_t classes) {
  float *z = numbers(batch * classes), *scale = numbers(batch), *loss = room(batch),
        *d = room(batch * classes);
  float *scratch = room(atoll_softmax_scratch(batch, classes));
  int32_t *labels = memory(batch * sizeof(int32_t));
  for (size_t i = 0; i < batch; i++) labels[i] = (int32_t)(i * 7 % classes);
  k->softmax_cross_entropy(z, labels, scale, loss, d, batch, classes, scratch);
  result(loss, batch);
  result(d, batch * classes);
  k->softmax(z, d, batch, classes, scratch);
  result(d, batch * classes);
  k->logistic_loss(z, scale, scale, loss, d, batch);
  result(loss, batch);
  result(d, batch);
  release();
}

static uint64_t run(const atoll_kernels *k) {
  static const size_t layers[][3] = {{1, 1, 1},     {32, 64, 1},   {33, 30, 1},  {5, 17, 2},  {10, 33, 7},
                                     {10, 784, 32}, {10, 128, 62}, {33, 70, 37}, {3, 5, 100}, {1, 9, 8}};
  // Image height, width, channels; kernel height, width, stride, padding; output channels.
  static const int32_t convolutions[][8] = {{28, 28, 1, 5, 5, 1, 2, 32},  {14, 14, 32, 5, 5, 1, 2, 64},
                                            {12, 12, 32, 3, 3, 1, 0, 64}, {7, 9, 3, 3, 3, 2, 1, 5},
                                            {9, 7, 5, 1, 1, 1, 0, 7},     {11, 13, 2, 5, 3, 2, 2, 17},
                                            {6, 6, 16, 3, 3, 1, 1, 33},   {10, 10, 6, 5, 5, 1, 0, 16}};
  hash = 14695981039346656037u;
  state = 1;
  for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
    dense(k, layers[i][0], layers[i][1], layers[i][2]);
  for (size_t i = 0; i < sizeof convolutions / sizeof *convolutions; i++) convolution(k, convolutions[i]);
  arrays(k, 1003);
  losses(k, 33, 62);
  losses(k, 1, 3);
  return hash;
}

int main(void) {
  static const char *names[] = {"avx512", "avx2", "neon", "portable"};
  for (int i = 0; i < 4; i++) {
    const atoll_kernels *k = atoll_kernels_named(names[i]);
    if (k) printf("%-8s %016llx\n", names[i], (unsigned long long)run(k));
  }
  for (double x = -700; x < 700; x += 0.37) {
    double values[] = {atoll_exp(x), atoll_log(x * x), atoll_cospi(x)};
    absorb(values, sizeof values);
  }
  printf("double   %016llx\n", (unsigned long long)hash);
}
