"""Where arrays lie: on one device, or spread over the devices of a mesh.

Over a mesh, what is fed is split along its first axis by the mesh's first; variables are whole on
every device; a rule by name says otherwise. Where arrays lie changes no value but by rounding.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from ...dtypes import Array
from ...errors import FeedError, GraphError, closest
from ...shapes import show

Rule = tuple[str | None, ...]


class OneDevice:
    """The device that JAX takes if nothing is said."""

    whole: Any = None
    host_calls = True

    def check(self, names: Iterable[str]) -> None:
        """There are no rules that could be wrong."""

    def of_variable(self, name: str, shape: tuple[int, ...]) -> Any:
        """Where a variable lies."""
        return None

    def of_feed(self, name: str, shape: tuple[int, ...], dtype: Any) -> Any:
        """Where what is fed lies."""
        return None

    def of_draw(self, shape: tuple[int, ...]) -> Any:
        """Where random numbers lie."""
        return None

    def put(self, value: Any, place: Any) -> Any:
        """An array of the host on its device."""
        return jax.device_put(value)

    def put_all(self, values: list[Any], places: list[Any]) -> list[Any]:
        """Arrays of the host as a compiled function takes them: it sends them by itself."""
        return values

    def on_host(self, value: Any) -> Array:
        """An array as one of the host's."""
        return np.asarray(value)

    def agreed(self, seed: int) -> int:
        """The seed that is used."""
        return seed


class Spread:
    """A mesh of devices, and rules by names of variables and of what is fed.

    With several processes every one of them runs the same steps and feeds the same arrays, of which
    it sends the parts that are its devices'. Raises ValueError for a mesh or rules that cannot be.
    """

    def __init__(self, mesh: Mapping[str, int], shard: Mapping[str, Sequence[str | None]]) -> None:
        self._sizes = _checked_mesh(mesh)
        self._rules = {str(name): _checked_rule(name, rule, mesh) for name, rule in shard.items()}
        axes = tuple(self._sizes)
        self._mesh = jax.make_mesh(
            tuple(self._sizes.values()),
            axes,
            axis_types=(AxisType.Auto,) * len(axes),
            devices=_devices(math.prod(self._sizes.values()), dict(mesh)),
        )
        self._first = axes[0]
        self.whole = NamedSharding(self._mesh, PartitionSpec())
        self._is_shared = jax.process_count() > 1
        self.host_calls = not self._is_shared
        self._gather = jax.jit(lambda x: x, out_shardings=self.whole)

    def check(self, names: Iterable[str]) -> None:
        """Raise GraphError for a rule that is about none of these names."""
        known = list(names)
        for pattern in self._rules:
            if not any(fnmatchcase(name, pattern) for name in known):
                near = closest(pattern, known)
                hint = f"did you mean {near!r}?" if near else "rules are by names: node.name"
                raise GraphError(f"Session: shard: nothing is named {pattern!r}", hint)

    def of_variable(self, name: str, shape: tuple[int, ...]) -> Any:
        """Where a variable lies. What an optimizer remembers for it lies as it does."""
        rule = self._rule(name)
        if rule is None:
            rule = self._rule_of_owner(name, len(shape))
        return self.whole if rule is None else self._place("variable", name, shape, rule)

    def of_feed(self, name: str, shape: tuple[int, ...], dtype: Any) -> Any:
        """Where what is fed lies."""
        rule = self._rule(name)
        if rule is not None:
            return self._place("feed", name, shape, rule)
        if not shape:
            return self.whole
        count = self._sizes[self._first]
        if shape[0] % count:
            raise FeedError(
                f"run: {shape[0]} rows do not divide by {count} devices along {self._first!r}: "
                f"{name!r} {dtype}{show(shape)}",
                f"feed a multiple of {count}; if it is no batch, shard={{{name!r}: (None, ...)}}",
            )
        return NamedSharding(self._mesh, PartitionSpec(self._first))

    def of_draw(self, shape: tuple[int, ...]) -> Any:
        """Where random numbers lie: as a batch, where they divide like one."""
        if not shape or shape[0] % self._sizes[self._first]:
            return self.whole
        return NamedSharding(self._mesh, PartitionSpec(self._first))

    def put(self, value: Any, place: Any) -> Any:
        """An array of the host, in parts, where it lies."""
        return self.put_all([value], [place])[0]

    def put_all(self, values: list[Any], places: list[Any]) -> list[Any]:
        """Arrays of the host, in parts, where they lie."""
        if not self._is_shared:
            return list(jax.device_put(values, places))
        return [_in_parts(np.asarray(x), place) for x, place in zip(values, places, strict=True)]

    def on_host(self, value: Any) -> Array:
        """An array as one of the host's; put together of its parts, with several processes."""
        is_apart = isinstance(value, jax.Array) and not (
            value.is_fully_addressable or value.is_fully_replicated
        )
        return np.asarray(self._gather(value) if is_apart else value)

    def agreed(self, seed: int) -> int:
        """The seed of the first process."""
        if not self._is_shared:
            return seed
        parts = np.array([seed >> 32, seed & 0xFFFFFFFF], np.uint32)
        high, low = np.asarray(multihost_utils.broadcast_one_to_all(parts))
        return int(high) << 32 | int(low)

    def _rule(self, name: str) -> Rule | None:
        if name in self._rules:
            return self._rules[name]
        return next((rule for key, rule in self._rules.items() if fnmatchcase(name, key)), None)

    def _rule_of_owner(self, name: str, rank: int) -> Rule | None:
        """The rule of the variable that an optimizer remembers this for: `adam/dense/W/mean`."""
        scope = name.rpartition("/")[0]
        while "/" in scope:
            scope = scope.partition("/")[2]
            rule = self._rule(scope)
            if rule is not None and len(rule) == rank:
                return rule
        return None

    def _place(self, what: str, name: str, shape: tuple[int, ...], rule: Rule) -> Any:
        rule = (*rule, *[None] * (len(shape) - len(rule))) if what == "feed" else rule
        if len(rule) != len(shape):
            raise ValueError(
                f"Session: shard: {name!r} has {len(shape)} axes {show(shape)}, its rule "
                f"{len(rule)}: {rule}"
            )
        for size, axis in zip(shape, rule, strict=True):
            if axis is not None and size % self._sizes[axis]:
                kind = FeedError if what == "feed" else ValueError
                raise kind(
                    f"run: {size} does not divide by {self._sizes[axis]} devices along {axis!r}: "
                    f"{name!r} {show(shape)} by the rule {rule}"
                )
        return NamedSharding(self._mesh, PartitionSpec(*rule))


