"""NumPy, with whatever BLAS it is linked to."""
import ctypes
import numpy as np
from common import SEEDS, Unsupported, uniform
from linalg import numpy_linalg


def brings_openblas():
    """Whether this NumPy has an OpenBLAS of its own, which heeds OPENBLAS_NUM_THREADS."""
    try:
        return "openblas" in np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
    except (TypeError, KeyError):  # before 1.25
        return False


def create(threads):
    try:
        ctypes.CDLL("libopenblas.so.0").openblas_set_num_threads(threads)
    except OSError:
        if threads > 1 and not brings_openblas():
            raise Unsupported("OpenBLAS is not installed (Debian's libopenblas0-pthread)")

    def setup(w):
        kind = w["kind"]
        if kind in ("matmul", "matvec"):
            n, dtype = w["size"], np.dtype(w["dtype"])
            a = uniform((n, n), SEEDS["a"], -1, 1, dtype)
            a = a.T if w["transA"] else a
            if kind == "matvec":
                x = uniform((n,), SEEDS["x"], -1, 1, dtype)
                return lambda: a @ x
            b = uniform((n, n), SEEDS["b"], -1, 1, dtype)
            b = b.T if w["transB"] else b
            return lambda: a @ b
        if kind == "linalg":
            return numpy_linalg(w)
        if threads > 1:
            raise Unsupported("products only, with threads")
        if kind == "chain":
            x = uniform((w["size"],), SEEDS["x"], -2, 2)
            c0, c1, c2 = np.float32([1.5, 0.25, 0.5])
            return lambda: np.tanh(x * c0 + c1) * np.exp(-(x * x)) + x * c2
        if kind == "softmax":
            x = uniform((w["rows"], w["columns"]), SEEDS["x"], -4, 4)

            def softmax():
                e = np.exp(x - x.max(axis=1, keepdims=True))
                return e / e.sum(axis=1, keepdims=True)

            return softmax
        if kind == "layerNorm":
            x = uniform((w["rows"], w["columns"]), SEEDS["x"], -4, 4)
            scale, bias = uniform((w["columns"],), SEEDS["scale"], 0.5, 1.5), uniform((w["columns"],), SEEDS["bias"], -1, 1)

            def layer_norm():
                centered = x - x.mean(axis=1, keepdims=True)
                variance = np.square(centered).mean(axis=1, keepdims=True)
                return centered / np.sqrt(variance + np.float32(1e-5)) * scale + bias

            return layer_norm
        if kind == "sum":
            x = uniform((w["size"],), SEEDS["x"], 0, 1)
            return lambda: x.sum()
        if kind == "eager":
            a, b = uniform((w["size"],), SEEDS["a"], -1, 1), uniform((w["size"],), SEEDS["b"], -1, 1)
            return lambda: a + b
        raise Unsupported("not a workload for NumPy")

    return setup
