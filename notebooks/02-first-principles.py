# %% [markdown]
# # A network from first principles
#
# An article builds a neural network as "a sequence of explicit, interpretable operations": two
# loops, then matrix products, a loss, the chain rule, and at the end a class `MLPRegressor` with its
# gradients by hand. A graph is exactly such a sequence, so here is the article again, as graphs. One
# of its formulas divides by the batch twice. We will find it as you would find it in your own code.
#
# Every number below is asserted.

# %%
import matplotlib.pyplot as plt
import numpy as np

import graphflow as gf

# %% [markdown]
# ## The forward pass, in two loops
#
# A neuron multiplies each input by a weight, adds everything up, and adds a bias. With loops over
# neurons and inputs, that is:


# %%
def forward_pass(inputs, weights, biases):
    z = []
    for i in range(len(weights)):  # over the neurons
        neuron = 0
        for j in range(len(inputs)):  # over the inputs
            neuron += inputs[j] * weights[i][j]
        z.append(neuron + biases[i])
    return z


weights = [[1, 2], [2, 3], [3, 4]]
biases = [1, 2, 3]
assert forward_pass([1, 2], weights, biases) == [6, 10, 14]

# %% [markdown]
# The same function takes nodes, and then it builds a graph. This is what the loops really do:

# %%
x1, x2 = gf.placeholder((), name="x1"), gf.placeholder((), name="x2")
neurons = forward_pass([x1, x2], weights, biases)
assert gf.Session().run(neurons, {x1: 1, x2: 2}) == [6, 10, 14]
gf.viz.draw(neurons)

# %% [markdown]
# Nobody writes networks like this. The sums of products are a matrix product, $z = Wx + b$: the
# same three numbers from two operations.

# %%
x = gf.placeholder((2,), name="x")
z = gf.constant(np.array(weights, float)) @ x + np.array(biases)
assert gf.Session().run(z, {x: [1, 2]}).tolist() == [6, 10, 14]
z

# %% [markdown]
# ## Three layers
#
# 4 inputs, layers of 6 and 4 neurons, 2 outputs, with weights from `np.random.seed(42)`. The text
# puts a ReLU behind every layer. `RandomState(42)` draws the same numbers and leaves NumPy's global
# generator alone.

# %%
draw = np.random.RandomState(42).randn
sample = gf.placeholder((4,), name="sample")
a, layers = sample, []
for number, (inputs, outputs) in enumerate([(4, 6), (6, 4), (4, 2)], 1):
    with gf.name_scope(f"layer{number}"):
        W = gf.Variable(draw(outputs, inputs) * 0.1, name="W")
        b = gf.Variable(draw(outputs), name="b")
        z = gf.add(W @ a, b, name="z")
        a = gf.relu(z, name="a")
    layers.append((W, b, z, a))

z2, output = gf.Session().run([layers[1][2], a], {sample: [1, 2, 3, 1]})
expected = [1.14050383, 0.81542693, -0.85701839, -0.41344105]
np.testing.assert_allclose(z2, expected, rtol=0, atol=5e-9)
np.testing.assert_allclose(output, [0.04531918, 0.77981306], rtol=0, atol=5e-9)
print("z2    ", z2)
print("output", output)

# %% [markdown]
# ## How wrong is it?
#
# The mean absolute error and the mean squared error of predictions $\hat y$ are
#
# $$\mathrm{MAE} = \frac1n \sum_i |\hat y_i - y_i|, \qquad
# \mathrm{MSE} = \frac1n \sum_i (\hat y_i - y_i)^2.$$

# %%
rng = np.random.default_rng(0)
truth, guess = rng.normal(size=20), rng.normal(size=20)
y, y_hat = gf.placeholder((20,), name="y"), gf.Variable(guess, name="y_hat")
mae = gf.losses.absolute_difference(y, y_hat)
mse = gf.losses.mean_squared_error(y, y_hat)

session = gf.Session()
values = session.run([mae, mse], {y: truth})
np.testing.assert_allclose(values[0], sum(abs(guess - truth)) / 20, rtol=1e-14)
np.testing.assert_allclose(values[1], sum((guess - truth) ** 2) / 20, rtol=1e-14)
print(f"MAE {values[0]:.6f}, MSE {values[1]:.6f}")

