"""The processes of a job begin a training alike: where one differs, all would compute nonsense."""

from __future__ import annotations

import json

from ..errors import DataError
from ..launching.together import differing, is_one_of_several
from .run import Training

_HINTS = {
    "position": "the file of a checkpoint must be on a disk that all processes read",
    "seed": "give the session a seed: Session(seed=0, ...)",
}


def check_alike(run: Training) -> None:
    """Raise DataError, in all processes, where they differ in position, seed or a variable."""
    if not is_one_of_several():
        return
    session = run.session
    facts = {
        "position": json.dumps(run.position).encode(),
        "seed": str(session.seed).encode(),
        **{f"variable {v.name!r}": session.value(v).tobytes() for v in run.variables},
    }
    names = differing(facts)
    if names:
        hint = _HINTS.get(names[0], "draw initial values from a seed: np.random.default_rng(0)")
        raise DataError(f"train: the processes do not begin with one {names[0]}", hint)
