"""The parts of `launch` that need no job: what is refused, who is blamed, what is passed on."""

import os
import sys

import pytest

import graphflow as gf
from graphflow.cli import main
from graphflow.launching import job as jobs
from graphflow.launching import life
from graphflow.launching.attempt import attempt
from graphflow.launching.place import Place, read_place

pytest.importorskip("jax")


def script_that(folder, text):
    path = folder / "script.py"
    path.write_text(text)
    return str(path)


MISTAKES = {
    "no processes": (["--processes", "0"], "launch: --processes is at least 1, not 0"),
    "no devices": (["--processes", "1", "--devices", "0"], "--devices is at least 1"),
    "no heartbeat": (["--processes", "1", "--heartbeat", "0"], "--heartbeat is at least 1"),
    "restarts": (["--processes", "1", "--restarts", "-1"], "--restarts is not negative: -1"),
    "hang": (["--processes", "1", "--hang", "0"], "--hang is a time above 0 seconds, not 0.0"),
    "nowhere": (["--processes", "1", "--total", "2"], "say where process 0 is: --coordinator"),
    "address": (["--processes", "1", "--coordinator", "here"], "'here' is no address"),
    "too many": (
        ["--processes", "2", "--first", "1", "--total", "2", "--coordinator", "a:1"],
        "processes 1 to 2 are not among 2; --total says",
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_told_before_anything_is_started(what, tmp_path, capsys):
    given, text = MISTAKES[what]
    assert main(["launch", *given, script_that(tmp_path, "raise SystemExit(9)")]) == 2
    assert text in capsys.readouterr().err


def test_a_missing_script_and_a_missing_jax_are_told(tmp_path, monkeypatch, capsys):
    assert main(["launch", "--processes", "2", "absent.py"]) == 2
    assert "graphflow: launch: no such file: absent.py" in capsys.readouterr().err
    monkeypatch.setattr(jobs.importlib.util, "find_spec", lambda name: None)
    assert main(["launch", "--processes", "2", script_that(tmp_path, "")]) == 2
    assert 'pip install "graphflow-autodiff[jax]"' in capsys.readouterr().err


def test_help_says_how(capsys):
    with pytest.raises(SystemExit):
        main(["launch", "--help"])
    out = capsys.readouterr().out
    assert "--processes N" in out
    assert "srun --ntasks 16 python -m graphflow launch train.py" in out
    assert max(map(len, out.splitlines())) <= 100


def test_a_place_is_read_as_it_was_written():
    place = Place("10.0.0.1:1234", 8, 3, bind="10.0.0.7", heartbeat=4)
    assert read_place(place.variables()) == place
    assert read_place({}) == Place()
    with pytest.raises(ValueError, match="GRAPHFLOW_PROCESS is no number: 'two'"):
        read_place({"GRAPHFLOW_PROCESS": "two"})


@pytest.mark.parametrize(
    ("coordinator", "bind", "host"),
    [
        ("127.0.0.1:5", None, "127.0.0.1"),
        ("[::1]:5", None, "::1"),
        ("localhost:5", None, "localhost"),
        ("10.0.0.1:5", None, None),
        ("10.0.0.1:5", "10.0.0.7", "10.0.0.7"),
        (None, None, None),
    ],
)
def test_what_meets_on_this_machine_listens_on_it_alone(coordinator, bind, host):
    assert Place(coordinator, bind=bind).host == host


def watched(*scripts, hang=None, stopped=lambda: False):
    with attempt() as running:
        for number, script in enumerate(scripts):
            running.start(number, [sys.executable, "-c", script], os.environ, f"[{number}] ")
        return running.watch(stopped, hang)


def test_the_killed_is_blamed_and_not_those_who_fail_by_it():
    wait = "import time; time.sleep(300)"
    killed = "import os; os.kill(os.getpid(), 9)"
    done = "import sys; sys.exit(0)"
    assert watched(done, done) == ("done", 0, 0)
    assert watched(wait, killed) == ("died", 1, -9)
    assert watched(wait, done, "import sys; sys.exit(3)") == ("failed", 2, 3)
    assert watched(wait, wait, stopped=lambda: True).kind == "stopped"


def test_who_makes_no_step_hangs_and_who_does_not():
    head = "import os, time, sys; from graphflow.launching.life import beat, follow\n"
    head += "follow(os.environ)\n"
    works = head + "for _ in range(30): beat(); time.sleep(0.1)"
    hangs = head + "beat(); time.sleep(300)"
    assert watched(works, hang=2.0).kind == "done"
    assert watched(works, hangs, hang=2.0) == ("hung", 1, 0)


def test_training_says_of_every_step_that_it_goes_on(monkeypatch):
    come, told = os.pipe()
    monkeypatch.setattr(life, "_told", told)
    monkeypatch.setattr(life, "_SECONDS", 0.0)
    loss = gf.mean(gf.Variable([1.0, 2.0]) ** 2)
    gf.train(loss, gf.GradientDescentOptimizer(0.1), [{}] * 3, epochs=2, progress=False)
    assert os.read(come, 100) == b"." * 6
    os.close(come)
    gf.launching.beat()  # nobody reads: no matter
    os.close(told)


def test_output_comes_in_whole_lines_however_it_is_written(capfdbinary):
    write_it = (
        "import os; os.write(1, b'a' * 70000 + b'\\nb\\r\\n\\nend'); os.write(2, b'\\xff\\n')"
    )
    assert watched(write_it).kind == "done"
    out, err = capfdbinary.readouterr()
    assert err == b"[0] \xff\n"
    assert out.replace(b"\n[0] a", b"a").startswith(b"[0] " + b"a" * 70000)
    assert out.endswith(b"a\n[0] b\r\n[0] \n[0] end\n")
