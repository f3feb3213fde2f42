"""docs/export.md says what the exporters do."""

import importlib.util
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


def test_the_table_of_the_page_is_what_the_script_makes():
    spec = importlib.util.spec_from_file_location("make_export", DOCS / "make_export.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (DOCS / "export.md").read_text(encoding="utf-8")
    assert module.page(written) == written, "stale: python docs/make_export.py"
