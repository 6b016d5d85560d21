"""torch.utils.checkpoint on a chain of linear layers with relu: peak of memory and time of a step, as JSON.

python3 checkpoint.py DEPTH WIDTH BATCH SEGMENTS THREADS STEPS; 0 segments: the plain step."""
import json
import sys
import time
import torch
from torch.utils.checkpoint import checkpoint_sequential

depth, width, batch, segments, threads, steps = (int(a) for a in sys.argv[1:])
torch.set_num_threads(threads)
torch.manual_seed(1)
parts = [torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.ReLU()) for _ in range(depth)]
model = torch.nn.Sequential(*parts)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
x = (2 * torch.rand(batch, width) - 1).requires_grad_()


def status(field):
    with open("/proc/self/status") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(field))


def step():
    optimizer.zero_grad(set_to_none=True)
    y = checkpoint_sequential(parts, segments, x) if segments else model(x)
    loss = y.square().mean()
    loss.backward()
    optimizer.step()
    return loss.item()


# What a first tiny step loads is no activation.
torch.nn.Linear(8, 8)(torch.rand(8, 8)).sum().backward()
with open("/proc/self/clear_refs", "w") as peak:
    peak.write("5")
before = status("VmRSS")
step()
activations = status("VmHWM") - before
times = []
for _ in range(steps):
    begin = time.perf_counter()
    step()
    times.append(1000 * (time.perf_counter() - begin))
print(json.dumps({"activationBytes": activations, "ms": sorted(times)[len(times) // 2]}))
