// Steps of the optimizers, one fused pass over the parameters each.
#pragma once
#include "elementwise.h"

static void momentum_step(float rate, float momentum, bool nesterov, const float *gradient, float *velocity,
                          float *weights, size_t count) {
  vf keep = splat(momentum), step = splat(-rate);
  EACH(count, {
    vf g = load_lanes(gradient + i, lanes);
    vf v = fused(keep, load_lanes(velocity + i, lanes), g);
    store_lanes(velocity + i, lanes, v);
    vf direction = nesterov ? fused(keep, v, g) : v;
    store_lanes(weights + i, lanes, fused(step, direction, load_lanes(weights + i, lanes)));
  })
}

static void adagrad_step(float rate, float epsilon, const float *gradient, float *accumulator, float *weights,
                         size_t count) {
  vf small = splat(epsilon), step = splat(-rate);
  EACH(count, {
    vf g = load_lanes(gradient + i, lanes);
    vf sum = fused(g, g, load_lanes(accumulator + i, lanes));
    store_lanes(accumulator + i, lanes, sum);
    vf direction = g / (__builtin_elementwise_sqrt(sum) + small);
    store_lanes(weights + i, lanes, fused(step, direction, load_lanes(weights + i, lanes)));
  })
}

static void adam_step(float rate, float beta1, float beta2, float epsilon, float m_correction,
                      float v_correction, float decay, const float *gradient, float *m, float *v,
                      float *weights, size_t count) {
  vf keep1 = splat(beta1), new1 = splat(1.0f - beta1), keep2 = splat(beta2), new2 = splat(1.0f - beta2);
  vf small = splat(epsilon), step = splat(-rate), shrink = splat(-decay);
  EACH(count, {
    vf g = load_lanes(gradient + i, lanes);
    vf first = fused(keep1, load_lanes(m + i, lanes), new1 * g);
    vf second = fused(keep2, load_lanes(v + i, lanes), (new2 * g) * g);
    store_lanes(m + i, lanes, first);
    store_lanes(v + i, lanes, second);
    vf direction = (first * m_correction) / (__builtin_elementwise_sqrt(second * v_correction) + small);
    vf w = load_lanes(weights + i, lanes);
    w = fused(shrink, w, w);
    store_lanes(weights + i, lanes, fused(step, direction, w));
  })
}
