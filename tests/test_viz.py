"""The DOT text of graphs: what is shown, and that names stay text."""

import re
import subprocess
import sys

import pytest

import graphflow as gf
from graphflow.graph import building

NASTY = [
    'say "hi"',
    "<b>bold</b>",
    "<<table><tr><td>x</td></tr></table>>",
    "a & b &amp; c &#60;",
    "back\\slash\\n\\N\\G\\",
    "two\nlines\tand\x00control\x1b[0m",
    "naïve 漢字 ∂",
    "lone \ud800 surrogate",
    "n0:port -> n1 [shape=box]; } subgraph {",
    "]]> <!-- -->",
    "x" * 300,
]


def layered():
    """x -> hidden/(W, matmul, relu 'h') -> y = h * 2, and a mock gradient of it."""
    x = gf.Placeholder((None, 3), name="x")
    with gf.name_scope("hidden"):
        w = gf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="W")
        h = gf.relu(gf.matmul(x, w), name="h")
    y = gf.multiply(h, 2.0, name="y")
    with building(role="gradient"):
        grad = gf.negative(gf.multiply(y, h))
    return x, w, h, y, grad


def statements(dot):
    """Node lines by id, and edges as (source, target, attributes); the legend is left out."""
    nodes = dict(re.findall(r"^\t+(n\d+) \[(.*)\]$", dot, re.M))
    edges = re.findall(r"^\t+(n\d+) -> (n\d+) \[(.*)\]$", dot, re.M)
    return nodes, [edge for edge in edges if "style=invis" not in edge[2]]


def line_of(dot, text):
    """The one node line whose label has this text."""
    nodes, _ = statements(dot)
    (found,) = [line for line in nodes.values() if re.search(rf'label="?[^"=]*{text}', line)]
    return found


def test_every_node_and_arrow_upstream_is_shown():
    *_, y, _ = layered()
    nodes, edges = statements(gf.viz.to_dot(y))
    assert len(nodes) == 6  # x, W, matmul, relu, 2, multiply
    assert len(edges) == 5


def test_a_node_used_twice_has_two_arrows():
    x = gf.Placeholder((), name="x")
    _, edges = statements(gf.viz.to_dot(gf.multiply(x, x)))
    assert [edge[:2] for edge in edges] == [("n0", "n1"), ("n0", "n1")]


def test_a_graph_a_list_and_a_dict_of_nodes_can_be_drawn():
    with gf.Graph() as graph:
        x = gf.Placeholder((2,), name="x")
        y, z = gf.exp(x), gf.sigmoid(x)
    drawn = gf.viz.to_dot(graph)
    assert (
        drawn
        == gf.viz.to_dot([y, z])
        == gf.viz.to_dot({1: [y], 2: (z,)}).replace("\\n1", "").replace("\\n2", "")
    )


def test_the_keys_of_a_dict_name_its_nodes():
    x = gf.Placeholder((2,), name="x")
    y = gf.exp(x)
    assert "exp\\noutput" in gf.viz.to_dot({"output": y})
    assert "exp\\n∂/∂x" in gf.viz.to_dot({x: y})


def test_the_same_nodes_give_the_same_text():
    texts = set()
    for _ in range(3):
        gf.reset_default_graph()
        texts.add(gf.viz.to_dot(layered()))
    assert len(texts) == 1


def test_the_text_does_not_depend_on_the_hash_seed():
    program = (
        "import graphflow as gf\n"
        "with gf.name_scope('s'):\n    x = gf.Placeholder((2,), name='x')\n"
        "y = gf.exp(x) + gf.sigmoid(x) * 3.0\n"
        "print(gf.viz.to_dot(y))"
    )
    outs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outs[0] == outs[1] != b""


def test_importing_graphflow_does_not_import_graphviz():
    program = "import sys, graphflow; sys.exit('graphviz' in sys.modules)"
    subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": ":".join(sys.path)}, check=True
    )


def test_operations_have_their_kind_as_title_and_their_name_below():
    *_, y, _ = layered()
    dot = gf.viz.to_dot(y)
    assert 'label="relu\\nh"' in dot
    assert "label=matmul" in dot


def test_small_constants_show_their_value():
    x = gf.Placeholder((2,))
    big = gf.constant([0.0] * 100, name="table")
    dot = gf.viz.to_dot(x * 0.1 + gf.constant([1.5, -2.0]) + gf.reduce_sum(big))
    assert "label=0.1" in dot
    assert 'label="[1.5, -2. ]"' in dot or 'label="[ 1.5, -2. ]"' in dot
    assert "label=table" in dot


def test_arrows_carry_shapes_and_unusual_dtypes():
    x = gf.Placeholder((None, 10))
    i = gf.Placeholder((3,), dtype="int32")
    free = gf.Placeholder()
    dot = gf.viz.to_dot([gf.exp(x), gf.negative(i), gf.exp(free)])
    labels = [re.search(r'label="([^"]*)"', e[2])[1].strip() for e in statements(dot)[1]]
    assert labels == ["[?, 10]", "int32[3]", "[...]"]


def test_what_nothing_takes_says_its_own_shape():
    x = gf.Placeholder((2, 5), name="x")
    assert 'label="exp\\n[2, 5]"' in gf.viz.to_dot(gf.exp(x))
    assert 'label="x\\n[2, 5]"' in gf.viz.to_dot(x)


def test_scopes_are_nested_clusters():
    with gf.name_scope("outer"), gf.name_scope("inner"):
        x = gf.Placeholder((2,), name="x")
    dot = gf.viz.to_dot(gf.exp(x))
    outer, inner = dot.index("label=outer"), dot.index("label=inner")
    assert outer < inner < dot.index("label=x ") < dot.index("\t\t}", inner)
    assert "outer/inner/x" not in re.sub('tooltip="[^"]*"', "", dot)


