// The hot loops of Atoll, with the same bits on every processor.
//
// One source (the folder `source`) is compiled once for each instruction set; a table of functions is chosen
// at run time. Every element of every result is one chain of operations whose order follows from the shapes
// alone: lanes run over outputs (or over samples), terms are added in ascending order, each by one fused
// multiply-add. So vector width, tiles and blocking cannot change a bit. No BLAS, no libm, no fast-math.
// Dense layers with fewer than eight outputs sum in sixteen fixed lanes instead, wider ones add up blocks of
// 256 inputs, on every processor (source/dense.h).
//
// Not promised: the sign and the payload of a value that is not a number. max(0, ·) turns it into 0.
//
// Tensors are contiguous, row-major float32. Images are NHWC. Dense weights are [inputs][outputs],
// convolution weights [kernel height][kernel width][input channels][output channels]. Pointers need no
// alignment beyond float's, but 64 bytes are faster. Counts and batches may be 0, other extents are positive.
// Buffers do not overlap unless a comment says so. No function allocates; `scratch` sizes are given by the
// functions named atoll_…_scratch.
#ifndef ATOLL_KERNELS_H
#define ATOLL_KERNELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__has_feature)
#if __has_feature(nullability)
#pragma clang assume_nonnull begin
#endif
#endif

// Geometry of a two-dimensional convolution: square stride, symmetric zero padding.
typedef struct {
  int32_t in_height, in_width, in_channels;
  int32_t kernel_height, kernel_width, stride, padding;
  int32_t out_height, out_width, out_channels;
} atoll_conv;

// Geometry of max-pooling with a square window; rows and columns that do not fill a window are dropped.
typedef struct {
  int32_t in_height, in_width, channels;
  int32_t window, stride;
  int32_t out_height, out_width;
} atoll_pool;

