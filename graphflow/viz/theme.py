"""How pictures look: a shape, a dash and colours per kind of node, in light and in dark.

Kinds differ in shape or dash too, so that they can be told apart in greyscale. Hues follow Okabe
and Ito's palette for colour-blind readers (https://jfly.uni-koeln.de/color/). Text has a contrast
of at least 4.5:1 against what is behind it, by WCAG 2.1.
"""

from __future__ import annotations

from typing import NamedTuple

PLACEHOLDER = "placeholder"
VARIABLE = "variable"
CONSTANT = "constant"
OPERATION = "operation"
GRADIENT = "gradient"
UPDATE = "update"
SCOPE = "scope"  # folded to one box
KEPT = "kept value"  # stands for a value of the forward pass that a gradient takes

HEATS = 8  # steps of colour from no time to the most
MARKS = {"new": "+", "gone": "−"}  # in a picture of what changed: its class and its sign


class Outline(NamedTuple):
    """What a kind of node looks like whatever the theme."""

    shape: str
    style: str
    margin: str  # around the text: width, height in inches


OUTLINES = {
    PLACEHOLDER: Outline("invhouse", "filled", "0.06,0.02"),
    VARIABLE: Outline("cylinder", "filled", "0.12,0.06"),
    CONSTANT: Outline("ellipse", "filled", "0.02,0.01"),
    OPERATION: Outline("box", "filled,rounded", "0.12,0.05"),
    GRADIENT: Outline("box", "filled,dashed", "0.12,0.05"),
    UPDATE: Outline("octagon", "filled", "0.04,0.02"),
    SCOPE: Outline("tab", "filled", "0.16,0.08"),
    KEPT: Outline("box", "filled,dotted", "0.06,0.02"),
}


class Ink(NamedTuple):
    """The colours of one kind of node."""

    fill: str
    line: str


class Theme(NamedTuple):
    """The colours of a picture."""

    background: str
    text: str
    faint: str  # labels of edges and clusters
    edge: str
    gradient_edge: str
    cluster: str
    cluster_line: str
    highlight: str
    inks: dict[str, Ink]
    heat: tuple[str, ...]  # fills, from no time to the most
    alarm: Ink  # what is not finite; its text has the colour of the line
    marks: dict[str, Ink]


def _ramp(first: str, last: str) -> tuple[str, ...]:
    """`HEATS` colours from one to another in even steps."""
    ends = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (first, last)]
    shares = [step / (HEATS - 1) for step in range(HEATS)]
    return tuple(
        "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(*ends, strict=True))
        for share in shares
    )


LIGHT = Theme(
    background="#ffffff",
    text="#1b1f24",
    faint="#57606a",
    edge="#57606a",
    gradient_edge="#a1266b",
    cluster="#f6f8fa",
    cluster_line="#afb8c1",
    highlight="#c2410c",
    inks={
        PLACEHOLDER: Ink("#d4e8f8", "#0b5f99"),
        VARIABLE: Ink("#fde8c4", "#8a5300"),
        CONSTANT: Ink("#eceff2", "#57606a"),
        OPERATION: Ink("#ffffff", "#30363d"),
        GRADIENT: Ink("#fbe4ef", "#a1266b"),
        UPDATE: Ink("#d3f0e3", "#00694c"),
        SCOPE: Ink("#e7e6f7", "#4b4a8f"),
        KEPT: Ink("#ffffff", "#6b5b73"),
    },
    heat=_ramp("#ffffff", "#ec7a1c"),
    alarm=Ink("#ffe9e9", "#b3001b"),
    marks={"new": Ink("#d3f0e3", "#00694c"), "gone": Ink("#ffffff", "#a1266b")},
)

DARK = Theme(
    background="#14181d",
    text="#f0f3f6",
    faint="#a9b4c0",
    edge="#a9b4c0",
    gradient_edge="#f08cc0",
    cluster="#1c2229",
    cluster_line="#4b5663",
    highlight="#ffb454",
    inks={
        PLACEHOLDER: Ink("#103a57", "#6cb8ec"),
        VARIABLE: Ink("#4a3204", "#f0b43c"),
        CONSTANT: Ink("#2d343c", "#a9b4c0"),
        OPERATION: Ink("#20262d", "#d5dde5"),
        GRADIENT: Ink("#4b1a36", "#f08cc0"),
        UPDATE: Ink("#0b4032", "#4fd0a5"),
        SCOPE: Ink("#2c2b52", "#a9a7f0"),
        KEPT: Ink("#14181d", "#b9a6c4"),
    },
    heat=_ramp("#20262d", "#9c4a00"),
    alarm=Ink("#3d0f14", "#ff8f8f"),
    marks={"new": Ink("#0b4032", "#4fd0a5"), "gone": Ink("#14181d", "#f08cc0")},
)

THEMES = {"light": LIGHT, "dark": DARK}

# Graphviz sizes boxes by its own table of letter widths. DejaVu Sans is among the widest fonts in
# use, so text drawn in any of the stack below stays inside its box.
FONT = "DejaVu Sans"
FONT_STACK = "Helvetica,Arial,'DejaVu Sans',sans-serif"
