"""json_schema: agrees with the library, fetches nothing, and cannot be stalled."""

from __future__ import annotations

import json
import random
import re
import socket
import subprocess
import sys
import time
import unicodedata

import jsonschema
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.data.measuring import CENSUS, evidence, measure, not_applicable, reason

from assay.core.binding import bind
from assay.core.errors import SuiteError
from assay.core.evidence import Table
from assay.metrics.data.json_schema import JsonSchema
from assay.scorers.json_schemas.ecmascript import compiled
from assay.scorers.json_schemas.validator import Validator

SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "mail": {"type": "string", "pattern": "^[^@]+@[^@]+$"},
        "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "uniqueItems": True},
    },
    "patternProperties": {"^x-": {"type": "string"}},
    "additionalProperties": False,
    "required": ["id"],
    "$defs": {"tag": {"type": "string", "maxLength": 5}},
}
GOOD = ['{"id": 1}', '{"id": 2, "mail": "a@b", "tags": ["a", "b"], "x-y": "z"}', '{"id": 3.0}']
BAD = {
    "[]": ("[] is not of type 'object'", "$"),
    '{"id": 0}': ("0 is less than the minimum of 1", "$.id"),
    '{"mail": "a@b"}': ("'id' is a required property", "$"),
    '{"id": 1, "mail": "a"}': ("'a' does not match '^[^@]+@[^@]+$'", "$.mail"),
    '{"id": 1, "tags": ["a", 3]}': ("3 is not of type 'string'", "$.tags[1]"),
    '{"id": 1, "tags": ["a", "a"]}': ("an item is there twice", "$.tags"),
    '{"id": 1, "x-y": 1}': ("1 is not of type 'string'", "$.x-y"),
    '{"id": 1, "more": 1}': ("there must be no other properties: 'more'", "$"),
    '{"id": NaN}': ("not JSON", "$"),
    '{"id": 1': ("not JSON", "$"),
    "": ("not JSON", "$"),
}


def test_rows_are_counted_and_each_failing_text_is_shown_once():
    texts = [*GOOD, *BAD, *BAD, None]
    metric = JsonSchema(column="s", schema=SCHEMA)
    found = measure(metric, pa.table({"s": texts}))
    assert (found.value, found.n, found.method) == (3 / 25, 25, "wilson")
    (table,) = evidence(metric, pa.table({"s": [*texts, "[]"]}))
    assert isinstance(table, Table)
    assert table.title.endswith("of 11")
    assert len(table.rows) == 10
    assert table.rows[0][:2] == ["[]", 3]
    for text, count, why, where in table.rows[1:]:
        assert count == 2
        assert str(why).startswith(BAD[str(text)][0]), text
        assert where.replace("['x-y']", ".x-y") == BAD[str(text)][1]


def test_a_column_of_good_texts_shows_nothing():
    metric = JsonSchema(column="s", schema=SCHEMA)
    table = pa.table({"s": GOOD, "i": [1, 2, 3]})
    assert measure(metric, table, CENSUS).value == 1
    assert evidence(metric, table) == ()
    assert reason(metric, table.slice(0, 0)) == "there are no non-null texts"
    assert "not texts" in (not_applicable(JsonSchema(column="i", schema=SCHEMA), table) or "")
    assert not_applicable(JsonSchema(column="z", schema=SCHEMA), table)


def test_long_texts_are_shown_in_part():
    (table,) = evidence(
        JsonSchema(column="s", schema={"type": "integer"}),
        pa.table({"s": [json.dumps("x" * 50_000)]}),
    )
    assert isinstance(table, Table)
    assert len(json.dumps(table.rows)) < 1_000


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "integr"}, r"'integr' is not valid under any of the given schemas, at \$\.type"),
        ({"minimum": "1"}, r"not of type 'number', at \$\.minimum"),
        ({"$schema": "https://example.org/own"}, "no dialect 'https://example.org/own'"),
        ({"$ref": "https://example.org/a.json"}, "nothing is fetched"),
        ({"properties": {"a": {"$ref": "file:///etc/passwd"}}}, "nothing is fetched"),
        ({"$ref": "#/$defs/lost"}, "'#/\\$defs/lost' is not in the schema"),
        ({"allOf": [{"$ref": "#/x"}], "x": {"$ref": "http://a.b/c"}}, "'http://a.b/c' is not in"),
        ({"$ref": "#"}, "leads back to itself"),
        ({"pattern": "(?=a)b"}, "lookaround"),
        ({"items": {"pattern": r"(a)\1"}}, "backreference"),
        ({"pattern": "^.{1,2000}$"}, r"'\^\.\{1,2000\}\$' cannot be used: RE2 says: .*\{1,2000\}"),
        ({"pattern": r"\P{L}{1,1000}"}, "too large"),
        ({"patternProperties": {"a{9999}{9999}": {}}}, "cannot be used"),
        ({"patternProperties": {"a": {}}, "unevaluatedProperties": False}, "is not supported"),
    ],
)
def test_a_bad_schema_is_told_when_the_suite_is_read(schema, message):
    with pytest.raises(ValueError, match=message):
        JsonSchema(column="s", schema=schema)
    with pytest.raises(SuiteError, match="json_schema: the schema cannot be used"):
        bind(JsonSchema, {"column": "s", "schema": schema})


