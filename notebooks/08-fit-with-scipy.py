# %% [markdown]
# # A fit with SciPy: Gaussian processes by maximum likelihood
#
# Not everything is a network trained in small steps. A model with three parameters is better fitted
# by SciPy's optimizers, which need exact gradients and, for the best of them, second derivatives.
# graphflow computes both, through Cholesky factors and triangular solves.
#
# A Gaussian process is a distribution over functions. Its kernel says how alike the values at two
# places are: here $k(x, x') = a^2 \exp(-(x - x')^2 / 2 \ell^2)$, with an amplitude $a$, a length
# $\ell$ over which the function changes, and noise of standard deviation $\sigma$ on what we see.
# Which $a, \ell, \sigma$ make the data most likely?

# %%
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FixedLocator, NullLocator
from scipy import stats

import graphflow as gf

# %% [markdown]
# ## Data
#
# Sixty noisy points of $\sin(\pi x / 2)$, the noise of standard deviation 0.3.

# %%
x, y = gf.data.make_sine(seed=3, rows=60)
x, y = x[:, 0], y[:, 0]
n = len(x)

figure, axes = plt.subplots(figsize=(6.0, 3.4), layout="constrained")
axes.scatter(x, y, s=18)
axes.set(xlabel="x", ylabel="y")
plt.close(figure)
figure

# %% [markdown]
# ## The likelihood, as a graph
#
# With $K = k(X, X) + \sigma^2 I$, minus the logarithm of the likelihood is
#
# $$L = \tfrac12 y^\mathsf{T} K^{-1} y + \tfrac12 \log\det K + \tfrac n2 \log 2\pi.$$
#
# From the Cholesky factor $K = C C^\mathsf{T}$: the first term is half the squared length of
# $C^{-1} y$, and $\tfrac12 \log\det K$ is the sum of the logarithms of $C$'s diagonal. We fit
# *logarithms* of the parameters, so that they stay positive by themselves.

# %%
theta = gf.Variable(np.log([1.0, 1.0, 0.5]), name="theta")
amplitude, length, noise = (gf.exp(theta[k]) for k in range(3))


def kernel(left, right):
    """How alike the values at two lists of places are."""
    distance = left[:, None] - right[None, :]
    return amplitude**2 * gf.exp(-0.5 * gf.square(distance / length))


K = kernel(x, x) + noise**2 * np.eye(n)
C = gf.linalg.cholesky(K)
white = gf.linalg.solve_triangular(C, y[:, None], lower=True)
L = gf.add(
    0.5 * gf.sum(gf.square(white)) + gf.sum(gf.log(gf.linalg.diagonal(C))),
    0.5 * n * np.log(2 * np.pi),
    name="L",
)
gf.viz.draw(L)

# %% [markdown]
# Is it right? SciPy knows the density of a normal distribution; finite differences know gradients;
# and a textbook (Rasmussen and Williams, 2006, equation 5.9) has the gradient in closed form,
# $\partial L/\partial\theta_k = -\tfrac12 \mathrm{tr}\big((\alpha\alpha^\mathsf{T} - K^{-1})\,
# \partial K/\partial\theta_k\big)$ with $\alpha = K^{-1} y$. For the noise,
# $\partial K/\partial\log\sigma = 2\sigma^2 I$.

# %%
session = gf.Session()
value, covariance, slope = session.run([L, K, gf.gradients(L, theta)[0]])
np.testing.assert_allclose(value, -stats.multivariate_normal(cov=covariance).logpdf(y), rtol=1e-10)
assert gf.testing.check_gradients(L, theta)

inverse = np.linalg.inv(covariance)
alpha = inverse @ y
textbook = -0.5 * np.trace((np.outer(alpha, alpha) - inverse) * 2 * 0.5**2)
np.testing.assert_allclose(slope[2], textbook, rtol=1e-9)
print(f"L = {value:.4f} at the start, its gradient {slope.round(3)}")

# %% [markdown]
# ## The fit
#
# `gf.scipy.minimize` hands the graph to `scipy.optimize.minimize`. The variables start at their
# values in the session and are left at the minimum. L-BFGS-B takes gradients; Newton-CG also takes
# products of the Hessian with vectors, which are a graph as well (`gf.hvp`).

# %%
result = gf.scipy.minimize(L, theta, session=session)
assert result.success
newton_session = gf.Session()
newton = gf.scipy.minimize(L, theta, method="Newton-CG", session=newton_session, tol=1e-10)
np.testing.assert_allclose(newton.x, result.x, atol=1e-4)
assert abs(newton.fun - result.fun) < 1e-8
session.assign(theta, newton.x)
assert np.abs(session.run(gf.gradients(L, theta)[0])).max() < 1e-6
for name, found in zip(("amplitude", "length", "noise"), np.exp(newton.x), strict=True):
    print(f"{name:10} {found:.4f}")
print(f"L {value:.4f} -> {newton.fun:.4f}")

# %% [markdown]
# ## How sure are we?
#
# Near the minimum, $L$ is a parabola, and its curvature says how well the data pin the parameters
# down: the covariance of the estimates is about the inverse of the Hessian. In logarithms, an error
# of 0.1 is 10 %.

