import csv

import pyarrow
import pyarrow.parquet
import pytest

from nblib.engine.errors import InputError
from nblib.sources.columns import find_columns
from nblib.sources.tables import is_missing, read_table


def refused(path):
    with pytest.raises(InputError) as caught:
        read_table(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_rows_have_numbers_and_lines(write):
    table = read_table(write("a.csv", 'text,label\n"two\nlines",x\n\nplain,y\n'))
    assert (table.columns, table.encoding) == (["text", "label"], "UTF-8")
    assert table.values("text") == ["two\nlines", "plain"]
    assert (table.numbers, table.lines) == ([1, 2], [2, 5])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_header_tells_the_delimiter(write, delimiter):
    table = read_table(write("a.csv", f'"a,;\tb"{delimiter}c\n1{delimiter}2\n'))
    assert (table.columns, table.values("c")) == (["a,;\tb", "c"], ["2"])


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(write, newline):
    table = read_table(write("a.csv", newline.join(["text,label", "x,1", "y,2"])))
    assert (table.values("label"), table.lines) == (["1", "2"], [2, 3])


def test_ragged_rows_are_set_aside_with_number_and_line(write):
    table = read_table(write("a.csv", "text,label\na,1\nb\nc,1,2\n\nd,2\n"))
    assert table.values("text") == ["a", "d"]
    assert table.ragged == {2: 3, 3: 4}
    assert (table.numbers, table.rows_read) == ([1, 4], 4)


def test_words_for_nothing_stay_words(write):
    words = ["None", "NA", "null", "nan", "NaN", "N/A", ""]
    table = read_table(write("a.csv", "text,label\n" + "".join(f"{word},x\n" for word in words)))
    assert table.values("text") == words
    assert not any(is_missing(word) for word in words)
    table = read_table(write("a.jsonl", '{"t": "null"}\n{"t": null}\n{"t": NaN}\n{"t": "None"}\n{}\n'))
    assert [is_missing(value) for value in table.values("t")] == [False, True, True, False, True]
    assert table.values("t")[0] == "null"


def test_a_very_long_cell_is_read_and_the_process_wide_limit_restored(write):
    before = csv.field_size_limit()
    table = read_table(write("a.csv", f"text,label\n{'x' * 10_000_000},1\n"))
    assert len(table.values("text")[0]) == 10_000_000
    assert csv.field_size_limit() == before


def test_sloppy_quotation_marks_within_a_line_are_read(write):
    table = read_table(write("a.csv", 'text,label\n"say "hi" now",1\nsize 5" disk,2\n"a ""b""",3\n'))
    assert table.values("label") == ["1", "2", "3"]
    assert table.values("text") == ['say hi" now"', 'size 5" disk', 'a "b"']


@pytest.mark.parametrize(
    ("rest", "line"),
    [
        ('"never closed,1\nb,2\n', 4),
        ('"never closed,1', 4),
        ('"never closed,1\nb,2\n"fine, this",1\nc,2\n', 4),  # two marks later it would close again, rows swallowed
        ('b,"never closed\n', 4),
        ('"two\nlines",2\n"open,1\n', 6),
        ('"', 4),
    ],
)
def test_an_unclosed_quotation_mark_is_found_where_it_opens(write, rest, line):
    message = refused(write("a.csv", f'text,label\na,1\n"x",2\n{rest}'))
    assert f"line {line}: a quotation mark that opens in the row of this line is never closed" in message


def test_an_unclosed_quotation_mark_in_the_header(write):
    assert "line 1: a quotation mark" in refused(write("a.csv", '"text,label\na,1\n'))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "is empty: it needs a header line and rows"),
        ("a.csv", " \n\n", "is empty"),
        ("a.jsonl", "", "is empty"),
        ("a.parquet", "", "is empty"),
        ("a.csv", "text,label\n", "has a header and no rows"),
        ("a.csv", "text,label\n\n  \n", "has a header and no rows"),
        ("a.csv", "text,label,text\na,1,b\n", "more than one column named 'text'"),
        ("a.jsonl", '{"text": 1}\n\n{"text": }\n', "line 3 is no JSON object: Expecting value at column 10"),
        ("a.jsonl", '{"text": 1}\n["a", 1]\n', "line 2 is no JSON object but a list"),
        ("a.json", '[\n{"text": 1}\n]\n', "line 1 is no JSON object: a list; write one object a line"),
        ("a.jsonl", "3\n", "line 1 is no JSON object but a number"),
        ("a.jsonl", "[" * 100_000, "line 1 is no JSON object: "),
        ("a.parquet", "PAR1 this is none", "is no Parquet file or is damaged"),
        ("a.xlsx", "PK", "is of no kind that is read (.xlsx): use .csv, .jsonl or .parquet"),
        ("a", "text,label\n", "(no suffix)"),
        ("a.csv", b"\0\1\2", "is no text file: a NUL byte on line 1"),
    ],
)
def test_files_that_are_refused(write, name, content, message):
    assert message in refused(write(name, content))


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    assert refused(tmp_path / "none.csv").startswith("no such file: ")
    (tmp_path / "f.csv").mkdir()
    assert "is a folder: name one CSV, JSONL or Parquet file in it" in refused(tmp_path / "f.csv")


