"""CSV and npz files: what a table becomes of them, and messages that name file, line and column."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphflow as gf
from graphflow.data import read_csv, read_npz

PENGUINS = """\
species,island,"bill, mm",mass
Adelie,Torgersen,39.1,3750
Adelie,Biscoe,37.8,3400

Gentoo,Biscoe,46.1,4500
"Chinstrap",Dream,46.5,3500
"""


@pytest.fixture
def write(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "birds.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_numbers_are_features_and_texts_are_one_feature_each(write):
    table = read_csv(write(PENGUINS), "species")
    assert table.columns == (
        "island=Biscoe", "island=Dream", "island=Torgersen", "bill, mm", "mass"
    )  # fmt: skip
    assert table.x.tolist() == [
        [0, 0, 1, 39.1, 3750], [1, 0, 0, 37.8, 3400], [1, 0, 0, 46.1, 4500], [0, 1, 0, 46.5, 3500]
    ]  # fmt: skip
    assert table.x.dtype == np.float64


def test_a_target_of_texts_becomes_classes(write):
    table = read_csv(write(PENGUINS), "species")
    assert table.classes == ("Adelie", "Chinstrap", "Gentoo")
    assert table.y.tolist() == [0, 0, 2, 1]
    assert table.y.dtype == np.int64


def test_a_target_of_numbers_stays_what_it_is(write):
    by_number = read_csv(write(PENGUINS), -1, ignore=["species", "island"])
    assert by_number.y.tolist() == [3750, 3400, 4500, 3500]
    assert by_number.y.dtype == np.int64
    bill = read_csv(write(PENGUINS), "bill, mm", ignore=["species", "island"])
    assert bill.y.tolist() == [39.1, 37.8, 46.1, 46.5]
    assert bill.columns == ("mass",)
    huge = read_csv(write("a,b\n1,99999999999999999999\n"), "b")
    assert huge.y.dtype == np.float64


def test_without_a_target_there_is_none(write):
    assert read_csv(write("a\n1\n2\n")).y.shape == (2, 0)


def test_a_file_without_a_header_has_numbered_columns(write):
    path = write("5.1,setosa\n7.0,versicolor\n")
    table = read_csv(path, "1")
    assert (table.columns, table.classes) == (("0",), ("setosa", "versicolor"))
    assert read_csv(path, -1).y.tolist() == [0, 1]
    assert len(read_csv(write("a,b\nc,d\n"), header=False)) == 2
    assert read_csv(write("2019,2020\n1,2\n"), header=True).columns == ("2019", "2020")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(write, delimiter):
    table = read_csv(write("a,b,c\n1,2,x\n3,4,y\n".replace(",", delimiter)), "c")
    assert table.x.tolist() == [[1, 2], [3, 4]]


def test_decimal_commas_byte_order_marks_and_windows_lines_are_read(write):
    table = read_csv(write("a;b\r\n1,5;2\r\n-0,25;3\r\n", "utf-8-sig"), "b", decimal=",")
    assert table.columns == ("a",)
    assert table.x.tolist() == [[1.5], [-0.25]]


def test_quoted_fields_hold_delimiters_quotes_and_lines(write):
    text = 'a,note\n1,"x, ""y""\nz"\n2,plain\noops,plain\n'
    with pytest.raises(gf.DataError, match="not a number: 'oops'") as caught:
        read_csv(write(text), "note")
    assert "line 5" in str(caught.value)  # the quoted field takes two lines of the file
    table = read_csv(write(text.replace("oops", "3")), "note")
    assert table.classes == ("plain", 'x, "y"\nz')


def test_columns_of_numbers_may_be_categories(write):
    table = read_csv(write("class,y\n3,0\n1,1\n3,0\n"), "y", categories=["class"])
    assert table.columns == ("class=1", "class=3")
    assert table.x.tolist() == [[0, 1], [1, 0], [0, 1]]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_what_python_writes_is_read_to_the_bit(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("csv") / "numbers.csv"
    path.write_text("a\n" + "".join(f"{number!r}\n" for number in numbers))
    np.testing.assert_array_equal(read_csv(path).x[:, 0], numbers)


HOLES = "a,b,kind\n1,2,x\n,4,y\n3,NA,x\n5,6,?\n"


def test_a_missing_value_is_an_error_that_says_where(write):
    with pytest.raises(gf.DataError) as caught:
        read_csv(write(HOLES), "kind")
    assert str(caught.value).splitlines() == [
        "read_csv: a value is missing, 3 in all",
        "  birds.csv  line 3  column 'a'",
        "missing='drop' leaves such rows out, missing='fill' puts the column's mean",
    ]


def test_rows_with_missing_values_may_be_dropped(write):
    table = read_csv(write(HOLES), "kind", missing="drop")
    assert (table.x.tolist(), table.classes) == ([[1, 2]], ("x",))
    with pytest.raises(gf.DataError, match="every row of birds.csv"):
        read_csv(write("a,b\n,1\n2,\n"), "b", missing="drop")


def test_missing_values_may_be_filled(write):
    table = read_csv(write(HOLES), "kind", missing="fill")
    assert table.x.tolist() == [[1, 2], [2, 4], [3, 3]]  # means of 1, 3 and of 2, 4
    assert table.y.tolist() == [0, 1, 0]  # the row without a target is left out
    texts = read_csv(write("t,y\nb,0\n,1\nb,2\na,3\n"), "y", missing="fill")
    assert texts.x.tolist() == [[0, 1], [0, 1], [0, 1], [1, 0]]


BROKEN = {
    "text among numbers": (
        "age,y\n1,0\n2,0\ntwelve,1\n",
        ["read_csv: not a number: 'twelve'", "  birds.csv  line 4  column 'age'"],
    ),
    "decimal comma": ("age;y\n1,5;0\n2;1\n", ["read_csv: not a number: '1,5'", "decimal=','"]),
    "python's own numbers": ("a,y\n1_000,1\n2,1\n", ["not a number: '1_000'", "line 2"]),
    "infinite": ("a,y\n1,0\ninf,1\n", ["not a finite number: 'inf'", "line 3", "column 'a'"]),
    "overflow": ("a,y\n1e999,1\n", ["not a finite number: '1e999'", "line 2"]),
    "text among targets": ("a,y\n1,0\n2,high\n", ["not a number: 'high'", "line 3", "column 'y'"]),
    "too few fields": ("a,b,y\n1,2,3\n4,5\n", ["2 fields where 3", "line 3", "column 'b'"]),
    "too many fields": ("a,y\n1,2,3\n", ["3 fields where 2", "line 2", "column 'y'"]),
    "names twice": ("a,a,y\n1,2,3\n", ["the header repeats 'a'", "line 1"]),
    "empty": ("", ["birds.csv is empty"]),
    "blank lines only": ("\n , \n\n", ["birds.csv is empty"]),
    "header only": ("a,y\n", ["birds.csv has a header and no rows"]),
    "quote not closed": ('a,y\n1,2\n"3,4\n', ["read_csv: ", "birds.csv  line 3"]),
    "no value in a column": ("a,b,y\n1,,2\n", ["a column without any value", "column 'b'"]),
    "no such target": ("a,year\n1,2\n", ["no column 'y'", "birds.csv"]),
    "only a target": ("y\n1\n", ["no column left"]),
    "too many texts": (
        "name,y\n" + "".join(f"n{n},{n}\n" for n in range(21)),
        ["21 different texts, as 'n0', are too many", "column 'name'", "ignore=['name']"],
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused_naming_the_place(write, case):
    text, parts = BROKEN[case]
    missing = "fill" if case == "no value in a column" else "error"
    with pytest.raises(gf.DataError) as caught:
        read_csv(write(text), "y", missing=missing)
    message = str(caught.value)
    assert all(part in message for part in parts), message
    assert len(message.splitlines()) <= 6


def test_another_encoding_is_named(write):
    path = write("größe,y\n1,2\n", "latin-1")
    with pytest.raises(gf.DataError, match=r"not utf-8-sig\n  birds.csv  line 1  byte 0xf6"):
        read_csv(path, "y")
    assert read_csv(path, "y", encoding="latin-1").columns == ("größe",)


def test_a_misspelt_column_gets_a_hint(write):
    path = write("sepal,species\n1,a\n")
    with pytest.raises(gf.DataError, match="did you mean 'species'"):
        read_csv(path, "specie")
    with pytest.raises(gf.DataError, match="it has 'sepal', 'species'"):
        read_csv(path, ignore=["xyz"])
    with pytest.raises(ValueError, match="missing is 'error', 'drop' or 'fill'"):
        read_csv(path, missing="mean")


def test_a_file_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_csv(tmp_path / "no.csv")
    with pytest.raises(FileNotFoundError):
        read_npz(tmp_path / "no.npz")


# ---- npz ----------------------------------------------------------------------------------------


def test_arrays_of_an_npz_file_are_read_by_name(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.eye(2), y=np.arange(3))
    assert list(read_npz(path)) == ["x", "y"]
    found = read_npz(path, "y")
    assert list(found) == ["y"]
    assert found["y"].tolist() == [0, 1, 2]
    with pytest.raises(gf.DataError, match=r"no such array\n  a.npz  'z'\nit holds x, y"):
        read_npz(path, "z")


def test_objects_in_an_npz_file_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.array([{}, None], object))
    with pytest.raises(gf.DataError, match="cannot read a.npz: it holds Python objects"):
        read_npz(path)


def test_damaged_and_foreign_npz_files_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.arange(100.0))
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[300] ^= 1
    for content in (b"", b"text", whole[:-30], whole[:300], bytes(flipped)):
        path.write_bytes(content)
        with pytest.raises(gf.DataError, match=r"a\.npz"):
            read_npz(path)
    with path.open("wb") as file:
        np.save(file, np.eye(2))
    with pytest.raises(
        gf.DataError, match="cannot read a.npz: it is damaged: File is not a zip file"
    ):
        read_npz(path)
