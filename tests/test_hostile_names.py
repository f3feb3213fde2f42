"""Hostile names and lines: nothing in them runs, and what is printed of them is plain text."""

import contextlib
import io
import json
import linecache
from pathlib import Path

import numpy as np
import pytest

import graphflow as gf

ROWS = np.linspace(-1, 1, 12).reshape(3, 4)
HACK = "open('hacked', 'w').close()"
ENDS = {  # what ends a line, for Python or for `str.splitlines`, or cannot be in a file
    "newline": "\n", "return": "\r", "form feed": "\x0c", "separator": "\x1c", "next": "\x85",
    "line": "\u2028", "null": "\0", "surrogate": "\udcff", "override": "\u202e", "quotes": "'''\"",
}  # fmt: skip


@pytest.mark.parametrize("place", ["line", "file", "name"])
@pytest.mark.parametrize("end", ENDS)
def test_a_line_or_name_that_ends_a_comment_runs_nothing(end, place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    evil = f"a{ENDS[end]}    {HACK} #"
    name, file = (evil if place == part else "plain" for part in ("name", "file"))
    text = "def build(gf, x, W):\n    return gf.tanh(x @ W)"
    code = compile(text, "plain", "exec").co_consts[0].replace(co_filename=file)
    build = type(lambda: 0)(code, {})
    if place == "line":
        lines = [*text.splitlines(), ""]
        monkeypatch.setitem(
            linecache.cache, file, (1, None, [f"{line} # {evil}\n" for line in lines], file)
        )
    x = gf.placeholder((3, 4), name=name)
    W = gf.Variable(np.eye(4), name=name)
    f = gf.function(build(gf, x, W), [x])
    right = f(ROWS)
    f.save("model.py")
    written = Path("model.py").read_text(encoding="utf-8")
    saved = {}
    exec(compile(written, "model.py", "exec"), saved)
    np.testing.assert_array_equal(saved["step"](ROWS)[0], right)
    gf.Session().profile(f.fetches, {x: ROWS}, runs=1).chrome_trace("trace.json")
    assert json.loads(Path("trace.json").read_text())["traceEvents"]
    assert not Path("hacked").exists()
    assert written.replace("\n", "").isprintable()
    assert len(written.splitlines()) == written.count("\n")


def told(name):
    """All texts that show what is called `name`, by what shows it."""
    gf.reset_default_graph()
    with gf.name_scope(name):
        x = gf.placeholder((None, 4), name=name)
        W = gf.Variable(np.eye(4), name=name)
        y = gf.tanh(gf.matmul(x, W, name=name), name=name)
        loss = gf.mean(gf.square(y), name=name)
    feeds = {x: ROWS}
    f = gf.function([loss], [x])
    f(ROWS)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        gf.Session().run(gf.print(y, W), feeds)
    session = gf.Session()
    rows = gf.data.batches({x: ROWS}, 3)
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        gf.train(
            loss, gf.GradientDescentOptimizer(0.1), rows, epochs=1, metrics={name: loss},
            session=session,
        )  # fmt: skip
    profile = session.profile(loss, feeds, runs=1)
    return {
        "repr": repr([x, W, y, loss, f]),
        "summary": loss.graph.summary(),
        "source": f.source,
        "dump": f.program.dump(),
        "profile": profile.table(),
        "dot": gf.viz.to_dot(loss, values=feeds).replace("\t", ""),
        "print and progress": said.getvalue(),
        "lint": str(gf.lint(loss)),
        "explain": str(gf.explain(loss, W, feeds)),
        "check": str(gf.testing.check_gradients(loss, W, feeds)),
        "derivation": str(gf.verify_derivation(loss, {W: 2 * gf.gradients(loss, W)[0]}, feeds)),
        "cut": str(gf.why_disconnected(loss, gf.Variable(1.0, name=name))),
        "curves": repr(gf.viz.curves({"loss": [1.0, 0.5], name: [1.0, 2.0]})),
        "unfed": error_of(gf.FeedError, lambda: session.run(loss)),
        "fed": error_of(gf.FeedError, lambda: session.run(loss, {x: [[1.0]]})),
        "count": error_of(gf.FeedError, lambda: f(ROWS, ROWS)),
        "product": error_of(gf.ShapeError, lambda: gf.matmul(W, np.ones((3, 3)))),
        "twice": error_of(gf.GraphError, lambda: session.run([gf.assign(W, W), gf.assign(W, W)])),
    }


def error_of(kind, call):
    with pytest.raises(kind) as raised:
        call()
    assert str(raised.value).count("\n") < 6
    return str(raised.value)


@pytest.mark.parametrize("name", ["a\nb = 1", "a\r\x1b[31mb\x07", "a\0\u2028\u202eb", "a\ud800b"])
def test_what_is_printed_of_a_name_is_text_on_the_lines_it_would_have_without(name, tmp_path):
    hostile, plain = told(name), told("plain")
    for what, text in hostile.items():
        assert text.replace("\n", "").isprintable(), what
        assert text.count("\n") == plain[what].count("\n"), what


def test_names_in_a_file_are_shown_as_plain_text(tmp_path):
    with gf.Graph() as graph:
        gf.Variable(1.0, name="evil\x1b[2J\nrestored 9 variables")
        gf.Session(graph).save(tmp_path / "a.safetensors")
    with gf.Graph() as graph:
        gf.Variable(2.0, name="W")
        report = str(gf.Session(graph).restore(tmp_path / "a.safetensors", strict=False))
    assert report.replace("\n", "").isprintable()
    assert report.count("\n") == 2


@pytest.mark.parametrize(
    "name", [".", "..", "007", "\u0661", "9" * 5000, "1e" + "9" * 50, "(", "-"]
)
def test_names_that_look_like_numbers_or_code_are_explained_as_names(name, tmp_path):
    w = gf.Variable([1.0, 2.0], name=name)
    loss = gf.mean(gf.square(gf.tanh(w, name=name + "t")))
    explained = gf.explain(loss, w)
    assert name[:20] in str(explained)
    assert explained.latex.count("\\begin{aligned}") == 1
    assert not gf.verify_derivation(loss, {w: 2 * gf.gradients(loss, w)[0]})
