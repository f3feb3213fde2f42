"""Putting a mutant into the running library: functions get the code of the damaged source."""

from __future__ import annotations

import ast
import gc
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import CodeType, FunctionType
from typing import Any

from .mutants import PACKAGE, Function, Mutant, Place, imports, with_changes
from .operators import Change

_TEXT = "graphflow-damaged-"  # how the names of files with damaged text begin
Live = dict[str, list[FunctionType]]  # by file from the package


def live_functions() -> Live:
    """All functions of the library that exist, closures and wrapped ones too."""
    found: Live = defaultdict(list)
    prefix = f"{PACKAGE}/"
    for thing in gc.get_objects():
        if type(thing) is FunctionType and thing.__code__.co_filename.startswith(prefix):
            found[thing.__code__.co_filename.removeprefix(prefix)].append(thing)
    return found


@contextmanager
def planted(mutant: Mutant, live: Live) -> Iterator[None]:
    """Damage the library as the mutant says.

    Raises LookupError where no function of the library runs the code that was to be damaged.
    """
    if mutant.kind == "flag":
        with _turned(mutant):
            yield
        return
    pairs = [(p, c) for m, p, c in with_changes(mutant.file) if m.key == mutant.key]
    if not pairs:
        raise LookupError(f"no such mutant: {mutant.key}")
    damaged = damaged_code(mutant.file, *pairs[0])
    there = [(f, f.__code__) for f in live[mutant.file] if identity(f.__code__) in damaged]
    if not there:
        raise LookupError(f"nothing runs the code of {mutant.key}")
    for function, code in there:
        function.__code__ = _with_text(damaged[identity(code)], *pairs[0])
    try:
        yield
    finally:
        for function, code in there:
            if (path := Path(function.__code__.co_filename)).name.startswith(_TEXT):
                path.unlink()
            function.__code__ = code


def _with_text(code: CodeType, place: Place, change: Change) -> CodeType:
    """The code in a file of its own with its damaged text: programs are printed with the text of
    functions that NumPy does not have.
    """
    if place.family != "primitives" or code.co_qualname != place.name:
        return code
    change.put(change.new)
    text = ast.unparse(ast.fix_missing_locations(place.function))
    change.put(change.old)
    with NamedTemporaryFile("w", prefix=_TEXT, suffix=".py", delete=False) as file:
        file.write(text)
    return code.replace(co_filename=file.name, co_firstlineno=1)


@contextmanager
def _turned(mutant: Mutant) -> Iterator[None]:
    """An operation that says the contrary of itself."""
    module = import_module("graphflow." + mutant.file.removesuffix(".py").replace("/", "."))
    cls = getattr(module, mutant.function.partition(".")[0])
    name, _, now, _, other = mutant.key.rpartition("::")[2].split()
    setattr(cls, name, other == "True")
    try:
        yield
    finally:
        setattr(cls, name, now == "True")


def damaged_code(file: str, place: Place, change: Change) -> dict[Any, CodeType]:
    """The code of the damaged functions by the identity of the code before."""
    before = _by_place(_compiled(file, place.statement))
    change.put(change.new)
    added = []
    try:
        after = _by_place(_compiled(file, place.statement))
        for old, new in _pairs(before, after):
            lost = set(old.co_freevars) - set(new.co_freevars)
            if lost and (inner := _inner(place.function, old)) is not None:
                added.append(_naming(inner, sorted(lost)))
        if added:
            after = _by_place(_compiled(file, place.statement))
    finally:
        for undo in added:
            undo()
        change.put(change.old)
    pairs = _pairs(before, after)
    return {identity(old): new for old, new in pairs if old.co_freevars == new.co_freevars}


def identity(code: CodeType) -> Any:
    """What tells the code of one function from that of all others of its file."""
    return code.co_qualname, code.co_firstlineno, tuple(code.co_positions())


def _compiled(file: str, statement: ast.stmt) -> CodeType:
    """The code of a statement as in its module: calls of what is imported compile differently."""
    module = ast.fix_missing_locations(ast.Module([*imports(file), statement], []))
    return compile(module, str(PACKAGE / file), "exec", dont_inherit=True)


def _by_place(code: CodeType) -> dict[tuple[str, int], list[CodeType]]:
    """The codes within a code by name and line: several where lambdas share a line."""
    found: dict[tuple[str, int], list[CodeType]] = defaultdict(list)
    todo = [code]
    while todo:
        code = todo.pop()
        found[code.co_qualname, code.co_firstlineno].append(code)
        todo.extend(each for each in code.co_consts if isinstance(each, CodeType))
    return found


def _pairs(before: Any, after: Any) -> list[tuple[CodeType, CodeType]]:
    return [
        (old, new)
        for place, codes in before.items()
        if len(codes) == len(after.get(place, ()))
        for old, new in zip(codes, after[place], strict=True)
    ]


# A function that exists keeps its closure, so its new code must name the same outer variables.


def _inner(function: Function, code: CodeType) -> Any:
    """The syntax of a function within `function`, by its code."""
    for node in ast.walk(function):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if node.name == code.co_name and first == code.co_firstlineno:
                return node
        is_lambda = isinstance(node, ast.Lambda) and code.co_name == "<lambda>"
        if is_lambda and node.lineno == code.co_firstlineno:
            return node
    return None


def _naming(inner: Any, names: list[str]) -> Callable[[], None]:
    """Let a function name some variables where it never comes; returns what takes that back."""
    there = inner.body
    unused = ast.Tuple([ast.Name(name, ast.Load()) for name in names], ast.Load())
    if isinstance(inner, ast.Lambda):
        inner.body = ast.IfExp(ast.Constant(True), there, unused)
    else:
        inner.body = [ast.If(ast.Constant(False), [ast.Expr(unused)], []), *there]

    def undo() -> None:
        inner.body = there

    return undo
