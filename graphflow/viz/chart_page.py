"""Pages with a chart: one HTML file with its style, scripts and data, that loads nothing."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import numpy as np

_FOLDER = files("graphflow.viz") / "pages"


def page(title: str, parts: Iterable[str], data: Any) -> str:
    """A page of `chart_page.html` with the style sheets and scripts `parts` and the data.

    Data are put in as text that no browser takes for markup, and the page may load nothing.
    """
    names = list(parts)
    text = _read("chart_page.html")
    filling = {
        "{{title}}": html.escape(title),
        "{{style}}": "".join(_read(name) for name in names if name.endswith(".css")),
        "{{script}}": "".join(_read(name) for name in names if name.endswith(".js")),
        "{{data}}": as_json(data),
    }
    for slot, content in filling.items():
        before, _, after = text.partition(slot)
        text = before + content + after
    return text


def as_json(data: Any) -> str:
    """Data as JSON that can stand in a script element: no `<`, `>` or `&`; not finite is null."""
    text = json.dumps(_plain(data), ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def in_frame(page_text: str, height: int) -> str:
    """The page inside another one, as of a notebook: its names and styles stay its own."""
    return (
        f'<iframe srcdoc="{html.escape(page_text)}" sandbox="allow-scripts" '
        f'style="width:100%;height:{height}px;border:0" loading="lazy"></iframe>'
    )


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _plain(data: Any) -> Any:
    """Arrays and numbers of NumPy as lists and numbers of Python; NaN and infinity as None."""
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    if isinstance(data, np.ndarray | np.generic):
        return _plain(data.tolist())
    if isinstance(data, float) and not np.isfinite(data):
        return None
    return data