# %% [markdown]
# Their derivatives, for a single error $e = \hat y - y$, are $\mathrm{sign}(e)$ and $2e$. At $e = 0$
# the absolute value has a corner and no derivative: every slope between -1 and 1 fits there. A
# library has to choose. graphflow takes the *smallest* one, 0, here and at all other corners
# (ReLU's too), so that what is already right is left alone.

# %%
e = gf.placeholder(("n",), name="e")
slopes = [gf.gradients(gf.sum(f(e)), e)[0] for f in (gf.abs, gf.square)]
errors = np.linspace(-2, 2, 81)
of_mae, of_mse = session.run(slopes, {e: errors})
assert of_mae[40] == 0
np.testing.assert_array_equal(of_mae, np.sign(errors))
np.testing.assert_allclose(of_mse, 2 * errors)

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
left.plot(errors, abs(errors), errors, errors**2)
left.set(title="loss", xlabel="error")
right.plot(errors, of_mae, ".", errors, of_mse)
right.set(title="its slope", xlabel="error")
left.legend(["absolute", "squared"])
plt.close(figure)
figure

# %% [markdown]
# ## Down a parabola
#
# $f(x) = x^2 - 4x + 5$ has the derivative $f'(x) = 2x - 4$, and its second derivative is 2
# everywhere. Its minimum is $f(2) = 1$. Gradient descent repeats
# $x \leftarrow x - \alpha f'(x)$. From $x = 0$ with $\alpha = 0.1$ we get $2 - 2 \cdot 0.8^n$.

# %%
x = gf.Variable(0.0, name="x")
f = gf.add(x**2 - 4 * x, 5, name="f")
(first,) = gf.gradients(f, x)
(second,) = gf.gradients(first, x)


def descend(alpha, steps):
    """The places x that gradient descent goes through, from 0."""
    step = gf.GradientDescentOptimizer(alpha).minimize(f)
    session = gf.Session()
    return [session.run([x, step])[0] for _ in range(steps + 1)]


path = descend(0.1, 40)
np.testing.assert_allclose(path, 2 - 2 * 0.8 ** np.arange(41), rtol=1e-12)
assert abs(path[10] - 1.785252) < 5e-7
assert session.run([f, first, second], {x: 2.0}) == [1, 0, 2]
print(f"after 10 steps x = {path[10]:.6f}, after 40 steps x = {path[40]:.6f}")

# %%
gf.viz.descent(f, x, path[:21], xlim=(-1, 5))

# %% [markdown]
# How large may $\alpha$ be? A step multiplies the distance to the minimum by $1 - 2\alpha$. Below
# $\alpha = 0.5$ we approach from one side. Between 0.5 and 1 the factor is negative: we jump over
# the minimum, back and forth, and still get closer. Above 1 each jump is wider than the last.

# %%
alphas = {0.1: "one side", 0.5: "at once", 0.8: "back and forth", 1.02: "away"}
paths = {alpha: np.array(descend(alpha, 20)) for alpha in alphas}
for alpha, path in paths.items():
    np.testing.assert_allclose(path - 2, -2 * (1 - 2 * alpha) ** np.arange(21), atol=1e-12)
    sides = np.sign(path[1:6] - 2)
    print(f"alpha {alpha:4}: {alphas[alpha]:15} after 20 steps x = {path[20]:9.6f}")
    assert (len(set(sides)) == 2) == (alpha > 0.5)  # on both sides of the minimum
    assert (abs(path[20] - 2) > 2) == (alpha > 1)  # further away than at the start

figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
for alpha, path in paths.items():
    axes.plot(path, ".-", label=f"α = {alpha}")
axes.set(xlabel="step", ylabel="x")
axes.legend()
plt.close(figure)
figure

# %% [markdown]
# ## Backpropagation
#
# The article's recursion says how the error goes back through the layers. With
# $\delta^l = \partial L / \partial z^l$,
#
# $$\delta^{l-1} = \big((W^l)^\top \delta^l\big) \odot \sigma'(z^{l-1}), \qquad
# \frac{\partial L}{\partial W^l} = \delta^l\, (a^{l-1})^\top, \qquad
# \frac{\partial L}{\partial b^l} = \delta^l.$$
#
# We write it down as nodes, for the three layers from above, and compare each $\delta$ with what
# graphflow derives by itself. (The loss is the sum of squares, so
# $\delta^3 = 2\,(\hat y - y) \odot \sigma'(z^3)$.)

