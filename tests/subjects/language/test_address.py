"""Addresses, headers, and which key goes where."""

from __future__ import annotations

from typing import Any

import pytest

from assay.core.check import LanguageModelSpec
from assay.core.errors import SubjectError
from assay.subjects.language.address import address_of


@pytest.mark.parametrize(
    ("url", "sent", "shown"),
    [
        ("http://h:8080/v1", "http://h:8080/v1/chat/completions", "h:8080/v1"),
        ("https://h/v1/", "https://h/v1/chat/completions", "h/v1"),
        ("https://h/v1/chat/completions", "https://h/v1/chat/completions", "h/v1"),
        (
            "https://x.openai.azure.com/openai/deployments/d?api-version=2024-10-21",
            "https://x.openai.azure.com/openai/deployments/d/chat/completions"
            "?api-version=2024-10-21",
            "x.openai.azure.com/openai/deployments/d",
        ),
        ("http://[::1]:80/v1", "http://[::1]:80/v1/chat/completions", "[::1]:80/v1"),
        ("https://h/v1?key=secret", "https://h/v1/chat/completions?key=secret", "h/v1"),
    ],
)
def test_an_address_is_completed_and_shown_without_secrets(url: str, sent: str, shown: str) -> None:
    got = address_of(LanguageModelSpec(url=url))
    assert (got.url, got.shown) == (sent, shown)
    assert "secret" not in repr(got)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h/v1",
        "ftp://h/v1",
        "http://",
        "http://h:port/v1",
        "http://h/v 1",
        "http://[x/",
        "https://user:hush@h/v1",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SubjectError) as refused:
        address_of(LanguageModelSpec(url=url))
    assert len(url) < 8 or url not in str(refused.value)


def test_the_environments_key_goes_to_openai_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    openai = address_of(LanguageModelSpec(url="https://api.openai.com/v1"))
    assert openai.headers["Authorization"] == "Bearer sk-of-the-environment"
    for other in (
        "http://api.openai.com/v1", "https://api.openai.com.evil.org/v1", "https://h/v1",
        "https://api.openai.com:8443/v1",
    ):  # fmt: skip
        assert "Authorization" not in address_of(LanguageModelSpec(url=other)).headers


AWS = "https://bedrock-runtime.eu-west-1.amazonaws.com"
ANTHROPIC = "https://api.anthropic.com/v1"
GOOGLE = "https://generativelanguage.googleapis.com/v1beta"


@pytest.mark.parametrize(
    ("variable", "url", "header", "others"),
    [
        (
            "ANTHROPIC_API_KEY", ANTHROPIC, ("x-api-key", "k-of-the-environment"),
            ("https://api.anthropic.com.evil.org/v1", "https://h/v1", GOOGLE, AWS),
        ),
        (
            "GEMINI_API_KEY", GOOGLE, ("x-goog-api-key", "k-of-the-environment"),
            ("https://googleapis.com/v1beta", "https://evil.org/generativelanguage", ANTHROPIC),
        ),
        (
            "GOOGLE_API_KEY", GOOGLE, ("x-goog-api-key", "k-of-the-environment"),
            ("https://us-aiplatform.googleapis.com/v1", "https://h/v1"),
        ),
        (
            "AWS_BEARER_TOKEN_BEDROCK", AWS, ("Authorization", "Bearer k-of-the-environment"),
            (
                "https://bedrock-runtime.eu-west-1.amazonaws.com.evil.org",
                "https://evil-bedrock-runtime.eu-west-1.amazonaws.com",
                "http://bedrock-runtime.eu-west-1.amazonaws.com", ANTHROPIC,
            ),
        ),
    ],
)  # fmt: skip
def test_a_vendors_key_goes_to_the_vendor_alone(
    monkeypatch: pytest.MonkeyPatch, variable: str, url: str, header: tuple[str, str],
    others: tuple[str, ...],
) -> None:  # fmt: skip
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "k-of-the-environment")
    own = address_of(LanguageModelSpec(url=url, model="m"))
    assert own.headers[header[0]] == header[1]
    assert "k-of-the-environment" not in repr(own)
    for other in others:
        sent = address_of(LanguageModelSpec(url=other, model="m")).headers
        assert "environment" not in str(sent)
    for api in ("openai", "anthropic", "google", "bedrock"):  # a format gives no right to a key
        sent = address_of(LanguageModelSpec(url="https://h/v1", api=api, model="m")).headers
        assert "environment" not in str(sent)


@pytest.mark.parametrize(
    ("url", "more", "sent"),
    [
        (ANTHROPIC, {}, f"{ANTHROPIC}/messages"),
        (f"{ANTHROPIC}/messages", {}, f"{ANTHROPIC}/messages"),
        (ANTHROPIC, {"api": "openai"}, f"{ANTHROPIC}/chat/completions"),
        (GOOGLE, {}, f"{GOOGLE}/models/m:generateContent"),
        (GOOGLE, {"stream": True}, f"{GOOGLE}/models/m:streamGenerateContent?alt=sse"),
        (f"{GOOGLE}/openai", {}, f"{GOOGLE}/openai/chat/completions"),
        (AWS, {}, f"{AWS}/model/m/converse"),
        (f"{AWS}/openai/v1", {}, f"{AWS}/openai/v1/chat/completions"),
        ("https://h", {"api": "bedrock", "model": "a:b/c"}, "https://h/model/a%3Ab%2Fc/converse"),
    ],
)
def test_a_vendors_host_speaks_the_vendors_format(
    url: str, more: dict[str, Any], sent: str
) -> None:
    assert address_of(LanguageModelSpec(**({"url": url, "model": "m"} | more))).url == sent


def test_a_header_of_ones_own_takes_the_place_of_the_key() -> None:
    spec = LanguageModelSpec(url="http://h", api_key="k1", headers={"authorization": "Basic x"})
    got = address_of(spec)
    assert got.headers["authorization"] == "Basic x"
    assert "Authorization" not in got.headers


@pytest.mark.parametrize(
    ("headers", "key"),
    [({"x": "hush\r\nX-Evil: 1"}, None), ({"x y": "v"}, None), ({}, "hush\n\nx")],
)
def test_what_cannot_be_a_header_is_refused(headers: dict[str, str], key: str | None) -> None:
    with pytest.raises(SubjectError) as refused:
        address_of(LanguageModelSpec(url="http://h", headers=headers, api_key=key))
    assert "hush" not in str(refused.value)


def test_a_key_does_not_travel_in_clear() -> None:
    with pytest.raises(SubjectError, match="in clear") as refused:
        address_of(LanguageModelSpec(url="http://models.example.com/v1", api_key="hush-hush"))
    assert "hush" not in str(refused.value)
    inside = address_of(LanguageModelSpec(url="http://127.0.0.1:8080/v1", api_key="hush-hush"))
    assert inside.headers["Authorization"] == "Bearer hush-hush"
