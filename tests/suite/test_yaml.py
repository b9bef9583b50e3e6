"""YAML to nodes: scalar rules, places, limits, and hostile text."""

from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assay.core.errors import SuiteError
from assay.suite.nodes import Entries, Items, Leaf, plain
from assay.suite.yaml import MAX_BYTES, MAX_DEPTH, MAX_NODES, parse

ESCAPE = " Where it is meant, write it as an escape in double quotes."


def read(text: str | bytes) -> object:
    return plain(parse(text, file="s.yaml"))


def error_of(text: str | bytes) -> SuiteError | None:
    try:
        parse(text, file="s.yaml")
    except SuiteError as error:
        return error
    return None


def failure(text: str | bytes) -> str:
    with pytest.raises(SuiteError) as caught:
        parse(text, file="s.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("'null'", "null"),
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31T12:00:00Z", "2024-01-31T12:00:00Z"),
        ("12:30", "12:30"),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("1_000", "1_000"),
        ("-3", -3),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("9223372036854775807", 2**63 - 1),
        ('"95"', "95"),
        ("=", "="),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    got = read(f"a: {text}")
    assert got == {"a": value}
    assert type(got["a"]) is type(value)  # type: ignore[index]


def test_keys_are_text_as_written() -> None:
    assert read("{1: a, true: b, 2024-01-01: c, yes: d}") == {
        "1": "a",
        "true": "b",
        "2024-01-01": "c",
        "yes": "d",
    }


def test_every_node_knows_its_place() -> None:
    node = parse("a:\n  - x\n  - {b: 1, cc: [2]}\n", file="s.yaml")
    assert isinstance(node, Entries)
    items = node.items["a"]
    assert isinstance(items, Items)
    second = items.items[1]
    assert isinstance(second, Entries)
    assert str(items.items[0].at) == "s.yaml:2:5"
    assert str(second.at) == "s.yaml:3:5"
    assert str(second.keys["cc"]) == "s.yaml:3:12"
    assert str(second.items["b"].at) == "s.yaml:3:9"


def test_line_ends_and_a_byte_order_mark_do_not_matter() -> None:
    expected = {"a": 1, "b": ["x"]}
    for text in ("a: 1\nb:\n  - x\n", "a: 1\r\nb:\r\n  - x\r\n", "\ufeffa: 1\nb: [x]"):
        assert read(text) == expected
        assert read(text.encode()) == expected
    node = parse("\ufeffa: 1\r\nb: 2\r\n", file="s.yaml")
    assert isinstance(node, Entries)
    assert str(node.keys["b"]) == "s.yaml:2:1"


def test_aliases_share_values() -> None:
    assert read("a: &x [1, 2]\nb: *x\nc: [*x, *x]") == {
        "a": [1, 2],
        "b": [1, 2],
        "c": [[1, 2], [1, 2]],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "s.yaml:1:1: The file is empty."),
        ("# only a comment\n", "s.yaml:1:1: The file is empty."),
        (
            "a: 1\nb: 2\na: 3\n",
            "s.yaml:3:1: The key 'a' is given twice; it stands first in line 1, column 1.",
        ),
        (
            "a: {x: 1, 'x': 2}",
            "s.yaml:1:11: The key 'x' is given twice; it stands first in line 1, column 5.",
        ),
        (
            "a:\n\tb: 1\n",
            "s.yaml:2:1: A tab indents this line; YAML is indented with spaces only."
            " Replace each tab by spaces.",
        ),
        (
            "a:\n  - b: 1\n  \tc: 2\n",
            "s.yaml:3:3: A tab indents this line; YAML is indented with spaces only."
            " Replace each tab by spaces.",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "s.yaml:2:1: A second document starts here; a suite file holds one.",
        ),
        (
            "a: !!python/object/apply:os.system [ls]",
            "s.yaml:1:4: Tags such as tag:yaml.org,2002:python/object/apply:os are not allowed.",
        ),
        ("a: !mine x", "s.yaml:1:4: Tags such as !mine are not allowed."),
        ("!mine a: x", "s.yaml:1:1: Tags such as !mine are not allowed."),
        ("a: *b", "s.yaml:1:4: There is no anchor &b above this alias."),
        ("&a [*a]", "s.yaml:1:5: The alias *a stands inside its own anchor: a loop."),
        ("x: &a {b: [*a]}", "s.yaml:1:12: The alias *a stands inside its own anchor: a loop."),
        ("? [a]\n: 1", "s.yaml:1:3: A key must be text, not a list, a mapping or an alias."),
        (": 1", "s.yaml:1:1: A key is missing before the colon."),
        (
            "a: &x {b: 1}\nc: {<<: *x}",
            "s.yaml:2:5: Merge keys (<<) are not part of YAML 1.2. "
            "Put what checks share under `defaults:`.",
        ),
        (
            "%YAML 1.1\n---\na: yes",
            "s.yaml:2:1: Directives other than `%YAML 1.2` are not supported.",
        ),
        ("a: 99999999999999999999", "s.yaml:1:4: This whole number needs more than 64 bits."),
        ("a: \x00", "s.yaml:1:4: The character U+0000 is not allowed in a suite." + ESCAPE),
        (
            "a: 1\nb: \x1b[31m",
            "s.yaml:2:4: The character U+001B is not allowed in a suite." + ESCAPE,
        ),
        ('a: "\\0"', "s.yaml:1:4: The character U+0000 is not allowed in a suite."),
        ('a: {"\\ud800": 1}', "s.yaml:1:5: The character U+D800 is not allowed in a suite."),
        ("a: \ud800", "s.yaml:1:4: The character U+D800 is not allowed in a suite." + ESCAPE),
        (
            b"a: 1\nb: \xff\xfe",
            "s.yaml:2:4: Byte 0xff is not UTF-8 text. Save the file as UTF-8.",
        ),
        (
            "a: 1".encode("utf-16"),
            "s.yaml:1:1: Byte 0xff is not UTF-8 text. Save the file as UTF-8.",
        ),
        (
            "a: [1, 2",
            "s.yaml:1:9: This is not YAML: expected ',' or ']', but got '<stream end>' "
            "while parsing a flow sequence.",
        ),
        (
            "a: [${B}]",
            "s.yaml:1:6: This is not YAML: expected ',' or ']', but got '{' while parsing a flow"
            " sequence. Inside { } and [ ], put `${…}` in quotes.",
        ),
        ("a: b: c", "s.yaml:1:5: This is not YAML: mapping values are not allowed here."),
    ],
)
def test_what_is_refused_and_where(text: str | bytes, message: str) -> None:
    assert failure(text) == message


