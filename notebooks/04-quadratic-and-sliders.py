# %% [markdown]
# # Fitting a quadratic, by sliders and by gradients
#
# Jeremy Howard's *How does a neural net really work?* fits a parabola to twenty noisy points: first
# by moving sliders, then by gradient descent, and then it shows that sums of ReLUs can take many
# shapes. This notebook does all of it with graphflow, to the last printed digit. One of the
# surprises in the text, a loss that starts to rise again, turns out to have another cause than the
# text says.
#
# The numbers are asserted as we go.

# %%
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import linprog

import graphflow as gf
from graphflow.viz import Frame, Line, Points

# %% [markdown]
# ## A function and its picture


# %%
def plot_function(f, title=None, min=-2.1, max=2.1, ylim=None, points=None):
    """A picture of f between min and max, with points on it."""
    x = np.linspace(min, max, 100)
    figure, axes = plt.subplots(figsize=(5.4, 3.4), layout="constrained")
    if points is not None:
        axes.scatter(*points)
    axes.plot(x, f(x), color="tab:red")
    axes.set(title=title or "", ylim=ylim)
    plt.close(figure)
    return figure


def f(x):
    return 3 * x**2 + 2 * x + 1


plot_function(f, "$3x^2 + 2x + 1$")

# %% [markdown]
# A quadratic is $ax^2 + bx + c$. With `partial` we fix its three parameters and keep a function of
# $x$.


# %%
def quad(a, b, c, x):
    return a * x**2 + b * x + c


def mk_quad(a, b, c):
    return partial(quad, a, b, c)


assert quad(3, 2, 1, 1.5) == 10.75
f2 = mk_quad(3, 2, 1)
assert f2(1.5) == 10.75
plot_function(f2)

# %% [markdown]
# ## Twenty noisy points
#
# The data are $y = f(x)\,(1 + 0.15\,\varepsilon) + 0.5\,\varepsilon'$, with both noises drawn from
# `np.random.seed(42)`. `gf.data.make_quadratic` is that recipe, draw by draw.

# %%
x, y = gf.data.make_quadratic(42, dtype=np.float32)
np.testing.assert_allclose(y[:5, 0], [10.4034, 6.7691, 5.8721, 4.0551, 2.3391], atol=5e-5)
x, y = x.astype(np.float64), y.astype(np.float64)
for row in zip(x[:5, 0], y[:5, 0], strict=True):
    print("x = {:7.4f}   y = {:8.4f}".format(*row))
plot_function(f, "The points, and where they come from", points=(x, y))

# %% [markdown]
# ## By hand
#
# Move the sliders until the line fits. They work without a kernel behind them: the page has the
# graph of `quad` in it and computes it in the browser.

# %%
data = Points(x[:, 0], y[:, 0], "data")
grid = np.linspace(-2.1, 2.1, 100)


def plot_quad(a, b, c):
    return Line(grid, quad(a, b, c, grid), "a x² + b x + c")


by_eye = gf.viz.sliders(plot_quad, {"a": 1.1, "b": 1.1, "c": 1.1}, fixed=data, ylim=(-3, 13))
by_eye

# %% [markdown]
# It is easier with a number that says how well it fits: the *mean absolute error*,
# $\frac1n \sum |f(x_i) - y_i|$. The title shows it.


# %%
def mae(predictions, actual):
    return np.mean(np.abs(predictions - actual))


def plot_quad_with_error(a, b, c):
    error = mae(quad(a, b, c, data.x), data.y)
    return Frame([Line(grid, quad(a, b, c, grid), "a x² + b x + c")], {"MAE": error})


by_number = gf.viz.sliders(
    plot_quad_with_error,
    {"a": 1.1, "b": 1.1, "c": 1.1},
    fixed=data,
    title="MAE: {MAE:.2f}",
    ylim=(-3, 12),
)
assert by_number.at(a=1.1, b=1.1, c=1.1)[1] == "MAE: 2.32"
by_number

