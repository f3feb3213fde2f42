#!/usr/bin/env python3
"""Run graphflow's demo, tests or checks; the first run sets everything up in `.venv`."""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

USAGE = """\
usage: python3 run.py COMMAND [ARGS]

  demo   train a classifier of handwritten digits, and draw its graph
  test   run the tests, with --deep the long version; ARGS go to pytest:  tests/test_run.py -k stamp
  check  run ruff, mypy and the layer test; ARGS go to `ruff check`, for example  --fix

The first run makes .venv beside this file and installs what the command needs into it.
ARGS that are paths start from this file's folder."""

VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
if sys.version_info < (3, 11):
    sys.exit(f"run.py: graphflow needs Python 3.11 or newer; this is Python {VERSION}")

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

EXTRAS = {"demo": "render,plots", "test": "test", "check": "dev,test"}


def steps(command: str, args: list[str]) -> list[list[str]]:
    """What a command runs, one after the other, as arguments for the Python of .venv."""
    if command == "demo":
        return [["examples/digits.py", *args]]
    if command == "test":
        return [["-m", "pytest", "-n", "2", *[arg for arg in args if arg != "--deep"]]]
    return [
        ["-m", "ruff", "check", *args],
        ["-m", "ruff", "format", "--check"],
        ["-m", "mypy"],
        ["-m", "pytest", "-q", "tests/test_layers.py"],
    ]


def call(*command: object) -> int:
    """Run a program in this file's folder and return its exit code."""
    with subprocess.Popen([str(part) for part in command], cwd=ROOT) as child:
        try:
            code = child.wait()
        except KeyboardInterrupt:
            child.wait()  # Ctrl-C has reached it as well: let it end in its own way first
            raise
    return 128 - code if code < 0 else code  # ended by signal n: 128 + n, as shells say it


def holds(file: Path, text: str) -> bool:
    """Whether a file is there and says exactly this."""
    return file.is_file() and file.read_text(encoding="utf-8") == text


def make_venv() -> int:
    """Make .venv, unless it is there and was made in this folder for this Python."""
    made_for = VENV / "made-for"
    place = f"Python {VERSION} in {VENV}\n"
    if PYTHON.exists() and holds(made_for, place):
        return 0
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        say = f"run.py: this Python cannot make a .venv; as root: apt install python{VERSION}-venv"
        print(say, file=sys.stderr)
        return 1
    print("run.py: making .venv", flush=True)
    code = call(sys.executable, "-m", "venv", "--clear", VENV)
    if code == 0:
        made_for.write_text(place, encoding="utf-8")
    return code


def stamp(extras: str) -> str:
    """What .venv holds once these extras are installed: a hash that changes with pyproject.toml."""
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + extras.encode()).hexdigest()


def install(extras: str) -> int:
    """Install graphflow and these extras, unless their stamp says that they are there."""
    stamped = VENV / f"installed-{extras}"
    wanted = stamp(extras)
    if holds(stamped, wanted):
        return 0
    stamped.unlink(missing_ok=True)
    print(f"run.py: installing graphflow with {extras} into .venv", flush=True)
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    code = call(*pip, "--editable", f".[{extras}]")
    if code == 0:
        stamped.write_text(wanted, encoding="utf-8")
    else:
        print("run.py: installing failed, so nothing was run", file=sys.stderr)
    return code


def main(argv: list[str]) -> int:
    """Set up, run the command, and return the first exit code that is not 0."""
    if not argv or argv[0] not in EXTRAS:
        asked = argv[:1] in (["-h"], ["--help"])
        print(USAGE, file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    command, *args = argv
    if command == "test" and "--deep" in args:
        os.environ["GRAPHFLOW_DEEP"] = "1"  # the tests read it
    try:
        code = make_venv() or install(EXTRAS[command])
        codes = [code] if code else [call(PYTHON, *step) for step in steps(command, args)]
    except KeyboardInterrupt:
        return 130  # as shells say it
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
