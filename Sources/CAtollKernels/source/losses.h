// Losses with their gradients. Lanes run over sixteen samples at a time, so that the sum over the classes is
// one chain in ascending order.
#pragma once
#include "elementary.h"

enum { SAMPLES = 16 };

// Sixteen or fewer samples as [class][sample]; missing ones are zero.
static void gather_samples(const float *z, float *to, long count, long classes) {
  memset(to, 0, (size_t)(classes * SAMPLES) * sizeof(float));
  for (long b = 0; b < count; b++)
    for (long c = 0; c < classes; c++) to[c * SAMPLES + b] = z[b * classes + c];
}

// Replaces z by exp(z − maximum) for one vector of samples; returns the maximum and the sum of the
// exponentials.
INLINE void exponentials(float *z, long classes, vf *maximum, vf *sum) {
  vf most = load(z);
  for (long c = 1; c < classes; c++) {
    vf v = load(z + c * SAMPLES);
    most = v > most ? v : most;
  }
  vf total = 0;
  for (long c = 0; c < classes; c++) {
    vf e = vector_exp(load(z + c * SAMPLES) - most);
    store(z + c * SAMPLES, e);
    total += e;
  }
  *maximum = most;
  *sum = total;
}

static void softmax_cross_entropy(const float *z, const int32_t *labels, const float *scale, float *loss,
                                  float *d, size_t batch, size_t classes, float *scratch) {
  long n = (long)classes, rows = (long)batch;
  for (long first = 0; first < rows; first += SAMPLES) {
    long count = rows - first < SAMPLES ? rows - first : SAMPLES;
    const float *logits = z + first * n;
    gather_samples(logits, scratch, count, n);
    float logarithm[SAMPLES], maximum[SAMPLES];
    for (long l = 0; l < SAMPLES; l += WIDTH) {
      vf most, sum;
      exponentials(scratch + l, n, &most, &sum);
      store(logarithm + l, vector_log(sum));
      store(maximum + l, most);
      if (!d) continue;
      for (long c = 0; c < n; c++) store(scratch + c * SAMPLES + l, load(scratch + c * SAMPLES + l) / sum);
    }
    for (long b = 0; b < count; b++) {
      long label = labels[first + b];
      loss[first + b] = logarithm[b] - (logits[b * n + label] - maximum[b]);
      if (!d) continue;
      scratch[label * SAMPLES + b] -= 1;
      float factor = scale[first + b], *to = d + (first + b) * n;
      for (long c = 0; c < n; c++) to[c] = factor * scratch[c * SAMPLES + b];
    }
  }
}

static void softmax(const float *z, float *p, size_t batch, size_t classes, float *scratch) {
  long n = (long)classes, rows = (long)batch;
  for (long first = 0; first < rows; first += SAMPLES) {
    long count = rows - first < SAMPLES ? rows - first : SAMPLES;
    gather_samples(z + first * n, scratch, count, n);
    for (long l = 0; l < SAMPLES; l += WIDTH) {
      vf most, sum;
      exponentials(scratch + l, n, &most, &sum);
      for (long c = 0; c < n; c++) store(scratch + c * SAMPLES + l, load(scratch + c * SAMPLES + l) / sum);
    }
    for (long b = 0; b < count; b++)
      for (long c = 0; c < n; c++) p[(first + b) * n + c] = scratch[c * SAMPLES + b];
  }
}

static void logistic_loss(const float *z, const float *target, const float *scale, float *loss, float *d,
                          size_t batch) {
  for (long i = 0, n = (long)batch; i < n; i += WIDTH) {
    long lanes = lanes_left(n, i);
    vf logit = load_lanes(z + i, lanes), wanted = load_lanes(target + i, lanes);
    vf positive = positive_part(logit);
    vf value = vector_log1p(vector_exp(-magnitude(logit))) + fused(-wanted, logit, positive);
    if (d) {
      vf gradient = load_lanes(scale + i, lanes) * (vector_sigmoid(logit) - wanted);
      store_lanes(d + i, lanes, gradient);
    }
    store_lanes(loss + i, lanes, value);
  }
}