# %% [markdown]
# Try them in another order: c, then b, then a. Since each changes what is best for the others, you
# have to go round several times.
#
# ## By gradients
#
# The gradient says for each parameter which way to move it. `abc` is a variable, the loss is a
# node, and so is its gradient. Note that `mae` and `quad` are the functions from above, written for
# NumPy: given nodes, they build nodes.

# %%
abc = gf.Variable(np.full(3, 1.1), name="abc")
loss = mae(quad(*(abc[k] for k in range(3)), x), y)
(slope,) = gf.gradients(loss, abc)

session = gf.Session()
value, gradient = session.run([loss, slope])
assert abs(value - 2.317555) < 5e-7
np.testing.assert_allclose(gradient, [-1.3529, -0.0316, -0.5000], atol=5e-5)
print(f"loss {value:.4f}   gradient {gradient.round(4)}")

# %% [markdown]
# All three slopes are negative: all three parameters are too low. So we subtract a hundredth of
# the gradient.

# %%
plain = gf.GradientDescentOptimizer(learning_rate=0.01).minimize(loss)
session.run(plain)
value, now = session.run([loss, abc])
assert f"{value:.2f}" == "2.30"
np.testing.assert_allclose(now, [1.1135, 1.1003, 1.1050], atol=5e-5)
print(f"loss={value:.2f} and {now.round(4)}")

# %% [markdown]
# ## Ten more steps, as the text does them
#
# Here are the text's own losses and parameters. We get them to the last digit, but only with
# `accumulate=True`. More about that below.


# %%
def ten_more_steps(accumulate, dtype=np.float64, show=False):
    """The losses printed before each update, and the parameters after it; one step goes before."""
    abc = gf.Variable(np.full(3, 1.1, dtype), name="abc")
    loss = mae(quad(*(abc[k] for k in range(3)), x.astype(dtype)), y.astype(dtype))
    step = gf.GradientDescentOptimizer(0.01, accumulate=accumulate).minimize(loss)
    session = gf.Session()
    session.run(step)
    losses, places = [], []
    for i in range(10):
        losses.append(session.run([loss, step])[0])
        places.append(session.value(abc))
        if show:
            print(f"step={i}; loss={losses[-1]:.2f} and {places[-1].round(4)}")
    return losses, places


published = "2.30 2.26 2.19 2.11 2.01 1.88 1.74 1.58 1.40 1.24".split()
losses, places = ten_more_steps(accumulate=True, show=True)
assert [f"{value:.2f}" for value in losses] == published
np.testing.assert_allclose(places[0], [1.1406, 1.1009, 1.1150], atol=5e-5)
np.testing.assert_allclose(places[9], [1.9861, 1.1301, 1.4160], atol=5e-5)

in_float32, _ = ten_more_steps(accumulate=True, dtype=np.float32)
assert in_float32[0].dtype == np.float32
np.testing.assert_allclose(in_float32, losses, atol=5e-5)  # float32 agrees to 4 places

# %% [markdown]
# ### What is different
#
# In PyTorch, `loss.backward()` *adds* to `abc.grad`. Whoever does not set it to zero before each
# step, with `abc.grad.zero_()`, steps along the sum of all gradients so far. The text never does.
# So its steps grow: 0.0135, 0.0271, 0.0406, ... in the first parameter. In graphflow a gradient is a
# node, computed from scratch in every run; there is nothing to forget. Plain gradient descent goes
# like this:

# %%
expected = "2.30 2.28 2.26 2.23 2.21 2.19 2.17 2.15 2.13 2.11".split()
losses, places = ten_more_steps(accumulate=False, show=True)
assert [f"{value:.2f}" for value in losses] == expected
np.testing.assert_allclose(places[9], [1.2488, 1.1035, 1.1550], atol=5e-5)

# %% [markdown]
# Slower, and right. The sum of all gradients is what *momentum* is made of, with a momentum of 1,
# that is, without any friction. Which brings us to the end of the story.
#
# ## "The loss eventually starts increasing"
#
# > That's because once the parameters get close to the correct answer, our parameter updates will
# > jump right over the correct answer!
#
# So says the text, and recommends a smaller learning rate. Let us run both ways for longer.


