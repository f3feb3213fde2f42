"""Save and restore: bit for bit, whole or not at all, and nothing believed unchecked."""

import json
import os
import random
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from sessions import FORMATS, ROWS, bits, model, safetensors

import graphflow as gf

ROOT = Path(gf.__file__).resolve().parent.parent


# ---- what is kept -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_a_restored_session_goes_on_bit_for_bit(name, tmp_path):
    x, loss, step = model()
    undisturbed, first = gf.Session(seed=7), gf.Session(seed=7)
    for _ in range(9):
        undisturbed.run([loss, step], {x: ROWS})
    for _ in range(4):
        first.run([loss, step], {x: ROWS})
    first.save(tmp_path / name, extra={"at": 4})
    second = gf.Session(seed=8)
    report = second.restore(tmp_path / name)
    assert bits(second) == bits(first)
    for _ in range(5):
        second.run([loss, step], {x: ROWS})
    assert bits(second) == bits(undisturbed)
    assert second.run(loss, {x: ROWS}) == undisturbed.run(loss, {x: ROWS})
    assert (report.extra, report.random) == ({"at": 4}, (7, 4))
    assert (report.missing, report.unused, report.differing) == ((), (), ())
    assert set(report.matched) == {v.name for v in gf.get_default_graph().variables}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("dtype", ["?", "i1", "u8", "f2", "f4", "f8", "c8"])
def test_every_dtype_keeps_its_bits(name, dtype, tmp_path):
    values = np.random.default_rng(0).integers(0, 2, 24).astype(dtype).reshape(2, 3, 4)
    v, empty = gf.Variable(np.zeros_like(values)), gf.Variable(np.empty((0, 3), dtype))
    session = gf.Session()
    session.assign(v, values)
    session.save(tmp_path / name)
    fresh = gf.Session()
    fresh.restore(tmp_path / name)
    np.testing.assert_array_equal(fresh.value(v), values, strict=True)
    assert fresh.value(empty).shape == (0, 3)


def test_special_floats_keep_their_bits(tmp_path):
    values = np.array([-0.0, np.nan, -np.nan, np.inf, 5e-324, 1.1])
    v = gf.Variable(values)
    for name in FORMATS:
        gf.Session().save(tmp_path / name)
        session = gf.Session()
        session.assign(v, np.ones(6))
        session.restore(tmp_path / name)
        assert session.value(v).tobytes() == values.tobytes()


def test_variables_have_their_names_in_the_file_and_numpy_reads_it(tmp_path):
    held = model()
    gf.Session().save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as found:
        assert {"layer/W", "layer/v", "scale"} < set(found)
        assert found["layer/W"].shape == (2, 3)
    del held


