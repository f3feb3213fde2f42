"""Train a 64-64-10 softmax classifier on 1,797 handwritten digits, from raw pixels to pictures.

    python3 run.py demo

Checks the gradient against finite differences, trains with mini-batches through `Session.run`,
prints the accuracy on the held-out fifth, and writes the graph, the loss curve and a confusion
matrix. The split is stratified with seed 1; over the splits of seeds 0 to 5 this program's test
accuracy ranges from 0.967 to 0.992, with a mean of 0.982.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

import graphflow as gf

SPLIT_SEED, WEIGHT_SEED = 1, 0
HIDDEN, EPOCHS, BATCH = 64, 60, 16
RATE, RATE_DECAY, WEIGHT_DECAY = 0.5, 0.95, 1e-3


class Model(NamedTuple):
    images: gf.Node
    labels: gf.Node
    rate: gf.Node
    scores: gf.Node
    loss: gf.Node
    step: gf.Node
    variables: list[gf.Node]


def build_model() -> Model:
    """The classifier, its loss, and its training step as one graph."""
    rng = np.random.default_rng(WEIGHT_SEED)
    images = gf.placeholder(("n", 64), name="images")
    labels = gf.placeholder(("n",), dtype=np.int64, name="labels")
    rate = gf.placeholder((), name="learning_rate")
    with gf.name_scope("hidden"):
        W1 = gf.Variable(rng.standard_normal((64, HIDDEN)) * np.sqrt(2 / 64), name="W")
        b1 = gf.Variable(np.zeros(HIDDEN), name="b")
        hidden = gf.relu(images @ W1 + b1)
    with gf.name_scope("output"):
        W2 = gf.Variable(rng.standard_normal((HIDDEN, 10)) * np.sqrt(1 / HIDDEN), name="W")
        b2 = gf.Variable(np.zeros(10), name="b")
        scores = hidden @ W2 + b2
    with gf.name_scope("loss"):
        errors = gf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=scores)
        penalty = gf.sum(gf.square(W1)) + gf.sum(gf.square(W2))
        loss = gf.add(gf.mean(errors), WEIGHT_DECAY / 2 * penalty, name="loss")
    step = gf.GradientDescentOptimizer(rate).minimize(loss)
    return Model(images, labels, rate, scores, loss, step, [W1, b1, W2, b2])


def check_gradient(model: Model, images: np.ndarray, labels: np.ndarray) -> None:
    feed = {model.images: images, model.labels: labels}
    report = gf.testing.check_gradients(model.loss, model.variables, feed, order=1)
    verdict = "right" if report else "WRONG"
    print(f"gradient check against finite differences: {verdict}, worst error {report.worst:.1e}")
    if not report:
        sys.exit(str(report))


def train(model: Model, session: gf.Session, data: tuple[np.ndarray, np.ndarray]) -> list[float]:
    """The mean loss of every epoch."""
    history = []
    for epoch in range(EPOCHS):
        rate = RATE * RATE_DECAY**epoch
        losses = []
        for images, labels in gf.data.batches(data, BATCH, seed=epoch):
            feed = {model.images: images, model.labels: labels, model.rate: rate}
            loss, _ = session.run([model.loss, model.step], feed)
            losses.append(loss)
        history.append(float(np.mean(losses)))
        show_progress(epoch, history[-1])
    return history


def show_progress(epoch: int, loss: float) -> None:
    line = f"epoch {epoch + 1:3d}/{EPOCHS}  loss {loss:.4f}"
    last = epoch + 1 == EPOCHS
    if sys.stdout.isatty():
        print(f"\r{line}", end="\n" if last else "", flush=True)
    elif last or epoch % 10 == 9:
        print(line, flush=True)


def draw_graph(model: Model, folder: Path) -> list[tuple[Path, str]]:
    """Pictures of the graph: as SVG where a renderer is there, else as text with the reason."""
    pictures = {
        "model.svg": ("the model: what the loss is computed from", "forward", model.loss),
        "training.svg": ("all that one step of training runs", "all", [model.loss, model.step]),
    }
    written = []
    for name, (what, show, nodes) in pictures.items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            written.append((gf.viz.draw(nodes, show=show).save(folder / name), what))
        for warning in caught:
            print(f"note: {warning.message}")
    return written


def draw_plots(history: list[float], confusion: np.ndarray, folder: Path) -> list[tuple[Path, str]]:
    try:
        import matplotlib
    except ImportError:
        print('no plots: matplotlib is missing (pip install "graphflow-autodiff[plots]")')
        return []
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.plot(range(1, len(history) + 1), history)
    axes.set(xlabel="epoch", ylabel="mean loss per batch", title="Training loss", ylim=(0, None))
    axes.grid(alpha=0.3)
    loss_path = folder / "loss.png"
    figure.savefig(loss_path, dpi=150)

    figure, axes = plt.subplots(figsize=(6, 5.4), layout="constrained")
    axes.imshow(np.sqrt(confusion), cmap="Blues")
    for (true, said), count in np.ndenumerate(confusion):
        if count:
            color = "white" if true == said else "black"
            axes.text(said, true, int(count), ha="center", va="center", color=color)
    axes.set(xlabel="predicted digit", ylabel="true digit", title="Held-out digits")
    axes.set(xticks=range(10), yticks=range(10))
    confusion_path = folder / "confusion.png"
    figure.savefig(confusion_path, dpi=150)
    return [(loss_path, "loss per epoch"), (confusion_path, "true against predicted digits")]


def main(folder: str = "demo-output") -> None:
    started = time.perf_counter()
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    images, labels = gf.data.load_digits()
    train_rows, test_rows = gf.data.stratified_split(labels, test=0.2, seed=SPLIT_SEED)
    print(f"{len(train_rows)} digits to train on, {len(test_rows)} held out")

    model = build_model()
    check_gradient(model, images[train_rows[:8]], labels[train_rows[:8]])
    session = gf.Session(seed=0)
    history = train(model, session, (images[train_rows], labels[train_rows]))

    scores = session.run(model.scores, {model.images: images[test_rows]})
    predicted = scores.argmax(axis=1)
    confusion = np.zeros((10, 10))
    np.add.at(confusion, (labels[test_rows], predicted), 1)
    accuracy = np.mean(predicted == labels[test_rows])
    seconds = time.perf_counter() - started
    print(f"test accuracy {accuracy:.2%} on {len(test_rows)} held-out digits, in {seconds:.1f} s")

    written = draw_graph(model, out) + draw_plots(history, confusion, out)
    print("\nwritten")
    for path, what in written:
        print(f"  {path!s:28} {what}")
    print("\nhow to go on")
    print("  examples/digits.py           this program: change HIDDEN, RATE, or the layers")
    print("  docs/adding_an_op.md         an operation of your own in ten minutes")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("\nstopped")
