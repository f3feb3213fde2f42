"""All mutants of the library: where each is, what it changes, and the key it is known by."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from .operators import Change, changes

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "graphflow"
WITHIN_OPS = ("rules", "flags")  # families of what is in `ops/`, beside the forwards
Function = ast.FunctionDef | ast.Lambda

# The families by what their files' paths begin with; rules are told apart within `ops/`.
FAMILIES = {
    "rewrites": ("rewrite/",),
    "program": ("program/",),
    "primitives": ("primitives/",),
    "forwards": ("ops/",),
    "core": (
        "gradients.py", "disconnection.py", "transforms.py", "copies.py", "traversal.py", "graph/",
        "registry.py", "shapes.py", "dtypes.py", "backends/", "session.py", "store.py", "entry.py",
        "compiled.py", "plans.py", "callables.py", "function/",
    ),
    "learning": (
        "optimizers/", "schedules.py", "losses.py", "initializers.py", "layers/", "metrics.py",
    ),
    "checking": ("testing/", "watching/"),
}  # fmt: skip


class Mutant(NamedTuple):
    """One damage, by plain data: the change is found again from the key."""

    key: str  # file::function::kind::old -> new, and #n where that is there several times
    family: str
    file: str  # from the package
    function: str  # its qualified name
    kind: str
    line: int


class Place(NamedTuple):
    """A function that is not inside another one, and the statement of the module it is in."""

    name: str
    family: str
    function: Function
    statement: ast.stmt


def files(family: str) -> list[str]:
    """The files a family is in, from the package."""
    own = FAMILIES["forwards" if family in WITHIN_OPS else family]
    found = (path.relative_to(PACKAGE).as_posix() for path in sorted(PACKAGE.rglob("*.py")))
    return [file for file in found if file.startswith(own)]


@cache
def _tree(file: str) -> ast.Module:
    return ast.parse((PACKAGE / file).read_text(encoding="utf-8"))


def imports(file: str) -> list[ast.stmt]:
    """The imports of a file."""
    return [s for s in _tree(file).body if isinstance(s, ast.Import | ast.ImportFrom)]


@cache
def places(file: str) -> list[Place]:
    """The functions of a file."""
    tree = _tree(file)
    family = next(name for name, own in FAMILIES.items() if file.startswith(own))
    rules = _rules(tree) if family == "forwards" else set()
    return [
        Place(name, "rules" if name in rules else family, function, statement)
        for statement in tree.body
        for name, function in _functions(statement, "")
    ]


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    """The outermost functions in a statement, by qualified name; lambdas of tables too."""
    if isinstance(node, ast.FunctionDef):
        yield prefix + node.name, node
    elif isinstance(node, ast.Lambda):
        yield prefix + "<lambda>", node
    else:
        inside = f"{prefix}{node.name}." if isinstance(node, ast.ClassDef) else prefix
        for child in ast.iter_child_nodes(node):
            yield from _functions(child, inside)


def _rules(tree: ast.Module) -> set[str]:
    """The gradient rules of a module, and its private functions that only they lead to."""
    functions = {s.name: s for s in tree.body if isinstance(s, ast.FunctionDef)}
    todo = [name for name, f in functions.items() if _registered(f)]
    others = [s for s in tree.body if getattr(s, "name", "") not in todo]
    elsewhere = {name for s in others for name in _names(s) if name != getattr(s, "name", "")}
    found: set[str] = set()
    while todo:
        name = todo.pop()
        found.add(name)
        private = {n for n in _names(functions[name]) if n in functions and n.startswith("_")}
        todo.extend(private - found - elsewhere)
    return found


def _registered(function: ast.FunctionDef) -> bool:
    return any("RegisterGradient" in ast.unparse(d) for d in function.decorator_list)


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def with_changes(file: str) -> Iterator[tuple[Mutant, Place, Change]]:
    """The mutants of a file with what makes them, in the order of its text."""
    met: Counter[str] = Counter()
    for place in places(file):
        is_rule, is_rewrite = place.family == "rules", place.family == "rewrites"
        for change in changes(place.function, is_rule=is_rule, is_rewrite=is_rewrite):
            key = f"{file}::{place.name}::{change.kind}::{change.text}"
            met[key] += 1
            key += f" #{met[key]}" if met[key] > 1 else ""
            line = getattr(change.old, "lineno", place.function.lineno)
            yield Mutant(key, place.family, file, place.name, change.kind, line), place, change


def flags(file: str) -> Iterator[Mutant]:
    """For every operation of a file what it says of itself, turned: that no NaN comes of its rule
    below a zero (`safe`), and that it holds gradients back (`masks`)."""
    text = (PACKAGE / file).read_text(encoding="utf-8")
    for node in _tree(file).body if file.startswith("ops/") else ():
        bases = {ast.unparse(b) for b in node.bases} if isinstance(node, ast.ClassDef) else set()
        function = f"{getattr(node, 'name', '')}.compute"
        if not bases & {"Elementwise", "Operation"} or function not in _sources(file):
            continue
        if f'RegisterGradient("{node.name}")' not in text:  # type: ignore[attr-defined]
            continue
        said = {ast.unparse(s) for s in node.body}  # type: ignore[attr-defined]
        masks, safe = "masks = True" in said, "safe = True" in said
        turned = [("masks", True)] * masks + [("safe", safe)] * ("Elementwise" in bases)
        for name, now in turned:
            key = f"{file}::{function}::flag::{name} = {now} -> {not now}"
            yield Mutant(key, "flags", file, function, "flag", node.lineno)


def mutants(family: str) -> list[Mutant]:
    """All mutants of a family."""
    if family == "flags":
        return [mutant for file in files("rules") for mutant in flags(file)]
    return [
        mutant
        for file in files(family)
        for mutant, _, _ in with_changes(file)
        if mutant.family == family
    ]


def source_of(mutant: Mutant) -> str:
    """A digest of the function that the mutant damages."""
    return _sources(mutant.file)[mutant.function]


@cache
def _sources(file: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for place in places(file):  # several lambdas of one table have one name
        text = found.get(place.name, "") + ast.unparse(place.function)
        found[place.name] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return found
