# %% [markdown]
# # A softmax classifier, with its gradients by hand
#
# Eduardo Arnold's tutorial *Neural networks from scratch* takes a network with one hidden layer,
# works every derivative out on paper, and turns the formulas into ten lines of NumPy. Here we do
# the same, and let graphflow check each formula: which ones are right, which ones hold for one
# sample only, and which lines change an array that is still needed.
#
# Every number below is asserted. If this notebook runs to its end, all of it is true.

# %%
import textwrap

import matplotlib.pyplot as plt
import numpy as np

import graphflow as gf

# %% [markdown]
# ## The model
#
# Samples are the rows of $x$. A hidden layer with a ReLU, then a softmax:
#
# $$h = \max(0,\, x W_1 + b_1) \qquad y = \mathrm{softmax}(h W_2 + b_2) \qquad
# \mathrm{softmax}(z)_j = \frac{e^{z_j}}{\sum_i e^{z_i}}$$
#
# The loss of a sample is $L_i = -\log y_{\hat y_i}$, where $\hat y_i$ is its true class, and the
# loss of a batch is the mean of these. We start small: 5 samples, 4 inputs, 6 hidden units, 3
# classes, drawn from a fixed seed. The softmax is written out as in the text, on purpose.

# %%
rs = np.random.RandomState(0)
n, inputs, hidden, classes = 5, 4, 6, 3
samples, true_classes = rs.randn(n, inputs), rs.randint(0, classes, n)

x = gf.placeholder((None, inputs), name="x")
labels = gf.placeholder((None,), dtype=np.int64, name="labels")
with gf.name_scope("hidden"):
    W1 = gf.Variable(rs.randn(inputs, hidden), name="W1")
    b1 = gf.Variable(rs.randn(1, hidden), name="b1")
    r = gf.add(x @ W1, b1, name="r")
    h = gf.maximum(0, r, name="h")
with gf.name_scope("output"):
    W2 = gf.Variable(rs.randn(hidden, classes), name="W2")
    b2 = gf.Variable(rs.randn(1, classes), name="b2")
    score = gf.add(h @ W2, b2, name="score")
    y = gf.divide(gf.exp(score), gf.sum(gf.exp(score), axis=1, keepdims=True), name="y")
loss = gf.mean(-gf.log(y[np.arange(n), labels]), name="loss")

session = gf.Session()
feed = {x: samples, labels: true_classes}
value = session.run(loss, feed)
assert abs(value - 3.83923266) < 5e-9
print(f"mean cross-entropy of the five samples: {value:.8f}")

# %%
gf.viz.draw(loss, show="forward")

# %% [markdown]
# ## The derivative of the softmax
#
# The text finds $\partial y_k / \partial z_j = -y_k y_j$ for $j \neq k$, and $y_k (1 - y_k)$ for
# $j = k$. In one line: the Jacobian is $\mathrm{diag}(y) - y y^\mathsf{T}$. `gf.jacobian` computes
# it from the rule of `softmax`, so we can compare.

# %%
z = gf.placeholder((3,), name="z")
p = gf.softmax(z)
J, at = session.run([gf.jacobian(p, z), p], {z: [1.0, -0.5, 2.0]})
np.testing.assert_allclose(J, np.diag(at) - np.outer(at, at), rtol=0, atol=1e-15)
print(J.round(6))

# %% [markdown]
# ## Backpropagation by hand
#
# With $\mathrm{dscore} = \partial L/\partial\,\mathrm{score}$ and so on, the text arrives at
#
# $$\mathrm{dscore} = \frac{1}{n}(y - 1(j = \hat y)), \quad dW_2 = h^\mathsf{T} \mathrm{dscore},
# \quad db_2 = \sum \mathrm{dscore}, \quad dh = \mathrm{dscore}\, W_2^\mathsf{T}, \quad
# dr = dh \odot 1(h > 0), \quad dW_1 = x^\mathsf{T} dr, \quad db_1 = \sum dr$$
#
# with the sums over the samples. First as the text's NumPy, on plain arrays:


