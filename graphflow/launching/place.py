"""Where a process stands in a job, and the environment variables that say so."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

HEARTBEAT = 10  # seconds

_COORDINATOR = "GRAPHFLOW_COORDINATOR"
_BIND = "GRAPHFLOW_BIND"
_PROCESSES = "GRAPHFLOW_PROCESSES"
_PROCESS = "GRAPHFLOW_PROCESS"
_HEARTBEAT = "GRAPHFLOW_HEARTBEAT"


@dataclass(frozen=True)
class Place:
    """A process of a job: where the first one listens, how many there are, and which this is.

    What is None is found out by JAX, from the variables that a cluster sets. `bind` is the address
    of this machine on which it listens itself, without a port. `heartbeat` is in seconds.
    """

    coordinator: str | None = None
    processes: int | None = None
    process: int | None = None
    bind: str | None = None
    heartbeat: int = HEARTBEAT

    @property
    def host(self) -> str | None:
        """The address to listen on, where it is known: on this machine alone if JAX meets there."""
        if self.bind is not None or self.coordinator is None:
            return self.bind
        host = host_and_port(self.coordinator)[0]
        return host if is_loopback(host) else None

    def variables(self) -> dict[str, str]:
        """The environment variables that say so to another process."""
        stated = {
            _COORDINATOR: self.coordinator,
            _BIND: self.bind,
            _PROCESSES: self.processes,
            _PROCESS: self.process,
            _HEARTBEAT: self.heartbeat,
        }
        return {name: str(value) for name, value in stated.items() if value is not None}


def read_place(environment: Mapping[str, str]) -> Place:
    """The place that environment variables state. Raises ValueError for one that is no number."""
    return Place(
        coordinator=environment.get(_COORDINATOR),
        processes=_number(environment, _PROCESSES),
        process=_number(environment, _PROCESS),
        bind=environment.get(_BIND),
        heartbeat=_number(environment, _HEARTBEAT) or HEARTBEAT,
    )


def _number(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise ValueError(f"launch: the variable {name} is no number: {text!r}")
    return int(text)


def host_and_port(address: str) -> tuple[str, int]:
    """`10.0.0.1:1234` or `[::1]:1234` in two. Raises ValueError for what is no such address."""
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ValueError(f"launch: {address!r} is no address; write it as HOST:PORT")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach the host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