# %%
def descend(optimizer, steps):
    """The loss before each step, and all the places on the way."""
    session = gf.Session()
    step = session.make_callable([loss, abc, optimizer.minimize(loss)], [])
    found = [step()[:2] for _ in range(steps)]
    return np.array([value for value, _ in found]), np.array([place for _, place in found])


summed, summed_way = descend(gf.GradientDescentOptimizer(0.01, accumulate=True), 200)
single, single_way = descend(gf.GradientDescentOptimizer(0.01), 2000)
frictionless, _ = descend(gf.MomentumOptimizer(0.01, momentum=1.0), 200)
np.testing.assert_allclose(frictionless, summed, rtol=1e-12)

first_rise = np.flatnonzero(np.diff(summed) > 0)[0]
assert first_rise == 14
np.testing.assert_allclose(summed[[14, 15]], [0.6882, 0.8237], atol=5e-5)
assert summed.argmin() == 86
np.testing.assert_allclose([summed.min(), summed[86:].max()], [0.6175, 2.3354], atol=5e-5)

assert np.flatnonzero(np.diff(single) > 0)[0] == 208
assert abs(single.min() - 0.4963) < 5e-5
print(
    f"summed: first rises after step 14, best {summed.min():.4f}, then up to {summed[86:].max():.4f}"
)
print(f"single: first rises after step 208, best {single.min():.4f}")

# %%
gf.viz.curves(
    {"gradients summed": {"loss": summed}, "a fresh gradient": {"loss": single[:200]}},
    title="Mean absolute error",
)

# %% [markdown]
# With summed gradients the parameters swing past the answer like a ball in a bowl without friction,
# all the way up the other side, and back. The learning rate has little to do with it. With fresh
# gradients the loss falls for 208 steps, then rises by hairs, and stays near the best there is.

# %%
gf.viz.loss_surface(
    loss, abc, path=list(summed_way[:120]), title="Summed gradients: past the minimum and back"
)

# %%
frames = [
    Frame(
        [
            Line(grid, quad(*summed_way[k], grid), "gradients summed"),
            Line(grid, quad(*single_way[k], grid), "a fresh gradient"),
        ],
        {"step": k, "one": summed[k], "two": single[k]},
    )
    for k in range(0, 200, 2)
]
gf.viz.animate(
    frames,
    fixed=data,
    title="step {step:.0f}: MAE {one:.2f} summed, {two:.2f} fresh",
    xlabel="x",
    ylabel="y",
    ylim=(-3, 16),
)

# %% [markdown]
# How good can it get? For the mean absolute error that is a question of linear programming: find
# $a, b, c$ and bounds $t_i \ge |f(x_i) - y_i|$ with the smallest sum.

# %%
A = np.concatenate([x**2, x, np.ones_like(x)], axis=1)
above = np.block([[A, -np.eye(20)], [-A, -np.eye(20)]])
program = linprog(
    np.r_[np.zeros(3), np.full(20, 1 / 20)],
    A_ub=above,
    b_ub=np.r_[y[:, 0], -y[:, 0]],
    bounds=[(None, None)] * 3 + [(0, None)] * 20,
)
assert abs(program.fun - 0.496344) < 1e-6
np.testing.assert_allclose(program.x[:3], [2.694572, 1.349506, 0.856020], rtol=0, atol=1e-6)
assert abs(session.run(loss, {abc: program.x[:3]}) - program.fun) < 1e-12

truth = session.run(loss, {abc: [3, 2, 1]})
assert abs(truth - 0.8431) < 5e-5
print(
    f"best possible {program.fun:.6f} at {program.x[:3].round(6)}; the true (3, 2, 1): {truth:.4f}"
)

