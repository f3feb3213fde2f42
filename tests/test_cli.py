"""`python -m graphflow`: what a user with a script gets, and what each mistake says."""

import subprocess
import sys
from pathlib import Path

import pytest

import graphflow as gf
from graphflow.cli import main
from graphflow.viz import render

ROOT = Path(gf.__file__).resolve().parent.parent

SCRIPT = """\
import sys
import graphflow as gf
x = gf.placeholder((None, 2), name="x")
with gf.name_scope("layer"):
    W = gf.Variable([[0.5], [-1.0]], name="W")
    b = gf.Variable([0.1], name="b")
    y = gf.sigmoid(x @ W + b)
loss = gf.reduce_mean(y ** 2, name="loss")
parts = [y, loss]
rate = 0.1
step = gf.GradientDescentOptimizer(rate).minimize(loss)
feed = {x: [[1.0, 2.0], [3.0, -1.0]]}
session = gf.Session()
print("loss", session.run(loss, feed), "arguments", sys.argv[1:])
if __name__ == "__main__":
    session.run(step, feed)
    print("trained")
"""


@pytest.fixture
def script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return written(SCRIPT)


def written(text, name="train.py"):
    path = Path(name)
    path.write_text(text)
    return name


def test_draw_writes_a_picture_beside(script, capsys):
    assert main(["draw", script, "-o", "train.dot"]) == 0
    assert capsys.readouterr().out == "wrote train.dot\n"
    dot = Path("train.dot").read_text()
    assert "sigmoid" in dot
    assert "optimizer" in dot or "assign" in dot


def test_draw_takes_a_node_and_what_to_show(script):
    assert main(["draw", f"{script}:y", "-o", "y.dot", "--show", "forward"]) == 0
    assert "mean" not in Path("y.dot").read_text()


def test_draw_folds_scopes_deeper_than_asked(script):
    assert main(["draw", script, "-o", "flat.dot", "--depth", "0"]) == 0
    flat = Path("flat.dot").read_text()
    assert "label=matmul" not in flat
    assert "1 matmul" in flat


def test_draw_is_an_svg_of_the_scripts_name_and_says_where_it_cannot_be(
    script, monkeypatch, capsys
):
    def render_svg(dot):
        raise render.RenderError("no renderer here")

    monkeypatch.setattr(render, "render_svg", render_svg)
    assert main(["draw", script]) == 0
    out, err = capsys.readouterr()
    assert out == "wrote train.dot\n"
    assert "graphflow: wrote train.dot instead of train.svg: no renderer here" in err


def test_explore_writes_a_page_of_the_scripts_name(script, capsys):
    assert main(["explore", script]) == 0
    assert capsys.readouterr().out == "wrote train.html\n"
    assert "sigmoid" in Path("train.html").read_text(encoding="utf-8")
    assert main(["explore", f"{script}:y", "-o", "y.html"]) == 0
    assert len(Path("y.html").read_text()) < len(Path("train.html").read_text())


def test_explain_prints_every_variable_of_the_loss(script, capsys):
    assert main(["explain", script]) == 0
    out = capsys.readouterr().out
    assert "dloss/dW along every path" in out
    assert "dloss/db along every path" in out
    assert out.count("equal\n") == 2


