"""Values are computed where they are needed: what is planned is tight, and what is given is new."""

import numpy as np
import pytest

import graphflow as gf
from graphflow.program.printing import _around

SIZE = 20_000
ARRAY = 8 * SIZE
rng = np.random.default_rng(0)


def vectors(*names, size=SIZE):
    return [gf.placeholder((size,), name=name) for name in names]


def step(function):
    """The lines of the function that runs, without comments."""
    lines = function.source.partition("def step")[2].splitlines()[1:]
    return [text for line in lines if (text := line.partition("#")[0].strip())]


def arrays_needed(fetch, *inputs):
    """Arrays of full size at the peak of a run, the result among them."""
    return gf.function(fetch, list(inputs)).memory / ARRAY


def test_a_chain_of_functions_is_computed_in_the_place_of_one():
    x, y = vectors("x", "y")
    assert arrays_needed(gf.exp(x), x) <= 1.01
    chain = x
    for function in (gf.sin, gf.exp, gf.tanh, gf.cos, gf.exp):
        chain = function(chain)
    assert arrays_needed(chain, x) <= 2.01
    for between in (lambda u: u * y + y, lambda u: y - u):
        assert arrays_needed(gf.cos(gf.exp(between(gf.sin(x)))), x, y) <= 2.01
    chosen = gf.where(y > 0, gf.sin(x), 0)
    assert arrays_needed(gf.cos(gf.exp(chosen)), x, y) <= 2.01 + 1 / 8  # and truths


def test_a_chain_of_products_goes_to_and_fro_between_two_arrays():
    W, chain = gf.placeholder((140, 140), name="W"), gf.placeholder((140, 140), name="x")
    inputs = [W, chain]
    for _ in range(7):
        chain = W @ chain
    assert gf.function(chain, inputs).memory <= 3.05 * 8 * 140 * 140


def test_an_operand_that_is_read_again_is_not_written_over():
    x, y = vectors("x", "y", size=5)
    u = gf.exp(x)
    fetches = [gf.sin(u) * u + y, (u - gf.cos(u)) / gf.transpose(gf.reshape(u, (5, 1)))[0]]
    at = rng.normal(size=(2, 5))
    e = np.exp(at[0])
    got = gf.function(fetches, [x, y])(*at)
    np.testing.assert_allclose(got[0], np.sin(e) * e + at[1], 1e-14)
    np.testing.assert_allclose(got[1], (e - np.cos(e)) / e, 1e-14)


@pytest.mark.parametrize(
    "key", [0, -1, (None,), (..., None), (slice(None), None, 0), (1, ..., None), slice(0, 2), ()]
)
def test_an_index_of_what_is_computed_is_a_view_that_is_made_once(key):
    x = gf.placeholder((3, 2), name="x")
    function = gf.function(gf.tanh(gf.exp(x)[key]), [x])
    at = rng.normal(size=(3, 2))
    np.testing.assert_allclose(function(at), np.tanh(np.exp(at)[key]), 1e-14)
    assert [line.partition("(")[0].split()[-1] for line in step(function)[:-1]] == ["exp", "tanh"]


def test_the_entries_of_a_stack_are_computed_where_they_stand():
    x, y = vectors("x", "y", size=4)
    function = gf.function(gf.sqrt(gf.stack([gf.exp(x), y, gf.cosh(y)])), [x, y])
    at = rng.normal(size=(2, 4)) ** 2
    expected = np.sqrt([np.exp(at[0]), at[1], np.cosh(at[1])])
    np.testing.assert_allclose(function(*at), expected, 1e-14)
    text = "\n".join(step(function))
    assert text.count("copyto") == 1  # that of y, which nothing computes
    made = [line.strip() for line in function.source.splitlines() if "= buffer(" in line]
    assert len(made) == len(set(made)) == 1


@pytest.mark.parametrize("key", [0, -2, slice(1, 3), slice(2, 1), (slice(None), 1), (-1, 0), ()])
def test_every_element_round_what_is_placed_is_filled_once(key):
    key = key if isinstance(key, tuple) else (key,)
    count = np.zeros((5, 4), int)
    count[(*key, ...)] += 1
    for box in _around(key, (5, 4)):
        assert count[box].size
        count[box] += 1
    np.testing.assert_array_equal(count, 1)


def test_a_gradient_that_is_placed_in_zeros_is_written_and_not_added():
    x, y = gf.placeholder((5, 4), name="x"), gf.placeholder((5, 4), name="y")
    grad = gf.gradients(gf.sum(y[1:, 2] * x[1:, 2]), y)[0]
    function = gf.function(grad * x, [x, y])
    at = rng.normal(size=(5, 4))
    expected = np.zeros((5, 4))
    expected[1:, 2] = at[1:, 2] ** 2
    np.testing.assert_array_equal(function(at, at), expected)
    text = "\n".join(step(function))
    assert text.count("= 0") == 3
    assert "add(" not in text
    assert "+=" not in text


def test_what_is_added_in_a_part_of_what_is_computed_changes_it_in_its_place():
    x, row = gf.placeholder((3, 2), name="x"), gf.placeholder((2,), name="row")
    changed = gf.function(gf.exp(gf.exp(x).at[1].add(row)), [x, row])
    at = rng.normal(size=(3, 2))
    expected = np.exp(at)
    expected[1] += [1.0, -2.0]
    np.testing.assert_allclose(changed(at, [1.0, -2.0]), np.exp(expected), 1e-14)
    assert "copyto" not in "\n".join(step(changed))
    kept = gf.exp(x)
    both = gf.function([gf.exp(kept.at[1].add(row)), kept], [x, row])(at, [1.0, -2.0])
    np.testing.assert_allclose(both[0], np.exp(expected), 1e-14)
    np.testing.assert_allclose(both[1], np.exp(at), 1e-14)


def test_a_later_run_takes_the_buffers_of_an_earlier_one():
    (x,) = vectors("x")
    function = gf.function(gf.sum(gf.exp(x) * gf.sin(x)), [x])
    for _ in range(3):
        function(np.ones(SIZE))
        assert len(function._ready().run.free) == 1


def test_what_python_gives_of_its_operand_is_not_touched_by_later_runs():
    (x,) = vectors("x", size=6)
    views = [
        gf.py_func(lambda a: a[:2], [gf.exp(x)], (2,), float),
        gf.py_func(lambda a: a.reshape(2, 3).T, [gf.exp(x) * 2], (3, 2), float),
    ]
    function = gf.function(views, [x])
    first = function(np.zeros(6))
    function(np.ones(6))
    np.testing.assert_array_equal(first[0], np.ones(2))
    np.testing.assert_array_equal(first[1], np.full((3, 2), 2.0))


def test_numbers_in_python_are_floats_as_in_numpy():
    x = gf.placeholder((), name="x")
    y = (gf.maximum(x, 2**53) + 1) - 2**53  # a whole number would keep the 1
    assert gf.Session().run(y, {x: 0.0}) == 0.0


def test_an_entry_of_a_vector_is_a_python_float_in_what_follows():
    (x,) = vectors("x", size=3)
    function = gf.function(gf.exp(x[1]) * x[-1] + 1, [x])
    assert function(np.array([0.5, 0.0, 3.0])) == 4.0
    assert "float(x[1])" in "\n".join(step(function))


def test_constants_that_nothing_needs_are_not_kept():
    (x,) = vectors("x", size=3)
    c = gf.constant(np.array([1.0, 2.0, 3.0]))
    program = gf.function(x * (c * c + 1), [x]).program
    read = {value for call in program.calls for value in call.reads()}
    assert set(program.constants) <= read | set(program.wanted())
