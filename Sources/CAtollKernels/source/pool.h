// Max-pooling. Lanes run over channels; the first of several largest values wins.
#pragma once
#include "vector.h"

INLINE void store_choice(uint8_t *p, long n, vi choice) {
  vb bytes = __builtin_convertvector(choice, vb);
  if (n == WIDTH) {
    memcpy(p, &bytes, sizeof bytes);
  } else {
    for (long i = 0; i < n; i++) p[i] = bytes[i];
  }
}

INLINE vi load_choice(const uint8_t *p, long n) {
  vb bytes = 0;
  if (n == WIDTH) {
    memcpy(&bytes, p, sizeof bytes);
  } else {
    for (long i = 0; i < n; i++) bytes[i] = p[i];
  }
  return __builtin_convertvector(bytes, vi);
}

// The largest of window × window pixels at x, for all channels of one output pixel.
INLINE void pool_pixel(const float *x, long row, long channels, int window, bool relu, float *y,
                       uint8_t *choice) {
  for (long c = 0; c < channels; c += WIDTH) {
    long lanes = lanes_left(channels, c);
    vf most = load_lanes(x + c, lanes);
    vi which = 0;
    for (int wy = 0; wy < window; wy++)
      for (int wx = 0; wx < window; wx++) {
        vf v = load_lanes(x + wy * row + wx * channels + c, lanes);
        vi larger = v > most;
        most = larger ? v : most;
        which = larger ? (vi)(wy * window + wx) : which;
      }
    store_lanes(y + c, lanes, relu ? positive_part(most) : most);
    store_choice(choice + c, lanes, which);
  }
}

static void max_pool_forward(const float *x, float *y, uint8_t *choice, const atoll_pool *s, size_t batch) {
  long channels = s->channels, row = s->in_width * channels;
  for (size_t b = 0; b < batch; b++, x += s->in_height * row)
    for (long oy = 0; oy < s->out_height; oy++)
      for (long ox = 0; ox < s->out_width; ox++, y += channels, choice += channels)
        pool_pixel(x + oy * s->stride * row + ox * s->stride * channels, row, channels, s->window, false, y,
                   choice);
}

// Each output adds its gradient to the pixel it chose, outputs in ascending order.
static void max_pool_backward(const float *d, const uint8_t *choice, float *dx, const atoll_pool *s,
                              size_t batch) {
  long channels = s->channels, row = s->in_width * channels;
  memset(dx, 0, batch * (size_t)(s->in_height * row) * sizeof(float));
  for (size_t b = 0; b < batch; b++, dx += s->in_height * row)
    for (long oy = 0; oy < s->out_height; oy++)
      for (long ox = 0; ox < s->out_width; ox++, d += channels, choice += channels) {
        float *window = dx + oy * s->stride * row + ox * s->stride * channels;
        for (long c = 0; c < channels; c += WIDTH) {
          long lanes = lanes_left(channels, c);
          vf gradient = load_lanes(d + c, lanes), zero = 0;
          vi which = load_choice(choice + c, lanes);
          for (int wy = 0; wy < s->window; wy++)
            for (int wx = 0; wx < s->window; wx++) {
              float *to = window + wy * row + wx * channels + c;
              vf chosen = which == (vi)(wy * s->window + wx) ? gradient : zero;
              store_lanes(to, lanes, load_lanes(to, lanes) + chosen);
            }
        }
      }
}
