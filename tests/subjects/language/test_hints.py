"""How long servers ask to wait, in the headers that they say it with."""

from __future__ import annotations

import pytest

from assay.subjects.language.hints import wait_hint


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"Retry-After-Ms": "250", "Retry-After": "7"}, 0.25),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "soon", "x-ratelimit-reset-tokens": "2s"}, 2.0),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-reset-requests": "1h2m3.5s"}, 3723.5),
        ({"x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-reset-tokens": "12"}, 12.0),
        ({"x-ratelimit-reset-tokens": "12 parsecs"}, None),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "9s"}, 1.0),
        (
            {
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-reset-tokens": "9s",
                "x-ratelimit-remaining-tokens": "0",
            },
            9.0,
        ),
    ],
)
def test_a_hint_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_hint(headers) == seconds


def test_a_date_is_held_against_the_servers_own_clock() -> None:
    headers = {
        "Date": "Sun, 06 Nov 1994 08:49:37 GMT",  # decades from ours
        "Retry-After": "Sun, 06 Nov 1994 08:50:07 GMT",
    }
    assert wait_hint(headers) == 30.0


def test_a_date_in_the_past_is_no_wait() -> None:
    assert wait_hint({"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}) == 0.0


def test_an_instant_is_held_against_the_servers_clock() -> None:
    headers = {"Date": "Thu, 01 Jan 2026 00:00:00 GMT", "x-ratelimit-reset-requests": "1767225630"}
    assert wait_hint(headers) == 30.0
    assert wait_hint({**headers, "x-ratelimit-reset-requests": "1767225630000"}) == 30.0
