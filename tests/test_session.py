"""Sessions: what a run reads, commits, returns and refuses."""

import threading
from collections import namedtuple

import numpy as np
import pytest

import graphflow as gf


def counter():
    w = gf.Variable(1.0, name="w")
    return w, gf.assign_add(w, 1.0)


def test_reads_in_a_run_see_the_values_at_its_start_in_any_order_of_fetches():
    w, step = counter()
    session = gf.Session()
    assert session.run([w, step]) == [1.0, None]
    assert session.run([step, w]) == [None, 2.0]
    assert session.run(w) == 3.0


def test_loss_fetched_with_the_step_is_the_loss_before_it():
    w = gf.Variable(2.0)
    loss = w * w
    step = gf.GradientDescentOptimizer(0.25).minimize(loss)
    assert gf.Session().run([loss, step, w]) == [4.0, None, 2.0]


def test_updates_are_committed_together_from_the_state_at_the_start():
    a, b = gf.Variable(1.0), gf.Variable(2.0)
    session = gf.Session()
    session.run(gf.group(gf.assign(a, b), gf.assign(b, a)))
    assert session.run([a, b]) == [2.0, 1.0]


def test_a_run_that_raises_changes_nothing():
    w = gf.Variable([1.0, 2.0, 3.0])
    index = gf.placeholder((), dtype=np.int64)
    step = gf.assign(w, w * w[index])
    session = gf.Session()
    with pytest.raises(gf.ShapeError, match="out of bounds"):
        session.run([gf.assign_add(gf.Variable(0.0), 1.0), step], {index: 7})
    np.testing.assert_array_equal(session.run(w), [1.0, 2.0, 3.0])


def test_an_update_fetched_twice_happens_once():
    w, step = counter()
    session = gf.Session()
    assert session.run([step, step, gf.group(step)]) == [None, None, None]
    assert session.run(w) == 2.0


def test_two_updates_of_one_variable_in_one_run_are_refused():
    w, step = counter()
    other = gf.assign(w, 7.0)
    with pytest.raises(gf.GraphError, match="'w' would be updated twice"):
        gf.Session().run([step, other])


def test_sessions_over_one_graph_are_independent():
    w, step = counter()
    one, two = gf.Session(), gf.Session()
    one.run(step)
    assert (one.run(w), two.run(w)) == (2.0, 1.0)


def test_feeding_a_variable_holds_for_that_run_only():
    w, step = counter()
    session = gf.Session()
    assert session.run(w * 2, {w: 10.0}) == 20.0
    session.run(step, {w: 10.0})
    assert session.run(w) == 11.0


def test_what_run_returns_is_the_callers_alone():
    x = gf.placeholder((2, 3))
    w = gf.Variable(np.zeros(3))
    mine = np.ones((2, 3))
    session = gf.Session()
    results = session.run([x, x, gf.transpose(x), x[0], w, gf.broadcast_to(w, (2, 3))], {x: mine})
    for i, result in enumerate(results):
        assert result.flags.writeable
        assert not np.shares_memory(result, mine)
        assert not any(np.shares_memory(result, other) for other in results[:i])
        result[...] = 5.0
    np.testing.assert_array_equal(mine, np.ones((2, 3)))
    np.testing.assert_array_equal(session.run(w), np.zeros(3))


def test_rank_zero_results_are_numpy_scalars():
    assert isinstance(gf.Session().run(gf.sum(gf.constant([1.0, 2.0]))), np.float64)


def test_fetches_come_back_in_their_structure():
    Pair = namedtuple("Pair", "a b")
    x = gf.constant(2.0)
    fetched = gf.Session().run({"p": Pair(x, [x + 1]), "t": (x,), "none": []})
    assert fetched == {"p": Pair(2.0, [3.0]), "t": (2.0,), "none": []}
    assert isinstance(fetched["p"], Pair)


def test_any_node_can_be_fed():
    x = gf.placeholder()
    y = x + 1
    assert gf.Session().run(y * 2, {y: 10.0}) == 20.0


@pytest.mark.parametrize(
    "fed", [[[1, 2], [3]], "text", None, object(), {"a": 1}, np.array([None]), 1j, b"x"]
)
def test_what_is_no_array_of_numbers_is_refused_naming_the_placeholder(fed):
    x = gf.placeholder(name="pixels")
    with pytest.raises(gf.FeedError, match="'pixels'"):
        gf.Session().run(x + 1, {x: fed})


def test_a_masked_array_and_a_node_are_refused_as_feeds():
    x = gf.placeholder(name="x")
    for fed in (np.ma.masked_array([1.0], [True]), gf.constant(1.0), gf.Variable(1.0)):
        with pytest.raises(gf.FeedError, match="'x'"):
            gf.Session().run(x + 1, {x: fed})


def test_feeds_are_cast_where_same_kind_allows_and_refused_elsewhere():
    single = gf.placeholder((), dtype=np.float32)
    whole = gf.placeholder((), dtype=np.int64)
    session = gf.Session()
    assert session.run(single, {single: np.float64(0.5)}).dtype == np.float32
    assert session.run(single, {single: 3}) == 3.0
    with pytest.raises(gf.FeedError, match="does not cast safely"):
        session.run(whole, {whole: 1.5})
    exact = 2**53 + 1
    assert session.run(whole, {whole: exact}) == exact


