"""docs/export.md says what the exporters do."""

from made_pages import script, written


def test_the_table_of_the_page_is_what_the_script_makes():
    page = written("export")
    assert script("export").page(page) == page, "stale: python docs/make_export.py"
