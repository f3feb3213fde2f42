"""Imports go downward only, by the table in docs/architecture.md; files stay short."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "graphflow"
TOP = "__init__"  # how the table calls the package's own __init__.py
LINES = 400  # a file is split before it has so many
# What may be imported at top level, and where.
THIRD_PARTY = {
    "numpy": "",
    "graphviz": "viz/",
    "jax": ("backends/on_jax/", "export/as_stablehlo/traced.py"),
}


class Import(NamedTuple):
    line: int
    target: str  # dotted, absolute
    in_function: bool
    for_types: bool  # under `if TYPE_CHECKING:`


def read_table(text: str) -> list[str]:
    """The modules of the table of layers, lowest first, a row from left to right."""
    _, _, section = text.partition("## The table of layers\n")
    rows = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]


def read_package(folder: Path) -> dict[str, str]:
    """The source of every module by its path from the package, as `graph/node.py`."""
    files = sorted(folder.rglob("*.py"))
    return {file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8") for file in files}


def dotted(path: str) -> str:
    """`graph/node.py` as `graphflow.graph.node`."""
    parts = [PACKAGE, *path.removesuffix(".py").split("/")]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer(module: str) -> str:
    """`graphflow.graph.node` as `graph`."""
    return [*module.split("."), TOP][1]


def imports(path: str, source: str) -> Iterator[Import]:
    """All imports of a file, those inside functions and by name too."""
    package = dotted(path).split(".")
    if not path.endswith("__init__.py"):
        package.pop()
    todo: list[tuple[ast.AST, bool, bool]] = [(ast.parse(source), False, False)]
    while todo:
        node, in_function, for_types = todo.pop()
        for target in _targets(node, package):
            yield Import(node.lineno, target, in_function, for_types)
        in_function |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in _name(node.test)
        for child in ast.iter_child_nodes(node):
            typed = typing_only and child in node.body
            todo.append((child, in_function, for_types or typed))


def _name(node: ast.AST) -> str:
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def _targets(node: ast.AST, package: list[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = package[: len(package) - node.level + 1] if node.level else []
        base = base + (node.module.split(".") if node.module else [])
        return [".".join([*base, alias.name]) for alias in node.names]
    if isinstance(node, ast.Call) and _name(node.func).endswith(("import_module", "__import__")):
        return [arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)]
    return []


def misplaced(files: dict[str, str], table: list[str]) -> list[str]:
    """The modules that have no place in the table, or two."""
    layers = dict.fromkeys(layer(dotted(path)) for path in files)
    return [f"{name}: {table.count(name)} places" for name in layers if table.count(name) != 1]


def upward(files: dict[str, str], table: list[str]) -> list[str]:
    """The imports of what does not stand before the importing module in the table."""
    place = {name: position for position, name in enumerate(table)}
    modules = {dotted(path) for path in files}
    found = []
    for path, one in _own_imports(files):
        # `from graphflow import shapes` means the module if there is one, else a name of __init__.
        known = one.target if one.target in modules else one.target.rpartition(".")[0]
        here = layer(dotted(path))
        there = layer(known if known.startswith(PACKAGE) else PACKAGE)
        if here != there and place.get(there, len(table)) >= place.get(here, -1):
            found.append(f"{path}:{one.line}: {here} imports {there}")
    return found


def hidden(files: dict[str, str]) -> list[str]:
    """The imports of graphflow's own modules inside functions."""
    own = _own_imports(files)
    return [f"{path}:{one.line}: {one.target}" for path, one in own if one.in_function]


def _own_imports(files: dict[str, str]) -> list[tuple[str, Import]]:
    return [
        (path, one)
        for path, source in files.items()
        for one in imports(path, source)
        if one.target.split(".")[0] == PACKAGE
    ]


def eager(files: dict[str, str]) -> list[str]:
    """The third-party imports at top level, but for those that graphflow depends on."""
    found = []
    for path, source in files.items():
        for one in imports(path, source):
            name = one.target.split(".")[0]
            if one.in_function or one.for_types or name in {*sys.stdlib_module_names, PACKAGE}:
                continue
            if name not in THIRD_PARTY or not path.startswith(THIRD_PARTY[name]):
                found.append(f"{path}:{one.line}: {one.target}")
    return found


def too_long(files: dict[str, str]) -> list[str]:
    """The files of too many lines."""
    sizes = {path: len(source.splitlines()) for path, source in files.items()}
    return [f"{path}: {lines} lines" for path, lines in sizes.items() if lines >= LINES]


