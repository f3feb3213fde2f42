"""Write the table of docs/export.md from the exporters' columns: `python docs/make_export.py`."""

from __future__ import annotations

from pathlib import Path

from graphflow.export.as_onnx.table import NOTES, WHY_NOT
from graphflow.primitives import TABLE
from graphflow.program.record import WHOLE

PAGE = Path(__file__).resolve().parent / "export.md"
START = "<!-- made by docs/make_export.py -->"
CALLED = {WHOLE: "`py_func`, and `compute` on arrays"}


def page(text: str) -> str:
    """The page with its table made anew."""
    rows = [f"| {CALLED.get(name, f'`{name}`')} | {onnx(name)} |" for name in [*TABLE, WHOLE]]
    head = ["", "| primitive | ONNX |", "|---|---|"]
    return text.partition(START)[0] + "\n".join([START, *head, *rows]) + "\n"


def onnx(name: str) -> str:
    """Whether a primitive has a place in an ONNX model, or why not."""
    return WHY_NOT.get(name) or NOTES.get(name) or "yes"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
