"""Train a 64-128-10 softmax classifier on 1,797 handwritten digits, from raw pixels to pictures.

    python3 run.py demo

Checks the gradient against finite differences, trains with mini-batches through `Session.run`,
prints the accuracy on the held-out fifth, and writes the graph, a page to explore it, the loss
curve, a confusion matrix, and the trained model as one file of NumPy, which a bare interpreter then
runs. Every epoch adds new noise to the pixels, as much as did best on held-out fifths of the
training rows. The split is stratified with seed 1; over the splits of seeds 0 to 5 the test
accuracy ranges from 0.981 to 0.997, with a mean of 0.988.
"""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

import graphflow as gf

SPLIT_SEED, WEIGHT_SEED = 1, 0
HIDDEN, EPOCHS, BATCH = 128, 80, 16
RATE, WEIGHT_DECAY, NOISE = 0.003, 0.03, 0.1

# What runs the saved model: in this interpreter graphflow cannot be imported.
ALONE = """
import runpy, sys
sys.modules["graphflow"] = None
import numpy as np
held_out = np.load("held_out.npz")
scores, *_ = runpy.run_path("model.py")["step"](held_out["images"])
print(f"{np.mean(scores.argmax(axis=1) == held_out['labels']):.2%}")
"""


class Model(NamedTuple):
    images: gf.Node
    labels: gf.Node
    scores: gf.Node
    loss: gf.Node
    step: gf.Node
    variables: list[gf.Node]


def build_model(steps: int) -> Model:
    """The classifier, its loss, and a step of its training in `steps` steps, as one graph."""
    rng = np.random.default_rng(WEIGHT_SEED)
    images = gf.placeholder(("n", 64), name="images")
    labels = gf.placeholder(("n",), dtype=np.int64, name="labels")
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
        loss = gf.mean(errors, name="loss")
    rate = gf.schedules.cosine(RATE, steps)
    step = gf.AdamWOptimizer(rate, weight_decay=WEIGHT_DECAY).minimize(loss)
    return Model(images, labels, scores, loss, step, [W1, b1, W2, b2])


def check_gradient(model: Model, images: np.ndarray, labels: np.ndarray) -> None:
    feed = {model.images: images, model.labels: labels}
    report = gf.testing.check_gradients(model.loss, model.variables, feed, order=1)
    verdict = "right" if report else "WRONG"
    print(f"gradient check against finite differences: {verdict}, worst error {report.worst:.1e}")
    if not report:
        sys.exit(str(report))


def train(model: Model, session: gf.Session, data: tuple[np.ndarray, np.ndarray]) -> list[float]:
    """The mean loss of every epoch."""
    history, noise = [], np.random.default_rng(0)
    for epoch in range(EPOCHS):
        losses = []
        for images, labels in gf.data.batches(data, BATCH, seed=epoch, drop_last=True):
            noisy = images + NOISE * noise.standard_normal(images.shape)
            feed = {model.images: noisy, model.labels: labels}
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


def save_model(
    model: Model, session: gf.Session, data: tuple[np.ndarray, np.ndarray], out: Path
) -> list[tuple[Path, str]]:
    """The model as one file of NumPy, and the accuracy that a bare interpreter finds with it.

    Its arrays are planned for as many images as there are in `data`.
    """
    classify = session.make_callable(model.scores, [model.images])
    classify(data[0])
    classify.save(out / "model.py")
    np.savez(out / "held_out.npz", images=data[0], labels=data[1])
    alone = [sys.executable, "-I", "-c", ALONE]
    done = subprocess.run(alone, cwd=out, capture_output=True, text=True, check=True)
    print(f"the same model as one file of NumPy, without graphflow: {done.stdout.strip()}")
    return [(out / "model.py", f"the model for {len(data[0])} images at a time; needs NumPy alone")]


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

    model = build_model(EPOCHS * (len(train_rows) // BATCH))
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

    written = save_model(model, session, (images[test_rows], labels[test_rows]), out)
    written += draw_graph(model, out) + draw_plots(history, confusion, out)
    feed = {model.images: images[test_rows], model.labels: labels[test_rows]}
    page = out / "explore.html"
    gf.viz.explore([model.loss, model.step], page, feed_dict=feed, session=session)
    written.append((page, "the graph, to explore in a browser"))
    print("\nwritten")
    for path, what in written:
        print(f"  {path!s:28} {what}")
    print("\nhow to go on")
    print("  examples/digits.py           this program: change HIDDEN, NOISE, or the layers")
    print("  docs/adding_an_op.md         an operation of your own in ten minutes")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("\nstopped")
