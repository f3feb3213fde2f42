"""Fetches made ready to run for feeds of some shapes, with what can be asked about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count, pairwise
from time import perf_counter
from typing import Any

from .backends import Interpreter, Runner
from .errors import GraphError
from .graph import Node
from .primitives import Spec
from .program import Program, Source, State, Taps, record, specialize


Watch = Callable[[State, Sequence[Any], Any, Sequence[Any]], None]


class Compiled:
    """The program for some fetches and shapes of feeds, and the callable that a backend made of it.

    `seconds` says how long each stage took. `watch`, if there is one, is called with state, feeds,
    random key and results of a run before anything is committed, and may raise. `taps` are
    functions to be called in a run with values of nodes, as `specialize` says.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        feeds: dict[Node, Spec],
        optimize: bool,
        key: Any,
        taps: Taps = (),
    ) -> None:
        self.key = key  # what it is kept by
        times = [perf_counter()]
        special = specialize(nodes, feeds, taps=taps)
        times.append(perf_counter())
        self.program: Program = record(special, optimize)
        times.append(perf_counter())
        self.run = Runner(self.program) if optimize else Interpreter(self.program)
        times.append(perf_counter())
        self.entry: Callable[..., Any] | None = None  # the short way in, once it runs again
        self.watch: Watch | None = None
        self.stops = bool(taps)
        self.draws = self.program.key is not None
        self.images = {  # the user's nodes by their images, both by number; of several the first
            image.number: number for number, image in reversed(special.form.image.items())
        }
        slots = count()  # of the values among what a run gives; -1 for an update, which has none
        self.places = [-1 if v is None else next(slots) for v in self.program.outputs]
        self.count = next(slots)
        self.updates = [(update.uid, update.variable) for update in self.program.updates]
        stages = ("specialize", "record", "print and compile")
        self.seconds = {s: b - a for s, (a, b) in zip(stages, pairwise(times), strict=True)}
        self.feed_specs = [(spec.shape, spec.dtype) for spec in feeds.values()]

    def watched(self, state: State, feeds: Sequence[Any], key: Any) -> Sequence[Any]:
        """Run: the fetched values, then new values of variables, unless who watches raises."""
        results = self.run(state, feeds, key)
        if self.watch is not None:
            self.watch(state, feeds, key, results)
        return results

    def timed_step(
        self, marks: list[tuple[int, float]], clock: Callable[[], float]
    ) -> Callable[..., Any]:
        """The step as a function, with the time noted in `marks` after each line of the text."""
        return self._printed("profile").timed_step(marks, clock)

    def arguments(self, state: State, feeds: Sequence[Any], key: Any) -> list[Any]:
        """What the step is called with."""
        return self._printed("profile").arguments(state, feeds, key)

    @property
    def source(self) -> Source:
        """The text that runs. Raises GraphError where the program is interpreted."""
        return self._printed("source").source

    def _printed(self, caller: str) -> Runner:
        if isinstance(self.run, Runner):
            return self.run
        raise GraphError(f"{caller}: with optimize=False the program is interpreted, not printed")
