# %% [markdown]
# # Gradient descent, from a line to a network
#
# A blog post goes back to the fundamentals: what gradient descent is, first for a line through ten
# points, then for a network with two hidden layers. Here are all of its experiments and pictures
# again, made with graphflow. Its derivations by hand become graphs, so we can check each of them,
# and where the text is wrong, at the end, we can say how we know.
#
# The text draws its random numbers without a seed. We fix one, and so every number below is
# asserted: if this notebook runs to its end, all of it is true.

# %%
from itertools import pairwise
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np

import graphflow as gf
from graphflow.viz import Frame, Line, Points

# %% [markdown]
# ## The problem
#
# Ten points around the line $y = x$, with normal noise added: `y = x + np.random.normal(0, 1, 10)`.
# `gf.data.make_line` is that recipe, here with seed 0.

# %%
x, y = gf.data.make_line(seed=0)

figure, axes = plt.subplots(figsize=(5.4, 3.4), layout="constrained")
axes.scatter(x, y)
plt.close(figure)
figure

# %% [markdown]
# Which line describes them best? A line $\hat y = wx + b$ has two parameters, a slope $w$ and an
# intercept $b$. First we guess: $w = 0.5$, $b = 3$. That is not quite it, and we can see why: the
# line is too flat and starts too high. So the second guess is $w = 0.9$, $b = 1$.

# %%
guesses = {"first guess": (0.5, 3.0), "second guess": (0.9, 1.0)}

figure, panels = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True, layout="constrained")
for axes, (name, (w, b)) in zip(panels, guesses.items(), strict=True):
    axes.scatter(x, y)
    axes.plot(x, w * x + b, color="tab:orange")
    axes.set_title(f"{name}: w = {w}, b = {b}")
plt.close(figure)
figure

# %% [markdown]
# To say *how* good a guess is, we need a number. The **mean squared error** is
#
# $$\mathrm{MSE} = \frac1n \sum_{i=1}^n (\hat y_i - y_i)^2.$$
#
# Move the sliders and watch it. (The page computes by itself; it needs no kernel.)


# %%
def line(slope, intercept):
    """The line, and its mean squared error: a function of numbers or of nodes."""
    guess = slope * x + intercept
    return Frame([Line(x, guess, "guess")], {"MSE": np.mean((guess - y) ** 2)})


sliders = gf.viz.sliders(
    line,
    {"slope": (0, 2, 0.05, 0.5), "intercept": (-2, 4, 0.1, 3)},
    fixed=Points(x, y, "data"),
    title="MSE: {MSE:.3f}",
    xlabel="x",
    ylabel="y",
)
for name, (w, b) in guesses.items():
    print(name, "->", sliders.at(slope=w, intercept=b)[1])
sliders

# %%
shown = []
for w, b in guesses.values():
    squares = [(w * xi + b - yi) ** 2 for xi, yi in zip(x, y, strict=True)]
    shown.append(sliders.at(slope=w, intercept=b)[0].values["MSE"])
    assert abs(shown[-1] - sum(squares) / 10) < 1e-12
assert shown[1] < shown[0]

# %% [markdown]
# For a line the best answer is known. `gf.scipy.minimize` finds it, and NumPy's least squares
# agrees. It is what gradient descent will have to find.

# %%
w, b = gf.Variable(0.0, name="w"), gf.Variable(0.0, name="b")
error = gf.subtract(w * x + b, y, name="error")
loss = gf.mean(error**2, name="loss")

best = gf.scipy.minimize(loss, [w, b])
slope, intercept = best.x
np.testing.assert_allclose([slope, intercept], np.polyfit(x, y, 1), atol=1e-6)
np.testing.assert_allclose([slope, intercept], [0.829864, 1.503635], atol=2e-6)
assert abs(best.fun - 0.696436) < 1e-6
print(f"slope {slope:.6f}, intercept {intercept:.6f}, MSE {best.fun:.6f}")

# %% [markdown]
# ## The gradient
#
# Which way to move $w$ and $b$? The derivatives say it. With the chain rule,
#
# $$\frac{\partial L}{\partial w} = \frac2n \sum_i x_i(\hat y_i - y_i), \qquad
# \frac{\partial L}{\partial b} = \frac2n \sum_i (\hat y_i - y_i).$$
#
# graphflow derives them from the graph. It can also check the formulas that we derived: by name,
# `"dw"` is our formula for the derivative by `w`.

# %%
n = len(x)
report = gf.verify_derivation(loss, {"dw": 2 / n * gf.sum(x * error), "db": 2 / n * gf.sum(error)})
assert report
report

