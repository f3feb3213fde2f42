# %% [markdown]
# # graphflow in five minutes
#
# A **graph** says what is to be computed; a **session** computes it. Between the two, graphflow takes
# gradients, makes unstable formulas stable, and writes the NumPy that runs.

# %%
import runpy

import numpy as np

import graphflow as gf

rng = np.random.default_rng(0)
points = rng.normal(size=(200, 2))
classes = (points[:, 0] * points[:, 1] > 0).astype(np.int64)  # opposite quadrants: not linear

# %% [markdown]
# ## Build
#
# A **placeholder** is fed in every run, a **variable** is born with a value and trained, everything
# else is an operation. NumPy's operators and functions build nodes too. A name scope puts nodes into
# a box of the picture.

# %%
x = gf.placeholder(("n", 2), name="x")
labels = gf.placeholder(("n",), dtype=np.int64, name="labels")
with gf.name_scope("hidden"):
    W = gf.Variable(rng.normal(size=(2, 16)), name="W")
    b = gf.Variable(np.zeros(16), name="b")
    hidden = np.tanh(x @ W + b)
with gf.name_scope("output"):
    V = gf.Variable(rng.normal(size=(16, 2)) / 4, name="V")
    e = np.exp(hidden @ V)
    p = gf.divide(e, np.sum(e, axis=1, keepdims=True), name="p")  # softmax by hand
loss = -gf.mean(gf.log(p[np.arange(200), labels]), name="loss")
p

# %% [markdown]
# A node knows its shape, its dtype and your line. And a notebook shows it as the picture of all that
# it is computed from:

# %%
gf.viz.draw(loss, show="forward")

# %% [markdown]
# ## Differentiate
#
# A gradient is a node like any other: run it, draw it, differentiate it again.

# %%
(slope,) = gf.gradients(loss, V)
feed = {x: points, labels: classes}
session = gf.Session(seed=0)
value, direction = session.run([loss, slope], feed)
print(f"loss {value:.4f}, slope of shape {direction.shape}")

# %% [markdown]
# Is it right? Finite differences say so, for every variable and to second order:

# %%
report = gf.testing.check_gradients(loss, [W, b, V], feed)
assert report.ok
report

# %% [markdown]
# The softmax above was written by hand, and `exp` overflows above 709. Before graphflow
# differentiates, it replaces such formulas by stable ones. So scores of a thousand are no problem:

# %%
session.assign(V, session.value(V) * 1e4)
assert np.isfinite(session.run([loss, slope], feed)[1]).all()
session.assign(V, V.initial_value)
print(gf.lint(loss))

# %% [markdown]
# ## Train
#
# An optimizer's step is a node, too. All reads of a run see the values at its start, and all updates
# are made together at its end.

# %%
step = gf.AdamOptimizer(0.05).minimize(loss)
losses = [session.run([loss, step], feed)[0] for _ in range(150)]
guesses = session.run(p, feed).argmax(axis=1)
accuracy = np.mean(guesses == classes)
print(f"loss {losses[-1]:.4f}, accuracy {accuracy:.1%}")
assert losses[-1] < 0.1 < losses[0] and accuracy > 0.97

# %%
gf.viz.curves({"loss": losses}, y="log")

# %%
gf.viz.decision_map(p, x, points, classes, session=session, title="two classes, four quadrants")

# %% [markdown]
# ## Look at what runs
#
# A function of arrays shows the text that it runs, your line beside each of its lines, and saves it
# as one file that needs NumPy alone.

# %%
predict = session.make_callable(p, [x])
predict(points)
print(predict.source[predict.source.index("def step") :])

# %%
predict.save("model.py")
saved = runpy.run_path("model.py")["step"]

np.testing.assert_array_equal(saved(points)[0], predict(points))

# %% [markdown]
# ## Or write NumPy, and differentiate that


# %%
def mean_square(params, x, y):
    hidden = np.tanh(x @ params["W"] + params["b"])
    return np.mean((hidden @ params["v"] - y) ** 2)


params = {"W": rng.normal(size=(2, 8)), "b": np.zeros(8), "v": rng.normal(size=8)}
value, slopes = gf.value_and_grad(mean_square)(params, points, classes)
print({name: slope.shape for name, slope in slopes.items()})
bend = gf.grad(gf.grad(np.sinc))(0.0)  # where sin(x) / x divides by zero
assert np.isclose(bend, -(np.pi**2) / 3, rtol=1e-14)
bend

# %% [markdown]
# ## Read on
#
# The five tutorials that graphflow comes from, run and corrected: `01-gradient-descent` to
# `05-the-graph-engine`; `06-write-your-own-op`; `07-digits`; `08-fit-with-scipy`.
