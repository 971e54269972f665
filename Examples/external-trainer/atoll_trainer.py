"""The contract between Atoll and a trainer of your own, in plain Python: copy this file beside your program.

    from atoll_trainer import Work
    work = Work()                     # reads the folder that Atoll names as the first argument
    work.instruction                  # what Atoll wants, as in Documentation/ExternalTrainer.md
    work.model                        # {name: Tensor}: the global model of the round
    work.examples["features"]         # Tensor of shape [count, …]; "targets" has shape [count]
    work.finish({name: Tensor}, steps=6, loss=0.3)

A Tensor has a shape (a list) and data (an array of 32-bit floats, row after row); numpy.asarray(t.data).reshape(t.shape)
makes a NumPy array of it. Needs nothing but Python 3.8.
"""

import json
import os
import struct
import sys
from array import array


class Tensor:
    """Numbers and their shape."""

    def __init__(self, shape, data):
        self.shape = list(shape)
        self.data = data if isinstance(data, array) else array("f", data)


def read_safetensors(path):
    """The tensors of a file, by name."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            raise ValueError(f"{name} is of type {entry['dtype']}, not F32")
        begin, end = entry["data_offsets"]
        numbers = array("f")
        numbers.frombytes(body[begin:end])
        if sys.byteorder == "big":
            numbers.byteswap()
        tensors[name] = Tensor(entry["shape"], numbers)
    return tensors


def write_safetensors(path, tensors):
    """Writes tensors, so that the file is there as a whole or not at all."""
    header, body = {}, b""
    for name, tensor in tensors.items():
        numbers = array("f", tensor.data)
        if sys.byteorder == "big":
            numbers.byteswap()
        data = numbers.tobytes()
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".part", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)
    os.replace(path + ".part", path)


class Work:
    """One training: what Atoll gave, and what it wants back."""

    def __init__(self, folder=None):
        self.folder = folder or sys.argv[1]
        with open(os.path.join(self.folder, "instruction.json"), encoding="utf-8") as file:
            self.instruction = json.load(file)
        if self.instruction["contract"] != 1:
            raise SystemExit(f"this program knows contract 1, not {self.instruction['contract']}")
        self.model = self.read("model")
        self.examples = self.read("examples")

    def read(self, name):
        """The tensors of one of the folder's files; "correction" is there where SCAFFOLD sends one."""
        return read_safetensors(os.path.join(self.folder, name + ".safetensors"))

    def finish(self, tensors, steps=None, loss=None, correction=None):
        """Gives back the trained tensors (or the gradient), and what is known of the training."""
        metrics = {"steps": steps, "loss": loss, "correction": correction}
        with open(os.path.join(self.folder, "metrics.json"), "w", encoding="utf-8") as file:
            json.dump({key: value for key, value in metrics.items() if value is not None}, file)
        write_safetensors(os.path.join(self.folder, "result.safetensors"), tensors)
