// Convolution, max(0, ·) and max-pooling in one pass, and the gradient over the few entries that both let
// through.
#pragma once
#include "conv.h"
#include "pool.h"

static void conv_pool_forward(const float *x, const float *w, const float *bias, float *y, uint8_t *choice,
                              const atoll_conv *s, const atoll_pool *pool, size_t batch, float *scratch) {
  long in = (long)s->in_height * s->in_width * s->in_channels, channels = s->out_channels,
       window = pool->window;
  long columns = pool->out_width * window;
  float *rows = scratch + padded_size(s);
  for (size_t b = 0; b < batch; b++, x += in) {
    const float *padded = with_border(x, s, scratch);
    for (long py = 0; py < pool->out_height; py++) {
      for (long r = 0; r < window; r++)
        conv_row(padded, w, bias, rows + r * columns * channels, s, py * window + r, columns, false);
      for (long px = 0; px < pool->out_width; px++, y += channels, choice += channels) {
        const float *corner = rows + px * window * channels;
        if (window == 2) {
          pool_pixel(corner, columns * channels, channels, 2, true, y, choice);
        } else {
          pool_pixel(corner, columns * channels, channels, (int)window, true, y, choice);
        }
      }
    }
  }
}

// The entries of one band of pooled rows that take part, for each output channel: where the patch of the
// input begins under them, and their gradient.
typedef struct {
  long capacity;
  int32_t *count;   // [channel]
  int32_t *offset;  // [channel][capacity]
  float *gradient;  // [channel][capacity]
} live_entries;

static void list_live(live_entries live, const float *y, const uint8_t *choice, const float *d,
                      const atoll_conv *s, const atoll_pool *pool, long first_row, long last_row) {
  long channels = s->out_channels, row = padded_width(s) * s->in_channels, step = s->in_channels;
  int32_t within[256];
  for (int k = 0; k < pool->window * pool->window; k++)
    within[k] = (int32_t)((k / pool->window) * s->stride * row + (k % pool->window) * s->stride * step);
  memset(live.count, 0, (size_t)channels * sizeof(int32_t));
  for (long py = first_row; py < last_row; py++)
    for (long px = 0; px < pool->out_width; px++) {
      long cell = (py * pool->out_width + px) * channels;
      long base = (py * row + px * step) * pool->window * s->stride;
      for (long o = 0; o < channels; o++) {
        // Written always, kept when live: no branch that the processor would guess wrong half of the time.
        long at = o * live.capacity + live.count[o];
        live.offset[at] = (int32_t)base + within[choice[cell + o]];
        live.gradient[at] = d[cell + o];
        live.count[o] += y[cell + o] > 0;
      }
    }
}

// Rows of a patch taken at a time where a row is less than a vector.
#define NARROW_ROWS 5

// Entries of one channel.
typedef struct {
  long count;
  const int32_t *offset;
  const float *gradient;
} entries;

// sum[r][k] += Σ over the list of gradient · patch[r][k], for some rows of the patch and some vectors of each
// row. `rows`, `vectors` and `partial` are constants wherever this is inlined.
INLINE void gather_tile(const float *x, long x_row, entries list, float *sum, long sum_row, int rows,
                        int vectors, long last, bool partial) {
  vf total[NARROW_ROWS][GATHER_VECTORS];
  REPEAT (r, rows)
    REPEAT (j, vectors) {
      const float *from = sum + r * sum_row + j * WIDTH;
      total[r][j] = partial && j == vectors - 1 ? load_first(from, last) : load(from);
    }
  for (long i = 0; i < list.count; i++) {
    const float *patch = x + list.offset[i];
    vf g = splat(list.gradient[i]);
    REPEAT (r, rows)
      REPEAT (j, vectors) {
        const float *from = patch + r * x_row + j * WIDTH;
        total[r][j] =
            fused(partial && j == vectors - 1 ? load_first(from, last) : load(from), g, total[r][j]);
      }
  }
  REPEAT (r, rows)
    REPEAT (j, vectors) {
      float *to = sum + r * sum_row + j * WIDTH;
      if (partial && j == vectors - 1) {
        store_first(to, last, total[r][j]);
      } else {
        store(to, total[r][j]);
      }
    }
}

