"""Write the table of docs/export.md from the exporters' columns: `python docs/make_export.py`."""

from __future__ import annotations

from pathlib import Path

from graphflow.export.as_onnx.table import NOTES, WHY_NOT
from graphflow.export.as_stablehlo import traced
from graphflow.primitives import TABLE
from graphflow.program import Call
from graphflow.program.record import WHOLE

PAGE = Path(__file__).resolve().parent / "export.md"
START = "<!-- made by docs/make_export.py -->"
CALLED = {WHOLE: "`py_func`, and `compute` on arrays"}


def page(text: str) -> str:
    """The page with its table made anew."""
    rows = [
        f"| {CALLED.get(name, f'`{name}`')} | {onnx(name)} | {stablehlo(name)} |"
        for name in [*TABLE, WHOLE]
    ]
    head = ["", "| primitive | ONNX | StableHLO |", "|---|---|---|"]
    return text.partition(START)[0] + "\n".join([START, *head, *rows]) + "\n"


def onnx(name: str) -> str:
    """Whether a primitive has a place in an ONNX model, or why not."""
    return WHY_NOT.get(name) or NOTES.get(name) or "yes"


def stablehlo(name: str) -> str:
    """Whether a primitive can leave as StableHLO, or why not."""
    call = Call(name, (None, 0), (), 0, 0)  # of the orders of Bessel functions one that JAX has
    return traced.reason(call) or traced.NOTES.get(name) or "yes"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