typedef struct {
  // "avx512", "avx2", "neon" or "portable".
  const char *name;

  // y[b][o] = bias[o] + Σ_i x[b][i]·w[i][o]
  void (*dense_forward)(const float *x, const float *w, const float *bias, float *y, size_t batch,
                        size_t inputs, size_t outputs, float *_Nullable scratch);
  // dx[b][i] = Σ_o d[b][o]·w[i][o], not computed when dx is null; then
  // target[i][o] += Σ_b x[b][i]·(factor·d[b][o]) and target_bias[o] += Σ_b factor·d[b][o].
  // With factor 1 the targets are gradients; with factor -η they may be the weights and bias themselves
  // (target == w is allowed: dx is computed from the weights before the change). Without targets only dx is
  // computed.
  void (*dense_backward)(const float *x, const float *w, const float *d, float factor, float *_Nullable dx,
                         float *_Nullable target, float *_Nullable target_bias, size_t batch, size_t inputs,
                         size_t outputs,
                         float *_Nullable scratch);

  // y = convolution of x, bias added; followed by max(0, ·) when relu is set. Terms of the border are
  // products with 0.
  void (*conv_forward)(const float *x, const float *w, const float *bias, float *y, const atoll_conv *shape,
                       size_t batch, bool relu, float *_Nullable scratch);
  // d is the gradient of the convolution's output (after the derivative of any activation).
  // dx (overwritten) may be null. dw and db are added to.
  void (*conv_backward)(const float *x, const float *w, const float *d, float *_Nullable dx, float *dw,
                        float *db, const atoll_conv *shape, size_t batch, float *_Nullable scratch);
  // The same with the gradients of each sample by itself: each[b] (overwritten) are its dw, then its db, and
  // the sum of their squares is added to squares[b].
  void (*conv_backward_each)(const float *x, const float *w, const float *d, float *_Nullable dx, float *each,
                             double *squares, const atoll_conv *shape, size_t batch,
                             float *_Nullable scratch);
  // Convolution, bias, max(0, ·) and max-pooling with window == stride in one pass: the activations before
  // pooling are never stored. choice[…] is the position in the window (row-major) of the largest value, the
  // first one on ties.
  void (*conv_pool_forward)(const float *x, const float *w, const float *bias, float *y, uint8_t *choice,
                            const atoll_conv *shape, const atoll_pool *pool, size_t batch,
                            float *_Nullable scratch);
  // Its gradient: only the entries that pooling chose and max(0, ·) let through (y > 0) take part. d is the
  // gradient of the pooled output.
  void (*conv_pool_backward)(const float *x, const float *w, const float *y, const uint8_t *choice,
                             const float *d, float *_Nullable dx, float *dw, float *db,
                             const atoll_conv *shape, const atoll_pool *pool, size_t batch,
                             float *_Nullable scratch);
  // The same with the gradients of each sample by itself, as above but for the order: its dw are
  // [output channel][kernel height][kernel width][input channel].
  void (*conv_pool_backward_each)(const float *x, const float *w, const float *y, const uint8_t *choice,
                                  const float *d, float *_Nullable dx, float *each, double *squares,
                                  const atoll_conv *shape, const atoll_pool *pool, size_t batch,
                                  float *_Nullable scratch);

  void (*max_pool_forward)(const float *x, float *y, uint8_t *choice, const atoll_pool *shape, size_t batch);
  // dx is overwritten.
  void (*max_pool_backward)(const float *d, const uint8_t *choice, float *dx, const atoll_pool *shape,
                            size_t batch);

  // Elementwise. `y` may be `x`; in backward `dx` may be `d`. The backward functions take the forward's
  // output y.
  void (*relu_forward)(const float *x, float *y, size_t count);
  void (*relu_backward)(const float *y, const float *d, float *dx, size_t count);
  void (*tanh_forward)(const float *x, float *y, size_t count);
  void (*tanh_backward)(const float *y, const float *d, float *dx, size_t count);
  void (*sigmoid_forward)(const float *x, float *y, size_t count);
  void (*sigmoid_backward)(const float *y, const float *d, float *dx, size_t count);
  void (*exp)(const float *x, float *y, size_t count);
  // Natural logarithm; x > 0 and finite (subnormal numbers too); 0 gives -∞, negative numbers NaN.
  void (*log)(const float *x, float *y, size_t count);

  // Softmax over `classes` logits of each sample, cross-entropy with labels[b] in 0..<classes:
  // loss[b] = log Σ_c exp(z[b][c]) − z[b][label]; d[b][c] = scale[b]·(softmax − one-hot). d may be null, or
  // z.
  void (*softmax_cross_entropy)(const float *z, const int32_t *labels, const float *scale, float *loss,
                                float *_Nullable d, size_t batch, size_t classes, float *_Nullable scratch);
  // p[b][c] = softmax of z[b]; p may be z.
  void (*softmax)(const float *z, float *p, size_t batch, size_t classes, float *_Nullable scratch);
  // Binary cross-entropy on the logit: loss[b] = log(1 + exp(−|z|)) + max(z, 0) − t·z;
  // d[b] = scale[b]·(sigmoid(z) − t). d may be null, or z.
  void (*logistic_loss)(const float *z, const float *target, const float *scale, float *loss,
                        float *_Nullable d, size_t batch);

  // y += a·x
  void (*axpy)(float a, const float *x, float *y, size_t count);
  // sum[k] += Σ_b factors[b]·rows[b][k]
  void (*weighted_sum)(const float *rows, const float *factors, float *sum, size_t batch, size_t count);
  // to[c][r] = from[r][c]
  void (*transpose)(const float *from, float *to, size_t rows, size_t columns);
  // y = a·b + c with one rounding: the operation that all others are made of.
  void (*fused_multiply_add)(const float *a, const float *b, const float *c, float *y, size_t count);
  // So many rounds of fused multiply-adds that wait for nothing but each other: what the processor can do at
  // most. Returns the number of floating-point operations, two for each; x has 256 elements.
  size_t (*multiply_add_burst)(float *x, size_t rounds);
  // velocity = momentum·velocity + gradient;
  // weights −= rate·(nesterov ? gradient + momentum·velocity : velocity)
  void (*momentum_step)(float rate, float momentum, bool nesterov, const float *gradient, float *velocity,
                        float *weights, size_t count);
  // accumulator += gradient²; weights −= rate·gradient / (√accumulator + epsilon)
  void (*adagrad_step)(float rate, float epsilon, const float *gradient, float *accumulator, float *weights,
                       size_t count);
  // Kingma & Ba 2015, Algorithm 1, with the bias corrections m̂ = m·m_correction, v̂ = v·v_correction given by
  // the caller, and decoupled weight decay (Loshchilov & Hutter 2019): weights −= decay·weights before the
  // step.
  void (*adam_step)(float rate, float beta1, float beta2, float epsilon, float m_correction,
                    float v_correction, float decay, const float *gradient, float *m, float *v,
                    float *weights, size_t count);

  // Σ x² in double: sixteen partial sums (element i belongs to sum i mod 16), added in ascending order.
  double (*squared_norm)(const float *x, size_t count);

  // Fixed-point encoding of scale·x, rounded to nearest even, added to the accumulator modulo 2^64. (The
  // product scale·x is rounded to double first, which changes nothing when the scale is a power of two.)
  // scale·|x| must stay below 2^51. Returns the first index with |x| > bound or x not finite, else count;
  // nothing is promised about the accumulator when an index below count is returned.
  size_t (*accumulate_fixed)(const float *x, double scale, float bound, int64_t *accumulator, size_t count);
  // The same for four arrays at once, so that the accumulator is read and written once for the four: where
  // arrays come from memory, the caller takes a piece of the accumulator that stays in the cache. Returns whether all elements are finite and within the bound; if not, nothing is promised about the accumulator.
  bool (*accumulate_fixed_four)(const float *_Nonnull const *_Nonnull x, const double *scale,
                                float bound, int64_t *accumulator, size_t count);
  // accumulator += x modulo 2^64.
  void (*accumulate_ring)(const int64_t *x, int64_t *accumulator, size_t count);
} atoll_kernels;

// Floats of scratch that the functions need for these shapes (the same on every processor, 0 is possible).
size_t atoll_dense_scratch(size_t batch, size_t inputs, size_t outputs);
size_t atoll_conv_scratch(const atoll_conv *shape, size_t batch);
size_t atoll_conv_pool_scratch(const atoll_conv *shape, const atoll_pool *pool, size_t batch);
size_t atoll_softmax_scratch(size_t batch, size_t classes);

// The table called `name`, or null where this processor or this build lacks it.
const atoll_kernels *_Nullable atoll_kernels_named(const char *name);
// The fastest table that this processor has.
const atoll_kernels *atoll_kernels_best(void);

// Asks for so many bytes, which will be read soon, without waiting for them.
static inline void atoll_fetch_ahead(const void *start, size_t bytes) {
  for (size_t place = 0; place < bytes; place += 64) __builtin_prefetch((const char *)start + place);
}

// Elementary functions in double, by our own polynomials (IEEE operations only, no fma, no libm): for
// learning-rate schedules, sampling and metrics. Errors stay below 1 ulp (measured in the tests).
double atoll_exp(double x);
double atoll_log(double x);
// cos(π·x); x is reduced exactly.
double atoll_cospi(double x);

#if defined(__has_feature)
#if __has_feature(nullability)
#pragma clang assume_nonnull end
#endif
#endif
#endif
