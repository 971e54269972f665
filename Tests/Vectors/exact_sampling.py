"""Makes exact_sampling.json: `python3 exact_sampling.py > exact_sampling.json` with mpmath and cryptography.

Weights and probabilities are rounded down to multiples of 2^-128, from 120 digits. The keystream is that of AES-256-CTR
with fast key erasure, by OpenSSL.
"""

import hashlib
import json
import random

import mpmath
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

mpmath.mp.dps = 120
random.seed(1)


def floor(x):
    return str(int(mpmath.floor(x * 2**128)))


def keystream(seed, count):
    key = seed.to_bytes(8, "little") + bytes(24)
    stream = b""
    while len(stream) < count:
        encryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
        block = encryptor.update(bytes(1 << 16))
        key, stream = block[:32], stream + block[32:]
    return stream[:count]


def coins(seed):
    stream = keystream(seed, 200_000)
    return {
        "seed": str(seed),
        "first": [str(int.from_bytes(stream[i : i + 8], "little")) for i in range(0, 32, 8)],
        "across": stream[65_495:65_513].hex(),
        "sha256": hashlib.sha256(stream).hexdigest(),
    }


def exponential(units):
    return {"units": str(units), "value": floor(mpmath.exp(-mpmath.mpf(units) / 2**64))}


def gaussian(n, d, x):
    return {"variance": f"{n}/{d}", "x": x, "weight": floor(mpmath.exp(-mpmath.mpf(x) ** 2 * d / (2 * n)))}


def laplace(n, d, x):
    return {"scale": f"{n}/{d}", "x": x, "weight": floor(mpmath.exp(-mpmath.mpf(abs(x)) * d / n))}


def poisson(n, d, k):
    mean, mode = mpmath.mpf(n) / d, n // d
    log = (k - mode) * mpmath.log(mean) - mpmath.loggamma(k + 1) + mpmath.loggamma(mode + 1)
    # Exactly 1 at the mode, which rounding may miss.
    return {"mean": f"{n}/{d}", "k": k, "weight": floor(mpmath.exp(log) if k != mode else mpmath.mpf(1))}


def logistic(n, d, others):
    return {"gamma": f"{n}/{d}", "others": others, "value": floor(1 / (1 + others * mpmath.exp(-mpmath.mpf(n) / d)))}


edges = [0, 1, 2**60 - 1, 2**60, 2**60 + 1, 2**64 - 1, 2**64, 44 << 64, (45 << 64) - 1, 45 << 64, 99 << 64]
poisson_cases = []
for n, d in [(1, 3), (5, 2), (700, 1), (32767, 2), (16384, 1), (32_768, 1), (65_537, 2), (100_001, 3), (2**30, 1), (2**48 - 1, 1)]:
    mode, width = n // d, int((n / d) ** 0.5) + 1
    for z in [-5, -2, -1, 0, 1, 3, 6]:
        if mode + z * width >= 0:
            poisson_cases.append(poisson(n, d, mode + z * width))

print(
    json.dumps(
        {
            "coins": [coins(s) for s in (0, 1, 0x0123_4567_89AB_CDEF)],
            "exponentials": [exponential(u) for u in edges + [random.randrange(46 << 64) for _ in range(300)]],
            "gaussian": [
                gaussian(n, d, int(z * (n / d) ** 0.5))
                for n, d in [(1, 4), (1, 1), (9, 1), (10_001, 7), (2**40, 1), (2**80 + 3, 3), (2**112, 1)]
                for z in (0, 1, -2, 3.3, 5, 6.6)
            ],
            "laplace": [
                laplace(n, d, int(z * n / d))
                for n, d in [(1, 2), (1, 1), (22, 7), (2**20, 1), (2**56, 1)]
                for z in (0, 1, -3, 7, 20)
            ],
            "poisson": poisson_cases,
            "logistic": [logistic(n, d, k) for n, d in [(0, 1), (1, 2), (8, 1), (50, 1)] for k in (1, 9, 10**6)],
        },
        indent=1,
    )
)