def _in_parts(value: Array, place: Any) -> Any:
    return jax.make_array_from_callback(value.shape, place, value.__getitem__)


def _checked_mesh(mesh: Mapping[str, int]) -> dict[str, int]:
    if not isinstance(mesh, Mapping) or not mesh:
        raise ValueError(f'Session: a mesh is names and sizes, as {{"data": 8}}, not {mesh!r}')
    for name, size in mesh.items():
        if not isinstance(name, str) or isinstance(size, bool) or not isinstance(size, int):
            raise ValueError(f"Session: a mesh has names and whole numbers, not {name!r}: {size!r}")
        if size < 1:
            raise ValueError(f"Session: the mesh has {size} devices along {name!r}")
    return dict(mesh)


def _checked_rule(name: Any, rule: Any, mesh: Mapping[str, int]) -> Rule:
    if isinstance(rule, str) or not isinstance(rule, Sequence):
        raise ValueError(
            f"Session: shard: a rule has an axis of the mesh or None for each axis, as "
            f"(None, 'model'), not {rule!r} for {name!r}"
        )
    for axis in rule:
        if axis is not None and axis not in mesh:
            known = ", ".join(map(repr, mesh))
            raise ValueError(
                f"Session: shard: {name!r} is split along {axis!r}, the mesh has {known}"
            )
    split = [axis for axis in rule if axis is not None]
    if len(set(split)) < len(split):
        raise ValueError(f"Session: shard: {name!r} is split twice along one axis: {tuple(rule)}")
    return tuple(rule)


def _devices(count: int, mesh: dict[str, int]) -> list[Any]:
    """So many devices; with several processes all there are, as each takes part with its own."""
    found = jax.devices()
    if count > len(found):
        raise ValueError(
            f"Session: the mesh {mesh} takes {count} devices, JAX has {len(found)} "
            f"({found[0].platform})\n"
            f"virtual ones on the CPU: set XLA_FLAGS="
            f"--xla_force_host_platform_device_count={count} before Python starts"
        )
    if jax.process_count() > 1 and count != len(found):
        raise ValueError(
            f"Session: the mesh {mesh} takes {count} devices, the {jax.process_count()} processes "
            f"have {len(found)}: with several processes a mesh takes all"
        )
    return found[:count]
