"""Session(check_numerics=True): the node that made a NaN or infinity is named, nothing is kept."""

import re

import numpy as np
import pytest

import graphflow as gf

BAD = [(-1.0, "nan"), (0.0, "inf")]  # what log makes of them


def watched(**options):
    return gf.Session(check_numerics=True, **options)


@pytest.mark.parametrize("optimize", [True, False])
@pytest.mark.parametrize("runs", [1, 4])  # the long way and the short one
@pytest.mark.parametrize(("value", "kind"), BAD)
def test_the_first_node_its_line_and_its_inputs_are_named(optimize, runs, value, kind):
    x = gf.placeholder((3,), name="x")
    y = x * 2
    bad = gf.log(y, name="bad")
    loss = gf.sum(gf.exp(bad) * 0 + bad, name="loss")
    session = watched(optimize=optimize)
    for _ in range(runs):
        session.run(loss, {x: np.ones(3)})
    with pytest.raises(gf.NumericError) as raised:
        session.run(loss, {x: np.array([1.0, value, 3.0])})
    expected = [
        f"run: {'NaN' if kind == 'nan' else 'infinity'} in 'loss'",
        f"made by {bad.describe()}: 1 of 3 is {kind}",
        'at bad = gf.log(y, name="bad")',
        f"of {y.describe()}: from {2 * value:g} to 6",
    ]
    assert [" ".join(line.split()) for line in str(raised.value).splitlines()] == expected


def test_a_gradient_node_leads_to_the_forward_line():
    x = gf.placeholder((2,), name="x")
    root = gf.sqrt(x)
    (grad,) = gf.gradients(gf.sum(root), x)
    with pytest.raises(gf.NumericError) as raised:
        watched().run(grad, {x: np.array([0.0, 1.0])})
    assert "gradient of  root = gf.sqrt(x)" in str(raised.value)
    assert f"test_check_numerics.py:{root.origin.line}" in str(raised.value)


def test_a_new_value_of_a_variable_is_watched_and_nothing_is_committed():
    x = gf.placeholder((), name="x")
    w, n = gf.Variable(1.0, name="w"), gf.Variable(0.0, name="n")
    noise = gf.random.normal(())
    step = gf.group(gf.assign(w, w / x + 0 * noise), gf.assign_add(n, 1.0))
    session, other = watched(seed=5), watched(seed=5)
    session.run([step, noise], {x: 2.0})
    other.run([step, noise], {x: 2.0})
    for _ in range(3):
        with pytest.raises(gf.NumericError, match="infinity in the new value of 'w'"):
            session.run([step, noise], {x: 0.0})
    assert [session.value(w), session.value(n)] == [0.5, 1.0]
    assert session.run(noise) == other.run(noise)  # a run that raised took no random step


def test_a_run_on_the_short_way_commits_nothing_and_keeps_its_buffers():
    x = gf.placeholder((4,), name="x")
    w = gf.Variable(np.ones(4), name="w")
    y = gf.tanh(x * w) * gf.log(x)
    step = gf.assign(w, w + y)
    session = watched()
    f = session.make_callable([y, step], [x])
    for _ in range(3):
        f(np.ones(4))
    (compiled,) = [kept[0] for kept in session._plans._kept.values()]
    free = len(compiled.run.free)
    for _ in range(5):
        with pytest.raises(gf.NumericError, match="made by  log"):
            f(np.array([1.0, -1.0, 1.0, 1.0]))
    np.testing.assert_array_equal(session.value(w), np.ones(4))
    assert len(compiled.run.free) == free
    np.testing.assert_array_equal(f(np.ones(4))[0], np.zeros(4))


def test_what_a_mask_keeps_back_raises_no_alarm():
    x = gf.placeholder((3,), name="x")
    safe = gf.where(x > 0, gf.log(x), 0.0)
    clipped = gf.maximum(gf.sqrt(gf.maximum(x, 0)), 0)
    nested = gf.where(x > 0, 1 / x, gf.where(x < -10, gf.log(x), -1.0))
    grads = [gf.gradients(gf.sum(y), x)[0] for y in (safe, nested)]
    session, fed = watched(), np.array([-1.0, 0.0, 2.0])
    for _ in range(3):
        first, _, third, *found = session.run([safe, clipped, nested, *grads], {x: fed})
    np.testing.assert_allclose(first, [0, 0, np.log(2)], rtol=1e-15)
    np.testing.assert_array_equal(third, [-1, -1, 0.5])
    np.testing.assert_array_equal(found, [[0, 0, 0.5], [0, 0, -0.25]])


