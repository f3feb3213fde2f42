"""`python -m graphflow launch`: jobs of two processes that are killed, stopped, hung and wrong."""

import ast
import itertools
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

import graphflow as gf
from graphflow.launching import job as jobs

pytest.importorskip("jax")
ROOT = Path(gf.__file__).resolve().parent.parent
DEEP = os.environ.get("GRAPHFLOW_DEEP") == "1"
ROWS, BATCH, EPOCHS = 48, 8, 3
STEPS = ROWS // BATCH * EPOCHS

TRAIN = """
import os, signal, sys, time
import jax, numpy as np, graphflow as gf
folder, pause, kills = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
me = jax.process_index()
rng = np.random.default_rng(0)
x, y = gf.placeholder((None, 4), name="x"), gf.placeholder((None,), name="y")
W = gf.Variable(rng.normal(size=(4, 6)) / 3, name="W")
v = gf.Variable(rng.normal(size=6), name="v")
loss = gf.mean((gf.nn.dropout(gf.tanh(x @ W), 0.25) @ v - y) ** 2)
X = rng.normal(size=(48, 4))
X[:, 0] = np.arange(48) / 48
data = gf.data.batches({x: X, y: X.sum(axis=1)}, 8, seed=3)

class Watch(gf.training.Callback):
    def after_step(self, run):
        rows = np.rint(run.previous[1][x][:, 0] * 48).astype(int).tolist()
        with open(f"{folder}/rows-{me}", "a") as file:
            file.write(f"{run.steps} {rows}\\n")
        time.sleep(pause)
        for kill in kills:
            mark = f"{folder}/killed-{kill}"
            if kill == f"{me}:{run.steps}" and not os.path.exists(mark):
                open(mark, "w").close()
                os.kill(os.getpid(), signal.SIGKILL)

session = gf.Session(backend="jax", mesh={"data": jax.device_count()}, seed=5)
saving = gf.training.Checkpoint(f"{folder}/run.npz", every_steps=2)
history = gf.train(
    loss, gf.AdamOptimizer(0.05), data, epochs=3, session=session, callbacks=[Watch(), saving]
)
assert jax.device_count() == 2 and history.session.value(W).shape == (4, 6)
print("END", session.value(W).tobytes().hex(), session.value(v).tobytes().hex(), history.loss)
"""


def command(*arguments):
    return [sys.executable, "-m", "graphflow", "launch", *map(str, arguments)]


