"""Texts held to lists, patterns, lengths, formats and types."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.data.measuring import CENSUS, evidence, failing, measure, not_applicable, reason

from assay.core.evidence import Table
from assay.core.metric import Metric
from assay.metrics.data.date_format import DateFormat
from assay.metrics.data.does_not_match import DoesNotMatch, anywhere
from assay.metrics.data.is_json import IsJson
from assay.metrics.data.length_in_range import LengthInRange
from assay.metrics.data.like import Like, NotLike
from assay.metrics.data.matches import Matches
from assay.metrics.data.mixed_types import MixedTypes
from assay.metrics.data.not_in_set import NotInSet

TYPED = pa.table(
    {
        "s": ["ab", "abc", "xab", "", None],
        "i": [12, 345, 6, None, 7],
        "y": pa.array([b"a"] * 5),
        "l": [[1]] * 5,
        "b": [True, False, None, True, True],
    }
)
NULLS = pa.table({"s": pa.array([None, None], pa.string())})
ROWWISE = [
    NotInSet(column="s", values=("ab",)),
    DoesNotMatch(column="s", pattern="b$"),
    Like(column="s", pattern="a%"),
    NotLike(column="s", pattern="a%"),
    LengthInRange(column="s", lower=2),
    DateFormat(column="s", format="%Y"),
    IsJson(column="s"),
]


def share(metric: Metric, table: pa.Table = TYPED) -> float:
    """The share of good values; the examples are the bad ones, every one of them."""
    found = measure(metric, table, CENSUS)
    assert failing(metric, table)[1] == round((1 - found.value) * found.n)
    return found.value


@pytest.mark.parametrize("metric", ROWWISE, ids=lambda m: m.name)
def test_nulls_are_left_out_and_nothing_has_a_reason(metric):
    assert measure(metric, TYPED).n == 4
    assert measure(metric, TYPED).method == "wilson"
    assert reason(metric, NULLS) == "there are no non-null values"
    assert not_applicable(metric, pa.table({"t": ["a"]})) == "there is no column 's'"


def test_not_in_set_is_the_rest_of_in_set():
    assert share(NotInSet(column="s", values=("ab", "", "other"))) == 2 / 4
    assert share(NotInSet(column="i", values=(12, 7.0))) == 2 / 4
    assert share(NotInSet(column="b", values=(False,))) == 3 / 4
    assert "must be numbers" in (not_applicable(NotInSet(column="i", values=("1",)), TYPED) or "")
    with pytest.raises(ValueError, match="at least one"):
        NotInSet(column="s", values=())


def test_does_not_match_looks_at_every_part():
    assert share(DoesNotMatch(column="s", pattern="a")) == 1 / 4
    assert share(DoesNotMatch(column="s", pattern="^a")) == 2 / 4
    assert share(DoesNotMatch(column="s", pattern="b$")) == 2 / 4
    assert share(DoesNotMatch(column="s", pattern="x|c")) == 2 / 4
    assert share(DoesNotMatch(column="s", pattern="")) == 0
    assert share(DoesNotMatch(column="i", pattern="4")) == 3 / 4
    odd = pa.table({"s": ["a\nb", "A", "(b", "é"]})
    assert share(DoesNotMatch(column="s", pattern="b"), odd) == 2 / 4
    assert share(DoesNotMatch(column="s", pattern="(?i)a"), odd) == 2 / 4
    assert share(DoesNotMatch(column="s", pattern=r"\Q(b"), odd) == 3 / 4
    assert share(DoesNotMatch(column="s", pattern=r"\Q(\Eb"), odd) == 3 / 4
    assert share(DoesNotMatch(column="s", pattern=r"\\Q|é"), odd) == 3 / 4
    for column in ("y", "l"):
        metric = DoesNotMatch(column=column, pattern="a")
        assert "no text form" in (not_applicable(metric, TYPED) or "")


@pytest.mark.parametrize("pattern", ["a(?=b)", "[a", "(a", r"(a)\1", "a**", "a)(b"])
def test_patterns_that_re2_does_not_know_are_refused_at_once(pattern):
    with pytest.raises(ValueError, match=r"the pattern .* cannot be used: "):
        DoesNotMatch(column="s", pattern=pattern)


@settings(max_examples=40, deadline=None)
@given(
    st.from_regex(r"\A[ab.*+?|^$()]{0,6}\Z").filter(lambda p: _compiles(p)),
    st.lists(st.text("ab\n", max_size=5), min_size=1, max_size=8),
)
def test_does_not_match_agrees_with_a_search(pattern, texts):
    try:
        metric = DoesNotMatch(column="s", pattern=pattern)
    except ValueError:
        return
    expected = [re.search(pattern.replace("$", r"\Z"), text) is None for text in texts]
    assert share(metric, pa.table({"s": texts})) == sum(expected) / len(expected)


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def test_a_search_with_a_pattern_that_stalls_other_engines_takes_no_time():
    table = pa.table({"s": ["a" * 5_000 + "!"]})
    assert share(DoesNotMatch(column="s", pattern="(a+)+$"), table) == 1
    assert anywhere(r"\Qa") == r"[\s\S]*(?:\Qa\E)[\s\S]*"


def test_like_holds_for_the_whole_value_and_keeps_the_case():
    assert share(Like(column="s", pattern="ab")) == 1 / 4
    assert share(Like(column="s", pattern="a%")) == 2 / 4
    assert share(Like(column="s", pattern="_ab")) == 1 / 4
    assert share(Like(column="s", pattern="AB")) == 0
    assert share(Like(column="i", pattern="__")) == 1 / 4
    assert share(NotLike(column="s", pattern="%ab%")) == 1 / 4
    assert share(NotLike(column="i", pattern="__")) == 3 / 4
    assert "no text form" in (not_applicable(Like(column="l", pattern="a"), TYPED) or "")


def test_length_counts_characters():
    table = pa.table({"s": ["", "a", "né", "日本語", "🙂🙂🙂🙂"], "i": [1, 22, 333, 4444, -5]})
    for bounds, good in (({"lower": 1}, 4), ({"upper": 2}, 3), ({"lower": 2, "upper": 3}, 2)):
        assert share(LengthInRange(column="s", **bounds), table) == good / 5
    assert share(LengthInRange(column="s", lower=4, upper=4), table) == 1 / 5
    assert share(LengthInRange(column="i", lower=2, upper=3), table) == 3 / 5
    for bounds, message in (
        ({}, "needs `lower`, `upper` or both"),
        ({"lower": 3, "upper": 2}, "no length lies between 3 and 2"),
        ({"upper": -1}, "never negative"),
    ):
        with pytest.raises(ValueError, match=message):
            LengthInRange(column="s", **bounds)


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        ("%Y-%m-%d", ["2024-02-29", "1999-12-31"], ["2023-02-29", "31.12.1999", "2024-01-01T", ""]),
        ("%d.%m.%Y %H:%M", ["31.12.1999 23:59"], ["12.31.1999 23:59", "31.12.1999 24:00"]),
        ("%d %b %Y", ["05 Jan 2024"], ["05 Foo 2024", "Jan 05 2024"]),
        ("%I:%M %p", ["11:59 PM"], ["13:00 PM", "11:59"]),
        ("%Y%m%d", ["20240105"], ["2024-01-05", "20241301"]),
        ("100%% %Y", ["100% 2024"], ["100 2024"]),
    ],
)
def test_date_format_agrees_with_python(form, good, bad):
    def reads(text: str) -> bool:
        try:
            datetime.strptime(text, form)
        except ValueError:
            return False
        return True

    texts = good + bad
    assert [reads(text) for text in texts] == [True] * len(good) + [False] * len(bad)
    assert share(DateFormat(column="s", format=form), pa.table({"s": texts})) == len(good) / len(
        texts
    )


def test_formats_without_a_date_are_refused():
    for form, message in (
        ("%Y-%q", "'%q'; the directives are"),
        ("%", "holds '%'"),
        ("%x", "holds '%x'"),
        ("today", "has no directive"),
        ("100%%", "has no directive"),
    ):
        with pytest.raises(ValueError, match=message):
            DateFormat(column="s", format=form)
    assert "not texts" in (not_applicable(DateFormat(column="i", format="%Y"), TYPED) or "")


def test_is_json_agrees_with_python():
    texts = ['{"a": [1, null]}', "[]", "1.5e3", '"a"', "true", "{a: 1}", "[1,", "", "'a'", "nul"]

    def reads(text: str) -> bool:
        try:
            json.loads(text)
        except ValueError:
            return False
        return True

    good = [reads(text) for text in texts]
    assert good == [True] * 5 + [False] * 5
    assert share(IsJson(column="s"), pa.table({"s": texts})) == 0.5
    assert "not texts" in (not_applicable(IsJson(column="i"), TYPED) or "")


def types(texts: list[str | None]) -> dict[str, int]:
    """What the texts read as, from the evidence."""
    (table,) = evidence(MixedTypes(column="s"), pa.table({"s": texts}))
    assert isinstance(table, Table)
    return {row[0]: row[1] for row in table.rows}


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("integer", ["1", "-12", "+3", "007", " 42 ", "99999999999999999999"]),
        ("float", ["1.0", "-.5", "1e5", "3."]),
        ("boolean", ["true", "False"]),
        ("date", ["2024-02-29", "1999-12-31"]),
        ("timestamp", ["2024-02-29 10:00:00", "2024-02-29T10:00:00", "1999-12-31 23:59:59.5"]),
        ("text", ["", "a", "2023-02-29", "1,5", "12 km", "--1"]),
    ],
)
def test_each_text_has_the_narrowest_type(kind, texts):
    assert types(texts) == {kind: len(texts)}


def test_mixed_types_is_the_share_of_the_commonest():
    texts = ["1", "2", "2.5", "x", None, "2024-01-01", "3"]
    metric = MixedTypes(column="s")
    found = measure(metric, pa.table({"s": texts}))
    assert (found.value, found.n, found.method) == (3 / 6, 6, "wilson")
    assert list(types(texts).items()) == [("integer", 3), ("float", 1), ("date", 1), ("text", 1)]
    assert reason(metric, NULLS) == "there are no non-null texts"
    assert evidence(metric, NULLS) == ()
    assert "not texts" in (not_applicable(MixedTypes(column="i"), TYPED) or "")


def test_a_pattern_means_the_same_to_both_metrics():
    whole, part = Matches(column="s", pattern="ab"), DoesNotMatch(column="s", pattern="^(?:ab)$")
    assert share(whole) == 1 - share(part)
