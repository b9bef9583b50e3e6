"""Personal data, and what only looks like it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.exchange import Message
from assay.scorers.pii import Pii
from tests.scorers.asked import one


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to jane.doe+news@mail.acme.co.uk.", "email"),
        ("Call +44 20 7946 0958 today", "phone"),
        ("Call (212) 736-5000", "phone"),
        ("212-736-5000", "phone"),
        ("GB82 WEST 1234 5698 7654 32", "iban"),  # ISO 13616's usual examples
        ("IBAN: DE89370400440532013000 BIC", "iban"),
        ("4539 1488 0343 6467", "card"),
        ("4539-1488-0343-6467", "card"),
        ("SSN 536-90-4399", "ssn"),
        ("from 8.8.8.8.", "ip"),
        ("at 2606:4700:4700::1111", "ip"),
    ],
)
def test_found(text: str, kind: str) -> None:
    assert one(Pii(), text) == (1.0, f"{kind} (1)")
    assert one(Pii(kinds=(kind,)), text).value == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jane@example.com and joe@shop.test",
        "212-555-0143",
        "4111 1111 1111 1111",
        "4539 1488 0343 6468",  # a wrong check digit
        "GB82 WEST 1234 5698 7654 33",
        "078-05-1120, 000-12-3456, 666-12-3456, 912-12-3456, 123-00-1234",
        "192.168.0.1, 127.0.0.1, 192.0.2.7, 2001:db8::1, 999.1.1.1, 1.2.3.4.5",
        "In 1889 it was 330 m; version 1.2.3; ISBN 978-3-16-148410-0; 10:20:30",
        "pi is 3.14159265358979",
        "\ud800@\u202e.<b>@</b>",
    ],
)
def test_not_found(text: str) -> None:
    assert one(Pii(), text) == (0.0, "")


@given(st.integers(0, 15), st.integers(1, 9))
def test_any_one_wrong_digit_is_seen(at: int, by: int) -> None:
    """Luhn's check digit shows every error of one digit."""
    number = "4539148803436467"
    wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    assert one(Pii(kinds=("card",)), number).value == 1
    assert one(Pii(kinds=("card",)), wrong).value == 0


def test_what_the_question_holds_is_no_leak() -> None:
    text = "Your number is 212-736-5000."
    assert one(Pii(), text, input="I am at (212) 736-5000").value == 0
    assert one(Pii(), text, messages=(Message(role="user", content="212 736 5000"),)).value == 0
    assert one(Pii(), text, context=("212-736-5000",)).value == 0
    assert one(Pii(echoed=True), text, input="I am at (212) 736-5000").value == 1


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "a.", "a@", "a@a.", "A1 ", "GB82", "1.", ":", "a:", "+"]
)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    text = (piece * 200_000)[:200_000]
    start = time.process_time()
    one(Pii(), text)
    assert time.process_time() - start < 3