def test_nothing_is_fetched(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(ValueError, match="nothing is fetched"):
        JsonSchema(column="s", schema={"$ref": "http://127.0.0.1:9/a.json"})
    assert Validator({"$ref": "https://json-schema.org/draft/2020-12/schema"}).valid("{}")


def test_formats_are_notes():
    assert Validator({"format": "email"}).valid('"no"')


def test_schemas_are_equal_whatever_the_order_of_their_keys():
    a = JsonSchema(column="s", schema={"type": "string", "maxLength": 3})
    b = JsonSchema(column="s", schema={"maxLength": 3, "type": "string"})
    assert a == b
    assert hash(a) == hash(b)
    assert a != JsonSchema(column="t", schema=dict(a.schema))
    assert a != JsonSchema(column="s", schema={"type": "string"})


def test_texts_and_patterns_that_stall_others_take_no_time():
    start = time.perf_counter()
    slow = Validator({"pattern": "^(a+)+$", "patternProperties": {"^(a|a)*$": {"type": "null"}}})
    assert not slow.valid(json.dumps("a" * 1_000_000 + "!"))
    assert slow.valid(json.dumps({"a" * 1_000_000 + "!": 1}))
    assert not Validator({}).valid("[" * 100_000)
    unique = Validator({"uniqueItems": True})
    assert unique.valid(json.dumps([[i, str(i)] for i in range(20_000)] + [None, True, 1]))
    assert time.perf_counter() - start < 5


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([1.0, 0.5, "", "a", "ab"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abx"), inner),
    max_leaves=6,
)
SCHEMAS = [
    {"uniqueItems": True},
    {"additionalProperties": {"type": "integer"}, "properties": {"a": {}}},
    {"additionalProperties": False, "patternProperties": {"[ab]": True}},
    {"patternProperties": {"^a": {"type": "string"}, "b|x": {"minimum": 1}}},
    {"items": {"pattern": "^a"}, "contains": {"const": 1}},
    {"anyOf": [{"type": "array"}, {"additionalProperties": False}]},
    {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"pattern": "b$"}]},
    {"$schema": "http://json-schema.org/draft-04/schema#", "additionalProperties": {"$ref": "#"},
     "type": ["object", "integer"]},
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SCHEMAS), JSONS)
def test_verdicts_are_the_library_s(schema, document):
    reference = jsonschema.validators.validator_for(schema, jsonschema.Draft202012Validator)
    expected = reference(schema).is_valid(document)
    assert Validator(schema).valid(json.dumps(document)) is expected
    assert (Validator(schema).refusal(json.dumps(document)) is None) is expected


PATTERNS = [
    "", "a", "^a", "a$", "^a$", "ab|c", "^(ab|c)*$", "a+b?", "a{2}", "a{2,}", "^a{1,3}$", "^a{0}b$",
    "[abc]", "[^a]", "[a-c]+$", r"[\]a-]", r"\d+", r"\D", r"\w\W", r"\s", r"\S\s", r"\bab\b",
    r"a\B", r"^[\s\S]$", r"[\s-a]", r"[a\s-]", r"[^\S]", r"[^\s]", r"[\w-.]", "[[a]", "[a[]",
    "[[:a:]]", ".", "^.$", "(?:a|b)c", r"\x61", r"\u0061", r"\u0061\u0062", r"[\u0061-\u0063]",
    r"\.", r"a\/b", "(a|ab)(c|bcd)", "(a*)*b", "(a+)+$", "^(?:)$", "a||b", "()", "[^]a]", "[]|b",
    "a*?b", r"[\d_]", "{", "a{,2}", "a{x", "^[-a]$", "x{0,2}a", r"[(?=]", r"[\/.]", "]", "a]",
]  # fmt: skip
# What Python writes otherwise: $ is the very end, [] takes nothing and [^] all.
PYTHON = {
    "[^]a]": "(?:.|\n)a]",
    "[]|b": "b",
    "a{,2}": r"a\{,2\}",
    r"[\w-.]": r"[\w\-.]",
    r"[\s-a]": r"[\s\-a]",
}


