"""train: epochs of steps down the gradient of a loss, and what is told of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import closing
from typing import Any, NamedTuple

from ..errors import DTypeError, ShapeError
from ..graph import Node, entered_session
from ..launching import beat
from ..optimizers import Optimizer
from ..session import Session
from ..shapes import maybe_equal
from .alike import check_alike
from .blame import diverged
from .callbacks import AfterEpoch, Callback
from .checkpoint import Checkpoint
from .feeds import Feed, Feeds, rows
from .history import History, told
from .interrupt import stopping_on_interrupt
from .measures import Measures, as_number
from .progress import Silent, progress_shown
from .run import Training


def train(
    loss: Node,
    optimizer: Optimizer | Node,
    data: Any,
    *,
    epochs: int,
    metrics: Any = (),
    labels: Node | None = None,
    predictions: Node | None = None,
    validation: Any = None,
    callbacks: Iterable[Any] = (),
    progress: bool = True,
    session: Session | None = None,
) -> History:
    """Make steps by `optimizer` until the data was seen `epochs` times; the history of the loss.

    `data` is `{placeholder: array}`, all of it in every step; or `gf.data.batches` of such a dict;
    or a list of dicts to feed. `validation` is of the same kind. `optimizer` may also be what
    `minimize` gave, to go on with what it remembers, alone or in a group with other updates, such
    as `gf.group(step, *model.updates)`. `session` is the one whose variables are
    trained: by default that of the `with gf.Session():` block, else a new one, `history.session`.

    `metrics` are nodes, of which the mean over the rows is taken, and functions of the arrays of
    all `labels` and `predictions`, for which those nodes are given; in a list, or a dict by name.
    They are measured after each epoch, on `validation` too, which costs a pass over the data.

    `callbacks` are `gf.training` callbacks, or functions of the run, called after every epoch.
    Progress is shown on a terminal. Ctrl-C ends it after the step at hand, with a session and a
    history that agree, and `history.stopped` says so; a second one raises KeyboardInterrupt.

    Raises `gf.training.DivergedError`, a NumericError, when the loss is NaN or infinite: it names
    the node that made it, with your line, and the session is as it was before that. Raises
    DTypeError, ShapeError and ValueError for arguments that do not fit, before anything is run.
    """
    plan = _planned(
        loss, optimizer, data, epochs, Measures(metrics, labels, predictions), validation,
        callbacks, session,
    )  # fmt: skip
    run = plan.run
    with stopping_on_interrupt(run.interrupt):
        for callback in sorted(plan.callbacks, key=lambda c: not isinstance(c, Checkpoint)):
            callback.begin(run)
        check_alike(run)
        with progress_shown(progress, epochs, run.epoch) as shown:
            while run.epoch < run.epochs and not run.stopped:
                _run_epoch(plan, shown)
        for callback in plan.callbacks:
            callback.end(run)
    return run.history


class Plan(NamedTuple):
    """A run, what is measured in it, on what, and what is done besides."""

    run: Training
    measures: Measures
    validation: Feeds | None
    callbacks: list[Callback]


def _planned(
    loss: Node,
    optimizer: Any,
    data: Any,
    epochs: int,
    measures: Measures,
    validation: Any,
    callbacks: Iterable[Any],
    session: Session | None,
) -> Plan:
    """Check everything, then build the training step."""
    if not isinstance(loss, Node):
        raise DTypeError(f"train: the loss is {loss!r}, not a node")
    if not maybe_equal(loss.shape, ()):
        raise ShapeError(f"train: the loss is no number: {loss.describe()}", "take gf.mean of it")
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise ValueError(f"train: epochs is a number from 1 on, not {epochs!r}")
    feeds = Feeds(data)
    held_out = Feeds(validation, "validation") if validation is not None else None
    called = [_as_callback(callback) for callback in callbacks]
    called.sort(key=lambda callback: isinstance(callback, Checkpoint))  # save what others decided
    step = _as_step(optimizer, loss)
    used = session or entered_session.get() or Session()
    run = Training(used, loss, step, feeds, epochs, History(session=used))
    return Plan(run, measures, held_out, called)


def _as_step(optimizer: Any, loss: Node) -> Node:
    if isinstance(optimizer, Optimizer):
        return optimizer.minimize(loss)
    if isinstance(optimizer, Node) and optimizer.is_update:
        return optimizer
    raise DTypeError(
        f"train: {optimizer!r} is no optimizer",
        "give gf.AdamOptimizer(0.01), or what minimize gave",
    )


def _as_callback(callback: Any) -> Callback:
    if isinstance(callback, Callback):
        return callback
    if isinstance(callback, type) or not callable(callback):
        raise DTypeError(f"train: {callback!r} is no callback", "give an object or a function")
    return AfterEpoch(callback)


def _run_epoch(plan: Plan, shown: Silent) -> None:
    """The steps that are left of this epoch, and its record."""
    run = plan.run
    with closing(run.data.rest()) as feeds:
        for feed in feeds:
            _run_step(run, feed)
            for callback in plan.callbacks:
                callback.after_step(run)
            if run.stopped:
                return
            shown.show(run.epoch + 1, f"step {run.data.step}  loss {run.last_loss:.4g}")
    if not run.rows:
        raise ValueError("train: an epoch without a row: the data is empty")
    record = {"loss": run.total / run.rows, **_measured(plan)}
    run.total, run.rows = 0.0, 0
    run.data.next_epoch()
    run.history.records.append(record)
    shown.show(run.epoch, told(record), finished=True)
    for callback in plan.callbacks:
        callback.after_epoch(run)


def _measured(plan: Plan) -> dict[str, dict[str, float]]:
    session, loss = plan.run.session, plan.run.loss
    found: dict[str, dict[str, float]] = {"metrics": {}, "validation": {}}
    if len(plan.measures):
        found["metrics"] = plan.measures.of(session, plan.run.data.in_order())
    if plan.validation is not None:
        found["validation"] = plan.measures.of(session, plan.validation.in_order(), loss)
    return found


def _run_step(run: Training, feed: Feed) -> None:
    before = run.session._moment()
    value, _ = run.session.run([run.loss, run.step], feed)
    loss = as_number(value, run.loss.name)
    if not math.isfinite(loss):
        run.session._go_back(before)
        raise diverged(run, feed, loss)
    weight = rows(feed)
    run.total += weight * loss
    run.rows += weight
    run.steps += 1
    run.last_loss = loss
    run.previous = before, feed
    beat()
