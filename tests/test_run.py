"""run.py: what it runs, when it sets up again, and what it says when it cannot."""

import signal
import sys
from pathlib import Path

import pytest

import run


class Calls:
    """Stands in for `run.call`: notes the commands, and does what they would do to the folder."""

    def __init__(self, **codes: int) -> None:
        self.made: list[list[str]] = []
        self._codes = codes

    def __call__(self, *command: object) -> int:
        words = [str(part) for part in command]
        self.made.append(words)
        module = words[words.index("-m") + 1] if "-m" in words else words[1]
        if module == "venv":
            run.PYTHON.parent.mkdir(parents=True, exist_ok=True)
            run.PYTHON.touch()
            for stamp in run.VENV.glob("installed-*"):
                stamp.unlink()  # as --clear does
        return self._codes.get(module, 0)

    def modules(self) -> list[str]:
        return [words[words.index("-m") + 1] if "-m" in words else words[1] for words in self.made]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own for run.py, in a folder with a space in its name."""
    root = tmp_path / "a project"
    root.mkdir()
    (root / "pyproject.toml").write_text("[project]\n")
    move_to(root, monkeypatch)
    return root


def move_to(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = run.PYTHON.relative_to(run.VENV)
    monkeypatch.setattr(run, "ROOT", root)
    monkeypatch.setattr(run, "VENV", root / ".venv")
    monkeypatch.setattr(run, "PYTHON", root / ".venv" / python)


def calls(monkeypatch: pytest.MonkeyPatch, **codes: int) -> Calls:
    stand_in = Calls(**codes)
    monkeypatch.setattr(run, "call", stand_in)
    return stand_in


def modules_of_a_run(monkeypatch: pytest.MonkeyPatch, command: str) -> list[str]:
    stand_in = calls(monkeypatch)
    assert run.main([command]) == 0
    return stand_in.modules()


SET_UP = ["venv", "pip"]


def test_the_first_run_sets_up_and_the_second_does_not(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert modules_of_a_run(monkeypatch, "test") == [*SET_UP, "pytest"]
    assert modules_of_a_run(monkeypatch, "test") == ["pytest"]


def test_another_command_installs_its_own_extras_into_the_same_venv(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules_of_a_run(monkeypatch, "test")
    assert modules_of_a_run(monkeypatch, "demo") == ["pip", "examples/digits.py"]
    assert modules_of_a_run(monkeypatch, "test") == ["pytest"]


def test_a_changed_pyproject_installs_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules_of_a_run(monkeypatch, "test")
    (project / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert modules_of_a_run(monkeypatch, "test") == ["pip", "pytest"]


def test_a_moved_project_makes_its_venv_anew(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules_of_a_run(monkeypatch, "test")
    move_to(project.rename(project.with_name("moved")), monkeypatch)
    assert modules_of_a_run(monkeypatch, "test") == [*SET_UP, "pytest"]


def test_a_venv_whose_python_is_gone_is_made_anew(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules_of_a_run(monkeypatch, "test")
    run.PYTHON.unlink()
    run.PYTHON.symlink_to(project / "no such python")
    assert modules_of_a_run(monkeypatch, "test") == [*SET_UP, "pytest"]


def test_a_venv_of_another_python_is_made_anew(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules_of_a_run(monkeypatch, "test")
    monkeypatch.setattr(run, "VERSION", "3.99")
    assert modules_of_a_run(monkeypatch, "test") == [*SET_UP, "pytest"]


def test_a_failed_install_leaves_no_stamp_and_runs_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    modules_of_a_run(monkeypatch, "test")
    (project / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    failing = calls(monkeypatch, pip=3)
    assert run.main(["test"]) == 3
    assert failing.modules() == ["pip"]
    assert capsys.readouterr().err == "run.py: installing failed, so nothing was run\n"
    assert list(run.VENV.glob("installed-*")) == []
    assert modules_of_a_run(monkeypatch, "test") == ["pip", "pytest"]


def test_a_failed_venv_is_not_taken_for_a_whole_one(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = calls(monkeypatch, venv=1)
    assert run.main(["test"]) == 1
    assert failing.modules() == ["venv"]
    assert modules_of_a_run(monkeypatch, "test") == [*SET_UP, "pytest"]


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_without_venv_it_says_what_to_install(
    missing: str,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        run.importlib.util, "find_spec", lambda name: None if name == missing else object()
    )
    stand_in = calls(monkeypatch)
    assert run.main(["demo"]) == 1
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    said = capsys.readouterr()
    assert said.err == (
        f"run.py: this Python cannot make a .venv; as root: apt install python{version}-venv\n"
    )
    assert (said.out, stand_in.made, list(project.glob(".venv"))) == ("", [], [])


def test_test_passes_its_arguments_on_to_pytest(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = calls(monkeypatch)
    run.main(["test", "tests/test_x.py", "-k", "a b"])
    assert stand_in.made[-1] == [
        *[str(run.PYTHON), "-m", "pytest", "-n", "2"],
        *["tests/test_x.py", "-k", "a b"],
    ]


@pytest.mark.parametrize("deep", [[], ["--deep"]])
def test_deep_asks_the_tests_for_the_long_version(
    deep: list[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.environ", {})
    stand_in = calls(monkeypatch)
    run.main(["test", *deep, "tests/test_x.py"])
    assert stand_in.made[-1][2:] == ["pytest", "-n", "2", "tests/test_x.py"]
    assert run.os.environ.get("GRAPHFLOW_DEEP") == ("1" if deep else None)


def test_check_runs_every_step_and_returns_the_first_failure(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = calls(monkeypatch, mypy=2, pytest=1)
    assert run.main(["check", "--fix"]) == 2
    steps = [words[2:] for words in stand_in.made if words[2] not in SET_UP]
    assert steps == [
        ["ruff", "check", "--fix"],
        ["ruff", "format", "--check"],
        ["mypy"],
        ["pytest", "-q", "tests/test_layers.py"],
    ]


@pytest.mark.parametrize("argv", [[], ["tset"], ["-x", "test"]])
def test_anything_else_prints_the_usage_and_fails(
    argv: list[str],
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stand_in = calls(monkeypatch)
    assert run.main(argv) == 2
    assert capsys.readouterr().err == run.USAGE + "\n"
    assert stand_in.made == []


def test_help_prints_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--help"]) == 0
    assert capsys.readouterr().out == run.USAGE + "\n"


def test_an_interrupt_ends_it_as_shells_say_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*command: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "call", interrupted)
    assert run.main(["test"]) == 128 + signal.SIGINT


def test_call_returns_the_exit_code_and_runs_in_the_project(project: Path) -> None:
    here = "import os, sys; sys.exit(os.path.basename(os.getcwd()) != 'a project')"
    assert run.call(sys.executable, "-c", here) == 0
    assert run.call(sys.executable, "-c", "raise SystemExit(7)") == 7


def test_call_says_which_signal_ended_the_program(project: Path) -> None:
    ended = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    assert run.call(sys.executable, "-c", ended) == 128 + signal.SIGTERM


def test_run_py_is_short() -> None:
    text = Path(run.__file__).read_text(encoding="utf-8")
    assert len(text.splitlines()) < 120