# %% [markdown]
# The true parameters fit *these* points worse than the best ones. That is noise for you: a fit
# follows the points it sees.
#
# ## Rectified lines
#
# A neural network is made of two things: lines, and $\max(x, 0)$. Here is one of each.


# %%
def rectified_linear(m, b, x):
    return np.clip(m * x + b, 0, None)


plot_function(partial(rectified_linear, 1, 1), "max(x + 1, 0)")

# %%
node = gf.placeholder((), name="x")
assert session.run(gf.relu(1.5 * node + 1.5), {node: 2.0}) == rectified_linear(1.5, 1.5, 2.0) == 4.5


def plot_relu(m, b):
    return Line(grid, rectified_linear(m, b, grid), "max(m x + b, 0)")


gf.viz.sliders(plot_relu, {"m": 1.5, "b": 1.5}, ylim=(-1, 4))

# %% [markdown]
# Two of them, added:


# %%
def double_relu(m1, b1, m2, b2, x):
    return rectified_linear(m1, b1, x) + rectified_linear(m2, b2, x)


def plot_double_relu(m1, b1, m2, b2):
    return Line(grid, double_relu(m1, b1, m2, b2, grid), "two rectified lines")


start = {"m1": (-4, 4, 0.1, -1.5), "b1": (-4, 4, 0.1, -1.5)}
start |= {"m2": (-4, 4, 0.1, 1.5), "b2": (-4, 4, 0.1, 1.5)}
gf.viz.sliders(plot_double_relu, start, ylim=(-1, 6))

# %% [markdown]
# ### Three, with the data
#
# "Try creating your own `triple_relu`, and maybe even include the scatter plot." We let Adam find a
# good place first, and start the sliders there. Can you beat its error by hand?

# %%
triple = gf.Variable([-3.0, -2.0, 3.0, -1.0, 1.0, 1.0], name="triple")


def triple_relu(m1, b1, m2, b2, m3, b3, x):
    return double_relu(m1, b1, m2, b2, x) + rectified_linear(m3, b3, x)


error = mae(triple_relu(*(triple[k] for k in range(6)), x), y)
fit = session.make_callable([error, gf.AdamOptimizer(0.02).minimize(error)], [])
for _ in range(1500):
    fit()
found = session.value(triple)
best = session.run(error)
print(f"MAE {best:.4f} with {found.round(2)}")
assert best < 0.65


def plot_triple_relu(m1, b1, m2, b2, m3, b3):
    parameters = m1, b1, m2, b2, m3, b3
    line = Line(grid, triple_relu(*parameters, grid), "three rectified lines")
    return Frame([line], {"MAE": mae(triple_relu(*parameters, data.x), data.y)})


names = "m1 b1 m2 b2 m3 b3".split()
ranges = {
    name: (round(v - 3, 1), round(v + 3, 1), 0.1, round(v, 1))
    for name, v in zip(names, found.tolist(), strict=True)
}
gf.viz.sliders(plot_triple_relu, ranges, fixed=data, title="MAE: {MAE:.2f}", ylim=(-3, 12))

# %% [markdown]
# ## Is it "infinitely expressive"?
#
# > A neural network can approximate any computable function, given enough parameters.
#
# What is proved is less, and still a lot: any *continuous* function on a *closed, bounded* range,
# to any accuracy. For one input you can see why. Put a kink at each of $n$ places and let the slope
# change there by what it should: that is the polygon through the function's values. Halving the
# spacing makes its error four times smaller:


# %%
def polygon_of_relus(f, low, high, count):
    """A sum of rectified lines through f at count + 1 places."""
    places = np.linspace(low, high, count + 1)
    slopes = np.diff(f(places)) / np.diff(places)
    changes = np.diff(slopes, prepend=0.0)
    return lambda x: (
        f(low)
        + sum(
            change * rectified_linear(1, -place, x)
            for change, place in zip(changes, places[:-1], strict=True)
        )
    )


