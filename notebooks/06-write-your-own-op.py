# %% [markdown]
# # Write your own operation
#
# Something you need is not there, or you know a better formula than the chain rule finds. There are
# three ways to teach graphflow, from the most to the least it gets to know:
#
# 1. an **operation**: a class with a forward and a rule for its gradient; it works with everything;
# 2. an operation **written on arrays**, in any Python: it is called when the graph runs;
# 3. a **custom gradient** for something that is made of nodes already.
#
# And one tool for all of them: `gf.testing.check_gradients`, which compares a rule with finite
# differences and says what is wrong with it.

# %%
import matplotlib.pyplot as plt
import numpy as np

import graphflow as gf
from graphflow.viz import Frame, Line

rng = np.random.default_rng(0)
session = gf.Session()

# %% [markdown]
# ## 1. An operation
#
# The *swish* $y = x\,\sigma(\beta x)$ looks like a ReLU with its corner rounded off; $\beta$ says how
# sharp it is, and is trained along with the weights. With $s = \sigma(\beta x)$:
#
# $$\frac{\partial y}{\partial x} = s + \beta x\, s (1 - s) \qquad
# \frac{\partial y}{\partial \beta} = x^2 s (1 - s)$$
#
# `compute` is the forward. It gets an array namespace, `xp`, and arrays, and must not branch on
# values. `Elementwise` says that every element is treated alike. The rule gets the node, `op`, and
# the gradient that arrives, and builds one node per input.


# %%
class Swish(gf.Elementwise):
    """x * sigmoid(beta * x)."""

    def compute(self, xp, x, beta):
        return x / (1 + xp.exp(-beta * x))


@gf.RegisterGradient("Swish")
def swish_gradient(op, grad):
    x, beta = op.inputs
    s = gf.sigmoid(beta * x)
    bend = s * (1 - s)
    return [grad * (s + beta * x * bend), grad * x * x * bend]


x = gf.placeholder((None, 3), name="x")
beta = gf.Variable(1.5, name="beta")
y = Swish(x, beta, name="y")
print(y)

# %% [markdown]
# Its shape and dtype came from `compute`; nobody told them. Its picture, runs, gradients, second
# derivatives and broadcasting follow as well. `beta` is one number for a whole array, so its
# gradient is a sum, and the rule did not have to say so.

# %%
at = rng.normal(size=(4, 3))
by_x, by_beta = gf.gradients(gf.sum(y), [x, beta])
value, slope, total = session.run([y, by_x, by_beta], {x: at})
s = 1 / (1 + np.exp(-1.5 * at))
np.testing.assert_allclose(value, at * s, rtol=1e-14)
np.testing.assert_allclose(slope, s + 1.5 * at * s * (1 - s), rtol=1e-13)
np.testing.assert_allclose(total, np.sum(at**2 * s * (1 - s)), rtol=1e-13)

report = gf.testing.check_gradients(y, [x, beta], {x: at})  # first and second order
assert report
report

# %%
gf.viz.draw(gf.gradients(gf.sum(y), x)[0])

# %% [markdown]
# ### A mistake, and who finds it
#
# Suppose we had forgotten the second term. The network would still learn something. That is why
# wrong gradients survive for so long. The checker is harder to please:


# %%
class HastySwish(gf.Elementwise):
    def compute(self, xp, x, beta):
        return x / (1 + xp.exp(-beta * x))


@gf.RegisterGradient("HastySwish")
def hasty_gradient(op, grad):
    x, beta = op.inputs
    s = gf.sigmoid(beta * x)
    return [grad * s, grad * x * x * s * (1 - s)]  # + beta * x * s * (1 - s) is missing


found = gf.testing.check_gradients(HastySwish(x, beta), [x, beta], {x: at}, order=1)
assert not found
found

# %% [markdown]
# A rule for a name that no class has is refused at once:

# %%
try:
    gf.RegisterGradient("Swihs")(swish_gradient)
except gf.RegistrationError as error:
    print(error)
else:
    raise AssertionError("a rule for nothing was registered")

# %% [markdown]
# ### Static parts, and corners
#
# What is fixed when the node is made, and no array, is an *attribute*. A leaky ReLU has a slope for
# negative numbers. `xp.where` chooses by value, in the forward; `gf.where` in the rule. At 0 there is
# no derivative: we take the left one, and write that down.


# %%
class LeakyRelu(gf.Elementwise):
    """x where x > 0, else slope * x; the gradient at 0 is the slope."""

    attributes = ("slope",)

    def compute(self, xp, x):
        return xp.where(x > 0, x, self.slope * x)


@gf.RegisterGradient("LeakyRelu")
def leaky_gradient(op, grad):
    (x,) = op.inputs
    return grad * gf.where(x > 0, 1.0, op.slope)


leaky = LeakyRelu(x, slope=0.1)
assert gf.testing.check_gradients(leaky, x, {x: at})
print(leaky)

# %% [markdown]
# ### At work
#
# Twenty swish units with one shared $\beta$ against a noisy sine wave. `beta` is a variable like any
# other.

