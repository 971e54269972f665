// exp, log and cos(π·x) in double: IEEE additions, products and divisions in a fixed order, no fma, no libm.
// Argument reductions and coefficients follow fdlibm (e_exp.c, e_log.c, k_cos.c, k_sin.c; Copyright (C) 1993
// by Sun Microsystems, Inc.: permission to use, copy, modify, and distribute this software is freely granted,
// provided that this notice is preserved).
#include <stdint.h>
#include <string.h>

#include "atoll_kernels.h"

#pragma clang fp contract(off)

static double from_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static uint64_t to_bits(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static double power_of_two(int n) { return from_bits((uint64_t)(n + 1023) << 52); }

double atoll_exp(double x) {
  if (x != x) return x;
  if (x > 709.782712893384) return __builtin_inf();
  if (x < -745.1332191019412) return 0;
  // x = n·ln 2 + r, |r| <= ½·ln 2; ln 2 in two parts, the first of them exact when multiplied by n.
  double n = (x * 1.4426950408889634 + 6755399441055744.0) - 6755399441055744.0;
  double high = x - n * 6.93147180369123816490e-01, low = n * 1.90821492927058770002e-10;
  double r = high - low, t = r * r;
  double c = r - t * (1.66666666666666019037e-01 +
                      t * (-2.77777777770155933842e-03 +
                           t * (6.61375632143793436117e-05 +
                                t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));
  double y = 1.0 - ((low - (r * c) / (2.0 - c)) - high);
  // 2^n in two factors, so that a subnormal result is rounded once and 2^1024 is never formed.
  int whole = (int)n, half = whole / 2;
  return y * power_of_two(half) * power_of_two(whole - half);
}

double atoll_log(double x) {
  if (x != x || x == __builtin_inf()) return x;
  if (x == 0) return -__builtin_inf();
  if (x < 0) return __builtin_nan("");
  int k = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984.0;  // 2^54
    k = -54;
  }
  // x = 2^k·(1 + f) with 1 + f in [√½, √2).
  uint64_t bits = to_bits(x);
  int64_t e = (int64_t)(bits - 0x3fe6a09e667f3bcdu) >> 52;
  k += (int)e;
  double f = from_bits(bits - ((uint64_t)e << 52)) - 1.0;
  double s = f / (2.0 + f), z = s * s, w = z * z;
  double even =
      w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  double odd =
      z * (6.666666666666735130e-01 +
           w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  double r = even + odd, square = 0.5 * f * f, scale = (double)k;
  return scale * 6.93147180369123816490e-01 -
         ((square - (s * (square + r) + scale * 1.90821492927058770002e-10)) - f);
}

static double kernel_cos(double x) {
  double z = x * x;
  double r = z * (4.16666666666666019037e-02 +
                  z * (-1.38888888888741095749e-03 +
                       z * (2.48015872894767294178e-05 +
                            z * (-2.75573143513906633035e-07 +
                                 z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)))));
  double half = 0.5 * z, w = 1.0 - half;
  return w + (((1.0 - w) - half) + z * r);
}

static double kernel_sin(double x) {
  double z = x * x;
  double r = 8.33333333332248946124e-03 +
             z * (-1.98412698298579493134e-04 +
                  z * (2.75573137070700676789e-06 +
                       z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)));
  return x + x * z * (-1.66666666666666324348e-01 + z * r);
}

double atoll_cospi(double x) {
  if (x != x || x == __builtin_inf() || x == -__builtin_inf()) return __builtin_nan("");
  if (x < 0) x = -x;
  if (x >= 9007199254740992.0) return 1;  // 2^53: an even integer
  // Exact: the remainders of a division by a power of two.
  double turns = (double)(int64_t)(x * 0.5);
  double rest = x - 2.0 * turns;  // 0 <= rest < 2
  if (rest > 1) rest = 2.0 - rest;
  bool negative = rest > 0.5;
  if (negative) rest = 1.0 - rest;
  // cos(π·rest), 0 <= rest <= ½; beyond a quarter by the sine of the complement.
  const double pi = 3.14159265358979311600;
  double y = rest <= 0.25 ? kernel_cos(rest * pi) : kernel_sin((0.5 - rest) * pi);
  return negative ? -y : y;
}
