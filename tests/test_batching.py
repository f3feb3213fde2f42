"""What is done alike to many values, or summed over many, is done at once, and is the same."""

import numpy as np
import pytest
from test_program import assert_close, programs, run
from test_tiles import check

import graphflow as gf
from graphflow.backends import Interpreter
from graphflow.program import batching

STEPS, BATCH, SIZE = 12, 3, 4
rng = np.random.default_rng(0)


def weights(*shapes, dtype=np.float64):
    return [gf.placeholder(shape, dtype, name=f"w{i}") for i, shape in enumerate(shapes)]


def values(nodes):
    return {node: rng.normal(size=node.shape).astype(node.dtype) for node in nodes}


def recurrent(x, wx, wh, b, first=None):
    """The states of a tanh network, from an initial state or from none."""
    states = []
    for t in range(STEPS):
        z = x[t] @ wx
        before = states[-1] if states else first
        if before is not None:
            z = z + before @ wh
        states.append(gf.tanh(z + b))
    return states


def names(program):
    return [call.name for call in program.calls]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("start", ["none", "zeros", "fed"])
def test_an_unrolled_network_is_a_few_large_products(start, dtype, tmp_path):
    x = gf.placeholder((STEPS, BATCH, SIZE), dtype, name="x")
    w = weights((SIZE, SIZE), (SIZE, SIZE), (SIZE,), dtype=dtype)
    fed = gf.placeholder((BATCH, SIZE), dtype, name="first")
    first = {"none": None, "zeros": gf.constant(np.zeros((BATCH, SIZE), dtype)), "fed": fed}[start]
    loss = gf.mean(gf.square(recurrent(x, *w, first)[-1]))
    feeds = values([x, *w, *([fed] if start == "fed" else [])])
    program = check([loss, *gf.gradients(loss, w)], feeds, tmp_path)
    products = names(program).count("matmul")
    assert products <= 2 * STEPS + 6  # one a step there and back, and one for each sum
    assert names(program).count("cosh") == 1
    assert names(program).count("add") <= STEPS + 2


def test_losses_of_all_states_and_gradients_of_inputs_too():
    x = gf.placeholder((STEPS, BATCH, SIZE), name="x")
    w = weights((SIZE, SIZE), (SIZE, SIZE), (SIZE,))
    states = recurrent(x, *w)
    loss = gf.sum(gf.stack([gf.sum(gf.sin(h)) for h in states]))
    check([loss, *gf.gradients(loss, [x, *w]), states[0], states[5]], values([x, *w]))


def test_two_layers_and_a_gate():
    x = gf.placeholder((STEPS, BATCH, SIZE), name="x")
    w = weights(*[(SIZE, SIZE)] * 4, (SIZE,), (SIZE,))
    first, second = recurrent(x, w[0], w[1], w[4]), []
    for h in first:
        gate = gf.sigmoid(h @ w[2] + w[5])
        second.append(gate * h + (1 - gate) * (second[-1] @ w[3] if second else h))
    loss = gf.mean(gf.square(second[-1])) + gf.mean(first[3])
    check([loss, *gf.gradients(loss, w)], values([x, *w]))


@pytest.mark.parametrize("kept", [STEPS - 1, STEPS])
def test_only_products_of_all_entries_are_made_one(kept):
    x, (w,) = gf.placeholder((STEPS, BATCH, SIZE), name="x"), weights((SIZE, SIZE))
    parts = [gf.exp(x[t] @ w) * float(t + 1) for t in range(kept)]
    program = check(parts, values([x, w]))
    assert names(program).count("matmul") == (1 if kept == STEPS else kept)


def test_entries_taken_twice_backwards_and_by_negative_numbers():
    x, (w, b) = gf.placeholder((STEPS, SIZE), name="x"), weights((SIZE, SIZE), ())
    parts = [(x[-t] @ w) + b for t in range(STEPS)] + [x[2] @ w]
    check([gf.stack(parts), gf.stack(parts[::-1])], values([x, w, b]))


@pytest.mark.parametrize("others", [0, 1, 3])
def test_sums_of_products_with_other_terms(others):
    a, b = ([gf.placeholder((BATCH, SIZE), name=f"{n}{i}") for i in range(STEPS)] for n in "ab")
    total = gf.exp(a[0])[:, :1] * gf.ones((1, SIZE)) if others == 3 else None
    products = [gf.transpose(gf.sin(p)) @ gf.cos(q) for p, q in zip(a, b, strict=True)]
    terms = products + [gf.transpose(a[i]) @ a[i + 1] * 2.0 for i in range(others)]
    order = rng.permutation(len(terms))
    result = terms[order[0]]
    for i in order[1:]:
        result = result + terms[i]
    fetches = [result] + ([] if total is None else [total, products[1]])
    check(fetches, values([*a, *b]))


def test_a_term_that_is_read_elsewhere_is_not_taken_out_of_a_sum():
    a = [gf.placeholder((BATCH, SIZE), name=f"a{i}") for i in range(STEPS)]
    products = [gf.transpose(gf.sin(p)) @ gf.cos(p) for p in a]
    result = products[0]
    for product in products[1:]:
        result = result + product
    check([result, products[3] * 2], values(a))