def test_integers_out_of_range_are_refused():
    small = gf.placeholder((), dtype=np.int8)
    with pytest.raises(gf.FeedError, match="out of range"):
        gf.Session().run(small, {small: 300})


def test_wrong_shapes_and_named_sizes_are_refused():
    x = gf.placeholder(("n", 3), name="x")
    y = gf.placeholder(("n",), name="y")
    session = gf.Session()
    with pytest.raises(gf.FeedError, match=r"shape \[2, 4\] was fed for placeholder 'x'"):
        session.run(x, {x: np.zeros((2, 4))})
    with pytest.raises(gf.FeedError, match="size 'n' is 2"):
        session.run([x, y], {x: np.zeros((2, 3)), y: np.zeros(3)})


def test_an_unneeded_inner_node_is_refused_and_an_unneeded_placeholder_is_not():
    x, y = gf.placeholder(name="x"), gf.placeholder(name="y")
    other = gf.exp(y, name="other")
    session = gf.Session()
    assert session.run(x, {x: 1.0, y: 2.0}) == 1.0
    with pytest.raises(gf.FeedError, match="'other'.*needs it"):
        session.run(x, {x: 1.0, other: 2.0})


def test_feed_keys_must_be_nodes_of_the_graph():
    x = gf.placeholder()
    with gf.Graph():
        foreign = gf.placeholder(name="foreign")
    for key, pattern in (("x", "'x'"), (foreign, "foreign.*another graph")):
        with pytest.raises(gf.FeedError, match=pattern):
            gf.Session().run(x, {x: 1.0, key: 2.0})


def test_fetching_what_is_no_node_is_refused():
    for wrong in (3.0, "loss", None, [gf.constant(1.0), 2]):
        with pytest.raises(gf.DTypeError, match="cannot fetch"):
            gf.Session().run(wrong)


def test_a_default_is_used_unless_something_is_fed():
    rate = gf.placeholder((), default=0.5)
    session = gf.Session()
    assert session.run(rate * 2) == 1.0
    assert session.run(rate * 2, {rate: 3.0}) == 6.0


def test_strided_reversed_and_readonly_feeds_mean_what_numpy_says():
    x = gf.placeholder()
    base = np.arange(24.0).reshape(4, 6)
    frozen = base.copy()
    frozen.setflags(write=False)
    for view in (base[::2, ::-1], np.asfortranarray(base), base.T, frozen):
        np.testing.assert_array_equal(gf.Session().run(x * 2, {x: view}), view * 2)


def test_new_feed_values_of_the_same_shape_give_new_results():
    x = gf.placeholder((2,))
    session, fed = gf.Session(), np.array([1.0, 2.0])
    assert session.run(gf.sum(x), {x: fed}) == 3.0
    fed[0] = 5.0
    assert session.run(gf.sum(x), {x: fed}) == 7.0


def test_eval_uses_the_session_of_the_with_block():
    w, step = counter()
    with gf.Session() as session:
        session.run(step)
        assert w.eval() == 2.0
    with pytest.raises(gf.GraphError, match="no session"):
        w.eval()


def test_assign_and_value_copy_and_check():
    w = gf.Variable([1.0, 2.0])
    session, mine = gf.Session(), np.array([3.0, 4.0])
    session.assign(w, mine)
    mine[:] = 0.0
    session.value(w)[:] = 0.0
    np.testing.assert_array_equal(session.value(w), [3.0, 4.0])
    with pytest.raises(gf.ShapeError):
        session.assign(w, [1.0])
    with pytest.raises(gf.DTypeError):
        session.assign(w, [1j, 2j])
    np.testing.assert_array_equal(session.value(w), [3.0, 4.0])


def test_threads_lose_no_update_and_see_whole_states():
    a, b = gf.Variable(0.0), gf.Variable(0.0)
    step = gf.group(gf.assign_add(a, 1.0), gf.assign_add(b, 1.0))
    session = gf.Session()
    torn = []

    def train():
        for _ in range(100):
            session.run(step)
            seen = session.run([a, b])
            if seen[0] != seen[1]:
                torn.append(seen)

    threads = [threading.Thread(target=train) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not torn
    assert session.run([a, b]) == [400.0, 400.0]


def test_numpys_error_state_and_random_state_are_untouched():
    x = gf.placeholder()
    before, state = np.geterr(), np.random.get_state()[1].copy()
    gf.Session(seed=1).run([gf.log(x), gf.random.normal((3,))], {x: -1.0})
    assert np.geterr() == before
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_draws_are_functions_of_seed_node_and_step():
    one, two = gf.random.normal((4,)), gf.random.normal((4,))
    first, second = gf.Session(seed=7), gf.Session(seed=7)
    a, b = first.run([one, two])
    assert not np.array_equal(a, b)
    np.testing.assert_array_equal(second.run([one, two])[0], a)
    assert not np.array_equal(first.run(one), a)


def test_a_seed_is_drawn_and_readable_when_none_is_given():
    session = gf.Session()
    noise = gf.random.normal((4,))
    np.testing.assert_array_equal(session.run(noise), gf.Session(seed=session.seed).run(noise))


def test_a_draw_is_the_same_in_the_forward_and_the_backward_pass():
    w = gf.Variable(np.ones(5))
    mask = gf.random.uniform((5,))
    y = gf.sum(w * mask)
    drawn, grad = gf.Session(seed=3).run([mask, gf.gradients(y, w)[0]])
    np.testing.assert_array_equal(drawn, grad)