@pytest.mark.parametrize("number", [".inf", "-.Inf", ".nan", "1e999", "-1e400"])
def test_numbers_are_finite(number: str) -> None:
    assert failure(f"a: {number}").startswith(f"s.yaml:1:4: {number} is not a finite number.")


def test_a_directive_for_yaml_1_2_is_welcome() -> None:
    assert read("%YAML 1.2\n---\na: yes") == {"a": "yes"}


def test_a_bomb_of_aliases_is_counted_before_it_goes_off() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    clock = time.perf_counter()
    message = failure("\n".join(lines))
    assert time.perf_counter() - clock < 2
    assert f"holds more than {MAX_NODES:,} values (aliases written out)" in message
    assert message.startswith("s.yaml:5:")


def test_aliases_cannot_get_around_the_depth() -> None:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, MAX_DEPTH + 5)]
    assert f"nested more than {MAX_DEPTH} deep" in failure("\n".join(lines))


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused_at_once(opening: str) -> None:
    clock = time.perf_counter()
    message = failure(opening * 100_000)
    assert time.perf_counter() - clock < 5
    assert f"nested more than {MAX_DEPTH} deep" in message or "A key must be text" in message


def test_the_depth_allowed_is_enough_and_works() -> None:
    depth = MAX_DEPTH - 2
    assert read("a: " + "[" * depth + "]" * depth) is not None


def test_a_long_file_is_refused_before_it_is_parsed() -> None:
    clock = time.perf_counter()
    message = failure(b"a" * 10_000_000)
    assert time.perf_counter() - clock < 0.5
    assert message == (
        f"s.yaml:1:1: The file has more than {MAX_BYTES:,} bytes: too long for a suite."
        " Split it into several suites."
    )


def test_too_many_values_are_refused() -> None:
    assert f"more than {MAX_NODES:,} values" in failure("[" + "1," * (MAX_NODES + 1) + "]")


def test_messages_show_what_is_written_with_its_quotes() -> None:
    node = parse("a: '3'\nb: 3\nc:\n", file="s.yaml")
    assert isinstance(node, Entries)
    shown = [leaf.written for leaf in node.items.values() if isinstance(leaf, Leaf)]
    assert shown == ["'3'", "3", "nothing"]


_words = st.sampled_from(
    [
        *"abcd[]{},'\"|>#@`=~%&*!?-:\\\n\t\x00\u2028é1 ",
        *("b:", "- ", "\n  ", ": ", "&x ", "*x", "!t ", "%YAML 1.2\n", "---\n", "...\n", "<<: "),
        *("? ", "0x", "1e", "\r\n", "${A}", ".inf"),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(_words, max_size=25).map("".join))
@example("%YAML 2.0\n---\na")
@example("%TAG ! tag:x,2000:\n---\na")
@example("--- >\n%")
@example("a: '\\")
@example('"\\x4')
@example('"\\UFFFFFFFF"')
def test_any_text_gives_a_tree_or_a_suite_error(text: str) -> None:
    error = error_of(text)
    assert error is None or (error.location is not None and error.location.line >= 1)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_give_a_tree_or_a_suite_error(data: bytes) -> None:
    error = error_of(data)
    assert error is None or error.location is not None


_texts = st.text(st.characters(codec="utf-8"), max_size=8)
_scalars = st.none() | st.booleans() | st.integers(-(2**62), 2**62) | _texts
_values = st.recursive(
    _scalars | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcdef é", min_size=1), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(_values)
def test_json_is_read_as_it_is(value: object) -> None:
    """JSON is YAML: an independent writer, read back to equal values of equal types."""
    written = json.dumps({"v": value}, ensure_ascii=False)
    error = error_of(written)
    if error is None:
        assert json.dumps(read(written)) == json.dumps({"v": value})
    else:  # characters that JSON lets pass as they are
        assert re.search("[\x00\x7f-\x9f\u2028\u2029\ufffe\uffff]|\\\\u0000", written)
