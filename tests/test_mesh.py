"""One argument gives eight devices: sessions over a mesh, in processes that have virtual ones."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("jax")

HERE = Path(__file__).parent
SCRIPT = """
import sys
import numpy as np
import graphflow as gf

options = {"backend": "jax", "mesh": {"data": 8}} if "8" in sys.argv else {}
rng = np.random.default_rng(0)
X = rng.normal(size=(64, 5))
t = (X @ np.arange(5.0) > 0).astype(float)
x, y = gf.placeholder((None, 5), name="x"), gf.placeholder((None,), name="y")
w = gf.Variable(np.zeros(5), name="w")
loss = gf.mean(gf.softplus(x @ w) - y * (x @ w))
step = gf.GradientDescentOptimizer(1.0).minimize(loss)
session = gf.Session(**options)
for _ in range(20):
    value, _ = session.run([loss, step], {x: X, y: t})
devices = "jax" in sys.modules and len(session._store.values[w.uid].devices())
print(devices or 0, *[float(v) for v in (value, *session.value(w))])
"""

PROCESS = """
import sys
import jax
import numpy as np
jax.distributed.initialize(f"127.0.0.1:{sys.argv[1]}", 2, int(sys.argv[2]))
import graphflow as gf

x = gf.placeholder((None, 3), name="x")
W = gf.Variable(np.arange(12.0).reshape(3, 4) / 7, name="W")
loss = gf.mean(gf.tanh(gf.nn.dropout(x, 0.2) @ W) ** 2)
step = gf.AdamOptimizer(0.1).minimize(loss)
feed = {x: np.random.default_rng(0).normal(size=(8, 3))}
mesh = {"data": 2, "model": 2}
session = gf.Session(backend="jax", mesh=mesh, shard={"W": (None, "model")})
losses = [float(session.run([loss, step], feed)[0]) for _ in range(3)]
session.save(sys.argv[3] + f"/{sys.argv[2]}.npz")
alone = gf.Session(seed=session.seed)
np.testing.assert_allclose(losses, [alone.run([loss, step], feed)[0] for _ in range(3)], 1e-12)
np.testing.assert_allclose(session.value(W), alone.value(W), 1e-12)
session.restore(sys.argv[3] + "/0.npz")
np.testing.assert_allclose(session.run([loss, step], feed)[0], alone.run([loss, step], feed)[0])
try:
    session.run(gf.special.erfcx(x), feed)
except gf.GraphError as error:
    assert "with several processes nothing runs on the host" in str(error)
else:
    raise AssertionError("it ran on the host")
print(session.seed)
"""


def environment(count):
    """That of a process with so many virtual devices."""
    flags = f"--xla_force_host_platform_device_count={count}"
    return {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}


def with_devices(count, *command):
    return subprocess.run(
        [sys.executable, *command],
        env=environment(count), cwd=HERE, capture_output=True, text=True,
    )  # fmt: skip


def test_sessions_over_a_mesh_do_what_they_do_on_one_device():
    done = with_devices(8, "-m", "pytest", "-q", "-p", "no:cacheprovider", "eight_devices.py")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_one_argument_gives_a_script_eight_devices():
    found = []
    for argument in ("1", "8"):
        done = with_devices(8, "-c", SCRIPT, argument)
        assert done.returncode == 0, done.stderr
        devices, *numbers = map(float, done.stdout.split())
        found.append(numbers)
    assert devices == 8
    assert found[1] == pytest.approx(found[0], rel=1e-12)
    assert found[0][0] < 0.3


def test_two_processes_train_as_one_and_each_saves_all(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(port), str(number), str(tmp_path)],
            env=environment(2), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(2)
    ]  # fmt: skip
    done = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0], done
    seeds = {out.split()[-1] for out, _ in done}
    assert len(seeds) == 1  # drawn once, for both
    first, second = (np.load(tmp_path / f"{number}.npz") for number in range(2))
    assert first.files == second.files
    for name in first.files:
        np.testing.assert_array_equal(first[name], second[name])
