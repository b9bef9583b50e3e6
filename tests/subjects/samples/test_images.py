"""Images that samples name: found, held to what they are, sent in each wire format."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from assay.collect.generation.budget import prompt_bound
from assay.core.check import LanguageModelSpec, SamplesSpec
from assay.core.errors import SubjectError
from assay.core.exchange import Image, Sample
from assay.subjects.language.failures import LastingFailure
from assay.subjects.language.model import open_language_model
from assay.subjects.language.turns import turns_of
from assay.subjects.samples.images import LARGEST, media_of
from assay.subjects.samples.reading import open_samples
from tests.servers import behaviours as server
from tests.servers import vendors
from tests.servers.behaviours import Behaviour
from tests.servers.endpoint import serving


def png() -> bytes:
    """One red pixel."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0\xff\0\0")
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", data), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def folder_with(tmp_path: Path, *records: dict[str, Any]) -> str:
    data = tmp_path / "data"
    (data / "pics").mkdir(parents=True, exist_ok=True)
    (data / "pics" / "red.png").write_bytes(png())
    (data / "qa.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    return str(tmp_path)


def samples_of(folder: str) -> list[Sample]:
    return list(open_samples(SamplesSpec(path="data/qa.jsonl"), folder=folder))


def test_an_image_is_named_and_hashed_not_held(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "?"}, {"type": "image", "path": "pics/red.png"}]
    folder = folder_with(
        tmp_path,
        {"id": "a", "input": "Which colour?", "images": ["pics/red.png"]},
        {"id": "b", "messages": [{"role": "user", "content": parts}]},
    )
    a, b = samples_of(folder)
    digest = hashlib.sha256(png()).hexdigest()
    path = os.path.join("data", "pics", "red.png")
    assert a.images == (Image(path=path, sha256=digest, media="image/png"),)
    content = b.messages[0].content
    assert isinstance(content, list)
    assert content[1] == {"type": "image", "path": path, "sha256": digest, "media": "image/png"}
    assert content[0] == parts[0]


IMAGE = base64.b64encode(png()).decode()
SENT = [
    (
        "openai", server.says("red"),
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}},
    ),
    (
        "anthropic", vendors.message({"type": "text", "text": "red"}),
        {"type": "image",
         "source": {"type": "base64", "media_type": "image/png", "data": IMAGE}},
    ),
    (
        "google", server.body(vendors.candidate({"text": "red"})),
        {"inlineData": {"mimeType": "image/png", "data": IMAGE}},
    ),
    (
        "bedrock", vendors.converse({"text": "red"}),
        {"image": {"format": "png", "source": {"bytes": IMAGE}}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("api", "behaviour", "part"), SENT)
def test_an_image_is_sent_in_each_format(
    tmp_path: Path, api: Any, behaviour: Behaviour, part: dict[str, Any]
) -> None:
    folder = folder_with(tmp_path, {"input": "Which colour?", "images": "pics/red.png"})

    async def call(url: str) -> str:
        spec = LanguageModelSpec(url=url, model="m", api=api, template="Look. {input}")
        (sample,) = samples_of(folder)
        async with open_language_model(spec, folder=folder, allow_code=False) as model:
            return (await model.ask(turns_of(sample, spec))).text

    with serving(None, behaviour) as served:
        assert asyncio.run(call(served.url)) == "red"
    body = served.calls[0].body
    turn = body["contents"][0]["parts"] if api == "google" else body["messages"][0]["content"]
    assert turn[0]["text"] == "Look. Which colour?"
    assert turn[1] == part


def test_an_image_that_changes_meanwhile_is_not_sent(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, {"input": "?", "images": ["pics/red.png"]})
    spec = LanguageModelSpec(url="http://127.0.0.1:9/v1", model="m")
    (sample,) = samples_of(folder)

    async def call() -> None:
        async with open_language_model(spec, folder=folder, allow_code=False) as model:
            await model.ask(turns_of(sample, spec))

    picture = tmp_path / "data" / "pics" / "red.png"
    picture.write_bytes(png() + b"\0")
    with pytest.raises(LastingFailure, match="was changed"):
        asyncio.run(call())
    picture.unlink()
    with pytest.raises(LastingFailure, match="cannot be read"):
        asyncio.run(call())


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("pics/blue.png", r"qa.jsonl, line 2: there is no image 'pics/blue.png'"),
        ("pics", "is no file"),
        ("pipe.png", "is no file"),
        ("notes.txt", "is no image: models take PNG"),
        ("large.png", "more than 20 MB"),
        ("../outside.png", "outside the folder"),
        ("link.png", "outside the folder"),
        ("/etc/hostname", "outside the folder"),
        ("a\0b", "no path can"),
    ],
)
def test_what_is_no_image_is_said_with_its_place(tmp_path: Path, path: str, words: str) -> None:
    folder = folder_with(
        tmp_path, {"input": "?", "images": ["pics/red.png"]}, {"input": "?", "images": [path]}
    )
    os.mkfifo(f"{folder}/data/pipe.png")  # opening it would wait for a writer
    data = tmp_path / "data"
    (data / "notes.txt").write_text("no image")
    (tmp_path / "outside.png").write_bytes(png())
    (data / "link.png").symlink_to(tmp_path / "outside.png")
    with (data / "large.png").open("wb") as large:
        large.truncate(LARGEST + 1)
    with pytest.raises(SubjectError, match=words):
        samples_of(folder)


@pytest.mark.parametrize(
    ("begin", "media"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"), (b"GIF89a", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"), (b"RIFF\x10\0\0\0WAVE", None),
        (b"<svg xmlns=", None), (b"", None), (b"%PDF-1.7", None),
    ],
)  # fmt: skip
def test_the_bytes_tell_the_media_type(begin: bytes, media: str | None) -> None:
    assert media_of(begin) == media


def test_a_budget_allows_for_an_image() -> None:
    spec = LanguageModelSpec(url="http://h", model="m")
    bare = turns_of(Sample(id="a", input="?"), spec)
    shown = turns_of(Sample(id="a", input="?", images=(Image(path="p"),)), spec)
    assert prompt_bound(shown) >= prompt_bound(bare) + 50_000
