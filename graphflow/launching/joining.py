"""initialize: the process joins the others of its job, through JAX."""

from __future__ import annotations

import os
import warnings
from typing import Any

from ..errors import MissingError
from .place import Place, host_and_port, is_loopback, read_place

_FOREVER = 7 * 24 * 3600  # seconds: a process that is done waits for those that still work
INSTALL = 'install it: pip install "graphflow-autodiff[jax]"'


def initialize(place: Place | None = None) -> None:
    """Join the job, before anything else is done with JAX; does nothing in one that has joined.

    By default the place is that of the environment: of `python -m graphflow launch`, of the
    variables GRAPHFLOW_COORDINATOR (HOST:PORT of process 0), GRAPHFLOW_PROCESSES and
    GRAPHFLOW_PROCESS, or of a cluster that JAX knows, such as Slurm and Open MPI. A process that
    does not answer for GRAPHFLOW_HEARTBEAT seconds (10) ends all others.

    Raises MissingError without JAX, and ValueError where nothing says of a job.
    """
    jax = imported_jax()
    if jax.distributed.is_initialized():
        return
    place = read_place(os.environ) if place is None else place
    # A SIGTERM ends the process: what was learned is in a checkpoint. JAX would only take note.
    jax.config.update("jax_enable_preemption_service", False)
    if place.host is not None and is_loopback(place.host):
        jax.config.update("jax_check_proxy_envs", False)  # none stands between
    _listen_on(place.host)
    try:
        jax.distributed.initialize(
            place.coordinator,
            place.processes,
            place.process,
            cluster_detection_method="deactivate" if place.coordinator else None,
            coordinator_bind_address=_bind_address(place),
            heartbeat_timeout_seconds=place.heartbeat,
            shutdown_timeout_seconds=_FOREVER,
        )
    except ValueError as error:
        raise ValueError(
            f"launch: nothing says which process of which job this is: {error}\n"
            "start them here: python -m graphflow launch --processes 2 script.py"
        ) from error


def imported_jax() -> Any:
    """The module jax. Raises MissingError where it is not installed."""
    try:
        import jax
    except ImportError as error:
        raise MissingError("launch: many processes need JAX", INSTALL) from error
    return jax


def _bind_address(place: Place) -> str | None:
    """Where process 0 listens: on the address the others come to, and no other."""
    if place.coordinator is None:
        return None
    if place.bind is None:
        return place.coordinator
    host = f"[{place.bind}]" if ":" in place.bind else place.bind
    return f"{host}:{host_and_port(place.coordinator)[1]}"


def _listen_on(host: str | None) -> None:
    """Have sums between CPUs listen on `host` too; JAX takes the address of the machine's name."""
    if host is None:
        return
    try:
        from jax._src import distributed, xla_bridge  # no public name leads to it in 0.10

        gloo = xla_bridge._jax.make_gloo_tcp_collectives  # type: ignore[attr-defined]
        register = xla_bridge.register_backend_factory
    except (ImportError, AttributeError):
        warnings.warn(
            "launch: this JAX cannot be told where sums between CPUs listen: they do on the "
            f"address of this machine's name, instead of {host}",
            RuntimeWarning,
            stacklevel=3,
        )
        return

    def cpu_client() -> Any:
        client = distributed.global_state.client
        return xla_bridge.make_cpu_client(gloo(distributed_client=client, hostname=host))

    register("cpu", cpu_client, priority=0, fail_quietly=False)