# %% [markdown]
# What if both the formula and the library were wrong? A derivative is a slope, so we measure it:
# move a parameter by a very small step to both sides, and divide the difference of the losses by
# the way between. That is a *finite difference*; `check_gradients` does it with care.

# %%
session = gf.Session()
dw, db = gf.gradients(loss, [w, b])
step = 1e-6
measured = [
    (session.run(loss, {node: step}) - session.run(loss, {node: -step})) / (2 * step)
    for node in (w, b)
]
np.testing.assert_allclose(measured, session.run([dw, db]), rtol=1e-8)
check = gf.testing.check_gradients(loss, [w, b])
assert check
print(check)

# %% [markdown]
# And the chain rule itself, for a single point: every local derivative with its number, multiplied
# along the path from the loss back to $w$.

# %%
prediction = gf.add(w * x[3], b, name="prediction")
gf.explain(gf.square(prediction - y[3], name="L"), w)

# %% [markdown]
# ## The bowl
#
# Over $w$ and $b$ the loss is a surface: a bowl with one lowest place. Its walls are steep in one
# direction and almost flat in the other, which will matter in a moment.

# %%
ranges = ((-1, 3), (-5, 7))
gf.viz.loss_surface(loss, [w, b], ranges=ranges, kind="surface", title="the MSE of a line")

# %% [markdown]
# How steep, exactly? The second derivatives form a matrix, the Hessian, and its eigenvalues are the
# curvatures along the axes of the bowl. A step of gradient descent multiplies the distance to the
# bottom by $1 - \alpha\lambda$ along the axis with curvature $\lambda$. It shrinks if
# $\alpha < 2/\lambda$, so the steeper axis says which learning rates $\alpha$ can work.

# %%
H = gf.hessian_of(lambda wb: np.mean((wb[0] * x + wb[1] - y) ** 2))(np.zeros(2))
curvatures = np.linalg.eigvalsh(H)
limit = 2 / curvatures[-1]
np.testing.assert_allclose(curvatures, [0.56472741, 58.43527259], rtol=0, atol=1e-8)
assert abs(limit - 0.03422590) < 1e-8
print(f"curvatures {curvatures.round(8)}, so alpha must be below {limit:.8f}")

# %% [markdown]
# A learning rate one percent below that limit goes down, one percent above it climbs out of the
# bowl:

# %%
for alpha in (0.99 * limit, 1.01 * limit):
    run = gf.Session()
    descend = gf.GradientDescentOptimizer(alpha).minimize(loss)
    losses = [run.run([loss, descend])[0] for _ in range(200)]
    print(f"alpha {alpha:.5f}: MSE {losses[0]:.2f} -> {losses[-1]:.2f}")
    assert (losses[-1] < losses[0]) == (alpha < limit)

# %% [markdown]
# ## The descent
#
# Before the line, something simpler: $f(z) = z^2$, starting at $z = -4$. The derivative is $2z$, so
# with $\alpha = 0.05$ a step is $z \leftarrow z - 0.05 \cdot 2z = 0.9\,z$. After $n$ steps we are
# at $-4 \cdot 0.9^n$.

# %%
z = gf.Variable(-4.0, name="z")
f = gf.square(z, name="f")
descend = gf.GradientDescentOptimizer(0.05).minimize(f)

run = gf.Session()
path = [run.value(z)]
for _ in range(50):
    run.run(descend)
    path.append(run.value(z))

np.testing.assert_allclose(path, -4 * 0.9 ** np.arange(51), rtol=1e-12)
assert abs(path[50] - -0.0206151008) < 1e-10
assert f"{run.run(f):.3e}" == "4.250e-04"
print(f"after 50 steps z = {path[50]:.10f}, f(z) = {run.run(f):.3e}")

# %%
gf.viz.descent(f, z, path)

# %% [markdown]
# The tangent is steep far away and flat near the bottom. That is why the steps become smaller by
# themselves.
#
# Now the same for the line, from $w = b = 0$ with $\alpha = 0.01$:

# %%
descend = gf.GradientDescentOptimizer(0.01).minimize(loss)
run = gf.Session()
frames, path = [], []
for epoch in range(1001):
    value, slope, intercept, _ = run.run([loss, w, b, descend])
    path.append((slope, intercept))
    if epoch <= 50:
        frames.append(Frame([Line(x, slope * x + intercept, "w x + b")], {"MSE": value}))
    if epoch in (1, 50, 1000):
        print(f"after {epoch:4d} steps: w {slope:.8f}  b {intercept:.8f}  MSE {value:.8f}")

