"""The DOT text of parts: forward or gradients alone, folded scopes, what is near a node."""

import re

import pytest
from test_viz import layered, line_of, statements

import graphflow as gf
from graphflow.graph import building


def test_gradients_are_dashed_and_in_a_cluster_of_their_own():
    *_, grad = layered()
    dot = gf.viz.to_dot(grad)
    nodes, edges = statements(dot)
    gradient = [line for line in nodes.values() if "class=gradient" in line]
    assert len(gradient) == 2
    assert all("dashed" in line for line in gradient)
    assert dot.index("label=gradients") < min(map(dot.index, gradient))
    dashes = [re.search(r"style=(\w+)", edge[2]) for edge in edges]
    assert [dash and dash[1] for dash in dashes] == [None] * 5 + ["dotted"] * 2 + ["dashed"]


def test_the_shape_of_a_value_kept_for_a_gradient_is_said_once():
    *_, grad = layered()
    edges = [edge[2] for edge in statements(gf.viz.to_dot(grad))[1] if "dotted" in edge[2]]
    said = [re.search(r'label="([^"]*)"', edge)[1].strip() for edge in edges]
    assert said == ["[?, 2]", ""]  # y has no other arrow; h has one to y


def test_show_forward_leaves_out_what_was_derived():
    *_, y, grad = layered()
    assert gf.viz.to_dot(grad, show="forward") == gf.viz.to_dot([grad, y], show="forward")
    assert "gradient" not in gf.viz.to_dot(grad, show="forward")
    assert len(statements(gf.viz.to_dot(grad, show="forward"))[0]) == 6


def test_show_gradients_leaves_out_all_but_them_and_what_they_take():
    *_, grad = layered()
    nodes, edges = statements(gf.viz.to_dot(grad, show="gradients"))
    assert len(nodes) == 4  # two gradients, h and y
    assert len(edges) == 3


def test_show_gradients_without_any_is_refused():
    x, *_ = layered()
    with pytest.raises(gf.GraphError, match="no gradient among the nodes"):
        gf.viz.to_dot(x, show="gradients")


def test_highlighted_nodes_and_the_arrows_between_them_are_marked():
    *_, h, y, _ = layered()
    dot = gf.viz.to_dot(y, highlight=[h, y])
    nodes, edges = statements(dot)
    assert sum("penwidth" in line for line in nodes.values()) == 2
    assert sum("penwidth" in edge[2] for edge in edges) == 1


def test_a_folded_scope_says_what_it_holds():
    *_, y, _ = layered()
    dot = gf.viz.to_dot(y, depth=0)
    line = line_of(dot, "hidden")
    assert 'label="hidden, 2 ops\\n6 parameters"' in line
    assert "hidden: 1 variable, 1 matmul, 1 relu" in line
    assert "class=scope" in line
    assert len(statements(dot)[0]) == 4


def test_a_long_name_of_a_folded_scope_keeps_what_is_said_about_it():
    with gf.name_scope("s" * 300):
        y = gf.exp(gf.exp(gf.Placeholder((2,), name="x")))
    label = re.search(r'label="([^"\\]*)', line_of(gf.viz.to_dot(y, depth=0), "ops"))[1]
    assert re.fullmatch("s+…s+, 2 ops", label)
    assert len(label) == 28


def test_a_frame_says_how_many_scopes_it_stands_for_and_the_boxes_in_it_do_not():
    h = gf.Placeholder((2,), name="x")
    for i in range(100):
        with gf.name_scope(f"layer{i}"):
            h = gf.exp(gf.sin(h))
    dot = gf.viz.to_dot(h)
    assert 'label="layer x100"' in dot
    assert "label=sin" in dot
    assert "sin x100" not in dot
    assert "constraint=false" in dot  # from one layer to the next


def test_the_steps_of_a_loop_say_how_many_they_are():
    h = gf.Placeholder((2,), name="x")
    for _ in range(200):
        h = gf.sin(h)
    assert 'label="sin x200' in gf.viz.to_dot(h)


def test_merged_arrows_carry_their_count():
    x = gf.Placeholder((2,), name="x")
    with gf.name_scope("s"):
        y = gf.exp(x) + gf.sin(x) + gf.cos(x)
    assert 'label=" [2] x3 "' in gf.viz.to_dot(y, depth=0)


def test_focus_shows_what_is_at_most_so_many_hops_away():
    x = h = gf.Placeholder((2,), name="x")
    chain = [x]
    for _ in range(9):
        chain.append(h := gf.sin(h))
    for hops, count in ((0, 1), (1, 3), (3, 7)):
        dot = gf.viz.to_dot(h, focus=chain[5], hops=hops)
        assert len(statements(dot)[0]) == count
    assert len(statements(gf.viz.to_dot(h, focus=[x, h]))[0]) == 6


def test_a_focus_that_is_not_in_the_picture_is_refused():
    x = gf.Placeholder((2,), name="x")
    with pytest.raises(gf.GraphError, match="focus: exp .* is not in the picture"):
        gf.viz.to_dot(x, focus=gf.exp(x))


def test_many_kept_values_are_named_beside_what_takes_them():
    with gf.name_scope("forward"):
        x = gf.Placeholder((2,), name="x")
        kept = [gf.exp(x, name=f"e{i}") for i in range(13)]
    with building(role="gradient"), gf.name_scope("forward"):
        taken = [gf.negative(node) for node in kept]
        other = gf.negative(kept[0])
    with building(role="gradient"):
        outer = gf.negative(kept[0])
    dot = gf.viz.to_dot([taken, other, outer])
    nodes, edges = statements(dot)
    assert sum('class="kept-value"' in line for line in nodes.values()) == 14
    assert 'label="forward/e0"' in dot  # in another scope
    dotted = [edge for edge in edges if "dotted" in edge[2]]
    assert len(dotted) == 15
    assert all('class="kept-value"' in nodes[edge[0]] for edge in dotted)
    assert "kept value" in dot[dot.index("cluster_legend") :]


def invisible(dot):
    return re.findall(r"^\t+(n\d+) -> (n\d+) \[style=invis", dot, re.M)


def test_gradients_begin_below_the_end_of_the_forward_pass_and_the_optimizer_below_them():
    x = gf.Placeholder((2,), name="x")
    y = gf.exp(x, name="y")
    with building(role="gradient"):
        grad = gf.ones_like(x)
    with building(role="optimizer"):
        step = gf.negative(x)
    dot = gf.viz.to_dot([y, grad, step])
    ids = {kind: re.search(rf"(n\d+) \[label=\"?{kind}", dot)[1] for kind in ("exp", "ones", "neg")}
    assert invisible(dot) == [(ids["exp"], ids["ones"]), (ids["ones"], ids["neg"])]


def test_a_highlighted_node_lights_the_box_it_is_folded_into():
    *_, h, y, _ = layered()
    assert "marked" in line_of(gf.viz.to_dot(y, depth=0, highlight=h), "hidden")