# %%
truth = gf.placeholder((2,), name="truth")
(W1, b1, z1, a1), (W2, b2, z2, a2), (W3, b3, z3, a3) = layers
loss = gf.sum((a3 - truth) ** 2, name="loss")


def relu_slope(z):
    return gf.cast(z > 0, np.float64)


delta3 = 2 * (a3 - truth) * relu_slope(z3)
delta2 = (W3.T @ delta3) * relu_slope(z2)
delta1 = (W2.T @ delta2) * relu_slope(z1)

formulas = {
    z3: delta3,
    z2: delta2,
    z1: delta1,
    W3: gf.outer(delta3, a2),
    W2: gf.outer(delta2, a1),
    W1: gf.outer(delta1, sample),
    b3: delta3,
    b2: delta2,
    b1: delta1,
}
feed = {sample: [1, 2, 3, 1], truth: [0.5, 0.5]}
ours, theirs = gf.Session().run([list(formulas.values()), gf.gradients(loss, list(formulas))], feed)
for mine, other in zip(ours, theirs, strict=True):
    np.testing.assert_allclose(mine, other, rtol=0, atol=1e-14)

report = gf.verify_derivation(loss, formulas, feed)
assert report
report

# %% [markdown]
# In which order does this happen, and who waits for whom? `step_through` records backpropagation
# from the real routine, as a page to click through. A small loss shows it best: one neuron of a
# kind, $L = (w_2 \tanh(w_1 x) - y)^2$.

# %%
w1, w2 = gf.Variable(0.7, name="w1"), gf.Variable(-1.3, name="w2")
a1 = gf.tanh(gf.multiply(w1, 2.0, name="z1"), name="a1")
small = gf.square(gf.subtract(w2 * a1, 0.5, name="error"), name="L")
gf.viz.step_through(small, None, "backpropagation.html")

# %% [markdown]
# The same as a table, for $w_1$: the local derivatives along the path, and their product.

# %%
gf.explain(small, w1)

# %% [markdown]
# ## The whole network
#
# This is the article's class, in short form. Batches are *columns*: `X` has one sample per column,
# and biases have shape (neurons, 1).


# %%
class MLPRegressor:
    def __init__(self, layer_sizes, seed=42, weight_scale=0.1):
        rng = np.random.default_rng(seed)
        self.L = len(layer_sizes) - 1
        self.W, self.b = {}, {}
        for l in range(1, self.L + 1):
            shape = layer_sizes[l], layer_sizes[l - 1]
            self.W[l] = rng.standard_normal(shape) * weight_scale
            self.b[l] = np.zeros((layer_sizes[l], 1))

    def forward(self, X):
        self.Z, self.A = {}, {0: X}
        for l in range(1, self.L + 1):
            self.Z[l] = self.W[l] @ self.A[l - 1] + self.b[l]
            self.A[l] = np.maximum(0, self.Z[l]) if l < self.L else self.Z[l]
        return self.A[self.L]

    def loss_mse(self, Yhat, Y):
        return np.mean((Yhat - Y) ** 2)

    def backward(self, Y):
        self.grads = {}
        d_out, batch = Y.shape
        dA = (2 / (d_out * batch)) * (self.A[self.L] - Y)
        for l in range(self.L, 0, -1):
            dZ = dA * (self.Z[l] > 0) if l < self.L else dA
            self.grads[f"dW{l}"] = (dZ @ self.A[l - 1].T) / batch
            self.grads[f"db{l}"] = np.mean(dZ, axis=1, keepdims=True)
            dA = self.W[l].T @ dZ

    def train_step(self, X, Y, lr=1e-2):
        loss = self.loss_mse(self.forward(X), Y)
        self.backward(Y)
        for l in range(1, self.L + 1):
            self.W[l] -= lr * self.grads[f"dW{l}"]
            self.b[l] -= lr * self.grads[f"db{l}"]
        return loss


# %% [markdown]
# Is `backward` right? Three inputs, two layers of 8, two outputs, and a batch of 16. First without
# any library: change one weight by a tiny step, and see how the loss changes.

# %%
net = MLPRegressor([3, 8, 8, 2])
rng = np.random.default_rng(0)
X, Y = rng.standard_normal((3, 16)), rng.standard_normal((2, 16))
net.forward(X)
net.backward(Y)