def test_a_truncated_parquet_file_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"text": ["a"] * 1000, "label": [1] * 1000}), path)
    path.write_bytes(path.read_bytes()[:-20])
    assert "is no Parquet file or is damaged" in refused(path)


def test_parquet_values_and_nulls(tmp_path):
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"text": ["a", None, "null"], "label": [1.0, float("nan"), None]}), path)
    table = read_table(path)
    assert (table.columns, table.encoding, table.numbers) == (["text", "label"], None, [1, 2, 3])
    assert [is_missing(value) for value in table.values("text")] == [False, True, False]
    assert [is_missing(value) for value in table.values("label")] == [False, True, True]


def test_parquet_of_datasets_gives_the_names_of_its_classes(tmp_path):
    import datasets

    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    made = datasets.Dataset.from_dict({"text": ["a", "b"], "label": [1, 0]}, features=features)
    made.to_parquet(tmp_path / "a.parquet")
    assert read_table(tmp_path / "a.parquet").values("label") == ["yes", "no"]


@pytest.mark.parametrize(
    ("header", "row", "asked", "expected"),
    [
        ("id,text,label", "1,a,b", (None, None), ("text", "label")),
        ("label,text", "x,a", (None, None), ("text", "label")),
        ("id,Review,Sentiment", "1,a,b", (None, None), ("Review", "Sentiment")),
        ("comment,mood", "a,b", (None, None), ("comment", "mood")),
        ("words,class", "a,b", (None, None), ("words", "class")),
        ("x,y", "a long sentence,b", (None, None), ("x", "y")),
        ("x,y", "b,a long sentence", (None, None), ("y", "x")),
        ("text,label,mood", "a,b,c", (None, "mood"), ("text", "mood")),
        ("x,y", "b,a long sentence", ("x", None), ("x", "y")),
        ("text,content", "a,b", ("content", None), ("content", "text")),
    ],
)
def test_columns_are_found(write, header, row, asked, expected):
    assert find_columns(read_table(write("a.csv", f"{header}\n{row}\n")), *asked) == expected


@pytest.mark.parametrize(
    ("header", "asked", "message"),
    [
        ("text,label", ("body", None), "has no column 'body' (text_column); it has 'text', 'label'"),
        ("text,label", (None, "mood"), "has no column 'mood' (label_column); it has 'text', 'label'"),
        ("text,label", ("text", "text"), "text_column and label_column are both 'text'"),
        ("text", (None, None), "has one column, 'text': it needs a text and a label column"),
        ("a,b,c", (None, None), "which column is it? Set text_column to one of 'a', 'b', 'c'"),
        ("text,b,c", (None, None), "which column is it? Set label_column to one of 'text', 'b', 'c'"),
        ("a,b", (None, None), "which column is it? Set text_column to one of 'a', 'b'"),
    ],
)
def test_columns_that_cannot_be_told_are_named(write, header, asked, message):
    cells = ",".join("x" * (header.count(",") + 1))
    with pytest.raises(InputError) as caught:
        find_columns(read_table(write("a.csv", f"{header}\n{cells}\n")), *asked)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
