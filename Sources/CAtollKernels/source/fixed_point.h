// Exact sums: squares in double, and fixed point modulo 2^64, where the order of the summands does not
// matter.
#pragma once
#include <float.h>

#include "vector.h"

static double squared_norm(const float *x, size_t count) {
  enum { parts = 16 / WIDTH };
  vd sum[parts];
  REPEAT (j, parts) sum[j] = (vd)0;
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    REPEAT (j, parts) {
      // The square is exact in double.
      vd v = __builtin_convertvector(load(x + i + (size_t)j * WIDTH), vd);
      sum[j] += v * v;
    }
  }
  double lane[16], total = 0;
  REPEAT (j, parts) memcpy(lane + j * WIDTH, &sum[j], sizeof sum[j]);
  for (int l = 0; i < count; i++, l++) lane[l] += (double)x[i] * (double)x[i];
  for (int l = 0; l < 16; l++) total += lane[l];
  return total;
}

// Adding 1.5·2^52 rounds to an integer (ties to even), which then stands in the low bits.
static const double integer_shift = 6755399441055744.0;

// sum += round(scale·x) modulo 2^64, for one vector.
INLINE void add_fixed(const float *x, double scale, int64_t *accumulator) {
  vd shifted = __builtin_convertvector(load(x), vd) * scale + integer_shift;
  vul sum;
  memcpy(&sum, accumulator, sizeof sum);
  sum += __builtin_bit_cast(vul, shifted) - __builtin_bit_cast(vul, (vd)integer_shift);
  memcpy(accumulator, &sum, sizeof sum);
}

static size_t accumulate_fixed(const float *x, double scale, float bound, int64_t *accumulator,
                               size_t count) {
  float limit = bound > FLT_MAX ? FLT_MAX : bound;
  size_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) {
    vi within = magnitude(load(x + i)) <= splat(limit);
    if (!__builtin_reduce_and(within)) break;
    add_fixed(x + i, scale, accumulator + i);
  }
  // The rest, or the vector that holds the element to report.
  for (; i < count; i++) {
    if (!(__builtin_fabsf(x[i]) <= limit)) return i;
    double shifted = (double)x[i] * scale + integer_shift;
    uint64_t fixed = __builtin_bit_cast(uint64_t, shifted) - __builtin_bit_cast(uint64_t, integer_shift);
    accumulator[i] = (int64_t)((uint64_t)accumulator[i] + fixed);
  }
  return count;
}

// Four streams are more than processors follow on their own across the ends of pages.
enum { FETCH_AHEAD = 1024 };

// One vector of accumulate_fixed_four. A value that is not a number has more bits than any bound.
INLINE void add_fixed_four(const float *const *x, const double *scale, size_t i, int64_t *accumulator,
                           vu *largest) {
  vul sum;
  memcpy(&sum, accumulator + i, sizeof sum);
  REPEAT (k, 4) {
    __builtin_prefetch(x[k] + i + FETCH_AHEAD);
    vf v = load(x[k] + i);
    vu bits = __builtin_bit_cast(vu, v) & 0x7fffffffu;
    *largest = bits > *largest ? bits : *largest;
    vd shifted = __builtin_convertvector(v, vd) * scale[k] + integer_shift;
    sum += __builtin_bit_cast(vul, shifted);
  }
  sum -= 4 * __builtin_bit_cast(vul, (vd)integer_shift);
  memcpy(accumulator + i, &sum, sizeof sum);
}

static bool accumulate_fixed_four(const float *const *x, const double *scale, float bound,
                                  int64_t *accumulator, size_t count) {
  float limit = bound > FLT_MAX ? FLT_MAX : bound;
  vu largest = 0;
  size_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) add_fixed_four(x, scale, i, accumulator, &largest);
  bool within = limit >= 0 && __builtin_reduce_max(largest) <= __builtin_bit_cast(uint32_t, limit);
  for (int k = 0; k < 4; k++)
    within &= accumulate_fixed(x[k] + i, scale[k], bound, accumulator + i, count - i) == count - i;
  return within;
}

static void accumulate_ring(const int64_t *x, int64_t *accumulator, size_t count) {
  for (size_t i = 0; i < count; i++) accumulator[i] = (int64_t)((uint64_t)accumulator[i] + (uint64_t)x[i]);
}
