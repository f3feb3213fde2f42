"""The short way into a step: one function of arrays, written for one program of one session.

It checks the arrays, takes state and buffers, runs the step, commits, and hands out the results in
the structure that was asked for. Arrays of another kind go the long way round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numpy import ndarray

from .backends import Interpreter, Runner
from .program.quiet import SETTING, SILENT
from .compiled import Compiled
from .store import Store
from .undivided import undivided

Written = Callable[[Sequence[str], dict[str, Any]], str]


UNFIT = object()  # what an entry answers to arrays that are not of its kind


def entry(compiled: Compiled, store: Store, written: Written) -> Callable[..., Any] | None:
    """A function of arrays that runs `compiled` on `store`; None where it draws random numbers.

    `written` gives the expression of what is handed out from those of the fetched values. For
    arrays in another number or of other shapes or dtypes it returns UNFIT. The variables of
    `compiled` live as long as the entry.
    """
    run = compiled.run
    if compiled.draws or SETTING is None or isinstance(run, Interpreter):
        return None
    given: dict[str, Any] = {
        "UNFIT": UNFIT, "store": store, "turn": store.turn, "gone": store.gone, "ndarray": ndarray,
    }  # fmt: skip
    values = [f"r{i}" for i in range(compiled.count + len(compiled.updates))]
    if isinstance(run, Runner):
        body = [*_step(compiled, run, values, given), *_watched(compiled, values, given)]
        body += _commit(compiled, values) if compiled.updates else []
    elif compiled.watch is None:
        body = _compiled_step(compiled, values, store, given)
    else:
        return None
    store.watch(compiled.updates)
    if compiled.updates:
        body = ["with turn:", *_indented(body)]
    fetched = ["None" if place < 0 else values[place] for place in compiled.places]
    result = written(fetched, given)
    lines = [*_checks(compiled, given), *body, f"return {result}"]
    lines = ["def entry(*arrays):", *_indented(lines), "return entry"]
    lines = [f"def make({', '.join(given)}):", *_indented(lines)]
    namespace: dict[str, Any] = {}
    exec("\n".join(lines), namespace)
    made: Callable[..., Any] = namespace.pop("make")(**given)  # popped: it knows its namespace
    return made


def _checks(compiled: Compiled, given: dict[str, Any]) -> list[str]:
    """What sends arrays of another kind the long way."""
    tests = []
    for i, (shape, dtype) in enumerate(compiled.feed_specs):
        given[f"shape{i}"], given[f"dtype{i}"] = shape, dtype
        same_kind = f"type(a{i}) is not ndarray or a{i}.dtype is not dtype{i}"
        tests.append(f"{same_kind} or a{i}.shape != shape{i}")
    count = len(tests)
    lines = [
        "try:",
        f"    {_row('a', count)} = arrays",
        "except ValueError:",
        "    return UNFIT",
    ]
    if tests:
        lines += [f"if {' or '.join(tests)}:", "    return UNFIT"]
    return lines


def _step(compiled: Compiled, run: Runner, values: list[str], given: dict[str, Any]) -> list[str]:
    """Take state and buffers, and run the step on them."""
    given |= {
        "pop": run.free.pop, "push": run.free.append, "fresh": run.fresh, "failed": run.failed,
        "silent": SILENT,
    }  # fmt: skip
    if run.source.warns:
        given |= {"set_": SETTING.set, "reset": SETTING.reset, "get_": SETTING.get}
        given["before"] = SETTING.get()
    arguments = [f"a{i}" for i in range(len(compiled.feed_specs))]
    for i, (uid, initial) in enumerate(run.reads):
        given[f"initial{i}"] = initial
        arguments.append(f"get({uid}, initial{i})")
    results = _row("r", len(values))
    stepped = [
        "try:",
        f"    {results} = buffers.step({', '.join(arguments)})",
        "except Exception as error:",
        f"    {results} = failed(error, state, arrays, None)",
        "finally:",
    ]
    return [
        "state = store.values",
        *(["get = state.get"] if run.reads else []),
        "try:",
        "    buffers = pop()",
        "except IndexError:",
        "    buffers = fresh()",
        *(_in_silence(stepped) if run.source.warns else [*stepped, "    push(buffers)"]),
    ]


def _in_silence(stepped: list[str]) -> list[str]:
    """The step, in which NumPy does not warn. It costs nothing that an interrupt may come at any
    call, before the token is kept too: then NumPy is as loud as when the entry was written.
    """
    return [
        "try:",
        "    token = set_(silent)",
        *_indented([*stepped, "    reset(token)", "    push(buffers)"]),
        "except BaseException:",
        "    try:",
        "        reset(token)",
        "    except NameError:",
        "        if get_() is silent:",
        "            set_(before)",
        "    except RuntimeError:",
        "        pass",
        "    raise",
    ]


def _compiled_step(
    compiled: Compiled, values: list[str], store: Store, given: dict[str, Any]
) -> list[str]:
    """Take the state, and start what a backend compiled on it; then take the results."""
    given |= {
        "held": store.held,
        "run": compiled.run.__call__,
        "handed_out": compiled.run.handed_out,
    }
    started = ["state = store.values", "results = run(state, arrays, None)"]
    taken = [f"{_row('r', len(values))} = handed_out(results)"]
    if not compiled.updates:
        return ["with held:", *_indented(started), *taken]
    if not compiled.run.uses_up:
        return ["with held:", *_indented(started), *taken, *_commit(compiled, values)]
    given["undivided"] = undivided
    new = [f"results[{place}]" for place in range(len(values))]
    begun = ["with held:", *_indented([*started, *_commit(compiled, new)]), "return results"]
    return ["def begun():", *_indented(begun), "results = undivided(begun)", *taken]


def _watched(compiled: Compiled, values: list[str], given: dict[str, Any]) -> list[str]:
    """Show the results to who watches them and may refuse them."""
    if compiled.watch is None:
        return []
    given["watch"] = compiled.watch
    row = ", ".join([*values, ""])
    return [f"watch(state, arrays, None, ({row}))"]


def _commit(compiled: Compiled, values: list[str]) -> list[str]:
    """Replace the state by one with the new values of variables."""
    stored = zip(compiled.updates, values[compiled.count :], strict=True)
    return [
        "state = state.copy()",
        *[f"state[{uid}] = {value}" for (uid, _), value in stored],
        "store.values = state",
        "if gone:",
        "    store.forget_gone()",
    ]


def _row(name: str, count: int) -> str:
    row = ", ".join(f"{name}{i}" for i in range(count))
    return f"{row}," if count == 1 else row or "()"


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