np.testing.assert_allclose(path[1], [0.60834964, 0.10476046], rtol=0, atol=1e-8)
np.testing.assert_allclose(path[50], [0.99053539, 0.49613139], rtol=0, atol=1e-8)
assert abs(frames[50].values["MSE"] - 0.99034206) < 1e-8
np.testing.assert_allclose(path[1000], [0.83060424, 1.49899340], rtol=0, atol=1e-8)
assert abs(value - 0.69644175) < 1e-8

# %%
gf.viz.animate(
    frames,
    fixed=Points(x, y, "data"),
    title="step {frame:.0f}: MSE {MSE:.3f}",
    xlabel="x",
    ylabel="y",
)

# %% [markdown]
# The line turns into place in a few steps, and then hardly moves. Seen from above, the bowl says
# why: down the steep wall at once, then slowly along the flat valley. That takes a thousand steps.

# %%
gf.viz.loss_surface(loss, [w, b], path=path, ranges=ranges, scale="log", title="the way down")

# %% [markdown]
# So this is gradient descent: define a loss, compute its gradient by the parameters, take a small
# step against it, repeat. Nothing in that recipe speaks of lines.
#
# ## A network
#
# A fully connected network with 4 inputs, two hidden layers and 2 outputs. It is a graph, and this
# is its picture. Each `name_scope` is a frame in it.


# %%
def linear(x, W, b):
    """z = x Wᵀ + b for a batch: x (n, inputs), W (outputs, inputs), b (outputs,)."""
    return x @ W.T + b


def network(x, sizes, activation, rng):
    """A multi-layer perceptron: its output for x, its variables, and the outputs of its units."""
    variables, units = [], []
    for layer, (inputs, outputs) in enumerate(pairwise(sizes), 1):
        bound = np.sqrt(6 / (inputs + outputs))
        with gf.name_scope(f"layer{layer}"):
            W = gf.Variable(rng.uniform(-bound, bound, (outputs, inputs)), name="W")
            b = gf.Variable(rng.uniform(-bound, bound, outputs), name="b")
            x = linear(x, W, b)
            if layer < len(sizes) - 1:
                x = activation(x)
                units.append(x)
        variables += [W, b]
    return x, variables, units


features = gf.placeholder(("n", 4), name="features")
output, _, _ = network(features, [4, 5, 5, 2], gf.relu, np.random.RandomState(0))
gf.viz.draw(output)

# %% [markdown]
# One block of it is a **linear transformation** $z = Wx + b$ and an **activation**, here
# $\mathrm{ReLU}(z) = \max(0, z)$. Without the activation, the layers together would be just another
# linear function.

# %%
with gf.name_scope("block"):
    W, b = gf.Variable(np.ones((5, 4)), name="W"), gf.Variable(np.zeros(5), name="b")
    block = gf.relu(gf.add(features @ W.T, b, name="z"), name="y")
gf.viz.draw(block)

# %% [markdown]
# ## By hand, with classes
#
# The text builds the network from classes with a `forward` and a `backward`. Each `backward` takes
# the derivative of the loss by its output, and returns the one by its input. In short form:


# %%
class Linear:
    def __init__(self, in_features, out_features, rng):
        bound = np.sqrt(6 / (in_features + out_features))
        self.W = rng.uniform(-bound, bound, (out_features, in_features))
        self.b = rng.uniform(-bound, bound, out_features)

    def forward(self, x):
        self.x = x
        return x @ self.W.T + self.b

    def backward(self, dy):
        self.dW = dy.T @ self.x
        self.db = dy.sum(axis=0)
        return dy @ self.W


class ReLU:
    def forward(self, z):
        self.z = z
        return np.maximum(z, 0)

    def backward(self, dy):
        return np.where(self.z > 0, 1.0, 0.0) * dy


class Tanh:  # the text uses it, and does not show it
    def forward(self, z):
        self.y = np.tanh(z)
        return self.y

    def backward(self, dy):
        return (1 - self.y**2) * dy


class MSELoss:
    def forward(self, y, target):
        self.diff = y - target
        return np.sum(np.square(self.diff)) / self.diff.size

    def backward(self):
        return 2 / self.diff.size * self.diff


