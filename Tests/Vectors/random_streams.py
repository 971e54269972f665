"""Makes random_streams.json: what Atoll's random streams have to give, by a second implementation.

    python3 Tests/Vectors/random_streams.py > Tests/Vectors/random_streams.json

Philox4x32-10 is checked against `tests/kat_vectors` of Random123 (D. E. Shaw Research,
https://github.com/DEShawResearch/random123, commit 9545ff6413f258be2f04c1d319d99aaef7521150).
"""

import hashlib
import json
import math

KNOWN_ANSWERS = """
00000000 00000000 00000000 00000000 00000000 00000000   6627e8d5 e169c58d bc57ac4c 9b00dbd8
ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff   408f276d 41c83b0e a20bc7c6 6d5451fd
243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0   d16cfe09 94fdcceb 5001e420 24126ea1
"""


def philox(counter, key):
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        a, b = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b & 0xFFFFFFFF, (a >> 32) ^ c3 ^ k1, a & 0xFFFFFFFF
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return [c0, c1, c2, c3]


for line in KNOWN_ANSWERS.split("\n"):
    words = [int(word, 16) for word in line.split()]
    assert not words or philox(words[:4], words[4:6]) == words[6:]


class Stream:
    def __init__(self, seed, purpose, round=0, participant="", step=0):
        fields = ["atoll coins 1", str(seed), purpose, str(round), participant, str(step)]
        encoded = b"".join(b"%d:%s" % (len(f.encode()), f.encode()) for f in fields)
        digest = hashlib.sha256(encoded).digest()
        words = [int.from_bytes(digest[4 * i : 4 * i + 4], "big") for i in range(4)]
        self.key, self.upper, self.counter, self.spare = words[:2], words[2:], 0, []

    def next(self):
        if not self.spare:
            a, b, c, d = philox([self.counter & 0xFFFFFFFF, self.counter >> 32] + self.upper, self.key)
            self.counter += 1
            self.spare = [a | b << 32, c | d << 32]
        return self.spare.pop(0)

    def uniform(self):
        return (self.next() >> 11) * 2.0**-53

    def below(self, bound):
        """Without bias: the first product whose lower half is at least 2^64 mod bound."""
        while True:
            product = self.next() * bound
            if product % 2**64 >= 2**64 % bound:
                return product >> 64

    def shuffle(self, elements):
        for last in range(len(elements) - 1, 0, -1):
            other = self.below(last + 1)
            elements[last], elements[other] = elements[other], elements[last]
        return elements

    def sample(self, count, population):
        chosen = set()
        for last in range(population - count, population):
            candidate = self.below(last + 1)
            chosen.add(last if candidate in chosen else candidate)
        return sorted(chosen)

    def normal(self):
        while True:
            x, y = 2 * self.uniform() - 1, 2 * self.uniform() - 1
            square = x * x + y * y
            if 0 < square < 1:
                return x * math.sqrt(-2 * math.log(square) / square)

    def gamma(self, shape):
        if shape < 1:
            boost = math.exp(math.log(1 - self.uniform()) / shape)
            return self.gamma(shape + 1) * boost
        d = shape - 1 / 3
        c = 1 / math.sqrt(9 * d)
        while True:
            x = self.normal()
            v = (1 + c * x) ** 3
            if v > 0 and math.log(1 - self.uniform()) < 0.5 * x * x + d - d * v + d * math.log(v):
                return d * v


KEYS = [
    (7, "shuffle", 0, "", 0),
    (7, "shuffle", 3, "st-olav", 2),
    (2**64 - 1, "initial-model", 12, "größe", 1),
]


def vector(key):
    def stream():
        return Stream(*key)

    s, bounds = stream(), [1, 2, 3, 10, 1000, 2**40 + 1, 2**62 + 2**61, 2**63 - 1]
    one, two, three = stream(), stream(), stream()
    return {
        "seed": str(key[0]), "purpose": key[1], "round": key[2], "participant": key[3], "step": key[4],
        "next": [str(s.next()) for _ in range(6)],
        "uniform": [stream().uniform()],
        "bounds": bounds * 4,
        "below": [one.below(bound) for bound in bounds * 4],
        "shuffled": stream().shuffle(list(range(20))),
        "sample": stream().sample(12, 30),
        "normal": [two.normal() for _ in range(20)],
        "gammaShapes": [0.05, 0.3, 1, 2.5, 40] * 4,
        "gamma": [three.gamma(shape) for shape in [0.05, 0.3, 1, 2.5, 40] * 4],
    }


print(json.dumps({"origin": "made by random_streams.py", "streams": [vector(key) for key in KEYS]},
                 indent=1, ensure_ascii=False))