fine = np.linspace(-3, 3, 4001)
for count in (8, 16, 32, 64):
    approximation = polygon_of_relus(np.sin, -3, 3, count)
    print(f"{count:3d} kinks: largest error {np.abs(approximation(fine) - np.sin(fine)).max():.5f}")

# %% [markdown]
# But outside of the range it goes straight on, and a jump is out of reach: a continuous function
# that is near $-1$ left of 0 and near $1$ right of it is wrong by 1 somewhere in between. And that
# good parameters *exist* does not mean that training finds them.

# %%
assert abs(approximation(20.0) - np.sin(20.0)) > 10
jump = polygon_of_relus(np.sign, -3, 3, 63)
assert abs(jump(1e-6) - np.sign(1e-6)) > 0.99
plot_function(approximation, "64 kinks on [-3, 3], and what comes after", min=-6, max=6)

# %% [markdown]
# ## Pictures as input
#
# The text ends with an upload button and an owl, which need a trained network of millions of
# weights. The idea needs neither: a picture is a list of numbers. Here we train a recognizer of
# *one* kind of picture, the handwritten three, among 1,797 scans of 8 by 8 pixels. It is a rectified
# line's smooth cousin: $p = \sigma(w \cdot \mathrm{pixels} + b)$.

# %%
images, digits = gf.data.load_digits()
rows, held_out = gf.data.stratified_split(digits, test=0.2, seed=1)
is_three = (digits == 3).astype(np.float64)

pixels = gf.placeholder((None, 64), name="pixels")
truth = gf.placeholder((None,), name="is_three")
w, b = gf.Variable(np.zeros(64), name="w"), gf.Variable(0.0, name="b")
score = pixels @ w + b
error = gf.mean(gf.losses.sigmoid_cross_entropy(truth, score))
session = gf.Session()
step = session.make_callable(gf.AdamOptimizer(0.05).minimize(error), [pixels, truth])
for _ in range(300):
    step(images[rows], is_three[rows])
said = session.run(gf.sigmoid(score), {pixels: images[held_out]}) > 0.5
accuracy = np.mean(said == is_three[held_out])
print(f"three or not: {accuracy:.1%} right on pictures it has not seen")
assert accuracy > 0.97

# %% [markdown]
# Now a picture from a *file*, as you would upload it: any PNG, made gray, and averaged to 8 by 8.

# %%
three = images[held_out[is_three[held_out] == 1][1]].reshape(8, 8)
plt.imsave("upload.png", np.kron(three, np.ones((16, 16))), cmap="gray", vmin=0)


def as_pixels(path):
    """The brightness of a square picture as 64 numbers from 0 to 1."""
    gray = plt.imread(path)[..., :3].mean(axis=-1)
    side = gray.shape[0] // 8
    return gray[: 8 * side, : 8 * side].reshape(8, side, 8, side).mean(axis=(1, 3)).ravel()


uploaded = as_pixels("upload.png")
(probability,) = session.run(gf.sigmoid(score), {pixels: uploaded[None] * three.max()})
print(f"a three with probability {probability:.3f}")
assert probability > 0.9

# %%
figure, axes = plt.subplots(1, 2, figsize=(5.4, 2.8), layout="constrained")
axes[0].imshow(uploaded.reshape(8, 8), cmap="gray")
axes[0].set_title("what it sees")
axes[1].imshow(session.value(w).reshape(8, 8), cmap="RdBu", vmin=-4, vmax=4)
axes[1].set_title("what it looks for (blue)")
for ax in axes:
    ax.set_axis_off()
plt.close(figure)
figure

# %% [markdown]
# ## What is wrong in the text
#
# * **Gradients are never set to zero.** The ten steps that are printed follow the sum of all
#   gradients so far. It also is the cause of the loss that rises again, which the text blames on
#   the learning rate.
# * **"In PyTorch, $\max(x, 0)$ is written as `np.clip(x, 0)`."** That is NumPy; the code below it
#   has `torch.clip`, which is right.
# * **"Infinitely expressive ... any computable function."** Continuous functions on closed, bounded
#   sets, as above.
