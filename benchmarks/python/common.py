"""What src/inputs.ts, src/digest.ts and src/models give, for contenders in Python: the same numbers, bit for bit."""
import numpy as np

GOLDEN = np.uint32(0x9E3779B9)
SEEDS = {"a": 1, "b": 2, "x": 3, "scale": 4, "bias": 5, "weights": 50, "parameters": 100, "batches": 1000}
BATCHES = 4
SAMPLES = 256


class Unsupported(Exception):
    """A workload that a library cannot do."""


def mix(x):
    x = x.astype(np.uint32)
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def fractions(length, seed):
    start = np.uint32((seed * int(GOLDEN)) & 0xFFFFFFFF)
    return (mix(np.arange(length, dtype=np.uint32) + start) >> np.uint32(8)).astype(np.float64) / 2**24


def uniform(shape, seed, low, high, dtype=np.float32):
    return (low + (high - low) * fractions(int(np.prod(shape)), seed)).astype(dtype).reshape(shape)


def integers(shape, seed, count):
    return np.floor(count * fractions(int(np.prod(shape)), seed)).astype(np.int64).reshape(shape)


def digest(result):
    data = np.asarray(result, dtype=np.float64).reshape(-1)
    n = data.size
    marks = mix(np.arange(max(n, SAMPLES), dtype=np.uint32))
    at = np.arange(n) if n <= SAMPLES else np.concatenate([[0, n - 1], marks[2:SAMPLES].astype(np.int64) % n])
    signs = np.where(marks[:n] & np.uint32(1), 1.0, -1.0)
    return {"length": n, "samples": data[at].tolist(), "signedSum": float(data @ signs), "absoluteSum": float(np.abs(data).sum())}


def glorot(fan_in, fan_out):
    return (6 / (fan_in + fan_out)) ** 0.5


def _mlp():
    parameters = [("w1", (784, 128), glorot(784, 128), 0), ("b1", (128,), 0.01, 0), ("w2", (128, 10), glorot(128, 10), 0), ("b2", (10,), 0.01, 0)]
    return parameters, lambda n: [((n, 784), None), ((n,), 10)]


def _cnn():
    features = 32 * 7 * 7
    parameters = [
        ("k1", (16, 1, 3, 3), glorot(9, 144), 0), ("b1", (16,), 0.01, 0), ("k2", (32, 16, 3, 3), glorot(144, 288), 0), ("b2", (32,), 0.01, 0),
        ("w", (features, 10), glorot(features, 10), 0), ("b", (10,), 0.01, 0),
    ]
    return parameters, lambda n: [((n, 1, 28, 28), None), ((n,), 10)]


def _gpt(layers, width, tokens, vocabulary):
    def matrix(name, m, n):
        return [(f"{name}.weight", (m, n), glorot(m, n), 0), (f"{name}.bias", (n,), 0.01, 0)]

    def norm(name):
        return [(f"{name}.scale", (width,), 0.1, 1), (f"{name}.bias", (width,), 0.01, 0)]

    parameters = [("token", (vocabulary, width), 0.1, 0), ("position", (tokens, width), 0.1, 0)]
    for i in range(layers):
        parameters += norm(f"{i}.norm1")
        for part in ("query", "key", "value", "output"):
            parameters += matrix(f"{i}.{part}", width, width)
        parameters += norm(f"{i}.norm2") + matrix(f"{i}.expand", width, 4 * width) + matrix(f"{i}.contract", 4 * width, width)
    parameters += norm("norm") + matrix("head", width, vocabulary)
    return parameters, lambda n: [((n, tokens), vocabulary), ((n, tokens), vocabulary)]


MODELS = {"mlp": _mlp(), "cnn": _cnn(), "gpt": _gpt(2, 128, 64, 64), "gpt-large": _gpt(12, 768, 256, 8192)}
RATES = {"sgd": 0.01, "adam": 1e-4}
ADAM = {"betas": (0.9, 0.999), "eps": 1e-8}


def initial_parameters(model):
    return {name: uniform(shape, SEEDS["parameters"] + i, center - bound, center + bound) for i, (name, shape, bound, center) in enumerate(MODELS[model][0])}


def batches(model, size):
    def part(b, i, shape, below):
        seed = SEEDS["batches"] + 10 * b + i
        return uniform(shape, seed, 0, 1) if below is None else integers(shape, seed, below)

    return [[part(b, i, shape, below) for i, (shape, below) in enumerate(MODELS[model][1](size))] for b in range(BATCHES)]
