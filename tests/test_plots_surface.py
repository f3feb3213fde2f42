"""Loss surfaces: heights by formula, planes through weights, and the way of training."""

import numpy as np
import pytest

import graphflow as gf
from graphflow.viz import plane

X = np.arange(10.0)
Y = X + np.random.RandomState(0).normal(0, 1, 10)  # S000.1


def bowl():
    """The MSE of a line over its slope and intercept."""
    w, b = gf.Variable(0.0, name="w"), gf.Variable(0.0, name="b")
    return w, b, gf.mean(gf.square(w * X + b - Y))


def mse(w, b):
    return np.mean((w * X + b - Y) ** 2)


def descent(alpha=0.01, count=20):
    """Gradient descent by hand."""
    w = b = 0.0
    path = [(w, b)]
    for _ in range(count):
        e = w * X + b - Y
        w, b = w - alpha * 2 * np.mean(e * X), b - alpha * 2 * np.mean(e)
        path.append((w, b))
    return path


@pytest.mark.parametrize("kind", ["contour", "surface"])
def test_heights_are_those_of_the_formula(kind):
    w, b, loss = bowl()
    plot = gf.viz.loss_surface(loss, [w, b], ranges=((-1, 3), (-4, 6)), steps=9, kind=kind)
    xs, ys = np.linspace(-1, 3, 9), np.linspace(-4, 6, 9)
    np.testing.assert_array_equal(plot.data["x"], xs)
    np.testing.assert_array_equal(plot.data["y"], ys)
    expected = [[mse(x, y) for x in xs] for y in ys]
    np.testing.assert_allclose(plot.data["loss"], expected, rtol=1e-13)


def test_the_bowl_has_the_curvature_that_the_seed_says():
    w, b, loss = bowl()
    heights = gf.viz.loss_surface(loss, [w, b], ranges=((-1, 1), (-1, 1)), steps=3).data["loss"]
    by_w = heights[1, 2] - 2 * heights[1, 1] + heights[1, 0]
    by_b = heights[2, 1] - 2 * heights[1, 1] + heights[0, 1]
    both = (heights[2, 2] - heights[2, 0] - heights[0, 2] + heights[0, 0]) / 4
    found = np.linalg.eigvalsh([[by_w, both], [both, by_b]])
    np.testing.assert_allclose(found, [0.56472741, 58.43527259], rtol=1e-7)  # S000.4


def test_the_path_lies_where_training_went():
    w, b, loss = bowl()
    path = descent()
    data = gf.viz.loss_surface(loss, [w, b], path=path, steps=5).data
    np.testing.assert_allclose(data["path"], path, atol=1e-12)
    np.testing.assert_allclose(data["path_loss"], [mse(*point) for point in path], rtol=1e-12)
    assert data["x"][0] < min(p[0] for p in path) < max(p[0] for p in path) < data["x"][-1]


def test_axes_are_named_after_the_two_elements():
    w, b, loss = bowl()
    axes = gf.viz.loss_surface(loss, [w, b], steps=3).figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("w", "b")
    v = gf.Variable([1.0, 2.0], name="v")
    axes = gf.viz.loss_surface(gf.sum(v * v), v, steps=3).figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("v[0]", "v[1]")


def test_it_is_drawn_around_where_the_variables_are():
    v = gf.Variable([5.0, 0.0])
    data = gf.viz.loss_surface(gf.sum(v * v), v, steps=3).data
    assert (data["x"].tolist(), data["y"].tolist()) == ([0, 5, 10], [-1, 0, 1])


def weights():
    """Six weights whose loss is their distance from a target."""
    W = gf.Variable(np.arange(4.0).reshape(2, 2), name="W")
    b = gf.Variable([1.0, -1.0], name="b")
    return W, b, gf.sum(W * W) + gf.sum(gf.square(b - 1.0))


