// exp, log, tanh and the logistic function on vectors: polynomials in a fixed order, IEEE operations and the
// fused multiply-add only. Coefficients of exp, log and tanh: S. L. Moshier, Cephes Mathematical Library
// (single precision). Errors (measured in the tests): below 1 ulp for exp and log, below 2 for tanh and below
// 2.5 for the logistic function. Limits at ±∞ are exact, and a value that is not a number stays one.
#pragma once
#include "vector.h"

INLINE vf polynomial_exp(vf r) {
  vf p = splat(1.9875691500e-4f);
  p = fused(p, r, splat(1.3981999507e-3f));
  p = fused(p, r, splat(8.3334519073e-3f));
  p = fused(p, r, splat(4.1665795894e-2f));
  p = fused(p, r, splat(1.6666665459e-1f));
  p = fused(p, r, splat(5.0000001201e-1f));
  return fused(p, r * r, r) + splat(1.0f);
}

// 2^n for integers n in −126 ... 127.
INLINE vf power_of_two(vu n) { return __builtin_bit_cast(vf, (n + 127) << 23); }

// exp over the whole range, into the subnormal numbers and to ∞.
INLINE vf vector_exp(vf x) {
  // Beyond these the result is 0 or ∞ anyway; the comparisons let through what is not a number.
  x = x < splat(-104.0f) ? splat(-104.0f) : x;
  x = x > splat(89.0f) ? splat(89.0f) : x;
  // Adding 1.5·2^23 rounds to an integer, which then stands in the low bits.
  vf shifted = fused(x, splat(1.44269504f), splat(12582912.0f));
  vf n = shifted - splat(12582912.0f);
  vf r = fused(n, splat(-0.693359375f), x);
  r = fused(n, splat(2.12194440e-4f), r);
  // 2^n in two factors: the first product is exact, so a subnormal result is rounded once.
  vu integer = __builtin_bit_cast(vu, shifted) - 0x4b400000u;
  vu half = __builtin_bit_cast(vu, __builtin_bit_cast(vi, integer) >> 1);
  return polynomial_exp(r) * power_of_two(half) * power_of_two(integer - half);
}

INLINE vf vector_log(vf x) {
  vi tiny = x < splat(1.17549435e-38f);
  vf scaled = tiny ? x * splat(8388608.0f) : x;
  // x = 2^e·m with m in [√½, √2).
  vi bits = __builtin_bit_cast(vi, scaled);
  vi e = (bits - 0x3f3504f3) >> 23;
  vu m = __builtin_bit_cast(vu, bits) - (__builtin_bit_cast(vu, e) << 23);
  vf f = __builtin_bit_cast(vf, m) - splat(1.0f);
  vf exponent = __builtin_convertvector(e, vf) - (tiny ? splat(23.0f) : splat(0.0f));
  vf z = f * f;
  vf p = splat(7.0376836292e-2f);
  p = fused(p, f, splat(-1.1514610310e-1f));
  p = fused(p, f, splat(1.1676998740e-1f));
  p = fused(p, f, splat(-1.2420140846e-1f));
  p = fused(p, f, splat(1.4249322787e-1f));
  p = fused(p, f, splat(-1.6668057665e-1f));
  p = fused(p, f, splat(2.0000714765e-1f));
  p = fused(p, f, splat(-2.4999993993e-1f));
  p = fused(p, f, splat(3.3333331174e-1f));
  vf y = (p * f) * z;
  y = fused(exponent, splat(-2.12194440e-4f), y);
  y = fused(splat(-0.5f), z, y);
  y = fused(exponent, splat(0.693359375f), f + y);
  vf zero = 0, infinity = splat(__builtin_inff());
  y = x == infinity ? infinity : y;
  y = x == zero ? -infinity : y;
  y = x < zero ? splat(__builtin_nanf("")) : y;
  return x != x ? x : y;
}

// log(1 + e) for 0 <= e <= 1: the logarithm of the rounded sum, and the rounding error's share.
INLINE vf vector_log1p(vf e) {
  vf sum = splat(1.0f) + e;
  return vector_log(sum) + (e - (sum - splat(1.0f))) / sum;
}

INLINE vf vector_tanh(vf x) {
  vf size = magnitude(x), z = x * x;
  vf p = splat(-5.70498872745e-3f);
  p = fused(p, z, splat(2.06390887954e-2f));
  p = fused(p, z, splat(-5.37397155531e-2f));
  p = fused(p, z, splat(1.33314422036e-1f));
  p = fused(p, z, splat(-3.33332819422e-1f));
  vf small = fused(p * z, size, size);
  vf large = splat(1.0f) - splat(2.0f) / (vector_exp(size + size) + splat(1.0f));
  vu sign = __builtin_bit_cast(vu, x) & 0x80000000u;
  vf y = size < splat(0.625f) ? small : large;
  return __builtin_bit_cast(vf, __builtin_bit_cast(vu, y) | sign);
}

INLINE vf vector_sigmoid(vf x) {
  vf e = vector_exp(-magnitude(x)), one = splat(1.0f), zero = 0;
  return (x < zero ? e : one) / (one + e);
}
