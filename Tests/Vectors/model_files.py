"""Makes model_files.json: files of the Python package `safetensors`, and files of ours that it has read.

    pip install numpy==2.4.6 safetensors==0.8.0
    python3 Tests/Vectors/model_files.py > Tests/Vectors/model_files.json
"""

import base64
import json
import struct
import tempfile

import numpy
import safetensors
import safetensors.numpy


def case(name, tensors, metadata, data):
    """Tensors in the order in which they lie in the file."""
    return {
        "name": name,
        "metadata": metadata,
        "tensors": [
            {"name": key, "shape": list(value.shape), "values": value.astype(float).ravel().tolist()}
            for key, value in tensors.items()],
        "base64": base64.b64encode(data).decode(),
    }


def theirs(name, tensors, metadata):
    return case(name, dict(sorted(tensors.items())), metadata, safetensors.numpy.save(tensors, metadata or None))


def ours(name, tensors, metadata):
    """The bytes that Atoll has to write, put together by hand, and read back by the package."""
    header, offset, numbers = {}, 0, b""
    if metadata:
        header["__metadata__"] = dict(sorted(metadata.items()))
    for key, value in tensors.items():
        header[key] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + value.nbytes]}
        offset += value.nbytes
        numbers += value.astype("<f4").tobytes()
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    data = struct.pack("<Q", len(text)) + text + numbers
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with safetensors.safe_open(file.name, framework="numpy") as read:
            assert set(read.keys()) == set(tensors)
            assert (read.metadata() or {}) == metadata
            for key, value in tensors.items():
                assert numpy.array_equal(read.get_tensor(key), value) and read.get_tensor(key).shape == value.shape
    return case(name, tensors, metadata, data)


f32 = numpy.float32
small = {
    "weight": numpy.array([[1, -2.5, 3], [0.1, 1e-40, -3.4e38]], f32),
    "bias": numpy.array([0.5, -0.0], f32),
    "temperature": numpy.array(1.75, f32),
}
layers = {f"conv.{k}.weight": numpy.arange(2 * 2 * 1 * k, dtype=f32).reshape(2, 2, 1, k) / 7 for k in (1, 2, 3)}

print(json.dumps({
    "origin": f"Python package safetensors {safetensors.__version__}; made by model_files.py",
    "theirs": [
        theirs("three tensors", small, {"format": "atoll", "note": "größe \"π\"\n"}),
        theirs("no metadata", layers, {}),
    ],
    "ours": [
        ours("three tensors", small, {"format": "atoll", "note": "größe \"π\" \\ /", "empty": ""}),
        ours("no metadata", layers, {}),
        ours("one scalar", {"β": numpy.array(-1, f32)}, {}),
    ],
    "refused": {
        "F16": base64.b64encode(safetensors.numpy.save({"w": numpy.zeros(2, numpy.float16)})).decode(),
        "F64": base64.b64encode(safetensors.numpy.save({"w": numpy.zeros(2, numpy.float64)})).decode(),
        "I64": base64.b64encode(safetensors.numpy.save({"w": numpy.zeros(2, numpy.int64)})).decode(),
    },
}, indent=1, ensure_ascii=False))
