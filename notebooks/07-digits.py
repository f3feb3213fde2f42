# %% [markdown]
# # Handwritten digits
#
# 1,797 scans of handwritten digits, 8 by 8 pixels each, come with graphflow. We train a network with
# one hidden layer on four fifths of them, look at what it gets wrong and at what it has learned to
# look for, save it, and write it out as a Python file that needs NumPy and nothing else.

# %%
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import graphflow as gf

# %% [markdown]
# ## The data
#
# The held-out fifth has the same share of each digit as the whole: the split is *stratified*. The
# network never sees it while it learns.

# %%
images, digits = gf.data.load_digits()
train_rows, test_rows = gf.data.stratified_split(digits, test=0.2, seed=1)
print(f"{len(train_rows)} to learn from, {len(test_rows)} held out")
print(f"images {images.shape}, from {images.min():g} to {images.max():g}; digits {digits[:10]} ...")
assert images.shape == (1797, 64) and len(test_rows) == 359


def gallery(pictures, titles, columns, cmap="gray_r", limit=None):
    """Rows of small pictures."""
    rows = -(-len(pictures) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(0.8 * columns, 0.95 * rows), squeeze=False)
    figure.set_layout_engine("constrained")
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, picture, title in zip(axes.flat, pictures, titles, strict=False):
        ax.imshow(
            picture.reshape(8, 8), cmap=cmap, vmin=None if limit is None else -limit, vmax=limit
        )
        ax.set_title(title, fontsize=9)
    plt.close(figure)
    return figure


gallery(images[:20], digits[:20], columns=10)

# %% [markdown]
# ## The model
#
# 64 pixels, 32 hidden units with a ReLU, 10 scores. The softmax and its cross-entropy are in the
# loss. Layers are objects that make their variables once, and build nodes when they are called.

# %%
rng = np.random.default_rng(0)
pixels = gf.placeholder(("n", 64), name="pixels")
labels = gf.placeholder(("n",), dtype=np.int64, name="labels")
hidden = gf.layers.Linear(64, 32, rng=rng, activation=gf.relu, name="hidden")
output = gf.layers.Linear(32, 10, rng=rng, name="output")
scores = output(hidden(pixels))
loss = gf.losses.sparse_softmax_cross_entropy(labels, scores)
gf.viz.draw(loss, show="forward")

# %%
print(gf.get_default_graph().summary())

# %% [markdown]
# ## Training
#
# `gf.train` goes over the data in batches, in a new order every epoch, and measures loss and
# accuracy on both parts. The learning rate falls along a half cosine. `KeepBest` keeps the weights
# of the epoch that did best on the held-out part. (Whoever chooses by it should report a third part,
# seen by nobody: the best of forty numbers is a little too good. We report the last.)