# %%
H = session.run(gf.hessian(L, theta))
step = 1e-4
gradient = gf.gradients(L, theta)[0]
for k, unit in enumerate(np.eye(3)):
    up, down = (session.run(gradient, {theta: newton.x + s * step * unit}) for s in (1, -1))
    np.testing.assert_allclose(H[k], (up - down) / (2 * step), rtol=1e-4, atol=1e-4)
assert np.all(np.linalg.eigvalsh(H) > 0)  # a minimum, not a saddle

covariance = np.linalg.inv(H)
errors = np.sqrt(np.diag(covariance))
correlation = covariance / np.outer(errors, errors)
for name, log_value, error in zip(("amplitude", "length", "noise"), newton.x, errors, strict=True):
    low, high = np.exp(log_value - error), np.exp(log_value + error)
    print(f"{name:10} {np.exp(log_value):.3f}, from {low:.3f} to {high:.3f}")
print(f"amplitude and length go together: correlation {correlation[0, 1]:.2f}")
assert abs(newton.x[2] - np.log(0.3)) < 2 * errors[2]  # the true noise is within two errors

# %% [markdown]
# The noise is known well, since every point says something about it. The amplitude is not: the data
# have seen only a few hills and valleys. Is the parabola a fair picture? Here is $L$ over amplitude
# and length, with the ellipse where the parabola has risen by 1/2, one standard error.

# %%
slice_of_L = gf.function(L, [theta])
axes_of = [
    np.linspace(newton.x[k] - 4 * errors[k], newton.x[k] + 4 * errors[k], 41) for k in (0, 1)
]
surface = [[slice_of_L(np.array([a, b, newton.x[2]])) for a in axes_of[0]] for b in axes_of[1]]

angle = np.linspace(0, 2 * np.pi, 100)
tilt = np.linalg.cholesky(np.linalg.inv(H[:2, :2]))
ellipse = newton.x[:2, None] + tilt @ np.array([np.cos(angle), np.sin(angle)])

figure, axes = plt.subplots(figsize=(5.6, 4.4), layout="constrained")
rise = np.array(surface) - newton.fun
filled = axes.contourf(*np.exp(axes_of), rise, levels=[0, 0.5, 1, 2, 4, 8, 16, 32], cmap="viridis")
figure.colorbar(filled, label="L above its minimum")
axes.plot(*np.exp(ellipse), "w--", label="the parabola's standard error")
axes.plot(*np.exp(newton.x[:2]), "w+", markersize=12)
axes.set(xscale="log", yscale="log", xlabel="amplitude", ylabel="length")
for axis in (axes.xaxis, axes.yaxis):
    axis.set_minor_locator(NullLocator())
    axis.set_major_locator(FixedLocator([0.2, 0.3, 0.5, 1, 2, 3]))
    axis.set_major_formatter("{x:g}")
axes.legend(labelcolor="w", facecolor="#444444")
plt.close(figure)
figure

# %% [markdown]
# ## The function itself
#
# Given the data, the process at new places $x_\ast$ has the mean $k_\ast K^{-1} y$ and the variance
# $k(x_\ast, x_\ast) - k_\ast K^{-1} k_\ast^\mathsf{T}$. Nodes once more; so we can differentiate the mean by $x_\ast$
# and see where the fitted function has its hills.

# %%
new = gf.placeholder((None,), name="new")
across = kernel(new, gf.constant(x))
solved = gf.linalg.solve_triangular(C, gf.transpose(across), lower=True)
mean = gf.matmul(gf.transpose(solved), white)[:, 0]
spread = gf.sqrt(amplitude**2 - gf.sum(gf.square(solved), axis=0))
(rise_of_mean,) = gf.gradients(gf.sum(mean), new)

grid = np.linspace(x.min() - 1, x.max() + 1, 300)
middle, width, slope = session.run([mean, spread, rise_of_mean], {new: grid})
np.testing.assert_allclose(slope[1:-1], np.gradient(middle, grid)[1:-1], atol=2e-3)

figure, axes = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
axes.fill_between(grid, middle - 2 * width, middle + 2 * width, alpha=0.25, label="two std")
axes.plot(grid, middle, label="mean")
axes.plot(grid, np.sin(np.pi * grid / 2), "k:", label="sin(pi x / 2)")
axes.scatter(x, y, s=14, color="tab:orange", label="data")
hills = grid[1:][(slope[:-1] > 0) & (slope[1:] <= 0)]
for hill in hills:
    axes.axvline(hill, color="gray", linewidth=0.8)
axes.set(ylim=(-2.6, 2.6), xlabel="x")
axes.legend(ncols=4, loc="lower center", fontsize=8)
plt.close(figure)
figure

# %% [markdown]
# Where there are data, the band is narrow; outside it widens to the amplitude, because a Gaussian
# process knows what it does not know. Gray lines are hills of the mean, where its slope, a gradient
# by the input, changes its sign.

# %%
inside = (grid > x.min()) & (grid < x.max())
covered = np.abs(middle - np.sin(np.pi * grid / 2)) < 2 * width
print(f"the sine is within the band at {covered[inside].mean():.0%} of the places between the data")
assert covered[inside].mean() > 0.8
assert np.all(width[[0, -1]] > 2 * width[inside].min())
