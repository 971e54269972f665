// The one matrix product behind dense layers and convolutions. Every element of the result is one chain: its
// start, then the terms in ascending order, each by one fused multiply-add. Tiles only decide which chains
// run side by side.
#pragma once
#include "vector.h"

// c[r][o] = start[r][o] + Σ_s Σ_k a[r·a_row + s·a_segment + k·a_term] · b[(s·terms + k)·b_term + o]
typedef struct {
  const float *a;
  long a_row, a_term, a_segment;
  const float *b;
  long b_term;
  const float *start;  // null: 0; start_row 0: one row for all, as with a bias
  long start_row;
  float *c;
  long c_row;
  long segments, terms;
  bool relu;
  // How many floats ahead b and start are fetched, where they come from memory: rows of weights are too short
  // for the processor to see that it should. 0: not ahead.
  long b_ahead, start_ahead;
} product;

// One tile in registers: `rows` rows of `vectors` vectors, the last of them with `last` lanes.
// The arguments behind `p` are constants wherever this is inlined.
INLINE void tile(const product *p, const float *a, const float *b, const float *start, float *c, int rows,
                 int vectors, long last, bool partial) {
  vf sum[SINGLE_ROWS][WIDE_VECTORS];
  REPEAT (r, rows)
    REPEAT (j, vectors) {
      if (start == NULL) {
        sum[r][j] = (vf)0;
      } else {
        const float *from = start + r * p->start_row + j * WIDTH;
        sum[r][j] = partial && j == vectors - 1 ? load_first(from, last) : load(from);
        __builtin_prefetch(from + p->start_ahead);
      }
    }
  for (long s = 0; s < p->segments; s++) {
    const float *x = a + s * p->a_segment;
#pragma clang loop unroll_count(2)
    for (long k = 0; k < p->terms; k++) {
      vf w[WIDE_VECTORS];
      REPEAT (j, vectors) {
        w[j] = partial && j == vectors - 1 ? load_first(b + j * WIDTH, last) : load(b + j * WIDTH);
        if (rows * vectors >= 16) __builtin_prefetch(b + j * WIDTH + p->b_ahead);
      }
      REPEAT (r, rows) {
        vf v = splat(x[r * p->a_row]);
        REPEAT (j, vectors) sum[r][j] = fused(w[j], v, sum[r][j]);
      }
      x += p->a_term;
      b += p->b_term;
    }
  }
  REPEAT (r, rows)
    REPEAT (j, vectors) {
      vf v = p->relu ? positive_part(sum[r][j]) : sum[r][j];
      float *to = c + r * p->c_row + j * WIDTH;
      if (partial && j == vectors - 1) {
        store_first(to, last, v);
      } else {
        store(to, v);
      }
    }
}

// All rows of one strip of columns. The rows are shared out evenly: ten are two tiles of five, not
// six and four.
INLINE void strip(const product *p, long rows, long column, int vectors, int most, long last, bool partial) {
  long tiles = (rows + most - 1) / most, done = 0;
  for (long t = 0; t < tiles; t++) {
    long count = rows / tiles + (t < rows % tiles);
    const float *a = p->a + done * p->a_row, *b = p->b + column;
    const float *start = p->start == NULL ? NULL : p->start + done * p->start_row + column;
    float *c = p->c + done * p->c_row + column;
    done += count;
    // clang-format off
#define ROWS(n)                                                                        \
  case n:                                                                              \
    if (n <= most) tile(p, a, b, start, c, n <= most ? n : 1, vectors, last, partial); \
    break;
    switch (count) {
      ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) ROWS(7) ROWS(8)
      ROWS(9) ROWS(10) ROWS(11) ROWS(12) ROWS(13) ROWS(14) ROWS(15) ROWS(16)
    }
#undef ROWS
    // clang-format on
  }
}

// The result of `rows` rows and `columns` columns, one strip of columns after the other.
static void multiply(product p, long rows, long columns) {
  long column = 0;
  for (; columns - column >= WIDE_VECTORS * WIDTH; column += WIDE_VECTORS * WIDTH)
    strip(&p, rows, column, WIDE_VECTORS, WIDE_ROWS, WIDTH, false);
#if WIDE_VECTORS > 2
  for (; columns - column >= 2 * WIDTH; column += 2 * WIDTH)
    strip(&p, rows, column, 2, PAIR_ROWS, WIDTH, false);
#endif
#if WIDE_VECTORS > 1
  for (; columns - column >= WIDTH; column += WIDTH) strip(&p, rows, column, 1, SINGLE_ROWS, WIDTH, false);
#endif
  if (column < columns) strip(&p, rows, column, 1, SINGLE_ROWS, columns - column, true);
}

// sum[o] += Σ_r rows[r][o], rows ascending; two chains run side by side.
static void add_rows(const float *rows, float *sum, long count, long columns) {
  long o = 0;
  for (; o + 2 * WIDTH <= columns; o += 2 * WIDTH) {
    vf first = load(sum + o), second = load(sum + o + WIDTH);
    for (long r = 0; r < count; r++) {
      first += load(rows + r * columns + o);
      second += load(rows + r * columns + o + WIDTH);
    }
    store(sum + o, first);
    store(sum + o + WIDTH, second);
  }
  for (; o < columns; o += WIDTH) {
    long lanes = lanes_left(columns, o);
    vf total = load_lanes(sum + o, lanes);
    for (long r = 0; r < count; r++) total += load_lanes(rows + r * columns + o, lanes);
    store_lanes(sum + o, lanes, total);
  }
}
