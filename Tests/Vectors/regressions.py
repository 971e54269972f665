#!/usr/bin/env python3
"""Writes regressions.json: scikit-learn's coefficients on a small table.

Made with scikit-learn (version in the file) and Python 3.11:  python regressions.py > regressions.json
"""
import json
import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression, Ridge

rng = np.random.default_rng(7)
rows = 40
x = np.round(rng.normal(size=(rows, 3)) * [1, 0.5, 2], 2)
score = x @ [1.5, -2, 0.5] + rng.normal(size=rows)
binary = (score > 0.3).astype(int)
three = np.digitize(score, [-1, 1])
value = np.round(score, 2)
l2 = 0.05  # ours: mean loss + l2/2 |w|^2

# scikit-learn: C * sum of losses + |w|^2 / 2, the intercept goes free.
logistic = LogisticRegression(C=1 / (l2 * rows), tol=1e-12, max_iter=100000).fit(x, binary)
weighted = LogisticRegression(C=1 / (l2 * rows), tol=1e-12, max_iter=100000, class_weight={0: 0.5, 1: 2}).fit(x, binary)
softmax = LogisticRegression(C=1 / (l2 * rows), tol=1e-12, max_iter=100000).fit(x, three)
# Ridge: sum of squares + alpha |w|^2; ours: mean of squares + l2/2 |w|^2.
ridge = Ridge(alpha=l2 * rows / 2, tol=1e-12).fit(x, value)


def case(name, target, model):
    return {"name": name, "target": target,
            "weights": np.atleast_2d(model.coef_).T.ravel().tolist(),  # [features][outputs]
            "bias": np.atleast_1d(model.intercept_).tolist()}


print(json.dumps({
    "origin": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}, made by regressions.py",
    "features": x.ravel().tolist(), "width": 3, "l2": l2,
    "binary": binary.tolist(), "three": three.tolist(), "value": value.tolist(),
    "cases": [case("logistic", "binary", logistic), case("logistic, weights 0.5 and 2", "binary", weighted),
              case("softmax", "three", softmax), case("linear", "value", ridge)]}))
