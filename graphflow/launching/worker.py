"""`python -m graphflow.launching.worker SCRIPT ARGUMENTS`: one process of a job."""

from __future__ import annotations

import atexit
import os
import runpy
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .joining import imported_jax, initialize
from .life import follow
from .place import Place, read_place
from .program import as_program, traceback_of


def work(script: Path, arguments: Sequence[str], place: Place) -> int:
    """Join the job, run the script as a program in it, and give back its exit code.

    A process that fails leaves without waiting for the others, as they wait for it.
    """
    initialize(place)
    code = 0

    def leave() -> None:
        if code:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    # Called after what the script registers, and before JAX waits for all processes to end.
    atexit.register(leave)
    code = _run(script, arguments, place.heartbeat)
    return code


def _run(script: Path, arguments: Sequence[str], heartbeat: int) -> int:
    with as_program(script, arguments):
        try:
            runpy.run_path(str(script), run_name="__main__")
        except SystemExit as leaving:
            return _exit_code(leaving)
        except KeyboardInterrupt:
            return 130
        except BaseException as error:
            print(traceback_of(error, script), file=sys.stderr, flush=True)
            if isinstance(error, imported_jax().errors.JaxRuntimeError):
                # It may be that another process died. Then JAX ends this one within a heartbeat,
                # by which who started it knows that the script is not to blame.
                time.sleep(heartbeat + 1)
            return 1
    return 0


def _exit_code(leaving: SystemExit) -> int:
    if leaving.code is None:
        return 0
    if isinstance(leaving.code, int):
        return leaving.code & 0xFF
    print(leaving.code, file=sys.stderr)
    return 1


if __name__ == "__main__":
    follow(os.environ)
    sys.exit(work(Path(sys.argv[1]), sys.argv[2:], read_place(os.environ)))