def test_explain_takes_a_node_and_what_by(script, capsys):
    assert main(["explain", f"{script}:y", "--wrt", "b", "--paths", "1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("dy/db along every path")
    assert "dloss" not in out


@pytest.mark.parametrize(
    ("suffix", "text"),
    [("html", "<!doctype html>"), ("tex", r"\begin{aligned}"), ("txt", "path 1")],
)
def test_explain_writes_what_the_suffix_says(script, suffix, text):
    assert main(["explain", script, "-o", f"out.{suffix}"]) == 0
    assert text in Path(f"out.{suffix}").read_text(encoding="utf-8")


def test_summary_is_a_table(script, capsys):
    assert main(["summary", script]) == 0
    out = capsys.readouterr().out
    assert "layer           3           3  float64[?, 1]" in out
    assert main(["summary", f"{script}:y", "-o", "s.txt"]) == 0
    assert "and" not in Path("s.txt").read_text()


def test_what_the_script_prints_does_not_mix_with_the_output(script, capsys):
    assert main(["summary", script, "--", "--epochs", "3"]) == 0
    out, err = capsys.readouterr()
    assert "loss" not in out
    assert "arguments ['--epochs', '3']" in err


def test_the_scripts_arguments_need_no_dashes_before_them(script, capsys):
    assert main(["summary", script, "fast", "--", "-n", "3"]) == 0
    assert "arguments ['fast', '-n', '3']" in capsys.readouterr().err


def test_the_script_runs_as_an_import_unless_told(script, capsys):
    main(["summary", script])
    assert "trained" not in capsys.readouterr().err
    main(["summary", script, "--main"])
    assert "trained" in capsys.readouterr().err


def test_the_values_are_those_of_the_scripts_session(script, capsys):
    main(["explain", script, "--wrt", "b"])
    assert "b = [0.1]" in capsys.readouterr().out
    main(["explain", script, "--wrt", "b", "--main"])
    assert "b = [0.1]" not in capsys.readouterr().out


def test_argv_path_and_current_graph_are_as_before(script):
    before = list(sys.argv), list(sys.path), gf.get_default_graph()
    main(["summary", script])
    assert (list(sys.argv), list(sys.path)) == before[:2]
    assert gf.get_default_graph() is before[2]


def test_a_script_finds_the_modules_beside_it(tmp_path, capsys):
    (tmp_path / "model_of_mine.py").write_text("import graphflow as gf\nw = gf.Variable(1.0)\n")
    (tmp_path / "run.py").write_text("from model_of_mine import w\nloss = w * w\n")
    assert main(["summary", str(tmp_path / "run.py")]) == 0
    sys.modules.pop("model_of_mine")
    assert "total" in capsys.readouterr().out


def test_a_graph_that_no_name_holds_is_kept(tmp_path, capsys):
    path = tmp_path / "local.py"
    path.write_text(
        "import graphflow as gf\n"
        "def build():\n"
        "    w = gf.Variable(3.0, name='w')\n"
        "    gf.square(w, name='cost')\n"
        "build()\n"
    )
    assert main(["explain", str(path)]) == 0
    assert "dcost/dw = 2 * w = 6" in capsys.readouterr().out


def test_of_several_graphs_the_last_is_meant(tmp_path, capsys):
    path = tmp_path / "two.py"
    path.write_text(
        "import graphflow as gf\n"
        "gf.Graph().as_default()\n"
        "a = gf.Variable(1.0, name='a')\n"
        "gf.Graph().as_default()\n"
        "b = gf.square(gf.Variable(1.0, name='w'), name='b')\n"
    )
    assert main(["explain", str(path)]) == 0
    assert "db/dw" in capsys.readouterr().out


def test_a_script_that_leaves_early_without_error_is_looked_at(tmp_path, capsys):
    path = tmp_path / "leaves.py"
    path.write_text("import graphflow as gf\nw = gf.Variable(1.0)\nraise SystemExit\n")
    assert main(["summary", f"{path}:w"]) == 0
    assert "total" in capsys.readouterr().out


MISTAKES = {
    "no such file": (SCRIPT, ["draw", "absent.py"], "no such file: absent.py"),
    "a folder": (SCRIPT, ["draw", "."], "no such file: ."),
    "unknown name": (SCRIPT, ["draw", "train.py:losss"], "did you mean 'loss'?"),
    "no node": (SCRIPT, ["draw", "train.py:rate"], "'rate' in train.py is of type float, no node"),
    "several nodes": (SCRIPT, ["explain", "train.py:parts"], "'parts' in train.py is not one node"),
    "unknown suffix": (SCRIPT, ["draw", "train.py", "-o", "a.foo"], "no suffix of a picture"),
    "unknown page": (SCRIPT, ["explain", "train.py", "-o", "a.foo"], "no suffix of .html"),
    "no page": (SCRIPT, ["explore", "train.py", "-o", "a.svg"], "no suffix of .html"),
    "no folder": (SCRIPT, ["summary", "train.py", "-o", "no/where.txt"], "No such file"),
    "no such feed": (SCRIPT, ["explain", "train.py", "--feed", "rate"], "is no dict of nodes"),
    "no paths": (SCRIPT, ["explain", "train.py", "--paths", "0"], "at least one path"),
    "not connected": (SCRIPT, ["explain", "train.py:y", "--wrt", "loss"], "does not depend on"),
    "no graph": ("x = 1\n", ["draw", "train.py"], "built no graph"),
    "no loss": (
        "import graphflow as gf\nx = gf.placeholder((2,))\n",
        ["explain", "train.py"],
        "has no loss",
    ),
    "nothing fed": (
        "import graphflow as gf\nx = gf.placeholder((), name='x')\nloss = x * gf.Variable(1.0)\n",
        ["explain", "train.py"],
        "no values for the placeholders 'x' (train.py:2)",
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_one_line_and_no_traceback(what, tmp_path, monkeypatch, capsys):
    text, arguments, message = MISTAKES[what]
    monkeypatch.chdir(tmp_path)
    written(text)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    last = [line for line in err.splitlines() if line.startswith("graphflow: ")]
    assert message in last[0]
    assert "Traceback" not in err


def test_the_scripts_own_error_shows_its_own_traceback(tmp_path, capsys):
    path = tmp_path / "broken.py"
    path.write_text("def f():\n    return 1 / 0\n\n\nf()\n")
    assert main(["draw", str(path)]) == 1
    err = capsys.readouterr().err
    assert err.startswith("Traceback")
    assert f'File "{path}", line 5, in <module>' in err
    assert "ZeroDivisionError" in err
    assert "runpy" not in err
    assert "graphflow" not in err


def test_a_syntax_error_is_the_scripts(tmp_path, capsys):
    path = tmp_path / "broken.py"
    path.write_text("x = = 1\n")
    assert main(["draw", str(path)]) == 1
    err = capsys.readouterr().err
    assert "SyntaxError" in err
    assert "runpy" not in err


def test_a_script_that_exits_with_an_error_says_so(tmp_path, capsys):
    path = tmp_path / "leaves.py"
    path.write_text("raise SystemExit('no data')\n")
    assert main(["draw", str(path)]) == 1
    assert "leaves.py exited: no data" in capsys.readouterr().err


def test_wrong_usage_exits_with_two(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["paint", "train.py"])
    assert caught.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_it_runs_as_a_module(script):
    done = subprocess.run(
        [sys.executable, "-m", "graphflow", "summary", script],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    assert "total" in done.stdout
