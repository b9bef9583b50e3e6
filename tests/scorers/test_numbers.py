"""Numbers in answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.scorers.numbers import Numeric, numbers_in
from tests.scorers.asked import one


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is 42.", [42]),
        ("1,234.5 and -3 and 6e23", [1234.5, -3, 6e23]),
        ("10\u202f000 €", [10_000]),
        ("−7°", [-7]),
        ("$5 or 50%", [5, 50]),
        (".5", [0.5]),
        ("3.14.", [3.14]),
        ("no number", []),
        ("version v2", []),
        ("1, 2, 3", [1, 2, 3]),
        ("12km", [12]),
        ("1e999", []),
        ("1'234'567.5 and 2’000 and 10\u00a0000", [1234567.5, 2000, 10_000]),
        ("१२३ and ７", [123, 7]),
    ],
)
def test_the_numbers_of_a_text(text: str, found: list[float]) -> None:
    assert numbers_in(text) == found


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_number_alone_is_read_back(value: float) -> None:
    assert numbers_in(f"{value:.9g}") == [float(f"{value:.9g}")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1.234,5 und -3 und 6e23", [1234.5, -3, 6e23]),
        ("10\u202f000,25 €", [10_000.25]),
        ("1.234.567", [1_234_567]),
        ("12,5%", [12.5]),
        ("1, 2, 3", [1, 2, 3]),
        ("Es sind 42.", [42]),
        (",5", [0.5]),
    ],
)
def test_numbers_with_a_decimal_comma(text: str, found: list[float]) -> None:
    assert numbers_in(text, ",") == found


def test_answers_with_a_decimal_comma_against_targets_of_either_kind() -> None:
    german = Numeric(decimal=",")
    for target in ("1234.5", "1.234,5", "1234,5 Euro"):
        assert one(german, "Es sind 1.234,5 Euro.", target).value == 1
    assert one(german, "Es sind 1.234 Euro.", "1234").value == 1
    assert one(Numeric(), "Es sind 1.234,5 Euro.", "1234.5").value == 0


def test_the_last_number_counts() -> None:
    text = "3 boxes of 4 make 12"
    assert one(Numeric(), text, "12").value == 1
    assert one(Numeric(take="first"), text, "12") == (0.0, "3, not 12")
    assert one(Numeric(take="any"), text, "4").value == 1


def test_tolerances() -> None:
    assert one(Numeric(), "0.30000000000000004", "0.3").value == 1
    assert one(Numeric(), "3.1", "3.14").value == 0
    assert one(Numeric(tolerance=0.05), "3.1", "3.14").value == 1
    assert one(Numeric(relative=0.02), "1,000", "1015").value == 1


def test_no_number() -> None:
    assert one(Numeric(), "I do not know", "4") == (0.0, "no number in the answer")
    assert one(Numeric(), "4", "four") == (None, "no target is a number")
