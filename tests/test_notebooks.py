"""The notebooks run without Jupyter, their asserts hold, and the .ipynb are in step with them."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from graphflow.viz import render
from notebooks import make

SOURCES = make.sources()
MEGABYTES = 6  # of all notebooks together


@pytest.fixture(autouse=True)
def _layout_at_once(monkeypatch):
    """Pictures of graphs are drawn in other tests; here each would take a second."""
    svg = b'<svg width="9pt" height="9pt" viewBox="0 0 9 9" xmlns="http://www.w3.org/2000/svg"/>'
    monkeypatch.setattr(render, "_laid_out", lambda command, text: svg)


@pytest.fixture(autouse=True)
def _numpys_generator_as_before():
    state = np.random.get_state()
    yield
    np.random.set_state(state)


def committed(source):
    text = source.with_suffix(".ipynb").read_text(encoding="utf-8")
    return json.loads(text)["cells"]


def kinds(outputs):
    """What a cell showed: streams by name, values by the formats they have."""
    return [sorted(output.get("data", [output.get("name")])) for output in outputs]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_it_has_shown(source):
    shown = make.run(source)
    there = [kinds(cell.get("outputs", [])) for cell in committed(source)]
    assert [kinds(outputs) for outputs in shown] == there, "stale: python notebooks/make.py"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_is_in_step_with_its_source(source):
    there = committed(source)
    outputs = [cell.get("outputs", []) for cell in there]
    made = json.loads(make.notebook(source.read_text(encoding="utf-8"), outputs))
    assert made["cells"] == there, "stale: python notebooks/make.py"


def test_every_notebook_has_a_source_and_together_they_are_small():
    files = sorted(make.FOLDER.glob("*.ipynb"))
    assert files == [source.with_suffix(".ipynb") for source in SOURCES]
    assert sum(file.stat().st_size for file in files) < MEGABYTES * 1e6


# The runner itself, on planted sources.

PLANTED = """\
# %% [markdown]
# # A title
#
# and $x$

# %%
a = 2
print("a is", a)
a + 1

# %%

b = a
"""


@pytest.fixture
def planted(tmp_path):
    def write(text):
        path = tmp_path / "99-planted.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_cells_have_their_text_and_the_line_where_it_begins():
    assert make.cells(PLANTED) == [
        ("markdown", "# A title\n\nand $x$", 2),
        ("code", 'a = 2\nprint("a is", a)\na + 1', 7),
        ("code", "b = a", 13),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [("x = 1\n# %%\n", 1), ("x = 1\n", 1), ("# %% [markdown]\n\n# a\nb = 1\n", 4)],
)
def test_a_source_that_is_none_is_refused_with_its_line(text, line):
    with pytest.raises(ValueError, match=f"line {line}: "):
        make.cells(text)


def test_a_cell_shows_what_it_prints_and_its_last_value(planted):
    text, code, silent = make.run(planted(PLANTED))
    assert text == silent == []
    printed, value = code
    assert (printed["name"], printed["text"]) == ("stdout", ["a is 2\n"])
    assert value["data"] == {"text/plain": ["3"]}


def test_a_notebook_is_json_as_jupyter_reads_it(planted):
    made = json.loads(make.notebook(PLANTED, make.run(planted(PLANTED))))
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    title, code, silent = made["cells"]
    assert title["cell_type"] == "markdown"
    assert title["source"] == ["# A title\n", "\n", "and $x$"]
    assert (code["execution_count"], silent["execution_count"]) == (1, 2)
    assert code["outputs"][1]["execution_count"] == 1
    assert len({cell["id"] for cell in made["cells"]}) == 3


def test_a_notebook_is_the_same_made_twice(planted):
    path = planted("# %%\nimport graphflow as gf\nv = gf.Variable([1.0, 2.0])\ngf.exp(v) * v\n")
    once, again = (make.notebook(path.read_text(), make.run(path)) for _ in range(2))
    assert "image/svg+xml" in once
    assert once == again


def test_pictures_in_bytes_are_written_as_base64(planted):
    picture = "class P:\n    def _repr_mimebundle_(self):\n        return {'image/gif': b'GIF'}"
    [[shown]] = make.run(planted(f"# %%\n{picture}\nP()"))
    assert shown["data"] == {"image/gif": "R0lG"}


def test_a_figure_of_matplotlib_is_a_png(planted):
    source = "# %%\nfrom matplotlib.figure import Figure\nFigure(figsize=(1, 1))\n"
    [[shown]] = make.run(planted(source))
    assert shown["data"]["text/plain"] == ["<Figure>"]
    assert base64.b64decode(shown["data"]["image/png"]).startswith(b"\x89PNG")


def test_a_failing_assert_points_into_the_source(planted):
    path = planted(PLANTED + "\n# %%\nassert a == 3\n")
    with pytest.raises(AssertionError) as caught:
        make.run(path)
    last = caught.traceback[-1]
    assert (Path(str(last.path)).name, last.lineno + 1) == ("99-planted.py", 16)
    assert str(last.statement) == "assert a == 3"


def test_an_address_in_memory_is_refused(planted):
    with pytest.raises(ValueError, match="an address in memory"):
        make.run(planted("# %%\nobject()\n"))


def test_files_that_a_notebook_writes_are_gone(planted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = planted("# %%\nopen('written.txt', 'w').close()\n")
    make.run(path)
    assert sorted(tmp_path.iterdir()) == [path]


def test_names_of_no_notebook_are_told(capsys):
    assert make.main(["xx"]) == 2
    assert "no notebook begins with xx" in capsys.readouterr().err