# %%
inputs, targets = gf.data.make_sine(seed=0)
u, t = gf.placeholder((None, 1), name="u"), gf.placeholder((None, 1), name="t")
sharpness = gf.Variable(1.0, name="sharpness")
model = gf.layers.Sequential(
    [
        gf.layers.Linear(1, 20, rng=rng),
        lambda hidden: Swish(hidden, sharpness),
        gf.layers.Linear(20, 1, rng=rng),
    ]
)
prediction = model(u)
loss = gf.losses.mean_squared_error(t, prediction)
step = session.make_callable([loss, gf.AdamOptimizer(0.03).minimize(loss)], [u, t])
grid = np.linspace(inputs.min(), inputs.max(), 200)
frames = []
for k in range(601):
    if k % 15 == 0:
        curve = session.run(prediction, {u: grid[:, None]})[:, 0]
        frames.append(Frame([Line(grid, curve, "swish network")], {"step": k}))
    error = step(inputs, targets)[0]
print(
    f"mean squared error {error:.4f} (the noise alone: 0.09); beta {session.value(sharpness):.2f}"
)
assert error < 0.11

# %%
gf.viz.animate(
    frames,
    fixed=gf.viz.Points(inputs[:, 0], targets[:, 0], "data"),
    title="step {step:.0f}",
    xlabel="x",
    ylabel="y",
)

# %% [markdown]
# ## 2. An operation written on arrays
#
# Some functions are loops, or come from a library that knows nothing of graphs. Then write `compute`
# without `xp`, on arrays, as tutorials do, and the rule on arrays as well. It is called when the
# graph runs. The price: no second derivatives, and no saving as a NumPy file.
#
# The running maximum $y_i = \max(x_1, \ldots, x_i)$: its gradient goes to where each maximum was.


# %%
class RunningMax(gf.Operation):
    def compute(self, values):
        best, result = -np.inf, []
        for value in values.tolist():
            best = max(best, value)
            result.append(best)
        return np.array(result)


@gf.RegisterGradient("RunningMax")
def running_max_gradient(op, grad):
    values = op.inputs[0]
    is_record = values >= np.maximum.accumulate(values)
    record = np.maximum.accumulate(np.where(is_record, np.arange(values.size), 0))
    back = np.zeros_like(grad)
    np.add.at(back, record, grad)
    return back


series = gf.placeholder((7,), name="series")
highest = RunningMax(series)
numbers = np.array([1.0, 0.5, 2.0, 1.5, 1.8, 3.0, 2.9])
got, slope = session.run([highest, gf.gradients(gf.sum(highest), series)[0]], {series: numbers})
np.testing.assert_array_equal(got, [1, 1, 2, 2, 2, 3, 3])
np.testing.assert_array_equal(slope, [2, 0, 3, 0, 0, 2, 0])
assert gf.testing.check_gradients(gf.sum(gf.square(highest)), series, {series: numbers}, order=1)
print(slope)

# %% [markdown]
# For a single use, `gf.py_func` makes a node of any function, without a class:

# %%
doubled = gf.py_func(
    lambda array: array * 2, [series], shape=(7,), dtype=np.float64, grad=lambda op, grad: grad * 2
)
assert gf.testing.check_gradients(doubled, series, {series: numbers}, order=1)

# %% [markdown]
# ## 3. A custom gradient
#
# Sometimes the true derivative is of no use. Rounding is flat almost everywhere, so nothing can be
# learned through it, and graphflow refuses to pretend:

# %%
w = gf.Variable([0.2, 1.7, -0.9], name="w")
rounded = gf.sum(gf.square(gf.round(w)))
assert gf.why_disconnected(rounded, w)
gf.why_disconnected(rounded, w)

# %% [markdown]
# The *straight-through* trick pretends that its slope is 1. The function returns what it computes,
# and the rule to be used instead of the chain rule.


# %%
@gf.custom_gradient
def round_straight(x):
    return gf.round(x), lambda grad: grad


(straight,) = gf.gradients(gf.sum(gf.square(round_straight(w))), w)
assert session.run(straight).tolist() == [0, 4, -2]

# %% [markdown]
# It lets us train weights that are whole numbers when used: here a line with an integer slope and
# intercept, through points of $y = 3x - 2$.

# %%
xs = np.linspace(-1, 2, 30)
whole = gf.Variable([0.3, 0.3], name="whole")
used = round_straight(whole)
fit = gf.losses.mean_squared_error(3 * xs - 2, used[0] * xs + used[1])
step = session.make_callable([fit, gf.GradientDescentOptimizer(0.05).minimize(fit)], [])
way = []
for _ in range(60):
    way.append(np.append(session.run(used), step()[0]))
assert session.run(used).tolist() == [3, -2] and session.run(fit) == 0.0

figure, axes = plt.subplots(figsize=(5.4, 3.2), layout="constrained")
axes.step(range(60), np.array(way)[:, 0], label="slope")
axes.step(range(60), np.array(way)[:, 1], linestyle="--", label="intercept")
axes.set(xlabel="step", title="Weights as whole numbers")
axes.legend()
plt.close(figure)
figure

# %% [markdown]
# The checker knows that this is no true derivative, and says so. That is as it should be: a custom
# gradient is a promise of yours, and nobody else can keep it.

# %%
report = gf.testing.check_gradients(gf.sum(gf.square(round_straight(w))), w, order=1)
assert not report
report

# %% [markdown]
# ## Where to go on
#
# [docs/adding_an_op.md](../docs/adding_an_op.md) says where an operation goes in the library and
# what comes with it, [docs/kinks.md](../docs/kinks.md) what a gradient is at a corner.
