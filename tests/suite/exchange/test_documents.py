"""Documents that are broken, hostile or of another kind: one clear error each, with its place."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.api.exchange import ImportedSuite, import_suite
from assay.core.errors import SuiteError
from assay.suite.exchange.formats import read
from assay.suite.exchange.json_text import parse_json
from assay.suite.nodes import Entries, plain

NULL = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "a"}}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text("abc\"\\ü", max_size=3), inner),
    max_leaves=20,
)  # fmt: skip


def _file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _gx(folder: Path, *expectations: Any) -> Path:
    document = {"name": "s", "expectations": list(expectations)}
    return _file(folder, "s.json", json.dumps(document))


@given(JSON, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_json_is_read_as_the_standard_library_reads_it(
    value: Any, indent: int | str | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert plain(parse_json(text, file="x")) == value


def test_a_node_of_json_knows_its_place() -> None:
    node = parse_json('{\n "a": 1,\n "b": [2, "ü", 3]\n}', file="x.json")
    assert isinstance(node, Entries)
    assert str(node.keys["b"]) == "x.json:3:2"
    assert str(node.items["b"].items[2].at) == "x.json:3:16"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "x:1:1: The document ends early."),
        ('{"a": 1, "a": 2}', "x:1:10: The key 'a' stands twice in one object."),
        ('{"a": NaN}', "x:1:7: This is not JSON: 'NaN}'."),
        ('{"a": 1e999}', "x:1:7: 1e999 is not a finite number."),
        ("[" * 50, "x:1:41: This is nested more than 40 deep."),
        ("[1, 2", "x:1:6: This is not JSON: a ',' or ']' was expected."),
        ("[1,]", "x:1:3: This is not JSON: nothing stands between ',' and ']'."),
        ("{a: 1}", "x:1:2: This is not JSON: a key in double quotes was expected."),
        ('{"a" 1}', "x:1:6: This is not JSON: a ':' was expected."),
        ("[1] [2]", "x:1:5: Something stands behind the end of the document."),
        ('["\\u0000"]', "x:1:2: The character U+0000 is not allowed in a suite."),
        ('["\\ud800"]', "x:1:2: The character U+D800 is not allowed in a suite."),
        ('["a\nb"]', "x:1:4: This is not JSON: Invalid control character at."),
        ("[01]", "x:1:3: This is not JSON: a ',' or ']' was expected."),
        ("[" + "0," * 100_000 + "0]", "x:1:200000: The file holds more than 100,000 values."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_json_is_said_with_its_place(text: str, error: str) -> None:
    with pytest.raises(SuiteError) as caught:
        parse_json(text, file="x")
    assert str(caught.value) == error


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert plain(parse_json('"\\ud83d\\ude00"', file="x")) == "\U0001f600"


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("s.json", b"\xff{}", "not UTF-8"),
        ("s.json", b'{"expectations": []' + b" " * 1_000_001, "more than 1,000,000 bytes"),
        ("s.yml", "models: [{name: !!python/object:os.system x}]", "Tags such as"),
        ("s.yml", "models: [{name: a, name: b}]", "given twice"),
        ("s.yml", "a: &a [*a]", "loop"),
        ("s.yml", "\x00", "not allowed"),
        ("s.json", "", "The file is empty."),
        ("s.json", '{"x": 1}', "is of no format that is known. Say which it is with --from"),
        ("s.json", '{"expectations": [], "schema_type": "x"}', "could be gx or pandera"),
        ("s.parquet", "no parquet", "cannot be read"),
        ("s.json", '{"type": "string", "items": {}}', "no `properties`"),
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_read_is_one_error(
    tmp_path: Path, name: str, content: str | bytes, error: str
) -> None:
    with pytest.raises(SuiteError) as caught:
        import_suite(_file(tmp_path, name, content))
    assert error in str(caught.value)


@pytest.mark.parametrize(
    ("format_", "error"),
    [
        ("gx", "no list `expectations`"),
        ("pandera", "no mapping `columns`"),
        ("dbt", "names no model"),
        ("json-schema", "no `properties`"),
        ("arrow", "cannot be read"),
    ],
)
@pytest.mark.parametrize("content", ["[]", '{"a": 1}', "3"])
def test_a_document_of_another_kind_is_refused(
    tmp_path: Path, format_: Any, error: str, content: str
) -> None:
    path = _file(tmp_path, "s.json", content)
    with pytest.raises(SuiteError) as caught:
        import_suite(path, format=format_)
    known = (error, "it is not an object")
    assert any(words in str(caught.value) for words in known)


@pytest.mark.parametrize(
    ("expectation", "reason"),
    [
        (3, "it has no `type`"),
        ({"type": "expect_column_values_to_be_nul", "kwargs": {}}, "Did you mean"),
        (NULL | {"kwargs": {}}, "`column` is missing"),
        (NULL | {"kwargs": None}, "`column` is missing"),
        (NULL | {"kwargs": {"column": 3}}, "`column` must be a text, not 3"),
        (NULL | {"kwargs": {"column": "a", "mostly": 2}}, "`mostly` must be from 0 to 1, not 2"),
        (NULL | {"kwargs": {"column": "a", "mostly": True}}, "`mostly` must be a number, not true"),
        (NULL | {"kwargs": {"column": "a", "nmin": 2}}, "the argument `nmin` is not known"),
        (NULL | {"severity": "fatal"}, "the severity 'fatal' is not known"),
        (NULL | {"windows": [{}]}, "its bounds follow earlier runs"),
        (NULL | {"kwargs": {"column": "a", "row_condition": "__import__('os').system('x')"}},
         "not a plain comparison"),
        (NULL | {"kwargs": {"column": "a", "row_condition": {"type": "x"}}}, "not of a form"),
        ({"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "a", "value_set": []}},
         "the set is empty"),
        ({"type": "expect_column_values_to_be_in_set",
          "kwargs": {"column": "a", "value_set": [{}]}}, "something other than texts"),
        ({"type": "expect_column_values_to_match_strftime_format",
          "kwargs": {"column": "a", "strftime_format": "%c"}}, "%c"),
        ({"type": "expect_column_mean_to_be_between", "kwargs": {"column": "a"}}, "no bound"),
        ({"type": "expect_column_mean_to_be_between",
          "kwargs": {"column": "a", "min_value": 2, "max_value": 1}}, "no value lies between"),
        ({"type": "expect_column_quantile_values_to_be_between",
          "kwargs": {"column": "a", "quantile_ranges": {"quantiles": [0.1], "value_ranges": []}}},
         "must pair"),
        ({"type": "expect_column_kl_divergence_to_be_less_than",
          "kwargs": {"column": "a", "threshold": 1,
                     "partition_object": {"values": ["x"], "weights": [0.5]}}}, "sum to 1"),
        ({"type": "unexpected_rows_expectation",
          "kwargs": {"unexpected_rows_query": "select * from {batch} where {x}"}}, "placeholders"),
    ],
)  # fmt: skip
def test_an_expectation_that_is_wrong_is_named_and_the_rest_goes_on(
    tmp_path: Path, expectation: Any, reason: str
) -> None:
    imported = import_suite(_gx(tmp_path, expectation, NULL))
    assert imported.checks == 1
    wrong, right = imported.entries
    assert reason in wrong.reason
    assert (wrong.mapped, right.mapped) == (False, True)
    assert "# Not mapped: " in imported.text


def test_where_nothing_can_be_mapped_the_reasons_are_the_error(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        import_suite(_gx(tmp_path, 3))
    assert "Nothing in 's.json' could be mapped" in str(caught.value)
    assert "it has no `type`" in str(caught.value)


def test_a_suite_of_great_expectations_0_is_read_too(tmp_path: Path) -> None:
    old = {
        "expectation_suite_name": "old",
        "data_asset_type": "Dataset",
        "expectations": [
            {
                "expectation_type": "expect_column_values_to_be_between",
                "kwargs": {"column": "a", "min_value": 0, "result_format": "BASIC"},
                "meta": {"notes": {"format": "markdown", "content": ["Never below zero."]}},
            }
        ],
        "meta": {"great_expectations_version": "0.18.22"},
    }
    imported = import_suite(_file(tmp_path, "old.json", json.dumps(old)))
    assert "suite: old\n" in imported.text
    assert "description: Never below zero." in imported.text
    assert imported.entries[0].checks[0].params == {"column": "a", "lower": 0}


HOSTILE = ['"; DROP', "a\nb", "x: {y", "${HOME}", "# c", "\u202e", "'", "yes", "&a", "*", ""]


@pytest.mark.parametrize("name", [n for n in HOSTILE if n])
def test_names_and_values_of_any_kind_stay_what_they_are(tmp_path: Path, name: str) -> None:
    document = {
        "name": name,
        "expectations": [
            NULL | {"kwargs": {"column": name}, "description": name},
            {"type": "expect_column_values_to_be_in_set",
             "kwargs": {"column": name, "value_set": [name]}},
            {"type": "expect_column_pair_values_to_be_equal",
             "kwargs": {"column_A": name, "column_B": "b"}},
            {"type": name, "kwargs": {"column": name}},
        ],
    }  # fmt: skip
    (tmp_path / "d.csv").write_text("a\n1\n")
    path = _file(tmp_path, "s.json", json.dumps(document))
    output = tmp_path / "suite.yaml"
    import_suite(path, tables={"data": tmp_path / "d.csv"}, output=output)
    from assay.suite.load import load

    complete, listed, equal = load(output).checks
    assert complete.params == {"column": name}
    assert complete.description == name
    assert listed.params == {"column": name, "values": [name]}
    quoted = '"' + name.replace('"', '""') + '"'
    assert equal.params["predicate"] in (f"{name} = b", f"{quoted} = b")


def _schema(folder: Path, properties: Any, **keywords: Any) -> ImportedSuite:
    document = {"type": "object", "properties": properties, **keywords}
    return import_suite(_file(folder, "s.json", json.dumps(document)), format="json-schema")


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"$ref": "https://example.org/x"}, "leads out of the document"),
        ({"$ref": "#/$defs/none"}, "leads nowhere"),
        ({"$ref": "#/$defs/loop"}, "leads to itself"),
        ({"$ref": "#/$defs/d0"}, "without end"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "no equal"),
        ({"pattern": "(?=a)"}, "lookahead"),
        ({"pattern": 3}, "not of the right type"),
        ({"format": "iri"}, "no pattern here"),
        ({"multipleOf": 0.1}, "not exact"),
        ({"not": {}}, "no equal"),
        ({"enum": [None]}, "the set is empty"),
        ({"type": "object", "properties": {"x": {}}}, "nested column"),
    ],
)  # fmt: skip
def test_a_keyword_that_has_no_equal_is_named(tmp_path: Path, schema: Any, reason: str) -> None:
    bomb = {
        f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 10} for i in range(15)
    }  # fmt: skip
    definitions = bomb | {"d15": {}, "loop": {"$ref": "#/$defs/loop"}}
    properties = {"a": {"type": "integer", "minimum": 0}, "b": schema}
    imported = _schema(tmp_path, properties, **{"$defs": definitions})
    assert any(reason in entry.reason for entry in imported.entries if not entry.mapped)
    (range_,) = [e for e in imported.entries if e.what == "minimum, maximum (a)"]
    assert range_.checks[0].params == {"column": "a", "lower": 0}


@pytest.mark.parametrize(
    ("schema", "checks"),
    [
        ({"minimum": 1, "exclusiveMinimum": True},
         [("in_range", {"lower": 1, "lower_inclusive": False})]),
        ({"maximum": 5, "exclusiveMaximum": False}, [("in_range", {"upper": 5})]),
        ({"minimum": 1, "exclusiveMinimum": 3},
         [("in_range", {"lower": 3, "lower_inclusive": False})]),
        ({"minimum": 3, "exclusiveMinimum": 1}, [("in_range", {"lower": 3})]),
        ({"const": True}, [("in_set", {"values": [True]})]),
        ({"format": "email"}, [("matches", {"pattern": r"[^@\s]+@[^@\s]+\.[^@\s]+"})]),
        ({"contentMediaType": "application/json"}, [("is_json", {})]),
        ({"allOf": [{"minLength": 1}, {"maxLength": 3}]},
         [("length_in_range", {"lower": 1}), ("length_in_range", {"upper": 3})]),
    ],
)  # fmt: skip
def test_a_keyword_is_a_check(tmp_path: Path, schema: Any, checks: Any) -> None:
    imported = _schema(tmp_path, {"a": schema})
    found = [(c.metric, c.params) for entry in imported.entries for c in entry.checks]
    assert found == [(metric, {"column": "a"} | params) for metric, params in checks]


def test_a_list_of_records_counts_them(tmp_path: Path) -> None:
    record = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    document = {
        "$schema": "http://json-schema.org/draft-07/schema#", "type": "array", "items": record,
        "minItems": 1, "uniqueItems": True, "contains": {},
    }  # fmt: skip
    imported = import_suite(_file(tmp_path, "s.json", json.dumps(document)))
    found = [(c.metric, c.params, c.beside) for entry in imported.entries for c in entry.checks]
    assert found == [
        ("row_count", {}, {"at_least": 1}),
        ("duplicate_rows", {}, {"at_most": 0}),
        ("matches_schema", {"fields": {"a": "string"}, "extra": "allow"}, {}),
        ("completeness", {"column": "a"}, {"at_least": 1}),
    ]
    assert [e.what for e in imported.entries if not e.mapped] == ["contains"]


def test_a_large_suite_is_imported_in_seconds(tmp_path: Path) -> None:
    expectations = [NULL | {"kwargs": {"column": f"c{i}"}} for i in range(3000)]
    started = time.monotonic()
    imported = import_suite(_gx(tmp_path, *expectations))
    assert imported.checks == 3000
    assert time.monotonic() - started < 30


def test_arrow_files_are_read_in_both_of_their_forms(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array([1], pa.int16())})
    pa.feather.write_feather(table, tmp_path / "a.feather")
    stream = str(tmp_path / "a.arrow")
    with pa.OSFile(stream, "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    for name in ("a.feather", "a.arrow"):
        (columns, narrow) = read(tmp_path / name).entries
        assert columns.checks[0].params == {"fields": {"a": "integer"}}
        assert narrow.checks[0].params == {"column": "a", "lower": -32768, "upper": 32767}
