"""Logistic regression by full-batch gradient descent, in plain Python: the smallest trainer there is.

    atoll run task.yaml --trainer "python3 train_plain.py"

It knows every correction that Atoll's strategies ask for (fedprox, scaffold) and gives gradients (fedsgd).
"""

import math

from atoll_trainer import Tensor, Work

work = Work()
told = work.instruction
if told["model"]["kind"] != "logistic":
    raise SystemExit(f"this program trains logistic models, not {told['model']['kind']}")

count = told["examples"]["count"]
width = told["model"]["input_shape"][0]
features, targets = work.examples["features"].data, work.examples["targets"].data
# A layer's weights come before its bias.
names = [tensor["name"] for tensor in told["model"]["tensors"]]
start = [list(work.model[name].data) for name in names]
weights, bias = list(start[0]), list(start[1])
l2 = told["training"]["l2"]


def gradient():
    """Of the mean cross-entropy and the penalty: of the weights, and of the bias."""
    of_weights, of_bias, loss = [l2 * weight for weight in weights], 0.0, 0.0
    for row in range(count):
        example = features[row * width : (row + 1) * width]
        score = bias[0] + sum(weight * value for weight, value in zip(weights, example))
        error = 1 / (1 + math.exp(-score)) - targets[row]
        loss += math.log1p(math.exp(-abs(score))) + max(score, 0) - targets[row] * score
        of_bias += error / count
        for column in range(width):
            of_weights[column] += error * example[column] / count
    return of_weights, of_bias, loss / count


def tensors(of_weights, of_bias):
    values = (of_weights, [of_bias])
    return {name: Tensor(work.model[name].shape, value) for name, value in zip(names, values)}


if told["wanted"] == "gradient":
    of_weights, of_bias, loss = gradient()
    work.finish(tensors(of_weights, of_bias), loss=loss)
    raise SystemExit

correction = told.get("correction", {"kind": None})
control = work.read("correction") if correction["kind"] == "control" else None
steps = told["training"].get("epochs") or told["training"]["steps"]
for step in range(steps):
    of_weights, of_bias, loss = gradient()
    if correction["kind"] == "proximal":
        mu = correction["mu"]
        of_weights = [g + mu * (w - s) for g, w, s in zip(of_weights, weights, start[0])]
        of_bias += mu * (bias[0] - start[1][0])
    if control:
        of_weights = [g + c for g, c in zip(of_weights, control[names[0]].data)]
        of_bias += control[names[1]].data[0]
    rate = told["training"]["learning_rate"]
    weights = [weight - rate * slope for weight, slope in zip(weights, of_weights)]
    bias[0] -= rate * of_bias
work.finish(tensors(weights, bias[0]), steps=steps, loss=loss, correction=correction["kind"])
