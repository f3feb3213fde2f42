"""Fetches made ready to run for feeds of some shapes, with what can be asked about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count, pairwise
from time import perf_counter
from typing import Any

from .backends import NUMPY, Kind, Runner
from .errors import GraphError
from .graph import Node
from .primitives import Spec
from .program import Program, State, Taps, record, specialize
from .store import Store
from .undivided import undivided


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
        kind: Kind = NUMPY,
        key: Any = None,
        taps: Taps = (),
    ) -> None:
        self.key = key  # what it is kept by
        times = [perf_counter()]
        special = specialize(nodes, feeds, taps=taps)
        times.append(perf_counter())
        self.program: Program = record(special, kind.simplify, kind.for_numpy)
        times.append(perf_counter())
        self.run = kind.make(self.program)
        times.append(perf_counter())
        self.entry: Callable[..., Any] | None = None  # the short way in, once it runs again
        self.watch: Watch | None = None
        self.stops = bool(taps)
        self._as_array = kind.as_array
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

    def execute(self, store: Store, feeds: Sequence[Any], key: Any) -> list[Any]:
        """Run on the state and commit: the values of the fetches, None for updates.

        The caller holds the turn where variables are updated. Nothing has changed when it raises.
        """
        run = self.run

        def begun() -> tuple[State, Sequence[Any]]:
            with store.held:
                state = store.values
                results = run(state, feeds, key)
                if run.uses_up:
                    self._commit(store, results)
            return state, results

        state, results = undivided(begun) if run.uses_up else begun()
        results = run.handed_out(results)
        if self.watch is not None:
            self.watch(self._as_arrays(state), feeds, key, results)
        if self.updates and not run.uses_up:
            self._commit(store, results)
        return [None if place < 0 else results[place] for place in self.places]

    def _commit(self, store: Store, results: Sequence[Any]) -> None:
        store.commit(self.updates, results[self.count : self.count + len(self.updates)])

    def _as_arrays(self, state: State) -> State:
        to_host = self._as_array
        return state if to_host is None else {uid: to_host(x) for uid, x in state.items()}

    def timed_step(
        self, marks: list[tuple[int, float]], clock: Callable[[], float]
    ) -> Callable[..., Any]:
        """The step as a function, with the time noted in `marks` after each line of the text."""
        return self.printed("profile").timed_step(marks, clock)

    def arguments(self, state: State, feeds: Sequence[Any], key: Any) -> list[Any]:
        """What the step is called with."""
        return self.printed("profile").arguments(state, feeds, key)

    def printed(self, caller: str) -> Runner:
        """What runs as lines of NumPy. Raises GraphError where no lines run, naming the caller."""
        if isinstance(self.run, Runner):
            return self.run
        if self._as_array is not None:
            raise GraphError(
                f"{caller}: XLA runs the program as one, not as lines of NumPy",
                "ask a session of backend='numpy'",
            )
        raise GraphError(f"{caller}: with optimize=False the program is interpreted, not printed")
