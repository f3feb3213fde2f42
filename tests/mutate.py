"""Damage graphflow in one place at a time and see that the tests notice.

    python tests/mutate.py rules rewrites             all gradient rules and all rewrites
    python tests/mutate.py program --sample 5         every fifth mutant of the program
    python tests/mutate.py --only _sqrt_grad --list   which there are
    python tests/mutate.py --write docs/mutation.md   the page, of what was run so far

A mutant that no test notices fails the script unless `mutation/survivors.py` says why none can.
Results are kept in a temporary folder by the text of the damaged function; `--again` runs those
that survived once more, `--fresh` all.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_name] = "1"  # forked processes share the cores
sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

from mutation.command import main  # noqa: E402

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