// All vectors of some rows, in even shares.
INLINE void gather_rows(const float *x, long x_row, entries list, float *sum, long sum_row, int rows) {
  long vectors = sum_row / WIDTH, tiles = (vectors + GATHER_VECTORS - 1) / GATHER_VECTORS;
  for (long t = 0; t < tiles; t++) {
    long share = vectors / tiles + (t < vectors % tiles);
    // clang-format off
#define SHARE(n)                                                                                  \
  case n:                                                                                         \
    if (n <= GATHER_VECTORS)                                                                      \
      gather_tile(x, x_row, list, sum, sum_row, rows, n <= GATHER_VECTORS ? n : 1, WIDTH, false); \
    break;
    switch (share) {
      SHARE(1) SHARE(2) SHARE(3) SHARE(4) SHARE(5) SHARE(6)
      SHARE(7) SHARE(8) SHARE(9) SHARE(10) SHARE(11) SHARE(12)
    }
#undef SHARE
    // clang-format on
    x += share * WIDTH;
    sum += share * WIDTH;
  }
  if (sum_row % WIDTH != 0) gather_tile(x, x_row, list, sum, sum_row, rows, 1, sum_row % WIDTH, true);
}

static void gather(const float *x, long x_row, entries list, float *sum, long kernel_height,
                   long kernel_row) {
  long ky = 0;
  if (kernel_row < WIDTH) {
    for (; ky + NARROW_ROWS <= kernel_height; ky += NARROW_ROWS)
      gather_tile(x + ky * x_row, x_row, list, sum + ky * kernel_row, kernel_row, NARROW_ROWS, 1, kernel_row,
                  true);
  }
  for (; ky + GATHER_ROWS <= kernel_height; ky += GATHER_ROWS)
    gather_rows(x + ky * x_row, x_row, list, sum + ky * kernel_row, kernel_row, GATHER_ROWS);
  for (; ky < kernel_height; ky++)
    gather_rows(x + ky * x_row, x_row, list, sum + ky * kernel_row, kernel_row, 1);
}

// to[k] += gradient · w[k] for `vectors` vectors, a constant.
INLINE void scatter_vectors(const float *w, vf gradient, float *to, int vectors) {
  REPEAT (j, vectors) store(to + j * WIDTH, fused(load(w + j * WIDTH), gradient, load(to + j * WIDTH)));
}

// Every entry in turn adds gradient · weights to its whole patch of dx: the order is entry after entry,
// whatever the vectors. `rows` and `vectors` (of a row) are constants; the weights stay in registers where
// they fit.
INLINE void scatter_patches(const float *weights, entries list, float *dx, long x_row, int rows,
                            int vectors) {
  if (rows * vectors <= HELD_VECTORS) {
    vf w[HELD_VECTORS];
    REPEAT (k, rows * vectors) w[k] = load(weights + k * WIDTH);
    for (long i = 0; i < list.count; i++) {
      vf g = splat(list.gradient[i]);
      float *patch = dx + list.offset[i];
      REPEAT (r, rows)
        REPEAT (j, vectors) {
          float *to = patch + r * x_row + j * WIDTH;
          store(to, fused(w[r * vectors + j], g, load(to)));
        }
    }
  } else {
    for (long i = 0; i < list.count; i++) {
      vf g = splat(list.gradient[i]);
      float *patch = dx + list.offset[i];
      REPEAT (r, rows) scatter_vectors(weights + r * vectors * WIDTH, g, patch + r * x_row, vectors);
    }
  }
}

static void scatter(const float *weights, entries list, float *dx, long x_row, long kernel_height,
                    long kernel_row) {
  if (kernel_row % WIDTH == 0 && (kernel_height == 3 || kernel_height == 5)) {
    // clang-format off
#define VECTORS(n)                                     \
  case n:                                              \
    if (kernel_height == 3) {                          \
      scatter_patches(weights, list, dx, x_row, 3, n); \
    } else {                                           \
      scatter_patches(weights, list, dx, x_row, 5, n); \
    }                                                  \
    return;
    switch (kernel_row / WIDTH) {
      VECTORS(3) VECTORS(5) VECTORS(6) VECTORS(10) VECTORS(12) VECTORS(20)
    }
#undef VECTORS
    // clang-format on
  }
  for (long i = 0; i < list.count; i++) {
    vf g = splat(list.gradient[i]);
    const float *w = weights;
    for (long ky = 0; ky < kernel_height; ky++, w += kernel_row) {
      float *to = dx + list.offset[i] + ky * x_row;
      long k = 0;
      for (; k + 4 * WIDTH <= kernel_row; k += 4 * WIDTH) scatter_vectors(w + k, g, to + k, 4);
      for (; k + WIDTH <= kernel_row; k += WIDTH) scatter_vectors(w + k, g, to + k, 1);
      if (k < kernel_row)
        store_first(to + k, kernel_row - k,
                    fused(load_first(w + k, kernel_row - k), g, load_first(to + k, kernel_row - k)));
    }
  }
}