def environment(**more):
    """That of a user at the CPU, without what a cluster or another job would have set."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GRAPHFLOW_", "XLA_FLAGS"))}
    return {**kept, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT), **more}


def launched(*arguments, folder, **more):
    return subprocess.run(
        command(*arguments),
        capture_output=True, text=True, timeout=300, cwd=folder, env=environment(**more),
        check=False,
    )  # fmt: skip


def write(folder, text, name="script.py"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def is_running(pid):
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def until(found, seconds=60.0):
    """Wait for something to be true."""
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


# ---- kills --------------------------------------------------------------------------------------


def train(folder, kills=(), pause=0.0):
    folder.mkdir()
    script = write(folder, TRAIN)
    done = launched(
        "--processes", 2, "--heartbeat", 5, "--restarts", 50, script, folder, pause, *kills,
        folder=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


def ends(done):
    """What both processes printed at the end."""
    return sorted(re.findall(r"^\[(\d)\] END (.*)$", done.stdout, re.M))


def check_rows(folder):
    """Every row once an epoch, the same rows in a step done again, and no step left out."""
    for process in "01":
        steps = []
        for line in (folder / f"rows-{process}").read_text().splitlines():
            step, _, rows = line.partition(" ")
            steps.append((int(step), tuple(ast.literal_eval(rows))))
        rows_of = dict(steps)
        assert sorted(rows_of) == list(range(1, STEPS + 1))
        assert all(rows_of[step] == rows for step, rows in steps)
        seen = Counter(row for rows in rows_of.values() for row in rows)
        assert seen == dict.fromkeys(range(ROWS), EPOCHS)
        for (before, _), (after, _) in itertools.pairwise(steps):
            assert after == before + 1 or before - 3 <= after <= before  # from the last checkpoint


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    done = train(folder)
    check_rows(folder)
    assert "starting again" not in done.stderr
    return folder, ends(done)


def test_a_job_whose_processes_are_killed_ends_with_the_same_bits(undisturbed, tmp_path):
    folder, expected = undisturbed
    assert len(expected) == 2
    assert expected[0][1] == expected[1][1]
    first, second = random.sample(range(1, STEPS), 2)  # two at one step would be one death
    kills = [f"1:{first}", f"0:{second}"]
    done = train(tmp_path / "run", kills)
    assert done.stderr.count("SIGKILL; starting again") == len(kills), (kills, done.stderr)
    assert ends(done) == expected, kills
    assert (tmp_path / "run/run.npz").read_bytes() == (folder / "run.npz").read_bytes()
    assert not list((tmp_path / "run").glob(".*.part"))
    check_rows(tmp_path / "run")


@pytest.mark.skipif(not DEEP, reason="GRAPHFLOW_DEEP=1 kills for minutes")
def test_kills_from_outside_at_random_moments_change_no_bit(undisturbed, tmp_path):
    _, expected = undisturbed
    for trial in range(6):
        folder = tmp_path / str(trial)
        script = write(folder, TRAIN)
        with subprocess.Popen(
            command("--processes", 2, "--heartbeat", 5, "--restarts", 50, script, folder, 0.3),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
        ) as running:  # fmt: skip
            for _ in range(4):
                time.sleep(random.uniform(0.5, 6.0))
                found = children(running.pid)
                if found and running.poll() is None:
                    os.kill(random.choice(found), signal.SIGKILL)
            out, err = running.communicate(timeout=300)
        assert running.returncode == 0, err
        found = re.findall(r"^\[(\d)\] END (.*)$", out, re.M)
        assert set(found) == set(expected)  # twice, where a kill came between the ends of both
        check_rows(folder)


@pytest.mark.skipif(not DEEP, reason="GRAPHFLOW_DEEP=1 waits for heartbeats")
def test_a_kill_on_one_of_two_machines_begins_both_again(undisturbed, tmp_path):
    script = write(tmp_path, TRAIN)
    shared = ["--processes", 1, "--total", 2, "--heartbeat", 3]
    shared += ["--coordinator", f"127.0.0.1:{jobs._free_port('127.0.0.1')}"]
    running = [
        subprocess.Popen(
            command(*shared, "--first", first, script, tmp_path, 0.0, "1:7", "0:12"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
        )
        for first in (0, 1)
    ]  # fmt: skip
    done = [one.communicate(timeout=300) for one in running]
    assert [one.returncode for one in running] == [0, 0], done
    found = re.findall(r"^\[(\d)\] END (.*)$", done[0][0] + done[1][0], re.M)
    assert sorted(found) == undisturbed[1]
    check_rows(tmp_path)


def children(pid):
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


# ---- ends ---------------------------------------------------------------------------------------

WAITING = """
import os, subprocess, sys, time
open(f"pid-{os.getpid()}", "w").close()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
open(f"pid-{child.pid}", "w").close()
time.sleep(300)
"""


ENDED_BY = [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
@pytest.mark.parametrize(("number", "code"), ENDED_BY if DEEP else ENDED_BY[:1])
def test_nothing_outlives_a_launcher_that_is_ended(number, code, tmp_path):
    script = write(tmp_path, WAITING)
    running = subprocess.Popen(
        command("--processes", 2, script), cwd=tmp_path, stderr=subprocess.PIPE, env=environment()
    )
    with running:
        until(lambda: len(list(tmp_path.glob("pid-*"))) == 4)
        running.send_signal(number)
        assert running.wait(20) == code
    pids = [int(path.name.partition("-")[2]) for path in tmp_path.glob("pid-*")]
    until(lambda: not any(map(is_running, pids)), 10)


FROZEN = """
import jax, os, signal, sys, time
print("attempt", flush=True)
if os.path.exists("frozen"):
    sys.exit()
if jax.process_index() == 1:
    open("frozen", "w").close()
    os.kill(os.getpid(), signal.SIGSTOP)
time.sleep(300)
"""


def test_a_process_that_falls_silent_is_noticed_within_the_heartbeat(tmp_path):
    before = time.monotonic()
    done = launched(
        "--processes", 2, "--heartbeat", 2, write(tmp_path, FROZEN), folder=tmp_path
    )  # fmt: skip
    assert time.monotonic() - before < 60
    assert done.returncode == 0, done.stderr
    assert "SIGABRT (by JAX, where another one is silent); starting again (1 of 10)" in done.stderr
    assert sorted(re.findall(r"\[\d\] attempt", done.stdout)) == sorted(
        ["[0] attempt", "[1] attempt"] * 2
    )


FAILING = """
import jax, sys, time
if jax.process_index() == 1:
    print("no newline", end="")
    raise SystemExit(7) if sys.argv[1:] == ["--leave"] else ZeroDivisionError("by me")