def test_a_safetensors_file_is_as_the_format_says(tmp_path):
    W = gf.Variable(np.array([[1.5, -2.0]], np.float32), name="W")
    n = gf.Variable(np.array([3, 4]), name="n")
    gf.Session().save(tmp_path / "a.safetensors")
    content = (tmp_path / "a.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    assert header[W.name] == {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}
    assert header[n.name] == {"dtype": "I64", "shape": [2], "data_offsets": [8, 24]}
    assert all(isinstance(value, str) for value in header["__metadata__"].values())
    assert content[8 + length :] == struct.pack("<ffqq", 1.5, -2.0, 3, 4)
    assert length % 8 == 0


def test_files_of_others_are_read_if_they_fit(tmp_path):
    W = gf.Variable(np.zeros((1, 2)), name="W")
    np.savez_compressed(tmp_path / "a.npz", W=np.array([[1.0, 2.0]]))
    entry = {"W": {"dtype": "F64", "shape": [1, 2], "data_offsets": [0, 16]}}
    (tmp_path / "a.safetensors").write_bytes(safetensors(entry, struct.pack("<dd", 1, 2), b"  "))
    for name in FORMATS:
        session = gf.Session(seed=3)
        report = session.restore(tmp_path / name)
        assert session.value(W).tolist() == [[1, 2]]
        assert (report.random, report.extra, session.seed) == (None, None, 3)
        assert "no random state" in str(report)


def test_big_endian_and_fortran_arrays_are_read(tmp_path):
    W = gf.Variable(np.zeros((2, 3)), name="W")
    np.savez(tmp_path / "a.npz", W=np.asfortranarray(np.arange(6.0).reshape(2, 3).astype(">f8")))
    session = gf.Session()
    session.restore(tmp_path / "a.npz")
    assert session.value(W).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_an_explicit_graph_is_saved_without_being_current(tmp_path):
    with gf.Graph() as graph:
        v = gf.Variable([1.0], name="v")
    gf.Variable(5.0, name="elsewhere")
    for session in (gf.Session(graph), gf.Session()):
        session.assign(v, [2.0])
        session.save(tmp_path / "a.npz")
        assert list(np.load(tmp_path / "a.npz")) == ["v", "__graphflow__"]


def test_a_session_without_variables_or_of_two_graphs_is_not_saved(tmp_path):
    with pytest.raises(gf.GraphError, match="no variables"):
        gf.Session().save(tmp_path / "a.npz")
    session = gf.Session()
    graphs = [gf.Graph(), gf.Graph()]
    variables = []
    for graph in graphs:
        with graph:
            variables.append(gf.Variable(1.0))
        session.assign(variables[-1], 2.0)
    with pytest.raises(gf.GraphError, match="another graph"):
        session.save(tmp_path / "a.npz")
    assert list(tmp_path.iterdir()) == []


# ---- what does not fit --------------------------------------------------------------------------


def saved(tmp_path, name="a.npz", **arrays):
    with gf.Graph() as graph:
        for key, value in arrays.items():
            gf.Variable(value, name=key)
    gf.Session(graph, seed=1).save(tmp_path / name)
    return tmp_path / name


@pytest.mark.parametrize("name", FORMATS)
def test_what_differs_is_refused_with_both_shapes_and_changes_nothing(name, tmp_path):
    path = saved(tmp_path, name, W=np.ones((3, 4)), b=np.ones(4), old=np.ones(2))
    W = gf.Variable(np.zeros((2, 4)), name="W")
    b = gf.Variable(np.zeros(4), name="b")
    new = gf.Variable(np.zeros(1), name="new")
    session = gf.Session(seed=5)
    before = bits(session)
    with pytest.raises(gf.DataError) as caught:
        session.restore(path)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"restore: {name} does not fit the graph; nothing was changed"
    assert lines[1].split()[:3] == ["W", "file:", "float64[3,"]
    assert "variable 'W' float64[2, 4] (test_io.py:" in lines[1]
    assert lines[2].split()[:3] == ["new", "absent", "graph:"]
    assert lines[3].split() == ["old", "file:", "float64[2]", "absent"]
    assert "strict=False" in lines[4]
    assert (bits(session), session.seed) == (before, 5)
    report = session.restore(path, strict=False)
    assert session.value(b).tolist() == [1, 1, 1, 1]
    assert session.value(W).tolist() == np.zeros((2, 4)).tolist()
    assert (report.matched, report.missing, report.unused) == ((b.name,), (new.name,), ("old",))
    assert len(report.differing) == 1
    assert "float64[3, 4]" in report.differing[0]
    assert "float64[2, 4]" in report.differing[0]
    assert "restored 1 variables" in str(report)


def test_another_dtype_is_refused(tmp_path):
    path = saved(tmp_path, W=np.ones(2))
    W = gf.Variable(np.zeros(2, np.float32), name="W")
    session = gf.Session()
    with pytest.raises(gf.DataError, match=r"float64\[2\].*float32\[2\]"):
        session.restore(path)
    assert session.value(W).tolist() == [0, 0]


def test_suffixes_names_and_extras_that_cannot_be_saved_are_refused(tmp_path):
    v = gf.Variable([1.0], name="v")
    session = gf.Session()
    for suffix in ("a", "a.pkl", "a.npy"):
        with pytest.raises(ValueError, match=r"neither in \.npz nor in \.safetensors"):
            session.save(tmp_path / suffix)
        with pytest.raises(ValueError, match=r"neither in \.npz nor in \.safetensors"):
            session.restore(tmp_path / suffix)
    with pytest.raises(gf.DTypeError, match="extra is made of numbers"):
        session.save(tmp_path / "a.npz", extra={"v": v})
    bad = gf.Variable([1j], name="bad")
    with pytest.raises(ValueError, match="cannot hold 'bad' of complex128; use .npz"):
        session.save(tmp_path / "a.safetensors")
    del bad
    for name in ("a\0b", "a\\b", "a\ud800b"):
        bad = gf.Variable(1.0, name=name)
        with pytest.raises(ValueError, match="cannot hold an array named"):
            session.save(tmp_path / "a.npz")
        del bad
    with pytest.raises(FileNotFoundError):
        session.restore(tmp_path / "a.npz")
    assert list(tmp_path.iterdir()) == []


# ---- whole or not at all ------------------------------------------------------------------------


@pytest.mark.parametrize("fails", ["write", "fsync", "replace"])
def test_a_failing_write_leaves_the_file_as_it_was(fails, tmp_path, monkeypatch):
    v = gf.Variable(np.arange(3.0), name="v")
    session = gf.Session()
    path = tmp_path / "a.npz"
    session.save(path)
    before = path.read_bytes()
    session.assign(v, [9.0, 9.0, 9.0])

    def full(*args, **kwargs):
        raise OSError("no space left on device")

    if fails == "write":
        monkeypatch.setattr("numpy.lib.format.write_array", full)
    else:
        monkeypatch.setattr(os, fails, full)
    with pytest.raises(OSError, match="no space left"):
        session.save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.npz"]


def test_a_save_while_another_thread_trains_sees_one_state(tmp_path):
    a, b = gf.Variable(0.0, name="a"), gf.Variable(np.zeros(1000), name="b")
    step = gf.group(gf.assign_add(a, 1.0), gf.assign_add(b, gf.random.uniform((1000,)) * 0 + 1.0))
    session = gf.Session(seed=0)
    stop = threading.Event()

    def train():
        while not stop.is_set():
            session.run(step)

    thread = threading.Thread(target=train)
    thread.start()
    try:
        for _ in range(20):
            session.save(tmp_path / "a.npz")
            fresh = gf.Session()
            report = fresh.restore(tmp_path / "a.npz")
            assert (fresh.value(b) == fresh.value(a)).all()
            assert report.random.step == fresh.value(a)
    finally:
        stop.set()
        thread.join()


TRAINING = """
import sys, numpy as np, graphflow as gf
path, steps = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(0)
x, y = gf.Placeholder(("n", 3)), gf.Placeholder(("n",))
W = gf.Variable(rng.normal(size=3), name="W")
loss = gf.mean((gf.nn.dropout(x, 0.5) @ W - y) ** 2)
step = gf.GradientDescentOptimizer(0.01, accumulate=True).minimize(loss)
rows = rng.normal(size=(37, 3))
data = gf.data.batches({x: rows, y: rows.sum(axis=1)}, 5, seed=3)
session = gf.Session(seed=0)
done = 0
if sys.argv[3] == "resume":
    extra = session.restore(path).extra
    done = extra["done"]
    data.restore(extra["data"])
print("started", flush=True)
while done < steps:
    for feed in data:
        session.run(step, feed)
        done += 1
        session.save(path, extra={"done": done, "data": data.state})
        if done == steps:
            break
print(done, session.value(W).tobytes().hex())
"""


def test_a_run_killed_at_any_moment_goes_on_as_if_it_had_not_been(tmp_path):
    path, rng, steps = tmp_path / "a.npz", random.Random(0), 100

    def start(target, how):
        command = [sys.executable, "-c", TRAINING, str(target), str(steps), how]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert child.stdout.readline() == "started\n"
        return child

    undisturbed = start(tmp_path / "whole.npz", "new").communicate()[0]
    kills = 0
    while True:
        child = start(path, "resume" if path.exists() else "new")
        if kills < 2:
            time.sleep(rng.uniform(0.002, 0.04))
            child.send_signal(signal.SIGKILL)
        out = child.communicate()[0]
        kills += child.returncode == -signal.SIGKILL
        if child.returncode == 0:
            break
    assert kills > 0
    assert out == undisturbed