@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
@settings(max_examples=1_000, deadline=None)
@given(st.sampled_from(PATTERNS), st.text(alphabet="abcdx 1_-]./\n{,2}[:(", max_size=8))
def test_patterns_find_what_python_s_find(pattern, text):
    same = re.sub(r"\$$|\$(?=\))", r"\\Z", PYTHON.get(pattern, pattern))
    expected = re.search(same, text, re.ASCII) is not None
    assert (compiled(pattern).search(text) is not None) is expected


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"^\p{Lu}\P{L}$", "Ä1", "ä1"),
        (r"^[\p{gc=Nd}\p{General_Category=Lu}]+$", "Ä1", "ä"),
        (r"^\p{Script=Greek}\p{sc=Latin}$", "πa", "pa"),
        (r"^\u{1F642}$", "🙂", "u"),
        (r"^\uD83D\uDE42+$", "🙂🙂", "\ufffd"),
        (r"^[\uD83D\uDE42-\uD83D\uDE44]$", "🙃", "🙂🙂"),
        (r"^\u00e4?\u00F6$", "ö", "ä"),
        (r"^\cJ$", "\n", "J"),
        (r"^[\b]$", "\b", "b"),
        (r"^\0\t\v[\0-\t]$", "\0\t\v\t", "0tv0"),
        (r"^\d\w$", "1_", "١ä"),
        (r"^\W$", "ä", "a"),
        ("^.$", "x", "\u2028"),
        ("^..$", "ä🙂", "🙂"),
        ("^[^]$", "\n", ""),
        ("^[^]]$", "\n]", "x"),
        ("^[[:alpha:]]$", "h]", "h"),
        (r"^\-\_\/\$\@?$", "-_/$", r"\-_/"),
        ("(?<year>[0-9]{4})", "in 1999", "199"),
        ("a$", "ba", "a\n"),
        ("^b", "b", "a\nb"),
    ],
)
def test_patterns_of_ecmascript(pattern, yes, no):
    schema = Validator({"pattern": pattern})
    assert schema.valid(json.dumps(yes))
    assert not schema.valid(json.dumps(no))


def test_white_space_is_ecmascript_s():
    # ECMA-262, 12.2 and 12.3: WhiteSpace and LineTerminator
    other = set("\t\v\f\ufeff\n\r\u2028\u2029")
    space, in_brackets = compiled(r"^\s$"), compiled(r"^[!\s]$")
    no_space, none_in_brackets = compiled(r"^\S$"), compiled(r"^[\t\S]$")
    for point in (*range(0xD800), *range(0xE000, 0x11_000), 0x1F642, 0x10FFFF):
        char = chr(point)
        expected = char in other or unicodedata.category(char) == "Zs"
        assert (space.search(char) is not None) is expected, hex(point)
        assert (no_space.search(char) is None) is expected, hex(point)
        assert (in_brackets.search(char) is not None) is (expected or char == "!"), hex(point)
        assert (none_in_brackets.search(char) is None) is (expected and char != "\t"), hex(point)


@pytest.mark.parametrize(
    "pattern",
    ["(", ")", "[a", "[", "[^", "[a\\", "*", "a**", "+a", "a|*", "[b-a]", r"[a-\d]", r"[a-\s]",
     r"[a-\S]", "\\", r"\q", r"\A", r"\z", r"\Qa\E", r"\C", r"[\B]", r"\u12", r"\x1", r"\x{61}",
     r"\c1", r"\pL", r"\p{^L}", r"\p{Lost}", r"\u{110000}", "a{3,2}", "a{1001}", "(?!a)", "(?=a)",
     "(?<=a)", "(?<!a)", "(?i)a", "(?s:a)", "(?P<n>a)", r"\1", r"\01", r"\k<n>",
     "((a{1000}){1000})", "\ud800"],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(pattern, capfd):
    with pytest.raises(ValueError, match=r"\w\w"):
        compiled(pattern)
    assert capfd.readouterr() == ("", "")


def test_a_search_stays_within_its_memory(capfd):
    # its deterministic automaton has 2^200 states: RE2 must go on without it, and say nothing
    pattern = compiled("a[ab]{200}c")
    letters = [*random.Random(5).choices("ab", k=20_000), "c"]
    letters[-202] = "a"
    assert pattern.search("".join(letters))
    letters[-202] = "b"
    assert not pattern.search("".join(letters))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("missing", ["jsonschema", "re2"])
def test_without_a_library_a_suite_is_read_and_the_check_says_what_to_install(missing):
    code = f"""
import sys
sys.modules[{missing!r}] = None
from assay.core.errors import MissingExtraError
from assay.metrics.data.json_schema import JsonSchema
metric = JsonSchema(column="s", schema={{"pattern": "a"}})
try:
    metric.applicable(None)
except MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"re2": "google-re2"}.get(missing, missing) in done.stdout
    assert "pip install 'assay[json]'" in done.stdout


def test_a_schema_without_patterns_needs_no_re2():
    code = """
import sys
sys.modules["re2"] = None
from assay.scorers.json_schemas.validator import Validator
print(Validator({"type": "integer"}).valid("1"))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
