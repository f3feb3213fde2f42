"""An explanation as a piece of a page: a table per path, fractions stacked, then the sum."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .as_text import kept, product
from .formulas import Formula
from .numbers import counted, shown

if TYPE_CHECKING:
    from .explanation import Explanation, Path, Step

# Colours come from the page around it (currentColor), so it reads in light and in dark.
_STYLE = """
.gf-explain { font: 15px/1.5 system-ui, sans-serif; max-width: 62em; overflow-x: auto }
.gf-explain h3 { font-size: 1.15em; margin: 0.4em 0 }
.gf-explain h4 { font-size: 1em; margin: 1.2em 0 0.3em; font-weight: 600 }
.gf-explain table { border-collapse: collapse }
.gf-explain th, .gf-explain td { text-align: left; padding: 0.25em 0.9em 0.25em 0;
  vertical-align: middle; background: none; color: inherit }
.gf-explain th { font-weight: 600; opacity: 0.75; font-size: 0.85em }
.gf-explain tr { border-top: 1px solid color-mix(in srgb, currentColor 22%, transparent);
  background: none }
.gf-explain thead tr { border-top: none }
.gf-explain .m { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 0.92em }
.gf-explain .n { font-variant-numeric: tabular-nums; font-weight: 600 }
.gf-explain .line { opacity: 0.7; font-size: 0.8em; white-space: nowrap }
.gf-explain .f { display: inline-block; vertical-align: middle; text-align: center;
  font: italic 1.02em/1.25 "STIX Two Text", Cambria, Georgia, serif; margin: 0 0.15em }
.gf-explain .f > span { display: block; padding: 0 0.25em }
.gf-explain .f > span + span { border-top: 1px solid currentColor }
""".strip()


def as_html(explained: Explanation) -> str:
    """The explanation as HTML with its own style; it needs nothing from elsewhere."""
    of = _fraction(explained.loss, explained.wrt)
    ends = [
        _end(explained.loss, explained.loss_value, explained.loss_text),
        _end(explained.wrt, explained.wrt_value, explained.wrt_text),
    ]
    parts = [
        f"<style>{_STYLE}</style>",
        f"<h3>{of} along every path</h3>",
        _table([], ends),
    ]
    for place, path in enumerate(explained.paths, 1):
        parts.append(_path(explained, path, place))
    return f'<div class="gf-explain">{"".join([*parts, _sum(explained, of)])}</div>'


def _end(name: Formula, value: object, text: str) -> list[str]:
    return [_code(f"{name.text} = {shown(value)}"), f'<span class="line">{escape(text)}</span>']


def _path(explained: Explanation, path: Path, place: int) -> str:
    title = f"<h4>Path {place} of {counted(explained.count)}</h4>"
    heads = ["forward", "local derivative", "derivative so far", ""]
    before, after = kept(path)
    rows = [_row(explained, step) for step in before]
    if after:
        left_out = len(path.steps) - len(before) - len(after)
        rows.append([f"… {left_out} steps …", "", "", ""])
    rows += [_row(explained, step) for step in after]
    return f"{title}{_table(heads, rows)}<p>along this path: {_number(product(path))}</p>"


def _row(explained: Explanation, step: Step) -> list[str]:
    local = ""
    if step.local is not None and step.factor is not None:
        local = f"{_fraction(step.y, step.x)} = {_equal(step.local, step.factor)}"
    so_far = f"{_fraction(explained.loss, step.x)} = "
    plain = local and not step.pull.text.startswith("sum(")
    so_far += _number(shown(step.arriving)) if plain else _equal(step.pull, step.arriving)
    line = f'<span class="line">{escape(step.line)}</span>'
    return [_code(f"{step.y.text} = {step.value.text}"), local, so_far, line]


def _equal(formula: Formula, value: object) -> str:
    number = shown(value)
    if formula.text in (number, "1", "-1"):
        return _number(formula.text)
    return f"{_code(formula.text)} = {_number(number)}"


def _sum(explained: Explanation, of: str) -> str:
    rows = [
        [f"path {place}", _number(shown(path.product))]
        for place, path in enumerate(explained.paths, 1)
    ]
    if not explained.is_complete:
        more = explained.count - len(explained.paths)
        rows.append([f"{counted(more)} more paths", "not shown"])
    rows.append(
        ["sum" if explained.is_complete else "sum of those shown", _number(shown(explained.total))]
    )
    equal = " equal" if explained.agrees else ""
    rows.append([f"{of} by gf.gradients", _number(shown(explained.gradient)) + equal])
    note = f"<p>{escape(explained.note)}</p>" if explained.note else ""
    return f"<h4>Sum</h4>{_table([], rows)}{note}"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    top = f"<thead><tr>{head}</tr></thead>" if heads else ""
    return f"<table>{top}<tbody>{body}</tbody></table>"


def _fraction(y: Formula, x: Formula) -> str:
    return f'<span class="f"><span>∂{escape(y.text)}</span><span>∂{escape(x.text)}</span></span>'


def _code(text: str) -> str:
    return f'<span class="m">{escape(text)}</span>'


def _number(text: str) -> str:
    return f'<span class="n">{escape(text)}</span>'
