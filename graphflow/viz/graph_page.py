"""Pages with a graph: one HTML file with its style, script and data, that needs no network.

Data are JSON in which no character can end the element that holds them, and the page's policy lets
nothing run but its own script: a name stays text whatever it contains.
"""

from __future__ import annotations

import base64
import hashlib
import html
from functools import lru_cache
from importlib.resources import files
from string import Template
from typing import Any

from .chart_page import as_json
from .theme import DARK, FONT_STACK, LIGHT, Theme


_FOLDER = files("graphflow.viz") / "pages"
_SCRIPTS = {
    "step_through": ("shared", "pan_zoom", "step_through"),
    "explore": (
        "shared", "pan_zoom", "explore_shapes", "explore_graph", "explore_card", "explore",
    ),
}  # fmt: skip


def page(name: str, title: str, data: Any, picture: str = "") -> str:
    """The page `name` (its .html and .css are in the folder `pages`), with `data` for it.

    `picture` is SVG to put where the page has a place for it.
    """
    script = "".join(_file(f"{part}.js") for part in _SCRIPTS[name])
    return Template(_file("page.html")).substitute(
        policy=_policy(script),
        title=html.escape(title),
        style=_colors() + _file("shared.css") + _file(f"{name}.css"),
        body=Template(_file(f"{name}.html")).substitute(picture=picture),
        data=as_json(data),
        script=script,
    )


@lru_cache
def _file(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _policy(script: str) -> str:
    """Nothing is loaded from anywhere, and no other script runs."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def _colors() -> str:
    """The themes as variables: light, dark where the reader prefers it, and either when asked."""
    light, dark = _variables(LIGHT), _variables(DARK)
    return (
        f":root{{--font:{FONT_STACK};{light}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}"
        f":root[data-theme=dark]{{{dark}}}"
    )


def _variables(theme: Theme) -> str:
    plain = {name: color for name, color in theme._asdict().items() if isinstance(color, str)}
    for kind, ink in theme.inks.items():
        plain |= {
            f"{kind}-{part}".replace(" ", "-"): color for part, color in ink._asdict().items()
        }
    scheme = "dark" if theme is DARK else "light"
    colors = "".join(f"--{name.replace('_', '-')}:{color};" for name, color in plain.items())
    return f"color-scheme:{scheme};{colors}"
