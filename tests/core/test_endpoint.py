"""Which addresses are asked, and where a key may travel."""

from __future__ import annotations

import pytest

from assay.core.endpoint import address_fault, key_fault


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080/v1", "https://api.example.com/v1?api-version=1", "http://vllm/v1"],
)
def test_addresses_that_are_asked(url: str) -> None:
    assert address_fault(url) is None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://x/v1", "must begin with"),
        ("api.example.com/v1", "must begin with"),
        ("https://", "must begin with"),
        ("https://user:pw@x/v1", "must not hold a user or password"),
        ("https://x/v 1", "without blanks"),
        ("https://x:port/v1", "is not a URL"),
        ("https://x/v1#a", "fragment"),
    ],
)
def test_addresses_that_are_not(url: str, said: str) -> None:
    assert said in (address_fault(url) or "")


@pytest.mark.parametrize(
    "url",
    ["https://api.example.com", "http://localhost:1", "http://[::1]/", "http://10.2.3.4/v1",
     "http://vllm:8000", "http://llm.prod.svc/v1"],
)  # fmt: skip
def test_where_a_key_may_travel(url: str) -> None:
    assert key_fault(url) is None


@pytest.mark.parametrize("url", ["http://api.example.com/v1", "http://8.8.8.8/v1"])
def test_where_a_key_may_not_travel(url: str) -> None:
    assert "in clear" in (key_fault(url) or "")
