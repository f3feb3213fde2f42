"""What is done to an SVG after layout: fonts, size, and a theme that follows the reader's."""

from __future__ import annotations

import re

from .theme import DARK, FONT, FONT_STACK, OUTLINES, Ink

_SIZE = re.compile(r'<svg width="([\d.]+)(pt|px)?" height="([\d.]+)(?:pt|px)?"')
_OWN = "svg.graphflow-auto"
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
    rules = [
        f".graph>polygon{{fill:{theme.background}}}",
        f".node text{{fill:{theme.text}}}",
        f".edge text,{_OWN} .cluster text{{fill:{theme.faint}}}",
        f".edge path{{stroke:{theme.edge}}}",
        f".edge polygon{{fill:{theme.edge};stroke:{theme.edge}}}",
        f".derived path{{stroke:{theme.gradient_edge}}}",
        f".derived polygon{{fill:{theme.gradient_edge};stroke:{theme.gradient_edge}}}",
        f".cluster path{{stroke:{theme.cluster_line}}}",
        f".scope-frame path{{fill:{theme.cluster}}}",
        f".legend path{{fill:{theme.background}}}",
    ]
    for kind in OUTLINES:
        rules += _painted(kind.replace(" ", "-"), theme.inks[kind])
    rules += [f"{_shapes(f'heat{i}')}{{fill:{fill}}}" for i, fill in enumerate(theme.heat)]
    for name, ink in [*theme.marks.items(), ("alarm", theme.alarm)]:
        rules += _painted(name, ink)
    rules.append(f".alarm text{{fill:{theme.alarm.line}}}")
    rules.append(f"{_shapes('marked')}{{stroke:{theme.highlight}}}")
    rules.append(f".edge.marked polygon{{fill:{theme.highlight}}}")
    return "".join(f"{_OWN} {rule}" for rule in rules)


def _painted(name: str, ink: Ink) -> list[str]:
    return [
        f"{_shapes(name)}{{fill:{ink.fill};stroke:{ink.line}}}",
        f".{name} polyline,{_OWN} .{name} path:not([fill]){{stroke:{ink.line}}}",
    ]


def _shapes(name: str) -> str:
    return f",{_OWN} ".join(f".{name} {shape}" for shape in ("path", "polygon", "ellipse"))


_STYLE = f"<style>@media (prefers-color-scheme:dark){{{_dark_rules()}}}</style>"
