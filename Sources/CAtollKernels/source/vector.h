// Vectors of WIDTH floats, and the one fused multiply-add that everything is made of.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef float vf __attribute__((ext_vector_type(WIDTH)));
typedef int32_t vi __attribute__((ext_vector_type(WIDTH)));
typedef uint32_t vu __attribute__((ext_vector_type(WIDTH)));
typedef uint8_t vb __attribute__((ext_vector_type(WIDTH)));
typedef double vd __attribute__((ext_vector_type(WIDTH)));
typedef int64_t vl __attribute__((ext_vector_type(WIDTH)));
typedef uint64_t vul __attribute__((ext_vector_type(WIDTH)));

#define INLINE static inline __attribute__((always_inline))
// A loop with a constant number of turns, unrolled so that its arrays become registers.
#define REPEAT(i, n) _Pragma("clang loop unroll(full)") for (int i = 0; i < (n); i++)

INLINE vf splat(float x) { return (vf)x; }

INLINE vf load(const float *p) {
  vf v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store(float *p, vf v) { memcpy(p, &v, sizeof v); }

// The first n lanes, 0 < n <= WIDTH; the others are zero, and their memory is not touched.
#if defined(MASKED_AVX512)
INLINE vf load_first(const float *p, long n) {
  return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}
INLINE void store_first(float *p, long n, vf v) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
}
#elif defined(MASKED_AVX2)
INLINE __m256i first_lanes(long n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
INLINE vf load_first(const float *p, long n) { return (vf)_mm256_maskload_ps(p, first_lanes(n)); }
INLINE void store_first(float *p, long n, vf v) { _mm256_maskstore_ps(p, first_lanes(n), (__m256)v); }
#else
INLINE vf load_first(const float *p, long n) {
  vf v = 0;
  REPEAT (i, WIDTH)
    if (i < n) v[i] = p[i];
  return v;
}
INLINE void store_first(float *p, long n, vf v) {
  REPEAT (i, WIDTH)
    if (i < n) p[i] = v[i];
}
#endif

// Lanes that are left at position i of n: WIDTH, or fewer at the end.
INLINE long lanes_left(long n, long i) { return n - i < WIDTH ? n - i : WIDTH; }
INLINE vf load_lanes(const float *p, long n) { return n == WIDTH ? load(p) : load_first(p, n); }
INLINE void store_lanes(float *p, long n, vf v) {
  if (n == WIDTH) {
    store(p, v);
  } else {
    store_first(p, n, v);
  }
}

#if SOFTWARE_FMA
// a·b is exact in double (24 + 24 bits). The sum with c is rounded to odd (Boldo & Melquiond 2008): its
// error, known exactly (Knuth's two-sum), sets the last bit where it is not zero. The one rounding to float
// is then the right one.
INLINE vf fused(vf a, vf b, vf c) {
  vd product = __builtin_convertvector(a, vd) * __builtin_convertvector(b, vd);
  vd addend = __builtin_convertvector(c, vd);
  vd sum = product + addend;
  vd shadow = sum - product;
  vd error = (product - (sum - shadow)) + (addend - shadow);
  vl bits = __builtin_bit_cast(vl, sum);
  vl inexact = (error > 0.0) | (error < 0.0);
  vl away = (bits ^ __builtin_bit_cast(vl, error)) < 0;
  // An even last bit becomes odd: one up where the error has the sum's sign, one down where it has not.
  bits += ((away | 1) & ((bits & 1) - 1)) & inexact;
  return __builtin_convertvector(__builtin_bit_cast(vd, bits), vf);
}
#else
INLINE vf fused(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }
#endif

// The lanes of two vectors in turn: a0 b0 a1 b1 …, first and second half.
#if WIDTH == 16
#define LOW_LANES 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_LANES 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif WIDTH == 8
#define LOW_LANES 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_LANES 4, 12, 5, 13, 6, 14, 7, 15
#else
#define LOW_LANES 0, 4, 1, 5
#define HIGH_LANES 2, 6, 3, 7
#endif

// Rows of a square become its columns: each round of interleaving the first half of the rows with the second
// moves one bit of the row's number into the lane's.
INLINE void transpose_square(vf *rows) {
  for (int round = 1; round < WIDTH; round *= 2) {
    vf next[WIDTH];
    REPEAT (i, WIDTH / 2) {
      next[2 * i] = __builtin_shufflevector(rows[i], rows[i + WIDTH / 2], LOW_LANES);
      next[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + WIDTH / 2], HIGH_LANES);
    }
    REPEAT (i, WIDTH) rows[i] = next[i];
  }
}

// to[c][r] = from[r][c]; rows lie from_row and to_row apart.
static void transpose(const float *from, long from_row, float *to, long to_row, long rows, long columns) {
  for (long r = 0; r < rows; r += WIDTH)
    for (long c = 0; c < columns; c += WIDTH) {
      long height = lanes_left(rows, r), width = lanes_left(columns, c);
      vf square[WIDTH];
      REPEAT (i, WIDTH) square[i] = i < height ? load_lanes(from + (r + i) * from_row + c, width) : (vf)0;
      transpose_square(square);
      REPEAT (i, WIDTH)
        if (i < width) store_lanes(to + (c + i) * to_row + r, height, square[i]);
    }
}

// max(0, a): +0 for −0 and for a value that is not a number.
INLINE vf positive_part(vf a) {
  vf zero = 0;
  return a > zero ? a : zero;
}

INLINE vf magnitude(vf a) { return __builtin_bit_cast(vf, __builtin_bit_cast(vu, a) & 0x7fffffffu); }