def test_an_infinity_that_ends_as_a_number_raises_no_alarm():
    x = gf.placeholder((), name="x")
    y = 1 / (1 + gf.exp(x))
    assert watched().run(gf.tanh(gf.exp(x)), {x: 1000.0}) == 1.0
    assert watched(optimize=False).run(y, {x: 1000.0}) == 0.0


def test_the_branch_that_was_taken_is_named_and_not_the_masked_one():
    x = gf.placeholder((2,), name="x")
    masked = gf.log(x, name="masked")
    taken = gf.sqrt(x - 5, name="taken")
    y = gf.where(x > 0, taken, gf.where(x < -1, masked, 0.0))
    with pytest.raises(gf.NumericError, match="made by  sqrt 'taken'"):
        watched().run(y, {x: np.array([-0.5, 1.0])})


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_feeds_that_are_not_finite_are_named_as_such(value):
    x, y = gf.placeholder((2,), name="x"), gf.placeholder((2,), name="y")
    z = x * 2 + y
    with pytest.raises(gf.NumericError, match=r"fed as  placeholder 'y' .*1 of 2 is (nan|inf)"):
        watched().run(z, {x: np.ones(2), y: np.array([1.0, value])})
    mask = gf.where(y > 0, x, 0)
    np.testing.assert_array_equal(
        watched().run(mask, {x: np.ones(2), y: np.array([1.0, -np.inf])}), [1, 0]
    )


def test_a_variable_that_was_not_finite_before_the_run_is_named_as_such():
    w = gf.Variable([1.0, np.inf], name="w")
    session = watched()
    with pytest.raises(gf.NumericError, match=r"in  variable 'w' .*: 1 of 2 is inf before the run"):
        session.run(w * 2)
    session.assign(w, [1.0, 2.0])
    np.testing.assert_array_equal(session.run(w * 2), [2, 4])


def test_a_fed_inner_node_is_named_as_fed():
    x = gf.placeholder((), name="x")
    h = gf.exp(x, name="h")
    with pytest.raises(gf.NumericError, match="fed as  exp 'h'"):
        watched().run(h * 2, {h: np.inf})


def test_large_sums_of_finite_numbers_complex_and_other_dtypes_raise_no_alarm():
    big = gf.constant([1e308, 1e308])
    half = gf.constant(np.full(3, 6e4, np.float16))
    whole, truth = gf.constant(np.array([2**62])), gf.constant([True])
    z = gf.constant([1e308 + 1e308j, 1e308])
    session = watched()
    for _ in range(3):
        session.run([big * 1.0, half * 1, whole * 1, truth, z * 1])
    with pytest.raises(gf.NumericError, match="NaN|infinity"):
        session.run(z * 10)


def test_scalars_of_every_kind_are_watched():
    x = gf.placeholder((), name="x")
    w = gf.Variable(1.0, name="w")
    session, step = watched(), gf.assign(w, gf.exp(x))
    f = session.make_callable([step, x * 2], [x])
    for _ in range(3):
        f(np.array(1.0))
    with pytest.raises(gf.NumericError, match="made by  exp"):
        f(np.array(1000.0))
    assert session.value(w) == np.exp(1.0)


def test_a_function_can_be_watched():
    x = gf.placeholder((2,), name="x")
    f = gf.function(gf.log(x), [x], check_numerics=True)
    g = gf.function(np.log, check_numerics=True)
    for _ in range(3):
        np.testing.assert_array_equal(f(np.ones(2)), [0, 0])
        for each in (f, g):
            with pytest.raises(gf.NumericError, match="made by  log"):
                each(np.zeros(2))
    assert np.isinf(gf.function(gf.log(x), [x])(np.zeros(2))).all()


def test_a_print_prints_no_second_time_while_the_cause_is_sought(capsys):
    x = gf.placeholder((), name="x")
    with pytest.raises(gf.NumericError):
        watched().run(gf.log(gf.print(x)), {x: -1.0})
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_message_has_six_lines_at_most():
    x = gf.placeholder((2,), name="x")
    with pytest.raises(gf.NumericError) as raised:
        watched().run(gf.einsum("i,i,i,i->i", x * 1e200, x * 1e200, x, x + 1), {x: np.ones(2)})
    assert len(str(raised.value).splitlines()) <= 6
    assert re.search(r"of  +multiply", str(raised.value))


def test_an_ordinary_session_says_nothing():
    x = gf.placeholder((), name="x")
    assert np.isnan(gf.Session().run(gf.log(x), {x: -1.0}))
