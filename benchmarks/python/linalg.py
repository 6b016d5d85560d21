"""What src/linalg gives, for contenders in Python; and NumPy's decompositions, with whatever LAPACK it is linked to."""
import numpy as np
from common import SEEDS, Unsupported, uniform


def matrices(w):
    n, batch, task = w["size"], w["batch"], w["task"]
    a = uniform((batch, n, n), SEEDS["a"], -1, 1, np.float64)
    if task in ("eigh", "cholesky"):
        a = (a + a.swapaxes(1, 2)) / 2
    return a + n * np.eye(n) if task == "cholesky" else a


def weights(factor, shape):
    return uniform(shape, SEEDS["weights"] + factor, 0.5, 1.5, np.float64)


def right_sides(w):
    return uniform((w["batch"], w["size"], 1), SEEDS["b"], -1, 1, np.float64)


def shape_of(w, columns):
    return (w["size"], columns) if w["batch"] == 1 else (w["batch"], w["size"], columns)


def rebuild(w, factors):
    """What factors multiply to; of LU, row i of the product is row rows[i]."""
    task, n = w["task"], w["size"]
    if task == "svd":
        u, s, vh = factors
        return u * s[..., None, :] @ vh
    if task == "eigh":
        values, vectors = factors
        return vectors * values[..., None, :] @ vectors.swapaxes(-1, -2)
    if task == "cholesky":
        return factors[0] @ factors[0].swapaxes(-1, -2)
    if task == "lu":
        rows, l, u = factors
        product = (l @ u).reshape(-1, n, n)
        return np.take_along_axis(product, np.argsort(rows.reshape(-1, n))[..., None], 1)
    if task == "solve":
        return matrices(w) @ factors[0].reshape(-1, n, 1)
    return factors[0] @ factors[1]


def numpy_linalg(w):
    task, n = w["task"], w["size"]
    if w["backward"]:
        raise Unsupported("not a workload for NumPy: it has no gradients")
    if task == "lu":
        raise Unsupported("not a workload for NumPy: it has LU within solve alone")
    a, b = matrices(w).reshape(shape_of(w, n)), right_sides(w).reshape(shape_of(w, 1))
    bodies = {
        "svd": lambda: np.linalg.svd(a, full_matrices=False),
        "solve": lambda: (np.linalg.solve(a, b),),
        "cholesky": lambda: (np.linalg.cholesky(a),),
    }
    body = bodies.get(task, lambda: getattr(np.linalg, task)(a))

    def run():
        return body()[0]

    run.check = lambda: rebuild(w, body())
    return run
