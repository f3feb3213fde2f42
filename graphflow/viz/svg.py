"""What is done to an SVG after layout: fonts, size, and a theme that follows the reader's."""

from __future__ import annotations

import re

from .theme import DARK, FONT, FONT_STACK, OUTLINES

_SIZE = re.compile(r'<svg width="([\d.]+)(pt|px)?" height="([\d.]+)(?:pt|px)?"')
_FONT = re.compile(rf'font-family="{FONT}[^"]*"')


def finished(svg: str, adaptive: bool) -> str:
    """The drawing alone, in the font stack; `adaptive` makes it dark where the reader prefers."""
    text = svg[svg.index("<svg ") :]
    text = _FONT.sub(f'font-family="{FONT_STACK}"', text)
    start = text.index(">") + 1
    head = text[: start - 1] + ' class="graphflow' + ("-auto" if adaptive else "") + '">'
    return head + (_STYLE if adaptive else "") + text[start:]


def fluid(svg: str) -> str:
    """The drawing as large as what contains it, its proportions kept by the view box."""
    return _SIZE.sub('<svg width="100%" height="100%"', svg, count=1)


def inline(svg: str) -> str:
    """The drawing in its own size, smaller where that does not fit: for notebooks."""
    return _SIZE.sub(lambda found: f'{found[0]} style="max-width:100%;height:auto"', svg, count=1)


def size(svg: str) -> tuple[float, float]:
    """Width and height of the drawing, in the units of its view box."""
    found = _SIZE.search(svg)
    return (float(found[1]), float(found[3])) if found else (0.0, 0.0)


def _dark_rules() -> str:
    """Style rules that turn the light theme, which the drawing has, into the dark one."""
    theme = DARK
    own = "svg.graphflow-auto"
    rules = [
        f"{own} .graph>polygon{{fill:{theme.background}}}",
        f"{own} .node text{{fill:{theme.text}}}",
        f"{own} .edge text,{own} .cluster text{{fill:{theme.faint}}}",
        f"{own} .edge path{{stroke:{theme.edge}}}",
        f"{own} .edge polygon{{fill:{theme.edge};stroke:{theme.edge}}}",
        f"{own} .derived path{{stroke:{theme.gradient_edge}}}",
        f"{own} .derived polygon{{fill:{theme.gradient_edge};stroke:{theme.gradient_edge}}}",
        f"{own} .cluster path{{stroke:{theme.cluster_line}}}",
        f"{own} .scope path{{fill:{theme.cluster}}}",
        f"{own} .legend path{{fill:{theme.background}}}",
    ]
    for kind in OUTLINES:
        ink = theme.inks[kind]
        shapes = ",".join(f"{own} .{kind} {shape}" for shape in ("path", "polygon", "ellipse"))
        rules.append(f"{shapes}{{fill:{ink.fill};stroke:{ink.line}}}")
        rules.append(f"{own} .{kind} polyline,{own} .{kind} path:not([fill]){{stroke:{ink.line}}}")
    marked = theme.highlight
    shapes = ",".join(f"{own} .marked {shape}" for shape in ("path", "polygon", "ellipse"))
    rules.append(f"{shapes}{{stroke:{marked}}}")
    rules.append(f"{own} .edge.marked polygon{{fill:{marked}}}")
    return "".join(rules)


_STYLE = f"<style>@media (prefers-color-scheme:dark){{{_dark_rules()}}}</style>"