# %%
def by_hand(samples, true_classes, W1, b1, W2, b2):
    """The loss, and its gradients by W1, b1, W2, b2: the lines of the tutorial."""
    count = len(samples)
    h = np.maximum(0, np.dot(samples, W1) + b1)
    score = np.dot(h, W2) + b2
    y = np.exp(score)
    y /= np.sum(y, axis=1, keepdims=True)
    loss = -np.log(y[range(count), true_classes]).mean()
    dscore = np.copy(y)
    dscore[range(count), true_classes] -= 1
    dscore /= count
    dW2 = np.dot(h.T, dscore)
    db2 = np.sum(dscore, axis=0, keepdims=True)
    dh = np.dot(dscore, W2.T)
    dr = dh  # not a copy! see the last section
    dr[h <= 0] = 0
    dW1 = np.dot(samples.T, dr)
    db1 = np.sum(dr, axis=0, keepdims=True)
    return loss, [dW1, db1, dW2, db2]


variables = [W1, b1, W2, b2]
weights = [v.initial_value for v in variables]
_, hand = by_hand(samples, true_classes, *weights)
found = session.run(gf.gradients(loss, variables), feed)
for ours, theirs in zip(found, hand, strict=True):
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-14)
print("gradients of graphflow and by hand: equal to 1e-14")

# %% [markdown]
# Both could be wrong in the same way, so we also ask somebody who knows no calculus: the finite
# difference $(L(w + \varepsilon) - L(w - \varepsilon)) / 2\varepsilon$, for each of the 51 weights.

# %%
worst = 0.0
for place, weight in enumerate(weights):
    for index in np.ndindex(weight.shape):
        moved = []
        for epsilon in (1e-6, -1e-6):
            changed = [w.copy() for w in weights]
            changed[place][index] += epsilon
            moved.append(by_hand(samples, true_classes, *changed)[0])
        worst = max(worst, abs((moved[0] - moved[1]) / 2e-6 - hand[place][index]))
print(f"largest difference from finite differences: {worst:.1e}")
assert worst < 1e-9  # the rounding of the differences themselves
assert gf.testing.check_gradients(loss, variables, feed)  # graphflow's own check, in one line

# %% [markdown]
# ### Formula by formula
#
# `gf.verify_derivation` takes the formulas as nodes and judges each by itself, in the order of the
# backward pass. This is the tool for homework: it says which line is the *first* wrong one.

# %%
onehot = gf.one_hot(labels, classes)
dscore = (y - onehot) / n
dh = dscore @ W2.T
dr = dh * gf.cast(h > 0, np.float64)
formulas = {
    "dscore": dscore,
    "dW2": h.T @ dscore,
    "db2": gf.sum(dscore, axis=0, keepdims=True),
    "dh": dh,
    "dr": dr,
    "dW1": x.T @ dr,
    "db1": gf.sum(dr, axis=0, keepdims=True),
}
report = gf.verify_derivation(loss, formulas, feed)
assert report and len(report.findings) == 7
report

# %% [markdown]
# ## Where did the division go?
#
# The chain rule multiplies $\partial L/\partial y = -1/y_{\hat y}$ by the softmax's derivative: it
# divides by $y$ and multiplies by it again. Once $y_{\hat y}$ rounds to 0, that is $0/0$. On paper
# the two cancel and $y - 1(j = \hat y)$ is left. graphflow cancels them as well: *before*
# differentiating, it knows `log(exp(z) / sum(exp(z)))` for what it is. So the gradient it builds
# *is* the formula of the text, without a logarithm, an exponential of its own, or a division by
# $y$. Here is what changed, and by which rule:

# %%
gf.viz.diff(loss)

# %%
(slope,) = gf.gradients(loss, score)
step = session.make_callable([slope, y], [x, labels])
got, probabilities = step(samples, true_classes)
expected = (probabilities - np.eye(3)[true_classes]) / n
np.testing.assert_allclose(got, expected, rtol=0, atol=1e-15)

gradient = gf.function(slope, [x, labels])
gradient(samples, true_classes)
kinds = {type(node).__name__ for node in gradient.after.nodes}
assert "Softmax" in kinds and not {"Exp", "Log"} & kinds
divisions = [node for node in gradient.after.nodes if type(node).__name__ == "Divide"]
assert all(type(node.inputs[1]).__name__ == "Constant" for node in divisions)  # by n, not by y
print(textwrap.fill(", ".join(sorted(kinds)), 80))