// dw and db: samples, then pooled entries in ascending order. dx: bands of pooled rows, then output channels,
// then entries; one entry adds its whole patch.
static void conv_pool_gradients(const float *x, const float *w, const float *y, const uint8_t *choice,
                                const float *d, float *dx, gradients to_weights, const atoll_conv *s,
                                const atoll_pool *pool, size_t batch, float *scratch) {
  long in_size = (long)s->in_height * s->in_width * s->in_channels, channels = s->out_channels;
  long row = padded_width(s) * s->in_channels, kernel_row = s->kernel_width * s->in_channels;
  long patch = s->kernel_height * kernel_row, cells = (long)pool->out_height * pool->out_width * channels;
  long band = band_rows(pool);
  float *padded_dx = scratch + padded_size(s), *weights = padded_dx + padded_size(s);
  float *sums = weights + patch * channels, *lists = sums + patch * channels;
  live_entries live = {.capacity = band * pool->out_width, .gradient = lists};
  live.offset = (int32_t *)(lists + channels * live.capacity);
  live.count = live.offset + channels * live.capacity;
  // Lanes run over a patch, so the weights and their gradient are turned to [output][patch] for the whole
  // call. The gradients of each sample stay so.
  if (dx) transpose(w, channels, weights, patch, patch, channels);
  if (!to_weights.apart) transpose(to_weights.dw, channels, sums, patch, patch, channels);
  for (size_t b = 0; b < batch; b++, x += in_size, y += cells, choice += cells, d += cells) {
    const float *padded = with_border(x, s, scratch);
    begin_sample(&to_weights);
    float *db = to_weights.db, *change = to_weights.apart ? to_weights.dw : sums;
    float *gradient = s->padding == 0 && dx ? dx : padded_dx;
    if (dx) memset(gradient, 0, (size_t)(padded_height(s) * row) * sizeof(float));
    for (long first = 0; first < pool->out_height; first += band) {
      long last = first + band < pool->out_height ? first + band : pool->out_height;
      list_live(live, y, choice, d, s, pool, first, last);
      for (long o = 0; o < channels; o++) {
        entries list = {live.count[o], live.offset + o * live.capacity, live.gradient + o * live.capacity};
        float sum = db[o];
        for (long i = 0; i < list.count; i++) sum += list.gradient[i];
        db[o] = sum;
        gather(padded, row, list, change + o * patch, s->kernel_height, kernel_row);
        if (dx) scatter(weights + o * patch, list, gradient, row, s->kernel_height, kernel_row);
      }
    }
    end_sample(&to_weights);
    if (!dx) continue;
    if (s->padding != 0) without_border(gradient, s, dx);
    dx += in_size;
  }
  if (!to_weights.apart) transpose(sums, patch, to_weights.dw, channels, channels, patch);
}

static void conv_pool_backward(const float *x, const float *w, const float *y, const uint8_t *choice,
                               const float *d, float *dx, float *dw, float *db, const atoll_conv *s,
                               const atoll_pool *pool, size_t batch, float *scratch) {
  conv_pool_gradients(x, w, y, choice, d, dx, (gradients){dw, db, 0, NULL}, s, pool, batch, scratch);
}

static void conv_pool_backward_each(const float *x, const float *w, const float *y, const uint8_t *choice,
                                    const float *d, float *dx, float *each, double *squares,
                                    const atoll_conv *s, const atoll_pool *pool, size_t batch,
                                    float *scratch) {
  conv_pool_gradients(x, w, y, choice, d, dx, each_gradient(each, squares, s), s, pool, batch, scratch);
}
