"""What the processes of a job do together: one of them writes, all wait, all are alike."""

from __future__ import annotations

import hashlib
import sys
from typing import Any

import numpy as np


def is_one_of_several() -> bool:
    """Whether this process has joined others."""
    return _joined() is not None


def is_first() -> bool:
    """Whether this is process 0, or the only one."""
    jax = _joined()
    return jax is None or jax.process_index() == 0


def wait_for_all(what: str) -> None:
    """Wait until every process of the job is here; the others say the same `what`."""
    if _joined() is not None:
        from jax.experimental import multihost_utils

        multihost_utils.sync_global_devices(f"graphflow: {what}")


def differing(facts: dict[str, bytes]) -> list[str]:
    """The names of those facts that are not the same in all processes, which ask together."""
    from jax.experimental import multihost_utils

    digests = [hashlib.sha256(fact).digest() for fact in facts.values()]
    own = np.frombuffer(b"".join(digests), np.uint32).reshape(len(facts), -1)
    theirs = np.asarray(multihost_utils.process_allgather(own))
    same = (theirs == own).all(axis=(0, 2))
    return [name for name, is_same in zip(facts, same, strict=True) if not is_same]


def _joined() -> Any:
    """The module jax, if this process is one of several."""
    jax = sys.modules.get("jax")
    several = jax is not None and jax.distributed.is_initialized() and jax.process_count() > 1
    return jax if several else None
