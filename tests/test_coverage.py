"""docs/coverage.md says what the code does."""

import re

import numpy as np
from made_pages import script, written


def rows(text):
    return dict(re.findall(r"^(\| `[\w.]+` \|)(.*)$", text, re.M))


def test_the_page_is_what_the_script_makes():
    old, new = written("coverage"), script("coverage").page()
    version = re.search(r"from NumPy ([\d.]+)", old).group(1)
    if version == ".".join(np.__version__.split(".")[:2]):
        assert new == old, "stale: python docs/make_coverage.py"
    else:  # another NumPy has other names: those of both must agree
        theirs, ours = rows(old), rows(new)
        assert {k: ours[k] for k in theirs if k in ours} == {
            k: theirs[k] for k in theirs if k in ours
        }


def test_most_of_the_page_is_a_yes():
    assert len(re.findall(r"\| yes \|", script("coverage").page())) > 350
