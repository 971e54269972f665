#!/usr/bin/env python3
"""Writes optimizers.json: PyTorch's optimizers in double precision on fixed gradients.

Made with torch 2.13.0+cpu and Python 3.11:  python optimizers.py > optimizers.json
"""
import json
import torch

START = [0.5, -1.25, 2.0, 0.0]
GRADIENTS = [  # exact in binary, of very different sizes
    [0.25, -2.0, 0.0078125, 0.0], [0.5, 1.5, 0.0078125, 0.0], [-0.75, 4.0, -0.015625, 0.125],
    [0.125, -0.5, 0.0078125, -0.25], [2.0, 0.25, 0.03125, 0.5], [-1.0, 0.25, 0.0, -8.0],
]
RATE = 0.0625
CASES = [
    ("sgd", {"sgd": {"momentum": 0.0, "nesterov": False}}, torch.optim.SGD, {}),
    ("momentum", {"sgd": {"momentum": 0.875, "nesterov": False}}, torch.optim.SGD, {"momentum": 0.875}),
    ("nesterov", {"sgd": {"momentum": 0.875, "nesterov": True}}, torch.optim.SGD,
     {"momentum": 0.875, "nesterov": True}),
    ("adagrad", {"adagrad": {"epsilon": 1e-10}}, torch.optim.Adagrad, {"eps": 1e-10}),
    ("adam", {"adam": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}}, torch.optim.Adam,
     {"betas": (0.9, 0.999), "eps": 1e-8}),
    ("adam, large epsilon", {"adam": {"beta1": 0.5, "beta2": 0.75, "epsilon": 0.125}}, torch.optim.Adam,
     {"betas": (0.5, 0.75), "eps": 0.125}),
    ("adamW", {"adamW": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "decay": 0.25}}, torch.optim.AdamW,
     {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.25}),
]

cases = []
for name, kind, optimizer, options in CASES:
    weights = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = optimizer([weights], lr=RATE, **options)
    trajectory = []
    for gradient in GRADIENTS:
        weights.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        trajectory.append(weights.detach().tolist())
    cases.append({"name": name, "kind": kind, "trajectory": trajectory})

print(json.dumps({
    "origin": "torch " + torch.__version__ + ", torch.optim in float64, made by optimizers.py",
    "start": START, "gradients": GRADIENTS, "rate": RATE, "cases": cases}, indent=1))
