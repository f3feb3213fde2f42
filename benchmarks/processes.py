"""Processes of `child.py`, seen from the one that asks them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

from .engines import ENGINES

ROOT = Path(__file__).resolve().parent.parent
MEMORY = 10 << 30  # bytes that a process may ask for: unrolled graphs take a compiler to more
_ONE_THREAD = (
    "OMP_NUM_THREADS MKL_NUM_THREADS NUMBA_NUM_THREADS TF_NUM_INTRAOP_THREADS "
    "TF_NUM_INTEROP_THREADS"
).split()
_VERSIONS = """
import importlib.metadata as m, json, platform, sys
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return None
print(json.dumps({"python": platform.python_version(), **{n: version(n) for n in sys.argv[1:]}}))
"""


def environment(scratch: str, gpu: bool = False) -> dict[str, str]:
    """One thread for every library, no OPENBLAS_* variable, caches of compilers in `scratch`.

    With `gpu` JAX takes the device that it takes by itself, and no more memory than it needs.
    """
    env = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    env.update(dict.fromkeys(_ONE_THREAD, "1"))
    env["PYTHONPATH"] = str(ROOT)
    env["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    if gpu:
        env["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    else:
        env["JAX_PLATFORMS"] = "cpu"
    env["TF_CPP_MIN_LOG_LEVEL"] = "3"
    env["PYTENSOR_FLAGS"] = f"base_compiledir={scratch}/pytensor"
    env["TORCHINDUCTOR_CACHE_DIR"] = f"{scratch}/torch"
    return env


def versions(python: str, packages: list[str]) -> dict[str, str | None]:
    """The versions that an interpreter has of packages; None for one that it has not."""
    done = subprocess.run(
        [python, "-c", _VERSIONS, *packages], check=True, capture_output=True, text=True
    )
    found: dict[str, str | None] = json.loads(done.stdout)
    return found


def cores() -> list[int]:
    """The cores that this process may use; the first one where the system does not tell."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


class Child:
    """An engine at a workload, in a process of its own. `note` says why it is not to be timed."""

    def __init__(self, workload: str, engine: str, python: str, scratch: str) -> None:
        self.engine = engine
        self.note = ""
        self.built = 0.0
        self.peak = 0
        self.rounds: list[float] = []
        self.results = Path(scratch) / f"{workload}-{engine}.npz"
        self._errors = self.results.with_suffix(".txt")
        is_on_gpu = ENGINES[engine].is_on_gpu
        limit = 0 if is_on_gpu else MEMORY  # a GPU's memory is mapped as if it were the process's
        self._command = [python, "-m", "benchmarks.restricted"]
        self._arguments = [str(limit), workload, engine]
        self._env = environment(scratch, is_on_gpu)
        self._process: subprocess.Popen[str] | None = None

    def start(self, core: int, limit: float) -> None:
        """Start it on a core; wait until it is ready, `limit` seconds at most."""
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                [*self._command, str(core), *self._arguments, str(core), str(self.results)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
                env=self._env, cwd=ROOT, start_new_session=True,
            )  # fmt: skip
        self.built = self._reply(limit).get("built", 0.0)

    def time(self, core: int, seconds: float, limit: float, cpu: bool = False) -> None:
        """Add a round of about `seconds`; with `cpu` those that all its threads compute."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"core": core, "seconds": seconds, "cpu": cpu}) + "\n")
        self._process.stdin.flush()
        reply = self._reply(limit)
        if not self.note:
            self.rounds.append(reply["seconds"])
            self.peak = reply["peak"]

    def stop(self) -> None:
        """End it, and what it started."""
        if self._process is not None:
            with self._process:  # closes its pipes
                self._kill()
            self._process = None

    def _kill(self) -> None:
        assert self._process is not None
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)

    def _reply(self, limit: float) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        late = threading.Timer(limit, self._kill)
        late.start()
        line = self._process.stdout.readline()
        in_time = late.is_alive()
        late.cancel()
        if line:
            reply: dict[str, Any] = json.loads(line)
            return reply
        self._process.wait()
        self.note = self._why() if in_time else f"nothing in {limit:.0f} s"
        return {}

    def _why(self) -> str:
        text = self._errors.read_text(errors="replace")
        lines = [line for line in text.splitlines() if line.strip()]
        last = lines[-1].strip() if lines else "ended without a word"
        unsupported = last.partition("NotImplementedError: ")[2]
        return f"unsupported: {unsupported}" if unsupported else f"failed: {last[:120]}"
