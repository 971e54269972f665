"""Logistic regression by Newton's method, in NumPy: what Atoll's own trainer does not have.

    atoll run task.yaml --trainer "python3 train_numpy.py"

Each participant takes one damped Newton step a round towards the minimum of its penalized loss; FedAvg averages the steps.
"""

import numpy as np

from atoll_trainer import Tensor, Work

work = Work()
told = work.instruction
if told["model"]["kind"] != "logistic" or told["wanted"] != "model" or "correction" in told:
    raise SystemExit("this program trains logistic models, for strategies such as fedavg")

features = np.asarray(work.examples["features"].data).reshape(work.examples["features"].shape)
targets = np.asarray(work.examples["targets"].data)
weight_name, bias_name = (tensor["name"] for tensor in told["model"]["tensors"])
start = np.concatenate([np.asarray(work.model[weight_name].data), np.asarray(work.model[bias_name].data)])

# One column more, of ones, for the bias; in double precision, rounded once at the end.
inputs = np.hstack([features.astype(np.float64), np.ones((len(features), 1))])
model = start.astype(np.float64)
penalty = np.full(len(model), max(told["training"]["l2"], 1e-3))
penalty[-1] = 0

scores = inputs @ model
chances = 1 / (1 + np.exp(-scores))
gradient = inputs.T @ (chances - targets) / len(targets) + penalty * model
curvature = (inputs * (chances * (1 - chances))[:, None]).T @ inputs / len(targets) + np.diag(penalty + 1e-6)
model -= 0.5 * np.linalg.solve(curvature, gradient)

loss = float(np.mean(np.logaddexp(0, scores) - targets * scores))
result = model.astype(np.float32)
work.finish(
    {
        weight_name: Tensor(work.model[weight_name].shape, result[:-1].tolist()),
        bias_name: Tensor(work.model[bias_name].shape, result[-1:].tolist()),
    },
    steps=1,
    loss=loss,
)
