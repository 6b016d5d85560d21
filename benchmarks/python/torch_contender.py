"""PyTorch, eager: on the CPU as Debian builds it, or on a card."""
import ctypes
import torch
import torch.nn.functional as F
from common import ADAM, RATES, SEEDS, Unsupported, batches, initial_parameters, uniform
from linalg import matrices, rebuild, right_sides, shape_of, weights


def mlp(p, x, y):
    return F.cross_entropy(F.relu(x @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"], y)


def cnn(p, x, y):
    for i in (1, 2):
        x = F.max_pool2d(F.relu(F.conv2d(x, p[f"k{i}"], p[f"b{i}"], padding=1)), 2)
    return F.cross_entropy(x.flatten(1) @ p["w"] + p["b"], y)


def gpt(p, x, y, layers=2, width=128, heads=4):
    batch, tokens = x.shape
    hidden = torch.triu(torch.full((tokens, tokens), float("-inf"), device=x.device), 1)

    def linear(t, name):
        return t @ p[f"{name}.weight"] + p[f"{name}.bias"]

    def norm(t, name):
        return F.layer_norm(t, (width,), p[f"{name}.scale"], p[f"{name}.bias"])

    def attention(t, i):
        q, k, v = (linear(t, f"{i}.{part}").view(batch, tokens, heads, width // heads).transpose(1, 2) for part in ("query", "key", "value"))
        scores = q @ k.transpose(-1, -2) * (width // heads) ** -0.5 + hidden
        return linear((scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, tokens, width), f"{i}.output")

    h = F.embedding(x, p["token"]) + p["position"]
    for i in range(layers):
        h = h + attention(norm(h, f"{i}.norm1"), i)
        h = h + linear(F.gelu(linear(norm(h, f"{i}.norm2"), f"{i}.expand"), approximate="tanh"), f"{i}.contract")
    return F.cross_entropy(linear(norm(h, "norm"), "head").view(batch * tokens, -1), y.view(-1))


MODELS = {"mlp": mlp, "cnn": cnn, "gpt": gpt, "gpt-large": lambda p, x, y: gpt(p, x, y, 12, 768, 12)}


def training(w, device):
    initial = initial_parameters(w["model"])
    p = {name: torch.from_numpy(value).to(device).requires_grad_() for name, value in initial.items()}
    rate = RATES[w["optimizer"]]
    optimizer = torch.optim.Adam(p.values(), lr=rate, **ADAM) if w["optimizer"] == "adam" else torch.optim.SGD(p.values(), lr=rate)
    given = batches(w["model"], w["batch"])
    data = [[torch.from_numpy(part).to(device) for part in batch] for batch in given]
    count = 0

    def step():
        nonlocal count
        x, y = data[count % len(data)]
        count += 1
        optimizer.zero_grad(set_to_none=True)
        loss = MODELS[w["model"]](p, x, y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def factorise(task, a, b):
    if task == "svd":
        return torch.linalg.svd(a, full_matrices=False)
    if task == "solve":
        return (torch.linalg.solve(a, b),)
    if task == "cholesky":
        return (torch.linalg.cholesky(a),)
    return getattr(torch.linalg, task)(a)


def torch_linalg(w):
    task, n = w["task"], w["size"]
    a = torch.from_numpy(matrices(w).reshape(shape_of(w, n)))
    b = torch.from_numpy(right_sides(w).reshape(shape_of(w, 1)))

    def factors():
        with torch.no_grad():
            return [t.numpy() for t in factorise(task, a, b)]

    def check():
        found = factors()
        return rebuild(w, [found[0].argmax(-2), *found[1:]] if task == "lu" else found)

    def forward():
        return factors()[0]

    def backward():
        x, y = (t.detach().requires_grad_() for t in (a, b))
        given = (x + x.mT) / 2 if task in ("eigh", "cholesky") else x
        found = factorise(task, given, y)
        found = found[1:] if task == "lu" else found
        sum((t.square() * torch.from_numpy(weights(i, t.shape))).sum() for i, t in enumerate(found)).backward()
        return x.grad.numpy()

    if w["backward"]:
        return backward
    forward.check = check
    return forward


def create(threads, device="cpu"):
    if device == "cuda" and not torch.cuda.is_available():
        raise Unsupported("no card that PyTorch can use")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.set_num_threads(threads)
    try:
        ctypes.CDLL("libopenblas.so.0").openblas_set_num_threads(threads)  # its products go there, and heed no setting of PyTorch
    except OSError:
        pass

    def tensor(shape, seed, low, high, dtype="float32"):
        return torch.from_numpy(uniform(shape, SEEDS[seed], low, high, dtype)).to(device)

    def reading(body):
        def run():
            with torch.no_grad():
                return body().cpu().numpy()

        return run

    def setup(w):
        kind = w["kind"]
        if kind == "train":
            return training(w, device)
        if kind == "linalg":
            return torch_linalg(w)
        if kind in ("matmul", "matvec"):
            n = w["size"]
            a = tensor((n, n), "a", -1, 1, w["dtype"])
            a = a.T if w["transA"] else a
            if kind == "matvec":
                x = tensor((n,), "x", -1, 1, w["dtype"])
                return reading(lambda: a @ x)
            b = tensor((n, n), "b", -1, 1, w["dtype"])
            b = b.T if w["transB"] else b
            return reading(lambda: a @ b)
        if kind == "chain":
            x = tensor((w["size"],), "x", -2, 2)
            return reading(lambda: torch.tanh(x * 1.5 + 0.25) * torch.exp(-(x * x)) + x * 0.5)
        if kind == "softmax":
            x = tensor((w["rows"], w["columns"]), "x", -4, 4)
            return reading(lambda: x.softmax(1))
        if kind == "layerNorm":
            x, columns = tensor((w["rows"], w["columns"]), "x", -4, 4), w["columns"]
            scale, bias = tensor((columns,), "scale", 0.5, 1.5), tensor((columns,), "bias", -1, 1)
            return reading(lambda: F.layer_norm(x, (columns,), scale, bias))
        if kind == "sum":
            x = tensor((w["size"],), "x", 0, 1)
            return reading(lambda: x.sum())
        if kind == "eager":
            a, b = tensor((w["size"],), "a", -1, 1), tensor((w["size"],), "b", -1, 1)
            return reading(lambda: a + b)
        if kind == "dependent":
            if w["form"] == "products":
                one, c = torch.ones(1, 1), torch.full((1, 1), 0.9999)
            else:
                one = torch.ones(1)

            def chain():
                x = one
                if w["form"] == "products":
                    for _ in range(w["count"]):
                        x = x @ c
                else:
                    for _ in range(w["count"] // 2):
                        x = torch.cumsum(x * 0.5 + 0.25, 0)
                return x

            return reading(chain)
        raise Unsupported("not a workload for PyTorch")

    return setup
