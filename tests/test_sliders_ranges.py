"""Pictures with sliders: where sliders begin and end, and what cannot have them."""

import numpy as np
import pytest
from test_sliders import plot_quad, seed_003

import graphflow as gf
from graphflow.viz import Frame, Line, parameters
from graphflow.viz.parameters import Parameter


@pytest.mark.parametrize(
    ("given", "low", "high", "start"),
    [(1.5, -1.5, 4.5, 1.5), (-1.5, -4.5, 1.5, -1.5), (0, -1, 1, 0), (2, -2, 6, 2),
     ((0, 1), 0, 1, 0.5), ((0, 1, 0.25), 0, 1, 0.5), ((0, 1, 0.25, 1), 0, 1, 1),
     (np.float32(0.5), -0.5, 1.5, 0.5), ((0, 1, 0.3), 0, 0.9, 0.6)],
)  # fmt: skip
def test_a_range_gives_these_places(given, low, high, start):
    (made,) = parameters.parameters_of({"a": given})
    assert (made.places[0], made.places[-1], made.value) == pytest.approx((low, high, start))


def test_fewer_places_keep_the_ends_and_the_start():
    made = Parameter("a", tuple(np.arange(45.0)), 22)
    for count in range(3, 46):
        fewer = made.fewer(count)
        assert len(fewer.places) in (count - 1, count)
        assert (fewer.places[0], fewer.value, fewer.places[-1]) == (0, 22, 44)
    assert made.fewer(2).places == (0, 44)


def test_the_most_places_are_thinned_first():
    made = parameters.thinned(parameters.parameters_of({"a": (0, 1), "b": (0, 1, 0.25)}), 50)
    assert [len(parameter.places) for parameter in made] == [10, 5]
    with pytest.raises(
        ValueError, match="3 parameters need 8 pictures at least, and a page holds 7"
    ):
        parameters.thinned(parameters.parameters_of({"a": 1, "b": 1, "c": 1}), 7)


def nothing(a):
    return Line([0, 1], [a, a])


@pytest.mark.parametrize(
    ("draw", "ranges", "error", "match"),
    [
        (nothing, {}, gf.DTypeError, "with at least one"),
        (nothing, [1], gf.DTypeError, "ranges are a dict"),
        (nothing, {"a": "x"}, ValueError, "the range of 'a' is a number, or"),
        (nothing, {"a": None}, ValueError, "the range of 'a' is a number, or"),
        (nothing, {"a": True}, ValueError, "the range of 'a' is not True"),
        (nothing, {"a": (1, 0)}, ValueError, "from low to high"),
        (nothing, {"a": (0, 1, 2)}, ValueError, "the step of 'a'"),
        (nothing, {"a": (0, 1, 0.1, 5)}, ValueError, "'a' starts in its range, not at 5"),
        (nothing, {"a": (0, 1, 1e-6)}, ValueError, "'a' has 1000001 places"),
        (nothing, {"a": np.inf}, ValueError, "finite"),
        (nothing, {"b": 1.0}, TypeError, "unexpected keyword"),
        (3, {"a": 1.0}, gf.DTypeError, "3 is no function"),
        (lambda a: 3, {"a": 1.0}, gf.DTypeError, "3 is no picture"),
        (lambda a: Line([0, 1], [0]), {"a": 1.0}, gf.ShapeError, "2 x and 1 y"),
        (
            lambda a: Frame([], {"v": a * np.ones(3)}),
            {"a": 1.0},
            gf.ShapeError,
            "is one real number",
        ),
    ],
)
def test_what_cannot_have_sliders_is_refused(draw, ranges, error, match):
    with pytest.raises(error, match=match):
        gf.viz.sliders(draw, ranges)


def test_an_unknown_parameter_or_name_in_the_title_is_refused():
    with pytest.raises(gf.FeedError, match="no parameter 'z'; there are a, b, c"):
        seed_003().at(z=1)
    with pytest.raises(ValueError, match="speaks of {MSE}; there are MAE"):
        gf.viz.sliders(plot_quad, {"a": 1, "b": 1, "c": 1}, title="{MSE:.2f}")


def test_nodes_that_the_picture_has_not_are_refused():
    a, b = gf.Placeholder((), name="a"), gf.Variable(1.0, name="b")
    with pytest.raises(gf.FeedError, match="'b'"):
        gf.viz.sliders(Line([0, 1], [a, a]), {a: 1.0, b: 1.0})
    with pytest.raises(gf.DTypeError, match="no node in the picture"):
        gf.viz.sliders(Line([0, 1], [1, 1]), {a: 1.0})


def test_an_array_as_parameter_is_refused():
    v = gf.Placeholder((3,), name="v")
    with pytest.raises(gf.GraphflowError, match="'v'"):
        gf.viz.sliders(Line([0, 1, 2], v * 2.0), {v: 1.0})
