"""A contender in Python: calls come as lines of JSON, replies go out as lines of JSON. The same protocol and the same way
of measuring as src/session.ts."""
import json
import math
import statistics
import sys
from time import perf_counter

import numpy as np
from common import Unsupported, digest

SAMPLE_MS, BLOCK_MS, KIB_PER_MIB = 2, 60, 1024


def now():
    return perf_counter() * 1000


class Session:
    def __init__(self, setup_workload):
        self.setup_workload, self.run, self.first, self.loops = setup_workload, None, None, 1

    def sample(self):
        begin = now()
        for _ in range(self.loops):
            self.run()
        return (now() - begin) / self.loops

    def setup(self, workload):
        self.loops, begin = 1, now()
        self.run = self.setup_workload(workload)
        result = self.run()
        elapsed = now() - begin
        compared = self.run.check() if hasattr(self.run, "check") else result
        self.first = [compared] if isinstance(compared, float) else digest(compared)
        return elapsed

    def check(self, count):
        if not isinstance(self.first, list):
            return self.first
        while len(self.first) < count:
            self.first.append(self.run())
        return digest(np.array(self.first))

    def warm(self, limit_ms):
        end, best, calm, typical = now() + limit_ms, math.inf, 0, 0
        while now() < end and calm < 2:
            times, block_end = [self.sample()], min(end, now() + BLOCK_MS)
            while now() < block_end:
                times.append(self.sample())
            typical = statistics.median(times)
            calm = calm + 1 if typical > 0.97 * best else 0
            best = min(best, typical)
            self.loops = max(1, math.ceil(SAMPLE_MS / max(typical, 1e-5)))
        return typical

    def time(self, budget_ms):
        end, times = now() + budget_ms, [self.sample()]
        while now() < end:
            times.append(self.sample())
        return times

    def memory(self):
        with open("/proc/self/status") as file:
            kib = {line.split(":")[0]: int(line.split()[1]) for line in file if line.startswith(("VmHWM", "VmRSS"))}
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")  # forgets the peak
        return {"resident": kib["VmRSS"] / KIB_PER_MIB, "peak": kib["VmHWM"] / KIB_PER_MIB}

    def cost(self):
        return None  # of WebGPU, which counts kernels

    def dispose(self):
        self.run = None


def main(name, threads):
    if name.startswith("pytorch"):
        from torch_contender import create
    else:
        from numpy_contender import create

    def reply(message):
        print(json.dumps(message), flush=True)

    try:
        session = Session(create(threads, "cuda") if name == "pytorch-gpu" else create(threads))
    except Unsupported as error:
        reply({"id": 0, "error": {"name": "UnsupportedError", "message": str(error)}})
        return
    reply({"id": 0, "value": "ready"})
    for line in sys.stdin:
        call = json.loads(line)
        try:
            reply({"id": call["id"], "value": getattr(session, call["method"])(*call["args"])})
        except Unsupported as error:
            reply({"id": call["id"], "error": {"name": "UnsupportedError", "message": str(error)}})
        except Exception as error:
            reply({"id": call["id"], "error": {"name": type(error).__name__, "message": str(error)}})


main(sys.argv[1], int(sys.argv[2]))