def test_directions_go_through_the_current_values():
    W, b, loss = weights()
    session = gf.Session()
    session.assign(b, [2.0, 2.0])
    first, second = [np.eye(2), [0, 0]], [np.zeros((2, 2)), [1.0, 3.0]]
    plot = gf.viz.loss_surface(
        loss,
        [W, b],
        directions=[first, second],
        ranges=((-1, 1), (-2, 2)),
        steps=3,
        session=session,
    )
    for j, t in enumerate((-2, 0, 2)):
        for i, s in enumerate((-1, 0, 1)):
            moved, shifted = np.arange(4.0).reshape(2, 2) + s * np.eye(2), 2 + t * np.array([1, 3])
            expected = (moved**2).sum() + ((shifted - 1) ** 2).sum()
            assert plot.data["loss"][j, i] == pytest.approx(expected, rel=1e-14)
    np.testing.assert_array_equal(session.value(b), [2, 2])  # looking changes nothing


def test_a_direction_may_be_a_dict_by_variable():
    W, b, loss = weights()
    first, second = {W: np.eye(2), b: [0, 0]}, {b: [1.0, 3.0], W: np.zeros((2, 2))}
    data = gf.viz.loss_surface(loss, [W, b], directions=[first, second], steps=3).data
    assert data["loss"][1, 1] == 14 + 4


def test_random_directions_have_the_norm_of_each_variable_and_are_the_same_each_time():
    W, b, _ = weights()
    made = [plane.plane_of("t", [W, b], "random", None, gf.Session())[0] for _ in range(2)]
    np.testing.assert_array_equal(made[0].axes, made[1].axes)
    for axis in made[0].axes:
        parts = plane.split(axis, made[0].shapes)
        norms = [np.linalg.norm(part) for part in parts]
        np.testing.assert_allclose(norms, [np.sqrt(14), np.sqrt(2)], rtol=1e-14)


def test_a_path_of_many_weights_is_drawn_where_it_varies_most():
    W, b, loss = weights()
    rng = np.random.default_rng(0)
    u, v = np.linalg.qr(rng.normal(size=(6, 2)))[0].T
    ts = np.linspace(0, 3, 8)
    points = [3 * np.cos(t) * u + np.sin(t) * v for t in ts]  # in a plane of its own
    path = [[point[:4].reshape(2, 2), point[4:]] for point in points]
    data = gf.viz.loss_surface(loss, [W, b], path=path, steps=3).data
    distances = np.linalg.norm(data["path"] - data["path"][-1], axis=1)
    expected = np.linalg.norm(np.array(points) - points[-1], axis=1)
    np.testing.assert_allclose(distances, expected, atol=1e-12)


def test_coordinates_on_a_plane_are_found_back():
    axes = np.array([[1.0, 2, 0], [0, 1, 1]])
    here = plane.Plane(np.array([1.0, 1, 1]), axes, ("a", "b"), [(3,)])
    (value,) = here.values(2.0, -1.0)
    np.testing.assert_allclose(value, [3, 4, 0])
    np.testing.assert_allclose(here.coordinates(value[None]), [[2, -1]], atol=1e-12)


def test_placeholders_are_fed():
    x, w = gf.Placeholder((), name="x"), gf.Variable(2.0, name="w")
    k = gf.Placeholder((3,))
    plot = gf.viz.loss_surface(
        gf.sum(x * w * k), [x, w], ranges=((0, 1), (0, 2)), steps=3, feed_dict={k: [1, 2, 3]}
    )
    np.testing.assert_allclose(plot.data["loss"], 6 * np.outer([0, 1, 2], [0, 0.5, 1]))


@pytest.mark.parametrize("kind", ["contour", "surface"])
def test_places_that_are_not_finite_are_counted_and_left_blank(kind):
    v = gf.Variable([1.0, 1.0])
    plot = gf.viz.loss_surface(gf.sum(gf.log(v)), v, ranges=((-1, 1), (-1, 1)), steps=5, kind=kind)
    assert plot.note == "21 of 25 values are NaN or infinite"  # log of what is not positive
    assert plot.svg


