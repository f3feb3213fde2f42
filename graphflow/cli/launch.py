"""`python -m graphflow launch`: a script as a job of many processes."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..launching import Job, launch
from ..launching.job import RESTARTS
from ..launching.place import HEARTBEAT, read_place
from ..launching.worker import work

_ABOUT = """\
Run a script as a job of many processes, which JAX joins to one machine of many devices.

The script runs as a program in each of them. What they print comes with their number. When one
is killed or hangs, all are ended and begun again; a script that trains with
gf.training.Checkpoint goes on from where it was, bit for bit. A script that fails twice in a row
with one exit code ends the job, with that code. Ctrl-C ends all.

On a cluster (Slurm, Open MPI) start one of these for each process, without --processes: each joins
the job that the cluster's variables tell of, and beginning again is the cluster's part.
"""
_EXAMPLES = """\
examples:
  python -m graphflow launch --processes 2 train.py --epochs 30
  srun --ntasks 16 python -m graphflow launch train.py
  python -m graphflow launch --processes 4 --total 8 --coordinator 10.0.0.1:1234 train.py
  python -m graphflow launch --processes 4 --total 8 --first 4 --coordinator 10.0.0.1:1234 train.py
"""


def add_launch(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of the command line."""
    parser = commands.add_parser(
        "launch",
        help="a job of many processes, begun again when one dies",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE.py", help="the script")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the script's own")
    here = parser.add_argument_group("on this machine")
    _number(here, "--processes", None, "start so many")
    _number(
        here, "--devices", None, "of each process: CPUs, or accelerators to itself (default: 1)"
    )
    _number(here, "--restarts", RESTARTS, "begin again at most so often")
    _number(here, "--heartbeat", None, f"seconds until the silent are dead (default: {HEARTBEAT})")
    here.add_argument(
        "--hang",
        type=float,
        metavar="SECONDS",
        help="begin again when a process made no step of gf.train for so long (default: never)",
    )
    many = parser.add_argument_group("on several machines without a cluster's software")
    many.add_argument("--coordinator", metavar="HOST:PORT", help="where process 0 listens")
    _number(many, "--total", None, "so many processes on all machines")
    _number(many, "--first", 0, "the number of the first one here")
    many.add_argument("--bind", metavar="HOST", help="listen on this address of this machine only")
    parser.set_defaults(command=_launch)


def _number(group: Any, name: str, default: int | None, about: str) -> None:
    shown = "" if default is None else f" (default: {default})"
    group.add_argument(name, type=int, default=default, metavar="N", help=about + shown)


def _launch(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Start the processes, or join those that the environment tells of."""
    place = read_place(os.environ)
    heartbeat = place.heartbeat if options.heartbeat is None else options.heartbeat
    job = Job(
        Path(options.file),
        arguments,
        1 if options.processes is None else options.processes,
        options.total,
        options.first,
        options.coordinator,
        options.bind,
        options.devices,
        options.restarts,
        heartbeat,
        options.hang,
    )
    if options.processes is None and options.coordinator is None:
        job.check()
        return work(job.script, arguments, replace(place, heartbeat=heartbeat))
    return launch(job)
