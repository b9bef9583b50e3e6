"""Masking: well-formed JSON stays so, nothing but the password goes, and the time is linear."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.history.secrets import without_passwords

documents = st.dictionaries(st.text(), st.text() | st.integers(), max_size=5)
passwords = st.text("abcXYZ0189.!$%^*()~@:", min_size=1, max_size=20).map(lambda s: f"<{s}>")


@given(documents)
def test_json_stays_json_with_the_same_keys(document):
    masked = json.loads(without_passwords(json.dumps(document).encode()))
    assert masked.keys() == document.keys() or any("assw" in k or "://" in k for k in document)


@given(st.text("ab &;.,'\"\\", max_size=8), passwords)
def test_no_password_of_a_url_remains(around, password):
    text = f"{around}postgresql://ann:{password}@db.example.org:5432/x{around}"
    masked = json.loads(without_passwords(json.dumps(text).encode()))
    assert masked == f"{around}postgresql://ann:***@db.example.org:5432/x{around}"


@pytest.mark.parametrize("piece", ["x", "://", "://a:", "password=", "password", "a:b@", ":@"])
def test_the_time_is_linear_in_the_length(piece):
    def seconds(size: int) -> float:
        text = (piece * (size // len(piece))).encode()
        started = time.perf_counter()
        without_passwords(text)
        return time.perf_counter() - started

    assert seconds(2_000_000) < 1.0  # quadratic time would take minutes
