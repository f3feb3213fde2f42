"""What verify_derivation found, and how it prints."""

from __future__ import annotations

from dataclasses import dataclass

from .causes import Cause

_WORDS = {
    "right": "right",
    "wrong": "WRONG",
    "cancels": "WRONG, and undoes an error before it",
    "follows": "right in itself",
}


@dataclass(frozen=True)
class Finding:
    """The verdict on one formula: "right", "wrong", "cancels" or "follows".

    One that "follows" is wrong only because a formula it uses is (`from_` names those). One that
    "cancels" gives the right numbers from wrong ones. `cause` says what is wrong and `formula` the
    right step. `line` is where the formula was written.
    """

    label: str
    verdict: str
    line: str = ""
    cause: Cause | None = None
    from_: tuple[str, ...] = ()
    formula: str = ""

    @property
    def is_right(self) -> bool:
        """Whether the numbers are right and were got in a right way."""
        return self.verdict == "right"

    @property
    def kind(self) -> str:
        """The kind of its cause, as "factor" or "missing sum"; empty where it has none."""
        return self.cause.kind if self.cause is not None else ""

    def __str__(self) -> str:
        place = f" ({self.line})" if self.line else ""
        text = f"{self.label}{place}: {_WORDS[self.verdict]}"
        if self.verdict == "follows":
            verb = "are" if len(self.from_) > 1 else "is"
            text += f"; its numbers are off because {' and '.join(self.from_)} {verb}"
        if self.cause is not None:
            text += f": {self.cause.text}"
        return text + (f"\n    right: {self.label} = {self.formula}" if self.formula else "")


@dataclass(frozen=True, repr=False)
class DerivationReport:
    """The verdicts in the order of the backward pass; true when all formulas are right.

    `points` says at how many points they were compared.
    """

    findings: tuple[Finding, ...]
    points: int
    loss: str

    @property
    def ok(self) -> bool:
        """Whether every formula is right."""
        return all(finding.is_right for finding in self.findings)

    @property
    def first_wrong(self) -> Finding | None:
        """Where the derivation goes wrong; None when it does not."""
        wrong = [f for f in self.findings if f.verdict in ("wrong", "cancels")]
        return wrong[0] if wrong else None

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        first = self.first_wrong
        count = len(self.findings)
        many = f"{count} formulas" if count > 1 else "the formula"
        if first is None:
            verdict = f"{many} right" if count > 1 else "the formula is right"
        else:
            verdict = f"{first.label} is the first wrong one of {many}"
            if count == 1:
                verdict = f"{first.label} is wrong"
        where = "point" if self.points == 1 else "points"
        head = f"verify_derivation: {verdict} ({self.points} {where})"
        return "\n".join([head, *[f"  {finding}" for finding in self.findings]])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self)}