TABLE = read_table((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
FILES = read_package(ROOT / PACKAGE)


def test_every_module_has_one_place_in_the_table() -> None:
    assert FILES
    assert misplaced(FILES, TABLE) == []


def test_imports_go_downward() -> None:
    assert upward(FILES, TABLE) == []


def test_own_modules_are_not_imported_inside_functions() -> None:
    assert hidden(FILES) == []


def test_optional_packages_are_not_imported_at_top_level() -> None:
    assert eager(FILES) == []


def test_files_are_short() -> None:
    assert too_long(FILES) == []


# The checker itself, on planted packages: it must fail where it should, and only there.

PLANTED_TABLE = ["errors", "shapes", "graph", "viz", TOP]
PLANTED = {
    "__init__.py": "from .graph import Node\nfrom .viz import draw",
    "errors.py": "import difflib",
    "shapes.py": "from .errors import ShapeError\nimport numpy as np",
    "graph/__init__.py": "from .node import Node",
    "graph/node.py": "from .. import shapes\nfrom ..errors import GraphError\nfrom . import origin",
    "graph/origin.py": "import graphflow.errors\nfrom graphflow import shapes",
    "viz/__init__.py": "import graphviz\ndef plot():\n    import matplotlib.pyplot",
}


def planted(path: str, source: str) -> dict[str, str]:
    return PLANTED | {path: source}


def test_the_table_is_read_in_order_rows_from_left_to_right() -> None:
    before, after = "# A\n| `no` |\n## The table of layers\n", "\n## Next\n| `no` |"
    table = "| a | b |\n|---|---|\n| `x`, `y` | `no` |\n| `z` `__init__` | |\n"
    assert read_table(before + table + after) == ["x", "y", "z", "__init__"]


def test_a_sound_planted_package_passes() -> None:
    assert misplaced(PLANTED, PLANTED_TABLE) == []
    assert upward(PLANTED, PLANTED_TABLE) == []
    assert hidden(PLANTED) == []
    assert eager(PLANTED) == []
    assert too_long(PLANTED) == []


def test_a_planted_module_without_a_place_is_caught() -> None:
    assert misplaced(planted("new/part.py", ""), PLANTED_TABLE) == ["new: 0 places"]


def test_a_planted_module_with_two_places_is_caught() -> None:
    assert misplaced(PLANTED, ["errors", *PLANTED_TABLE]) == ["errors: 2 places"]


@pytest.mark.parametrize(
    "source",
    [
        "from .graph import Node",
        "from .graph.node import Node",
        "from . import graph",
        "from graphflow import graph",
        "from graphflow.graph import node",
        "import graphflow.graph.node as node",
        "def late():\n    from .graph import Node",
        "class Late:\n    def late(self):\n        import graphflow.graph",
        "if TYPE_CHECKING:\n    from .graph import Node",
        "try:\n    pass\nexcept ImportError:\n    from .graph import Node",
        "node = importlib.import_module('graphflow.graph')",
        "node = __import__('graphflow.graph.node')",
    ],
)
def test_a_planted_upward_import_is_caught(source: str) -> None:
    [found] = upward(planted("shapes.py", source), PLANTED_TABLE)
    assert found.endswith("shapes imports graph")


@pytest.mark.parametrize("source", ["import graphflow as gf", "from graphflow import Node"])
def test_a_planted_import_of_the_whole_package_is_caught(source: str) -> None:
    assert upward(planted("shapes.py", source), PLANTED_TABLE) == [
        "shapes.py:1: shapes imports __init__"
    ]


def test_a_planted_import_inside_a_row_must_go_to_the_left() -> None:
    assert upward(planted("errors.py", "from . import shapes"), PLANTED_TABLE) == [
        "errors.py:1: errors imports shapes"
    ]


def test_a_planted_import_from_a_package_above_is_caught_below_its_surface() -> None:
    assert upward(planted("graph/node.py", "\nfrom ..viz import draw"), PLANTED_TABLE) == [
        "graph/node.py:2: graph imports viz"
    ]


@pytest.mark.parametrize(
    "source",
    [
        "def late():\n    from . import errors",
        "async def late():\n    if True:\n        import graphflow.errors",
        "late = lambda: __import__('graphflow.errors')",
    ],
)
def test_a_planted_own_import_inside_a_function_is_caught(source: str) -> None:
    assert len(hidden(planted("shapes.py", source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import scipy.special",
        "from matplotlib import pyplot",
        "import graphviz",
        "try:\n    import hypothesis\nexcept ImportError:\n    pass",
        "class Late:\n    import mpmath",
        "if not TYPE_CHECKING:\n    import mpmath",
    ],
)
def test_a_planted_third_party_import_at_top_level_is_caught(source: str) -> None:
    assert len(eager(planted("shapes.py", source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "def late():\n    import scipy.special",
        "if TYPE_CHECKING:\n    from hypothesis.strategies import SearchStrategy",
        "if typing.TYPE_CHECKING:\n    import mpmath",
        "from numpy.typing import NDArray",
    ],
)
def test_a_planted_third_party_import_that_may_be_missing_passes(source: str) -> None:
    assert eager(planted("shapes.py", source)) == []


def test_a_planted_file_of_400_lines_is_caught() -> None:
    assert too_long(planted("shapes.py", "\n" * 399)) == []
    assert too_long(planted("shapes.py", "\n" * 400)) == ["shapes.py: 400 lines"]
