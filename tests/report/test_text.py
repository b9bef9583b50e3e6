"""What figures look like, and that nothing invisible survives."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.example_run import estimate, exact

from assay.report.text import (
    cell_text,
    duration_text,
    figure,
    interval_text,
    key_text,
    level_text,
    short,
    value_text,
    visible,
)

ANYTHING = st.text(st.characters(exclude_categories=()))


@given(ANYTHING, st.booleans())
def test_what_is_visible_can_be_encoded_and_holds_nothing_that_acts(text: str, lines: bool) -> None:
    shown = visible(text, lines=lines)
    shown.encode()
    allowed = "\u200c\u200d" + ("\n\t" if lines else "")
    for c in shown:
        assert c in allowed or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("a\u202eb", r"a\u202eb"),
        ("\ud800", r"\ud800"),
        ("a\nb", r"a\nb"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_invisible_characters_are_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_line_breaks_stay_where_they_may() -> None:
    assert visible("a\n\tb\r\x00", lines=True) == "a\n\tb\\r\\x00"


@given(ANYTHING, st.integers(3, 60))
def test_short_text_is_short(text: str, limit: int) -> None:
    assert len(short(text, limit)) <= limit
    if len(visible(text)) <= limit:
        assert short(text, limit) == visible(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.98214, "0.9821"), (2380.0, "2,380"), (-0.02, "−0.02"), (float("nan"), "NaN"),
        (float("inf"), "∞"), (float("-inf"), "−∞"), (0.0, "0"), (1e-9, "1e-09"),
        (-1e-9, "−1e-09"),
    ],
)  # fmt: skip
def test_figures(value: float, text: str) -> None:
    assert figure(value) == text


def test_cells() -> None:
    assert [cell_text(c) for c in (None, True, 12345, 0.5, "a\x00", float("nan"))] == [
        "∅", "True", "12345", "0.5", r"a\x00", "NaN",
    ]  # fmt: skip


def test_measurements() -> None:
    census, sampled = exact(124096, 1, "bytes"), estimate(0.5, 0.25, 10, "share")
    assert (value_text(census), interval_text(census)) == ("124,096 bytes", "exact")
    assert (value_text(sampled), interval_text(sampled)) == ("0.5", "[0.25, 0.75]")
    assert key_text({"afam": "yes", "sex": "f"}) == "afam = yes, sex = f"
    assert level_text(0.9975) == "99.75 %"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.34, "340 ms"), (3.21, "3.2 s"), (250.0, "4 min 10 s")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