def test_a_surface_without_a_finite_value_is_refused():
    v = gf.Variable([1.0, 1.0])
    with pytest.raises(gf.NumericError, match="all 9 values are NaN or infinite"):
        gf.viz.loss_surface(gf.sum(gf.log(v)), v, ranges=((-2, -1), (-2, -1)), steps=3)


def test_a_flat_loss_is_drawn():
    v = gf.Variable([1.0, 1.0])
    assert gf.viz.loss_surface(gf.sum(v * 0.0), v, steps=3).svg


def refused(match, error, loss=None, variables=None, **options):
    w, b, own = bowl()
    loss = own if loss is None else loss
    with pytest.raises(error, match=match):
        gf.viz.loss_surface(loss, [w, b] if variables is None else variables, **options)


def test_a_loss_that_is_no_scalar_is_refused():
    w = gf.Variable([1.0, 2.0], name="w")
    refused(r"the loss is a scalar, not .*\[2\]", gf.ShapeError, w * 2.0, w)
    refused("3 is not a node", gf.DTypeError, 3, w)
    refused("is no real number", gf.DTypeError, gf.sum(w * 1j), w)


def test_directions_of_other_shapes_are_refused():
    W, b, loss = weights()
    good = [np.eye(2), [0.0, 1.0]]
    same = {"loss": loss, "variables": [W, b]}
    refused("6 elements are not two", gf.ShapeError, **same)
    wider = [np.eye(2), [1, 2, 3]]
    refused(r"direction 2 has shape \[3\] for", gf.ShapeError, **same, directions=[good, wider])
    refused("direction 1 has 1 parts", gf.ShapeError, **same, directions=[[np.eye(2)], good])
    refused("directions are two", gf.ShapeError, **same, directions=[good])
    refused("parallel", gf.ShapeError, **same, directions=[good, good])
    refused("'random' or 'path', not 'up'", ValueError, **same, directions="up")
    refused("direction 1 has no value for", gf.ShapeError, **same, directions=[{W: good[0]}, good])
    refused("holds no numbers", gf.DTypeError, **same, directions=[["a", "b"], good])


def test_other_paths_are_refused():
    refused("point 1 of the path has 3 parts", gf.ShapeError, path=[(0, 0), (1, 2, 3)])
    refused("the path has no points", gf.ShapeError, path=[])
    W, b, loss = weights()
    refused("at least 3 points", gf.ShapeError, loss, [W, b], path=[[np.eye(2), [0, 1]]])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"kind": "map"}, "kind is 'contour' or 'surface', not 'map'"),
        ({"scale": "sqrt"}, "scale is 'linear' or 'log', not 'sqrt'"),
        ({"steps": 1}, "steps is an integer from 2 to 401, not 1"),
        ({"steps": 2.5}, "steps is an integer"),
        ({"ranges": (0, 1)}, r"ranges are \(\(low, high\)"),
        ({"ranges": ((1, 0), (0, 1))}, "from low to high"),
        ({"ranges": ((0, np.nan), (0, 1))}, "from low to high"),
        ({"theme": "pink"}, "theme"),
    ],
)
def test_other_options_of_a_surface_are_refused(options, match):
    refused(match, ValueError, **options)


def test_a_logarithm_of_what_is_not_positive_is_refused():
    v = gf.Variable([1.0, 1.0])
    refused("positive everywhere", ValueError, gf.sum(v), v, scale="log", ranges=((-1, 1), (-1, 1)))


def test_variables_that_are_none_are_refused():
    w, _, loss = bowl()
    refused("3 is not a node", gf.DTypeError, variables=[w, 3])
    n = gf.Variable(np.arange(2))
    refused("holds no real numbers", gf.DTypeError, loss, n)
    x = gf.Placeholder((2,))
    refused("give ranges", gf.ShapeError, gf.sum(x), x)
    refused("the shape of .* is not known", gf.ShapeError, loss, gf.Placeholder((None,)))
