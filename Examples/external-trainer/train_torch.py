"""Any chain of fully connected layers (logistic, softmax, mlp), trained with PyTorch.

    python3 -m venv torch && torch/bin/pip install torch --index-url https://download.pytorch.org/whl/cpu
    atoll run task.yaml --set "model={kind: mlp, hidden: [16]}" --trainer "torch/bin/python train_torch.py"
"""

import torch
from torch.nn import functional

from atoll_trainer import Tensor, Work

work = Work()
told = work.instruction
plan = told["training"]
kind = told["model"]["kind"]
if kind not in ("logistic", "softmax", "mlp") or told["wanted"] != "model":
    raise SystemExit(f"this program trains logistic, softmax and mlp models, not {kind}")
# The same bytes each time.
torch.manual_seed(told["seed"])
torch.use_deterministic_algorithms(True)


def tensor(source):
    return torch.tensor(source.data, dtype=torch.float32).reshape(source.shape)


features = tensor(work.examples["features"])
targets = tensor(work.examples["targets"])
names = [entry["name"] for entry in told["model"]["tensors"]]
parameters = [tensor(work.model[name]).requires_grad_() for name in names]
start = [parameter.detach().clone() for parameter in parameters]
correction = told.get("correction", {"kind": None})
control = [tensor(work.read("correction")[name]) for name in names] if correction["kind"] == "control" else None


def loss_of(rows):
    """Mean cross-entropy of some rows. Layers lie one after the other: weights of shape [inputs, units], then biases."""
    values = features[rows]
    for layer in range(0, len(parameters), 2):
        weight, bias = parameters[layer], parameters[layer + 1]
        if layer > 0:
            values = torch.relu(values)
        values = values @ weight + bias
    if values.shape[1] == 1:
        return functional.binary_cross_entropy_with_logits(values[:, 0], targets[rows])
    return functional.cross_entropy(values, targets[rows].long())


optimizer = torch.optim.SGD(parameters, lr=plan["learning_rate"], momentum=plan["optimizer"].get("momentum", 0))
count = told["examples"]["count"]
size = plan.get("batch_size", count)
steps, total = 0, 0.0
most = plan.get("steps") or plan["epochs"] * -(-count // size)
while steps < most:
    for rows in torch.randperm(count).split(size) if plan["shuffle"] else torch.arange(count).split(size):
        if steps == most:
            break
        optimizer.zero_grad()
        loss = loss_of(rows)
        loss.backward()
        with torch.no_grad():
            for place, parameter in enumerate(parameters):
                if parameter.dim() > 1:
                    parameter.grad += plan["l2"] * parameter
                if correction["kind"] == "proximal":
                    parameter.grad += correction["mu"] * (parameter - start[place])
                if control:
                    parameter.grad += control[place]
        optimizer.step()
        steps, total = steps + 1, total + loss.item()
work.finish(
    {
        name: Tensor(work.model[name].shape, parameter.detach().flatten().tolist())
        for name, parameter in zip(names, parameters)
    },
    steps=steps,
    loss=total / steps,
    correction=correction["kind"],
)