class MLP:
    def __init__(self, name, in_features, hidden_sizes, out_features, activation, rng):
        self.name = name
        self.modules = []
        for size in hidden_sizes:
            self.modules += [Linear(in_features, size, rng), activation()]
            in_features = size
        self.modules.append(Linear(in_features, out_features, rng))

    def forward(self, x):
        for module in self.modules:
            x = module.forward(x)
        return x

    def backward(self, dy):
        for module in reversed(self.modules):
            dy = module.backward(dy)
        return dy


# %% [markdown]
# The same network as a graph has no `backward`. Are the gradients the same? We draw the weights of
# both from equal generators and compare all six gradients, and the one by the input.

# %%
points, targets = gf.data.make_sine(seed=0)  # 128 points of sin(πx/2) + 0.3 · noise
inputs = gf.placeholder((None, 1), name="inputs")
wanted = gf.placeholder((None, 1), name="wanted")
feed = {inputs: points, wanted: targets}

for activation, module in ((gf.relu, ReLU), (gf.tanh, Tanh)):
    net = MLP("toy", 1, [20, 20], 1, module, np.random.RandomState(1))
    criterion = MSELoss()
    cost = criterion.forward(net.forward(points), targets)
    dx = net.backward(criterion.backward())
    layers = [module for module in net.modules if isinstance(module, Linear)]
    by_hand = [slope for layer in layers for slope in (layer.dW, layer.db)]

    y_hat, variables, _ = network(inputs, [1, 20, 20, 1], activation, np.random.RandomState(1))
    mse = gf.losses.mean_squared_error(wanted, y_hat)
    ours = gf.Session().run([mse, gf.gradients(mse, [*variables, inputs])], feed)

    assert abs(ours[0] - cost) < 1e-12
    for theirs, mine in zip([*by_hand, dx], ours[1], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12)
    print(f"{module.__name__:4}: MSE {cost:.6f}, all 7 gradients equal to 1e-12")

# %% [markdown]
# ## Training
#
# 128 points of $\sin(\pi x / 2)$ with noise, two hidden layers of 20, 250 steps on all points. The
# learning rate begins at 0.075 and is multiplied by 0.998 *before* every step, so the first step
# already has $0.075 \cdot 0.998$. A schedule says it in one line.

# %%
rate = gf.schedules.exponential(0.075, 0.998, first=1)
assert f"{rate(249):.6f}" == "0.045467"  # the last of 250 steps


class Fit(NamedTuple):
    """Data, what the network said before each step, its error after the last, and the network."""

    x: np.ndarray
    t: np.ndarray
    frames: list[Frame]
    mse: float
    y: gf.Node
    units: list[gf.Node]
    session: gf.Session


def fit(activation, seed):
    """Train the toy network on data drawn with this seed."""
    rng = np.random.RandomState(seed)
    x, t = gf.data.make_sine(rng)
    y, _, units = network(inputs, [1, 20, 20, 1], activation, rng)
    mse = gf.losses.mean_squared_error(wanted, y)
    step = gf.GradientDescentOptimizer(rate).minimize(mse)
    session = gf.Session()
    train = session.make_callable([mse, y, step], [inputs, wanted])
    steps = [train(x, t) for _ in range(250)]
    frames = [Frame([Line(x, y, "network")], {"MSE": value}) for value, y, _ in steps]
    return Fit(x, t, frames, session.run(mse, {inputs: x, wanted: t}), y, units, session)


expected = {
    gf.relu: [0.092874, 0.101361, 0.109134, 0.092457, 0.094264],
    gf.tanh: [0.089794, 0.107155, 0.118424, 0.104166, 0.099118],
}
fits = {activation: [fit(activation, seed) for seed in range(5)] for activation in expected}
for activation, numbers in expected.items():
    final = [fit.mse for fit in fits[activation]]
    np.testing.assert_allclose(final, numbers, atol=1e-6)
    print(f"{activation.__name__}: final MSE for seeds 0 to 4", *(f"{mse:.6f}" for mse in final))

# %% [markdown]
# The noise has a variance of $0.3^2 = 0.09$. A perfect fit would have about that error, and both
# networks are near it: there is not much left to learn. This is how the ReLU network gets there,
# every fifth step:


# %%
def film(activation):
    """The fit of seed 0 as an animation, every fifth step."""
    shown = fits[activation][0]
    return gf.viz.animate(
        shown.frames[::5],
        fixed=Points(shown.x, shown.t, "data"),
        title="MSE {MSE:.3f}",
        xlabel="x",
        ylabel="y",
    )


film(gf.relu)

# %% [markdown]
# And with Tanh:

# %%
film(gf.tanh)