def measured(array, index, step=1e-6):
    """The derivative of the loss by an entry of the network's own weights, by finite difference."""
    before = array[index]
    losses = []
    for moved in (before + step, before - step):
        array[index] = moved
        losses.append(net.loss_mse(net.forward(X), Y))
    array[index] = before
    return (losses[0] - losses[1]) / (2 * step)


for l in (1, 2, 3):
    ratio = measured(net.W[l], (1, 2)) / net.grads[f"dW{l}"][1, 2]
    print(f"layer {l}: measured / dW = {ratio:.5f}")
    assert abs(ratio - 16) < 1e-4

# %% [markdown]
# Sixteen times too small, in every layer. Sixteen is the batch. `verify_derivation` says the same
# without our having to look for it. It takes the class's arrays, and compares them with the
# gradients of the same network as a graph:


# %%
def as_graph(net, inputs):
    """The network of an MLPRegressor as nodes: its output, and its variables by name."""
    A, variables = inputs, {}
    for l in range(1, net.L + 1):
        W = variables[f"dW{l}"] = gf.Variable(net.W[l], name=f"W{l}")
        b = variables[f"db{l}"] = gf.Variable(net.b[l], name=f"b{l}")
        Z = W @ A + b
        A = gf.relu(Z) if l < net.L else Z
    return A, variables


inputs, targets = gf.placeholder((3, "batch"), name="X"), gf.placeholder((2, "batch"), name="Y")
output, variables = as_graph(net, inputs)
loss = gf.losses.mean_squared_error(targets, output)
feed = {inputs: X, targets: Y}

report = gf.verify_derivation(loss, {variables[name]: net.grads[name] for name in net.grads}, feed)
assert not report
assert {round(finding.cause.factor, 6) for finding in report.findings} == {16.0}
assert "too small by the factor 16.0 = the batch" in str(report)
report

# %% [markdown]
# Why? The loss is the *mean* over the batch, and its derivative `dA = 2 / (d_out * batch) * ...`
# has that mean in it already. `/ batch` and `np.mean` in the layers divide a second time. With
# sums in their place, everything is right:

# %%
right = {name: 16 * array for name, array in net.grads.items()}
assert gf.verify_derivation(loss, {variables[name]: right[name] for name in right}, feed)

# %% [markdown]
# ### Does it matter?
#
# The direction is right, only the length is not: dividing the gradient by the batch is the same as
# dividing the learning rate by it. So nothing crashes and the loss goes down. It goes down
# *sixty-four times* too slowly, for a batch of 64, and looks like a network that cannot learn. We
# fit $\sin x$, 2,000 steps, learning rate 0.1: the class as printed, the graph with the learning
# rate divided by 64, and the graph as it should be.

# %%
X = np.linspace(-2, 2, 64)[None]
Y = np.sin(X)
net = MLPRegressor([1, 20, 20, 1])
inputs, targets = gf.placeholder((1, None), name="X"), gf.placeholder((1, None), name="Y")
output, _ = as_graph(net, inputs)
loss = gf.losses.mean_squared_error(targets, output)


def train(learning_rate):
    """The loss before each of 2,001 steps, and what the network says after 2,000."""
    step = gf.GradientDescentOptimizer(learning_rate).minimize(loss)
    run = gf.Session().make_callable([loss, output, step], [inputs, targets])
    steps = [run(X, Y)[:2] for _ in range(2001)]
    return np.array([value for value, _ in steps]), steps[-1][1][0]


as_printed = np.array([net.train_step(X, Y, lr=0.1) for _ in range(2001)])
slow, slow_fit = train(0.1 / 64)
quick, quick_fit = train(0.1)

np.testing.assert_allclose(slow, as_printed, rtol=1e-9)
np.testing.assert_allclose(as_printed[[0, 2000]], [0.59502897, 0.13059483], rtol=0, atol=5e-9)
np.testing.assert_allclose(quick[[0, 2000]], [0.59502897, 0.00137959], rtol=0, atol=5e-9)
print(f"as printed: {as_printed[0]:.8f} -> {as_printed[2000]:.8f}")
print(f"right:      {quick[0]:.8f} -> {quick[2000]:.8f}")

# %%
gf.viz.curves({"as printed": {"loss": slow}, "right": {"loss": quick}}, y="log")

