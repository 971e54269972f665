// Convolution, max(0, ·) and max-pooling in one pass, and the gradient over the few entries that both let through.
#pragma once
#include "conv.h"
#include "pool.h"

static void conv_pool_forward(const float *x, const float *w, const float *bias, float *y, uint8_t *choice,
                              const atoll_conv *s, const atoll_pool *pool, size_t batch, float *scratch) {
  long in = (long)s->in_height * s->in_width * s->in_channels, channels = s->out_channels, window = pool->window;
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

// The entries of one band of pooled rows that take part, for each output channel: where the patch of the input
// begins under them, and their gradient.
typedef struct {
  long capacity;
  int32_t *count;   // [channel]
  int32_t *offset;  // [channel][capacity]
  float *gradient;  // [channel][capacity]
} live_entries;

static void list_live(live_entries live, const float *y, const uint8_t *choice, const float *d, const atoll_conv *s,
                      const atoll_pool *pool, long first_row, long last_row) {
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

// Σ over the list of gradient · (one row of the patch), added to `sum`.
INLINE void gather_row(const float *x, const int32_t *offset, const float *gradient, long count, float *sum, long n) {
  for (long k = 0; k < n; k += WIDTH) {
    long lanes = lanes_left(n, k);
    vf total = load_lanes(sum + k, lanes);
    for (long i = 0; i < count; i++)
      total = fused(load_lanes(x + offset[i] + k, lanes), splat(gradient[i]), total);
    store_lanes(sum + k, lanes, total);
  }
}

// to[k] += gradient · w[k]
INLINE void scatter_row(const float *w, float gradient, float *to, long n) {
  vf g = splat(gradient);
  for (long k = 0; k < n; k += WIDTH) {
    long lanes = lanes_left(n, k);
    store_lanes(to + k, lanes, fused(load_lanes(w + k, lanes), g, load_lanes(to + k, lanes)));
  }
}

static void transpose(const float *from, float *to, long rows, long columns) {
  for (long r = 0; r < rows; r++)
    for (long c = 0; c < columns; c++) to[c * rows + r] = from[r * columns + c];
}

// dw and db: samples, then pooled entries in ascending order. dx: bands of pooled rows, then output channels, then
// entries; one entry adds its whole patch.
static void conv_pool_backward(const float *x, const float *w, const float *y, const uint8_t *choice, const float *d,
                               float *dx, float *dw, float *db, const atoll_conv *s, const atoll_pool *pool,
                               size_t batch, float *scratch) {
  long in_size = (long)s->in_height * s->in_width * s->in_channels, channels = s->out_channels;
  long row = padded_width(s) * s->in_channels, kernel_row = s->kernel_width * s->in_channels;
  long patch = s->kernel_height * kernel_row, cells = (long)pool->out_height * pool->out_width * channels;
  long band = band_rows(pool);
  float *padded_dx = scratch + padded_size(s), *weights = padded_dx + padded_size(s);
  float *sums = weights + patch * channels, *lists = sums + patch * channels;
  live_entries live = {.capacity = band * pool->out_width, .gradient = lists};
  live.offset = (int32_t *)(lists + channels * live.capacity);
  live.count = live.offset + channels * live.capacity;
  // Lanes run over a patch, so the weights and their gradient are turned to [output][patch] for the whole call.
  if (dx) transpose(w, weights, patch, channels);
  transpose(dw, sums, patch, channels);
  for (size_t b = 0; b < batch; b++, x += in_size, y += cells, choice += cells, d += cells) {
    const float *padded = with_border(x, s, scratch);
    float *gradient = s->padding == 0 && dx ? dx : padded_dx;
    if (dx) memset(gradient, 0, (size_t)(padded_height(s) * row) * sizeof(float));
    for (long first = 0; first < pool->out_height; first += band) {
      long last = first + band < pool->out_height ? first + band : pool->out_height;
      list_live(live, y, choice, d, s, pool, first, last);
      for (long o = 0; o < channels; o++) {
        const int32_t *offset = live.offset + o * live.capacity;
        const float *g = live.gradient + o * live.capacity;
        long count = live.count[o];
        float sum = db[o];
        for (long i = 0; i < count; i++) sum += g[i];
        db[o] = sum;
        for (long ky = 0; ky < s->kernel_height; ky++)
          gather_row(padded + ky * row, offset, g, count, sums + o * patch + ky * kernel_row, kernel_row);
        if (!dx) continue;
        for (long i = 0; i < count; i++)
          for (long ky = 0; ky < s->kernel_height; ky++)
            scatter_row(weights + o * patch + ky * kernel_row, g[i], gradient + offset[i] + ky * row, kernel_row);
      }
    }
    if (!dx) continue;
    if (s->padding != 0) without_border(gradient, s, dx);
    dx += in_size;
  }
  transpose(sums, dw, channels, patch);
}