# %% [markdown]
# ## Training it
#
# The tutorial's own training notebook is not part of the text; it follows Stanford's CS231n, whose
# data are three spiral arms. No straight line separates them. 100 hidden units, learning rate 1,
# all 300 points in every step.

# %%
rng = np.random.RandomState(0)
points, arms = gf.data.make_spirals(rng)

spiral = gf.Graph()
with spiral.as_default():
    x = gf.placeholder((None, 2), name="x")
    labels = gf.placeholder((None,), dtype=np.int64, name="labels")
    with gf.name_scope("hidden"):
        W1 = gf.Variable(0.01 * rng.randn(2, 100), name="W1")
        b1 = gf.Variable(np.zeros((1, 100)), name="b1")
        h = gf.relu(x @ W1 + b1)
    with gf.name_scope("output"):
        W2 = gf.Variable(0.01 * rng.randn(100, 3), name="W2")
        b2 = gf.Variable(np.zeros((1, 3)), name="b2")
        score = gf.add(h @ W2, b2, name="score")
    loss = gf.losses.sparse_softmax_cross_entropy(labels, score)
    train = gf.GradientDescentOptimizer(learning_rate=1.0).minimize(loss)

session = gf.Session()
step = session.make_callable([loss, train], [x, labels])
feed = {x: points, labels: arms}
seen, maps = {}, {}
for k in range(10001):
    if k in (0, 1000, 10000):
        value, scores = session.run([loss, score], feed)
        seen[k] = value, gf.metrics.accuracy(arms, scores)
        maps[k] = gf.viz.decision_map(
            score, x, points, arms, session=session, title=f"after {k} steps"
        )
        print(f"step {k:5d}  loss {seen[k][0]:.8f}  accuracy {seen[k][1]:.4f}")
    if k < 10000:
        step(points, arms)

np.testing.assert_allclose(
    [seen[k][0] for k in (0, 1000, 10000)], [1.09873981, 0.10771022, 0.01977430], rtol=0, atol=5e-9
)
assert abs(seen[1000][1] - 0.97) < 1e-12 and abs(seen[10000][1] - 0.9933) < 5e-5

# %% [markdown]
# The loss starts at $\log 3 = 1.0986$: the weights are tiny, so the network gives each class a third.

# %%
maps[1000]

# %%
maps[10000]

# %% [markdown]
# ## Batch, mini-batch, stochastic
#
# One model, three ways to feed it. *Batch* gradient descent takes all samples in each step,
# *stochastic* takes one, *mini-batch* a few. The graph has no idea which: its batch size is `None`.
# The learning rate is smaller for smaller batches, because their gradients are noisier.

# %%
ways = {"batch of 300": (300, 1.0), "mini-batches of 30": (30, 0.3), "one by one": (1, 0.03)}
histories = {}
for way, (size, rate) in ways.items():
    histories[way] = gf.train(
        loss,
        gf.GradientDescentOptimizer(rate),
        gf.data.batches(feed, size, seed=0),
        epochs=30,
        progress=False,
        session=gf.Session(),
    )
    print(f"{way:20}  {300 // size:4d} steps an epoch   last loss {histories[way].loss[-1]:.4f}")
assert histories["one by one"].loss[-1] < histories["batch of 300"].loss[-1]

# %%
gf.viz.curves(histories, title="The same epochs, fed in three ways")

# %% [markdown]
# An epoch costs the same arithmetic each time, but has 1, 10 or 300 steps in it. That is why small
# batches get ahead per epoch, and why their curves shake.
#
# ## What is wrong in the text
#
# **Which one is "batch"?** The text first says rightly that batch gradient descent considers every
# sample and the stochastic one a single sample; later it says "batch-GD (uses one sample) and SGD
# (uses all samples)". The second sentence has them swapped.
#
# **Sums that go one too far.** $\sum_{i=0}^{N_z} e^{z_i}$ and $\frac1n \sum_{i=0}^{n} L_i$ have
# $N_z + 1$ and $n + 1$ terms. Count from 1 to $n$, or from 0 to $n - 1$. The code is right.