def test_functions_of_many_values_are_one_unless_one_depends_on_another():
    x = gf.placeholder((STEPS, SIZE), name="x")
    rows = [x[t] * float(t + 1) for t in range(STEPS)]
    program = check([gf.stack([gf.exp(row) for row in rows])], values([x]))
    assert names(program).count("exp") == 1
    h = rows[0]
    for row in rows[1:]:
        h = gf.exp(-gf.square(h)) * row
    program = check([h], values([x]))
    assert names(program).count("exp") == STEPS - 1


def test_a_stack_may_hold_numbers_constants_and_one_value_twice():
    x = gf.placeholder((SIZE,), name="x")
    y, ones = gf.exp(x), gf.constant(np.ones(SIZE))
    parts = [y, ones, gf.sin(x), y, x, y[::-1]]
    check([gf.sum(gf.stack(parts) * 2), gf.stack(parts) + 1], values([x]))
    check([gf.stack([1, -x[1], 2.5, gf.sum(y)]) * 2], values([x]))


def test_runs_of_a_stacked_program_do_not_meet():
    x = gf.placeholder((STEPS, BATCH, SIZE), name="x")
    w = weights((SIZE, SIZE), (SIZE, SIZE), (SIZE,))
    loss = gf.mean(recurrent(x, *w)[-1])
    f = gf.function([loss, *gf.gradients(loss, w)], [x, *w])
    first, second = values([x, *w]), values([x, *w])
    kept = f(*first.values())
    copies = [np.array(value) for value in kept]
    f(*second.values())
    for value, copy, again in zip(kept, copies, f(*first.values()), strict=True):
        np.testing.assert_array_equal(value, copy)
        np.testing.assert_array_equal(again, copy)


def test_rows_in_another_order_would_be_noticed(monkeypatch):
    rows = batching._Stacks.rows
    monkeypatch.setattr(batching._Stacks, "rows", lambda self, v, at: rows(self, v[::-1], at))
    monkeypatch.setattr(batching._Stacks, "order", lambda self, v: v[1:] + v[:1])
    a, b = ([gf.placeholder((BATCH, SIZE), name=f"{n}{i}") for i in range(STEPS)] for n in "ab")
    total = sum_of([gf.transpose(gf.sin(p)) @ gf.cos(q) for p, q in zip(a, b, strict=True)])
    feeds = values([*a, *b])
    plain, quick = programs([total], feeds)
    assert names(quick).count("matmul") == 1
    (expected,) = run(plain, feeds, Interpreter)
    assert_close(run(quick, feeds)[0], expected)  # both sides alike: the order is free
    by_left = batching._sum_at_once
    monkeypatch.setattr(batching, "_sum_at_once", lambda e, s, at, p: by_left(e, s, at, turned(p)))
    _, quick = programs([total], feeds)
    with pytest.raises(AssertionError):
        assert_close(run(quick, feeds)[0], expected)


def turned(pairs):
    """The pairs with the left side of another."""
    lefts = [left for left, _, _ in pairs]
    return [(left, b, a) for left, (_, b, a) in zip(lefts[1:] + lefts[:1], pairs, strict=True)]


def sum_of(terms):
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def of_what_a_run_finds():
    """A placeholder, and its distinct entries, of which a run finds how many there are."""
    x = gf.placeholder((None,), name="x")
    return x, gf.unique_values(x)


def test_functions_of_as_many_entries_as_a_run_finds_are_left_alone():
    x, y = of_what_a_run_finds()
    expected = np.array([0.5, 1.5])
    for _ in range(10):
        y = gf.exp(gf.tanh(-gf.sin(y)))
        expected = np.exp(np.tanh(-np.sin(expected)))
    got = gf.Session().run(y, {x: [1.5, 0.5, 1.5]})
    np.testing.assert_allclose(got, expected, rtol=1e-14)


def test_products_over_as_many_rows_as_a_run_finds_are_left_alone():
    x, u = of_what_a_run_finds()
    rows = [gf.outer(gf.sin(i * u), np.arange(1.0, 3.0)) for i in range(1, 10)]
    total = sum_of([gf.transpose(row) @ gf.cos(row) for row in rows])
    got = gf.Session().run(total, {x: [1.5, 0.5, 1.5]})
    given = [np.outer(np.sin(i * np.array([0.5, 1.5])), [1.0, 2.0]) for i in range(1, 10)]
    expected = sum(row.T @ np.cos(row) for row in given)
    np.testing.assert_allclose(got, expected, rtol=1e-13)


def test_a_transpose_of_as_many_rows_as_a_run_finds_is_printed():
    x, u = of_what_a_run_finds()
    got = gf.Session().run(gf.transpose(gf.outer(u, [1.0, 2.0])), {x: [1.5, 0.5, 1.5]})
    np.testing.assert_array_equal(got, [[0.5, 1.5], [1.0, 3.0]])


def test_a_long_program_over_what_python_computes_of_any_rank_is_left_alone():
    x = gf.placeholder(None, name="x")
    y, expected = gf.py_func(np.sin, [x], x.shape, x.dtype), np.sin([1.0, 2.0])
    for i in range(10):
        y, expected = gf.cos(y + i) + y, np.cos(expected + i) + expected
    got = gf.Session().run(y, {x: [1.0, 2.0]})
    np.testing.assert_allclose(got, expected, rtol=1e-14)