time.sleep(300)
"""


def test_an_error_of_the_script_ends_the_job_when_it_comes_again(tmp_path):
    script = write(tmp_path, FAILING)
    done = launched("--processes", 2, script, "--leave", folder=tmp_path)
    assert done.returncode == 7
    assert done.stdout.count("[1] no newline\n") == 2
    assert "failed in process 1 with exit code 7; starting again (1 of 10)" in done.stderr
    assert "failed in process 1 with exit code 7 again: the job ends" in done.stderr
    done = launched("--processes", 2, "--restarts", 0, script, folder=tmp_path)
    assert done.returncode == 1
    assert "[1]     raise SystemExit" in done.stderr
    assert "[1] ZeroDivisionError: by me\n" in done.stderr
    assert "runpy" not in done.stderr
    assert "no restart is left of 0: the job ends" in done.stderr


# ---- places -------------------------------------------------------------------------------------

JOINED = """
import jax, sys
from pathlib import Path
import graphflow as gf
gf.launching.initialize()  # once more does nothing
if sys.argv[1] == "sum":
    from jax.experimental import multihost_utils
    total = multihost_utils.process_allgather(jax.numpy.ones(1)).sum()
    joined = (jax.process_index(), jax.process_count(), jax.device_count(), int(total))
    print("joined", *joined)
    Path(f"joined-{jax.process_index()}").write_text(str(joined))
    with open(f"listening-{jax.process_index()}", "w") as file:
        file.write(Path("/proc/self/net/tcp").read_text() + Path("/proc/self/net/tcp6").read_text())
else:
    print("joined", jax.process_index(), jax.process_count())
"""


@pytest.mark.skipif(not Path("/proc/self/net/tcp6").exists(), reason="looks into /proc")
def test_two_launchers_make_one_job_that_listens_where_it_is_told(tmp_path):
    script = write(tmp_path, JOINED)
    address = f"127.0.0.2:{jobs._free_port('127.0.0.2')}"
    shared = ["--processes", 1, "--total", 2, "--coordinator", address, "--devices", 2]
    running = [
        subprocess.Popen(
            command(*shared, "--first", first, script, "sum"),
            cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=environment(),
        )
        for first in (0, 1)
    ]  # fmt: skip
    out = [one.communicate(timeout=100)[0] for one in running]
    assert [one.returncode for one in running] == [0, 0]
    for number in (0, 1):  # gloo prints too, in the middle of a line
        assert all(line.startswith(f"[{number}] ") for line in out[number].splitlines())
        assert (tmp_path / f"joined-{number}").read_text() == f"({number}, 2, 4, 2)"
    listening = re.findall(r": (\S+):\w{4} \S+ 0A ", (tmp_path / "listening-0").read_text())
    assert "0200007F" in listening  # 127.0.0.2, sums between CPUs
    assert "0000000000000000FFFF00000200007F" in listening  # the same, where processes meet


def test_a_clusters_variables_are_joined_without_processes(tmp_path):
    script = write(tmp_path, JOINED)
    slurm = {
        "SLURM_JOB_ID": str(random.randrange(4096)), "SLURM_STEP_NODELIST": "localhost",
        "SLURM_NTASKS": "1", "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_STEP_NUM_NODES": "1",
    }  # fmt: skip
    done = launched(script, "alone", folder=tmp_path, **slurm)
    assert (done.returncode, done.stdout) == (0, "joined 0 1\n"), done.stderr


HEAD = """
import jax, numpy as np, graphflow as gf
me = jax.process_index()
W = gf.Variable([1.0, 2.0], name="W")
def train():
    gf.train(gf.mean(W ** 2), gf.GradientDescentOptimizer(0.1), [{}], epochs=1,
        callbacks=[gf.training.Checkpoint(f"{me}.npz")], session=gf.Session(seed=1))
"""
DIFFERENT = {
    "variable 'V'": ("W = gf.Variable(np.random.normal(size=2), name='V')", "from a seed"),
    "position": ("train()", "all processes read"),  # as process 0 alone wrote its file
}


@pytest.mark.parametrize("what", DIFFERENT if DEEP else ["position"])
def test_processes_that_do_not_begin_alike_are_told(what, tmp_path):
    line, hint = DIFFERENT[what]
    script = write(tmp_path, f"{HEAD}\n{line}\ntrain()\n")
    done = launched("--processes", 2, "--restarts", 0, script, folder=tmp_path)
    assert done.returncode == 1
    assert f"train: the processes do not begin with one {what}" in done.stderr, done.stderr
    assert hint in done.stderr