# %%
training = {pixels: images[train_rows], labels: digits[train_rows]}
held_out = {pixels: images[test_rows], labels: digits[test_rows]}
epochs, batch = 40, 32
steps = epochs * -(-len(train_rows) // batch)

session = gf.Session(seed=0)
history = gf.train(
    loss,
    gf.AdamOptimizer(gf.schedules.cosine(0.005, steps)),
    gf.data.batches(training, batch, seed=0),
    epochs=epochs,
    metrics=[gf.metrics.accuracy],
    labels=labels,
    predictions=scores,
    validation=held_out,
    callbacks=[gf.training.KeepBest("best.npz")],
    progress=False,
    session=session,
)
accuracy = history.validation["accuracy"][-1]
print(f"{len(history)} epochs; {accuracy:.1%} of the held-out digits are right")
assert accuracy > 0.96 and history.metrics["accuracy"][-1] > 0.995

# %%
history.plot()

# %% [markdown]
# The dashed curves are the held-out digits: the loss there stops falling while the other one goes
# on. From there on, the network learns the scans by heart.
#
# ## What it gets wrong
#
# Rows of the confusion matrix are true digits, columns what the network said. All off the diagonal
# is a mistake.

# %%
said = session.run(scores, held_out).argmax(axis=1)
truth = digits[test_rows]
confusion = gf.metrics.confusion_matrix(truth, said)
assert confusion.sum() == 359 and np.trace(confusion) == np.sum(said == truth)

figure, axes = plt.subplots(figsize=(5.0, 4.6), layout="constrained")
axes.imshow(np.sqrt(confusion), cmap="Blues")
for (row, column), count in np.ndenumerate(confusion):
    if count:
        axes.text(column, row, count, ha="center", va="center", color="w" if row == column else "k")
axes.set(xlabel="what the network said", ylabel="true digit", xticks=range(10), yticks=range(10))
plt.close(figure)
figure

# %%
wrong = np.flatnonzero(said != truth)
titles = [f"{truth[k]}, not {said[k]}" for k in wrong]
gallery(images[test_rows[wrong]], titles, columns=8)

# %% [markdown]
# Would you have known?
#
# ## What it looks for
#
# Each hidden unit has a weight per pixel, so the weights are pictures: blue pixels speak for the
# unit, red ones against it. Some are pale: they were drawn such that no picture makes them fire, and
# a ReLU that never fires has gradient 0, so they stay what they were. One calls them *dead*.

# %%
W, active = session.run([hidden.W, hidden(pixels) > 0], training)
never = np.flatnonzero(~active.any(axis=0))
print(f"units that no picture makes fire: {never}")
gallery(W.T, [f"unit {k}" for k in range(32)], columns=8, cmap="RdBu", limit=np.abs(W).max())

# %%
gf.viz.histograms([hidden.W, output.W], held_out, loss=loss, session=session)

# %% [markdown]
# The other way round: which pixels would make *this* picture more of a three? That is the gradient of
# a score by the *input*, and it costs one line. Here it is for a few held-out threes:

# %%
(towards_three,) = gf.gradients(gf.sum(scores[:, 3]), pixels)
threes = images[test_rows[truth == 3][:8]]
slopes = session.run(towards_three, {pixels: threes})
small = np.zeros_like(threes)
small[:, 20] = 1e-4
up, down = (session.run(scores, {pixels: threes + s * small})[:, 3] for s in (1, -1))
np.testing.assert_allclose((up - down) / 2e-4, slopes[:, 20], atol=1e-6)
gallery(slopes, ["towards 3"] * 8, columns=8, cmap="RdBu", limit=np.abs(slopes).max())

# %% [markdown]
# ## Save and restore
#
# A file has the variables by name. It is written beside its place and renamed, so it is whole or not
# there; nothing in it is ever run when it is read.

# %%
session.save("digits.npz")
fresh = gf.Session()
assert fresh.run(loss, held_out) > 2.0  # untrained
report = fresh.restore("digits.npz")
assert fresh.run(loss, held_out) == session.run(loss, held_out)  # bit for bit
report

# %%
best = gf.Session()
best.restore("best.npz")
at_best = best.run(loss, held_out)
assert at_best == min(history.validation["loss"])
print(f"held-out loss: last epoch {session.run(loss, held_out):.4f}, best epoch {at_best:.4f}")

# %% [markdown]
# ## One file of NumPy
#
# What runs is text: straight-line NumPy, with the line of this notebook that asked for it beside
# each line. `save` writes it with the weights in it. The file is made for the shapes it was called
# with, here pictures one by one.

# %%
classify = session.make_callable(gf.softmax(scores), [pixels])
classify(images[test_rows[:1]])
classify.save("digits_model.py")
text = Path("digits_model.py").read_text()
print(text[text.index("def step") :])

# %% [markdown]
# A Python that knows nothing of graphflow runs it, and agrees on every held-out digit:

# %%
np.savez("held_out.npz", images=images[test_rows])
script = """
import sys
import numpy as np
sys.modules["graphflow"] = None  # an import of it would fail
sys.path.insert(0, ".")
from digits_model import step
images = np.load("held_out.npz")["images"]
print(*[step(image[None])[0].argmax() for image in images])
"""
bare = subprocess.run(
    [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
)
assert np.array_equal(np.array(bare.stdout.split(), int), said)
print(f"{np.mean(np.array(bare.stdout.split(), int) == truth):.1%} right, without graphflow")
