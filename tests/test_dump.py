"""The text of a program: a line for every value, with its type and the user's line."""

import numpy as np
import pytest

import graphflow as gf
from graphflow.program.program import Ref, _short, reading, refs

DUMP = """
x#0          feed x                                             float64[2, 3]
n#1          feed n                                             int64[2]
v#3          feed v                                             float64[15]
W#4          variable W                                         float64[3]
constant#11  constant [0 1]                                     int64[2]
constant#13  constant [ 0. 1.25 2.5 3.75 5. 6.25 7.5 8.75 1...  float64[15]
index#5      index(x#0, (0,))                                   float64[3]     HERE:y
exp#6        exp(index#5)                                       float64[3]     HERE:y
index#7      index(x#0, (1,))                                   float64[3]     HERE:y
stack#8      stack([exp#6, index#7], axis=0)                    float64[2, 3]  HERE:y
y#9          add(stack#8, x#0)                                  float64[2, 3]  HERE:y
multiply#10  multiply(W#4, 2)                                   float64[3]     HERE:step
index#12     index(x#0, [constant#11, n#1])                     float64[2]     HERE:picked
long#14      multiply(v#3, constant#13)                         float64[15]    HERE:long
return       y#9                                                float64[2, 3]
return       index#12                                           float64[2]
return       long#14                                            float64[15]
W            becomes multiply#10                                float64[3]
"""


def test_a_program_is_shown_with_a_line_for_every_value():
    x, n = gf.placeholder((2, 3), name="x"), gf.placeholder((2,), np.int64, name="n")
    unused, v = gf.placeholder((1,), name="unused"), gf.placeholder((15,), name="v")
    W = gf.Variable(np.ones(3), name="W")
    y = gf.add(gf.stack([gf.exp(x[0]), x[1]]), x, name="y")
    step = gf.assign(W, W * 2)
    picked = x[np.arange(2), n]
    long = gf.multiply(v, np.arange(15) * 1.25, name="long")
    function = gf.function([y, step, picked, long], [x, n, unused, v])
    expected = DUMP.strip("\n")
    for name, node in {"y": y, "step": step, "picked": picked, "long": long}.items():
        expected = expected.replace(f"HERE:{name}\n", f"test_dump.py:{node.origin.line}\n")
    assert function.program.dump().splitlines() == expected.splitlines()


def test_random_draws_show_the_key_that_they_are_made_of():
    lines = gf.function(gf.random.normal((3,)), []).program.dump().splitlines()
    assert lines[0].split() == ["key#0", "random", "key", "uint64[2]"]
    assert lines[1].split()[:2] == ["random_normal#1", "random_normal(key#0,"]
    assert gf.function([], []).program.dump() == ""


@pytest.mark.parametrize("count", [39, 40, 41, 50])
def test_a_text_of_more_than_forty_characters_is_cut_to_that(count):
    text = "a" * count
    assert _short(text) == (text if count <= 40 else "a" * 37 + "...")


def test_values_in_lists_and_keys_of_arguments_are_found_and_replaced():
    argument = [Ref(1), (Ref(2), slice(None)), 7]
    assert list(refs([argument, Ref(3)])) == [1, 2, 3]
    assert reading(argument, {2: 9}) == [Ref(1), (Ref(9), slice(None)), 7]