# %% [markdown]
# "With ReLU it seems to be composed of lines", says the text, and "Tanh seems much smoother". Both
# can be shown. On an even grid, the *second differences* $y_{i-1} - 2y_i + y_{i+1}$ of a straight
# line are zero. So those of the ReLU network must be zero wherever no unit switches on or off
# between the three places.

# %%
h = 0.01
grid = np.arange(-3, 3, h)[:, None]
relu = fits[gf.relu][0]
output, *on = relu.session.run([relu.y, *(unit > 0 for unit in relu.units)], {inputs: grid})
pattern = np.concatenate(on, axis=1)  # which of the 40 units are on, at each place
assert pattern.shape == (600, 40)
same = (pattern[:-2] == pattern[1:-1]).all(axis=1) & (pattern[1:-1] == pattern[2:]).all(axis=1)
bends = np.abs(np.diff(output[:, 0], 2))
print(f"{same.sum()} of {same.size} places are off the kinks")
print(f"largest second difference there below 1e-12, at the kinks {bends[~same].max():.3f}")
assert bends[same].max() < 1e-12 < bends[~same].max()

# %% [markdown]
# Or by derivatives: a gradient is a node, so it has a gradient too. The second derivative of the
# ReLU network is exactly zero, and the graph knows it: nothing leads from the slope back to the
# input but the switches, which are constant in between. That of the Tanh network is a smooth curve.


# %%
def curvature(activation):
    """The second derivative of the fitted network of seed 0, on the grid."""
    fitted = fits[activation][0]
    (slope,) = gf.gradients(fitted.y, inputs)
    (bend,) = gf.gradients(slope, inputs, unconnected="zero")
    return fitted.session.run(bend, {inputs: grid})[:, 0]


second = {activation.__name__: curvature(activation) for activation in expected}
assert not second["relu"].any()
tanh = fits[gf.tanh][0]
output = tanh.session.run(tanh.y, {inputs: grid})[:, 0]
np.testing.assert_allclose(np.diff(output, 2) / h**2, second["tanh"][1:-1], atol=1e-2)

figure, axes = plt.subplots(figsize=(5.4, 3.2), layout="constrained")
for name, values in second.items():
    axes.plot(grid, values, label=name)
axes.set(title="second derivative of the fitted networks", xlabel="x")
axes.legend()
plt.close(figure)
figure

# %% [markdown]
# ## What the text gets wrong
#
# **The descent on $z^2$ does not run.** `do_epoch` assigns to `z`, which makes it a local variable
# of the function. So `z - alpha * grad_at_z` reads a variable that has no value yet. It needs
# `global z`, or better: take `z` and return the new one. ("Semi-pseudo-code", says the text.)

# %%
printed = """
alpha, z = 0.05, -4
def do_epoch():
    grad_at_z = 2 * z
    z = z - alpha * grad_at_z
do_epoch()
"""
try:
    exec(printed, {})
except UnboundLocalError as error:
    print("UnboundLocalError:", error)
else:
    raise AssertionError("the text's code should not run")

# %% [markdown]
# **`Linear.forward(x, W, b)` takes other weights, `backward` uses its own.** Whoever passes `W=`
# gets the output of those weights and a `dx` of others. `verify_derivation` finds the stray ones:

# %%
batch = gf.constant(np.random.RandomState(0).randn(5, 3), name="batch")
own = gf.Variable(np.random.RandomState(1).randn(2, 3), name="self.W")
given = gf.Variable(np.random.RandomState(2).randn(2, 3), name="W")
x_in = gf.Variable(np.zeros((5, 3)), name="x")
out = (batch + x_in) @ given.T
dy = 2 / 10 * out
report = gf.verify_derivation(gf.mean(out**2), {"dx": dy @ own})
assert report.first_wrong.kind == "stray node"
report

# %% [markdown]
# **`MSELoss` says that it returns the loss of each entry, (batch, 1).** It returns one number, the
# mean over the batch:

# %%
assert np.shape(MSELoss().forward(points, targets)) == ()

# %% [markdown]
# * **"We compute the sum of each data point's vertical distance."** It is the mean of the *squares*
#   of the distances. The sum of the distances would be another loss (about that one, see notebook
#   04), with another best line.
# * **The class of Tanh is missing**, though Figure 11 needs it. It is the one above: with
#   $y = \tanh z$ the derivative is $1 - y^2$, so it is enough to keep $y$.
# * **No seed.** `np.random` is never seeded, so no figure of the text can be made again exactly.
#   All numbers here are ours: they belong to the seeds written beside them.
