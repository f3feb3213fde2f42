"""An explanation as text: each path worked out line by line, then the sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .formulas import Formula, slope
from .numbers import counted, number, shown

if TYPE_CHECKING:
    from .explanation import Explanation, Path, Step

STEPS_SHOWN = 24  # of a longer path, the first and the last half of so many


def as_text(explained: Explanation) -> str:
    """The explanation as lines of text."""
    ends = [
        (explained.loss.text, explained.loss_text, explained.loss_value),
        (explained.wrt.text, explained.wrt_text, explained.wrt_value),
    ]
    lines = [f"{slope(explained.loss, explained.wrt).text} along every path"]
    heads = [f"  {name} = {shown(value)}   {what}" for name, what, value in ends]
    lines += dict.fromkeys(heads)
    lines.append("")
    for place, path in enumerate(explained.paths, 1):
        lines += _path(explained, path, place)
    return "\n".join([*lines, *_sum(explained)])


def _path(explained: Explanation, path: Path, place: int) -> list[str]:
    names = [explained.loss.text, *[step.x.text for step in path.steps]]
    title = f"path {place} of {counted(explained.count)}: " + " <- ".join(_ends(names))
    lines = [title]
    before, after = kept(path)
    for step in before:
        lines += _step(explained.loss, step)
    if after:
        lines += [f"  ... {len(path.steps) - len(before) - len(after)} steps ..."]
    for step in after:
        lines += _step(explained.loss, step)
    return [*lines, f"  along this path: {product(path)}", ""]


def kept(path: Path) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The steps to show; of a long path the first and the last."""
    if len(path.steps) <= STEPS_SHOWN:
        return path.steps, ()
    return path.steps[: STEPS_SHOWN // 2], path.steps[-STEPS_SHOWN // 2 :]


def _ends(names: list[str]) -> list[str]:
    return names if len(names) <= STEPS_SHOWN else [*names[:6], "...", *names[-6:]]


def product(path: Path) -> str:
    """The numbers along a path multiplied, where they are numbers."""
    if not path.is_scalar or len(path.steps) > STEPS_SHOWN:
        return shown(path.product)
    factors = [f"({number(step.factor)})" for step in path.steps]
    return " · ".join(factors) + f" = {number(path.product)}"


def _step(loss: Formula, step: Step) -> list[str]:
    place = f"   ({step.line})" if step.line else ""
    lines = [f"  {step.y.text} = {step.value.text}{place}"]
    if step.local is not None and step.factor is not None:
        local = slope(step.y, step.x).text
        same = step.local.text in ("1", "-1")
        number = "" if same else shown(step.factor)
        lines.append(f"    {_equal(local, step.local.text, number)}")
        if step.is_scalar:
            return lines
    lines.append(f"    {_equal(slope(loss, step.x).text, step.pull.text, shown(step.arriving))}")
    return lines


def _equal(*sides: str) -> str:
    """`a = b = c`, without what is said twice."""
    return " = ".join(dict.fromkeys(side for side in sides if side))


def _sum(explained: Explanation) -> list[str]:
    count, shown_ones = explained.count, len(explained.paths)
    if explained.is_complete:
        title = "sum over the paths" if count > 1 else "the only path"
    else:
        title = f"sum over {shown_ones} of {counted(count)} paths"
    rows = [(title, shown(explained.total)), ("gf.gradients", shown(explained.gradient))]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name.ljust(width)}  {value}" for name, value in rows]
    lines[-1] += "   equal" if explained.agrees else ""
    return [*lines, *([explained.note] if explained.note else [])]