def test_a_name_with_slashes_is_in_scopes_too():
    assert "label=decoder" in gf.viz.to_dot(gf.Placeholder((2,), name="decoder/x"))


def test_scopes_nested_deeper_than_eight_are_drawn_as_one():
    name = "/".join("abcdefghijklmnop")
    dot = gf.viz.to_dot(gf.Placeholder((2,), name=name))
    assert dot.count("subgraph cluster_") == 9  # eight and the legend
    assert 'label="h/i/j/k/l/m/n/o"' in dot


def test_the_legend_has_the_kinds_that_are_present():
    x, _, _, y, grad = layered()
    kinds = re.compile(r"^\t\tk\d \[label=(\w+)", re.M)
    assert kinds.findall(gf.viz.to_dot(x)) == ["placeholder"]
    assert kinds.findall(gf.viz.to_dot(y)) == ["placeholder", "variable", "constant", "operation"]
    assert kinds.findall(gf.viz.to_dot(grad))[-1] == "gradient"


def test_updates_are_a_kind_and_say_what_they_write():
    w = gf.Variable([1.0, 2.0], name="w")
    dot = gf.viz.to_dot(gf.assign(w, w * 2.0))
    assert "class=update" in line_of(dot, "assign")
    assert "assign\\nw" in dot


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_quoted_whatever_it_contains(name):
    x = gf.Placeholder((2,), name=name)
    with gf.name_scope(name):
        y = gf.exp(x, name=name)
    dot = gf.viz.to_dot({name: y}, highlight=[x])
    assert "=<" not in re.sub(r'"(?:[^"\\]|\\.)*"', '""', dot, flags=re.S)
    assert len(re.sub(r'"(?:[^"\\]|\\.)*"', '""', dot).splitlines()) == len(dot.splitlines())
    nodes, edges = statements(dot)
    assert (list(nodes), [edge[:2] for edge in edges]) == (["n0", "n1"], [("n0", "n1")])
    assert dot.encode()


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_quoted_on_a_folded_scope_a_stand_in_and_a_change_too(name):
    with gf.name_scope(name):
        kept = [gf.exp(gf.Placeholder((2,), name=name), name=name) for _ in range(13)]
        by_hand = gf.log(gf.exp(kept[0]), name=name)
    with building(role="gradient"), gf.name_scope(name):
        grads = [gf.negative(node) for node in kept]
    for dot in (
        gf.viz.to_dot([kept, by_hand], depth=0),
        gf.viz.to_dot(grads),
        gf.viz.diff([*kept, by_hand]).dot,
    ):
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', dot, flags=re.S)
        assert "=<" not in bare
        assert len(bare.splitlines()) == len(dot.splitlines())
        assert dot.encode()


def test_a_long_name_is_shortened_and_whole_in_the_tooltip():
    name = "start" + "x" * 290 + "end"
    line = line_of(gf.viz.to_dot(gf.Placeholder((2,), name=name)), "start")
    assert name in line
    label = re.search(r'label="([^"\\]*)', line)[1]
    assert (len(label), label[:5], label[-3:]) == (28, "start", "end")
    assert "…" in label


def test_a_tooltip_says_name_type_attributes_and_line():
    x = gf.Placeholder((2, 3), name="x")
    dot = gf.viz.to_dot(gf.reduce_sum(x, axis=0, name="total"))
    line = line_of(dot, "total")
    assert "'total' float64[3] (test_viz.py:" in line
    assert "axis=0" in line


def test_orthogonal_edges_are_never_asked_for():
    assert "ortho" not in gf.viz.to_dot(layered())


def test_the_work_of_layout_is_bounded_when_there_are_many_boxes():
    x = gf.Placeholder((2,), name="x")
    few = gf.viz.to_dot(gf.sin(x))
    for _ in range(200):
        x = gf.sin(x)
    many = gf.viz.to_dot(x, depth=None)
    assert ("nslimit=2" in many, "splines=line" in many) == (True, True)
    assert "nslimit" not in few


def test_a_chain_of_20_000_nodes_is_written_without_recursion():
    x = gf.Placeholder((2,), name="x")
    for _ in range(20_000):
        x = gf.negative(x)
    assert gf.viz.to_dot(x, depth=None).count("label=negative") == 19_999


@pytest.mark.parametrize("nothing", [[], (), {}, [[], {}]])
def test_nothing_is_an_empty_picture(nothing):
    assert gf.viz.to_dot(nothing).startswith("digraph")


@pytest.mark.parametrize("bad", [3, "x", None, [1.0], {"a": object()}])
def test_what_is_no_node_is_refused(bad):
    with pytest.raises(gf.DTypeError, match="is no node"):
        gf.viz.to_dot(bad)


def test_nodes_of_two_graphs_are_refused():
    with gf.Graph():
        a = gf.Placeholder((2,), name="a")
    with gf.Graph():
        b = gf.Placeholder((2,), name="b")
    with pytest.raises(gf.GraphError, match="two graphs"):
        gf.viz.to_dot([a, b])


@pytest.mark.parametrize(
    "option",
    [
        {"show": "backward"},
        {"theme": "pink"},
        {"depth": -1},
        {"depth": "all"},
        {"focus": [], "hops": -1},
        {"focus": [], "hops": 1.5},
    ],
)
def test_an_unknown_option_is_refused(option):
    with pytest.raises(ValueError, match=f"{list(option)[-1]} must be"):
        gf.viz.to_dot(gf.Placeholder((2,)), **option)


def test_an_option_that_there_is_not_is_refused():
    with pytest.raises(TypeError, match="colour"):
        gf.viz.to_dot(gf.Placeholder((2,)), colour="red")
