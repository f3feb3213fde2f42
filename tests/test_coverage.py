"""docs/coverage.md says what the code does."""

import importlib.util
import re
from pathlib import Path

import numpy as np

DOCS = Path(__file__).resolve().parent.parent / "docs"


def made():
    spec = importlib.util.spec_from_file_location("make_coverage", DOCS / "make_coverage.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.page()


def rows(text):
    return dict(re.findall(r"^(\| `[\w.]+` \|)(.*)$", text, re.M))


def test_the_page_is_what_the_script_makes():
    written = (DOCS / "coverage.md").read_text(encoding="utf-8")
    version = re.search(r"from NumPy ([\d.]+)", written).group(1)
    new = made()
    if version == ".".join(np.__version__.split(".")[:2]):
        assert new == written, "stale: python docs/make_coverage.py"
    else:  # another NumPy has other names: those of both must agree
        theirs, ours = rows(written), rows(new)
        assert {k: ours[k] for k in theirs if k in ours} == {
            k: theirs[k] for k in theirs if k in ours
        }


def test_most_of_the_page_is_a_yes():
    assert len(re.findall(r"\| yes \|", made())) > 350
