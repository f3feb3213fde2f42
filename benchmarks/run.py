"""`python benchmarks/run.py`, from anywhere: `python -m benchmarks` in the folder above."""

import runpy
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)
runpy.run_module("benchmarks", run_name="__main__")