# %%
softmax_of_text = np.exp([1.0, 1.0, 1.0]) / np.exp([1.0, 1.0, 1.0, 1.0]).sum()  # i = 0 ... 3
assert softmax_of_text.sum() == 0.75  # with a term too many, probabilities do not add up to 1

# %% [markdown]
# **`exp` overflows.** The largest float64 is $e^{709.78}$. A score above that makes the
# tutorial's `y` infinity over infinity. Subtracting each row's maximum first changes nothing on
# paper and everything in the machine. graphflow's loss does so, although we wrote it naively.

# %%
assert round(np.log(np.finfo(float).max), 2) == 709.78
large = np.array([[710.0, 0.0, 0.0]])
with np.errstate(all="ignore"):
    naive = np.exp(large) / np.exp(large).sum(axis=1, keepdims=True)
assert np.isnan(naive[0, 0])

s = gf.placeholder((None, 3), name="s")
naive_loss = -gf.mean(gf.log((gf.exp(s) / gf.sum(gf.exp(s), axis=1, keepdims=True))[:, 1]))
value, (gradient,) = session.run([naive_loss, gf.gradients(naive_loss, s)], {s: large})
assert value == 710.0 and np.allclose(gradient, [[1.0, -1.0, 0.0]])
print(f"NumPy, as printed: {naive[0, 0]}    graphflow: loss {value}, gradient {gradient.round(6)}")

# %% [markdown]
# **`dr = dh` is no copy.** Both names mean one array, so `dr[h <= 0] = 0` also wipes entries of
# `dh`. Nothing in the ten lines reads `dh` afterwards, so the results are right, until someone adds
# a line that does. Nodes of a graph never change, so this cannot happen to them.

# %%
dh_array, h_array = np.array([0.3, -0.2]), np.array([0.0, 1.5])
dr_array = dh_array
dr_array[h_array <= 0] = 0
assert dh_array[0] == 0.0  # it was 0.3

dh_array = np.array([0.3, -0.2])
dr_array = dh_array * (h_array > 0)
assert dh_array[0] == 0.3

# %% [markdown]
# **`db1 = dr`** is printed for a batch of one sample. For more, the bias's gradient is the sum over
# the samples, as the code has it. `verify_derivation` says what is missing:

# %%
small = gf.Graph()
with small.as_default():
    x5 = gf.placeholder((None, 4), name="x")
    V, c = gf.Variable(weights[0], name="V"), gf.Variable(weights[1].ravel(), name="c")
    pre = gf.add(x5 @ V, c, name="pre")
    total = gf.reduce_mean(gf.square(pre), name="total")
    dpre = 2 / 30 * pre
wrong = gf.verify_derivation(total, {"dpre": dpre, "dc": dpre}, {x5: samples})
assert not wrong and "a sum over axis 0 is missing" in str(wrong)
wrong

# %% [markdown]
# **$\Delta L = -\eta |\nabla L|^2$ holds to first order only.** The text writes an equals sign. For
# small $\eta$ it is close; for large $\eta$ the loss may even rise. On the spiral, from the weights
# after 10 steps of training:

# %%
session = gf.Session()
step = session.make_callable([loss, train], [x, labels])
for _ in range(10):
    step(points, arms)
names = [W1, b1, W2, b2]
before, slopes, values = session.run([loss, gf.gradients(loss, names), names], feed)
square = sum(np.sum(g**2) for g in slopes)
rates = np.geomspace(0.01, 3000, 40)
changes = []
for rate in rates:
    moved = {v: w - rate * g for v, w, g in zip(names, values, slopes, strict=True)}
    changes.append(session.run(loss, {**feed, **moved}) - before)
ratio = np.array(changes) / (-rates * square)
assert abs(ratio[0] - 1) < 0.01 and changes[-1] > 0
print(f"eta {rates[0]:g}: {ratio[0]:.4f} of the promise; eta {rates[-1]:g}: the loss has risen")

figure, axes = plt.subplots(figsize=(5.6, 3.4), layout="constrained")
axes.semilogx(rates, ratio, label="change / promised change")
axes.axhline(1, color="gray", linestyle="--", label="first order")
axes.axhline(0, color="black", linewidth=0.8)
axes.set(ylim=(-1, 2), xlabel="learning rate", title="How much of the promise is kept")
axes.legend(loc="lower left")
plt.close(figure)
figure