# %%
figure, axes = plt.subplots(figsize=(5.4, 3.2), layout="constrained")
axes.plot(X[0], Y[0], ".", label="sin x")
axes.plot(X[0], slow_fit, label="as printed")
axes.plot(X[0], quick_fit, label="right")
axes.legend()
plt.close(figure)
figure

# %% [markdown]
# ## What else the text gets wrong
#
# **"The second derivative is positive, hence the function is concave."** It is *convex*: it curves
# upward, so a place with slope 0 is a minimum. (Concave functions have maxima.)
#
# **The MAE is printed without its bars,** as $\frac1n\sum(\hat y_i - y_i)$. Positive and negative
# errors then cancel, and descending that "loss" sends the predictions to minus infinity. Its
# derivative is always $1/n$; what is missing is the sign:

# %%
report = gf.verify_derivation(mae, {"dy_hat": gf.ones_like(y_hat) / 20}, {y: rng.normal(size=20)})
assert report.first_wrong.kind == "signs"
report

# %% [markdown]
# **Two derivatives are printed upside down.** The text says
# $g_1 = g_2 \cdot \frac{\partial a_1}{\partial z_2} \cdot \frac{\partial z_1}{\partial a_1}$. Right is
# $g_1 = g_2 \cdot \frac{\partial z_2}{\partial a_1} \cdot \frac{\partial a_1}{\partial z_1}$: numerators and
# denominators must chain. As printed, for one neuron in each layer:

# %%
v1, v2 = gf.Variable(0.7, name="w1"), gf.Variable(-1.3, name="w2")
z1 = gf.multiply(v1, 2.0, name="z1")
a1 = gf.sigmoid(z1, name="a1")
z2 = gf.multiply(v2, a1, name="z2")
L = gf.square(z2 - 0.5, name="L")

g2 = 2 * (z2 - 0.5)
dz2_da1, da1_dz1 = v2, a1 * (1 - a1)
report = gf.verify_derivation(L, {z2: g2, z1: g2 * (1 / dz2_da1) * (1 / da1_dz1)})
assert report.first_wrong.kind == "upside down"
assert gf.verify_derivation(L, {z2: g2, z1: g2 * dz2_da1 * da1_dz1})
report

# %% [markdown]
# **A flat bias breaks on columns.** The three-layer example has `b1 = np.random.randn(6)`, of shape
# (6,). For one sample that is right. For a batch of columns, $W x$ is (6, batch), and NumPy lays
# the bias along the *last* axis: along the samples. With a batch of 16 that fails, as it should:

# %%
W, b = gf.Variable(np.ones((6, 4)), name="W"), gf.Variable(np.zeros(6), name="b")
try:
    W @ gf.placeholder((4, 16), name="columns") + b
except gf.ShapeError as error:
    print(error)
else:
    raise AssertionError("a bias of 6 should not fit 16 columns")

# %% [markdown]
# With a batch of 6 it does not fail. It adds the bias of neuron $k$ to *sample* $k$, and no message
# says so. The shape (6, 1) of the class is the cure. And a derivation that means the right thing
# does not fit the graph that was built:

# %%
six = gf.constant(np.random.default_rng(1).normal(size=(4, 6)), name="six")
Z = gf.add(W @ six, b, name="Z")
report = gf.verify_derivation(gf.sum(gf.sin(Z)), {"db": gf.sum(gf.cos(Z), axis=1)})
assert report.first_wrong.kind == "wrong axis"
report

# %% [markdown]
# **A ReLU behind the last layer, for regression.** The three-layer example ends in one. Its output
# can then never be negative, and where it is 0 no gradient comes back: that neuron does not learn.
# The class is right here, its last layer is linear.

# %%
below = gf.Variable(-0.5, name="z")
error = gf.square(gf.relu(below) - 1.0)
assert gf.Session().run(gf.gradients(error, below)) == [0]  # far off, and told to stay

# %% [markdown]
# * **"The loss must be continuous and smooth."** Then no network with ReLUs could be trained: their
#   loss has kinks everywhere. What gradient descent needs is a slope at almost every place, and a
#   choice at the others, such as the 0 from above.
# * **"Since MSE is continuous, it converges faster."** The MAE is continuous too. What differs is the
#   *slope*: that of the MSE shrinks as the error does, so steps become smaller near the minimum. That
#   of the MAE keeps its size up to the corner, and descent with a fixed step jumps around it.
# * **"σ = sigmoid activation"** stands in the general formula; all of the code uses ReLU.
