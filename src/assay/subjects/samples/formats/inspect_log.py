"""Logs of Inspect (UK AI Security Institute): ``.eval``, a zip with one JSON a sample, and JSON.

Read after the format of Inspect 0.3 (version 2 of its logs).
"""

from __future__ import annotations

import struct
import zipfile
from typing import TYPE_CHECKING, Any

import msgspec

from assay.core.errors import SubjectError
from assay.subjects.samples.decoding import from_json
from assay.subjects.samples.formats.foreign import ForeignFile, Record, Wanted
from assay.subjects.samples.formats.shape import held_to_shape, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST = 512 * 2**20
"""Bytes of one member: more is a mistake, or an attack."""
_ZSTD = 93
_SCORERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "includes": ("llm.includes", {"words": False}, ""),
    "exact": ("llm.exact_match", {"normalize": True}, ""),
    "choice": ("llm.choice", {}, ""),
    "f1": ("llm.token_f1", {}, "words are cut a little otherwise"),
}


class InspectLog(ForeignFile):
    """Each sample once, with the answers of all its epochs as repeats."""

    name = "inspect"
    answered = True

    @held_to_shape
    def samples(self) -> Iterator[tuple[int, Record]]:
        seen = set()
        for number, one in enumerate(self._read(), start=1):
            if (unit := str(one.get("id"))) in seen:
                continue
            seen.add(unit)
            asked = one.get("input")
            record: Record = {
                "id": unit,
                "target": one.get("target"),
                "choices": one.get("choices"),
            }
            record |= {"input": asked} if isinstance(asked, str) else {"messages": _turns(asked)}
            yield number, {**record, "metadata": one.get("metadata") or {}}

    @held_to_shape
    def answers(self) -> Iterator[tuple[int, Record]]:
        for number, one in enumerate(self._read(), start=1):
            yield number, {"id": str(one.get("id")), **_answer(one)}

    @held_to_shape
    def wanted(self) -> Iterator[Wanted]:
        results = mapping(self._header().get("results"), "results")
        for score in items(results.get("scores"), "scores"):
            told = mapping(score, "scores")
            name = str(told.get("scorer") or told.get("name"))
            if name in _SCORERS:
                metric, params, reason = _SCORERS[name]
                yield Wanted(what=name, metric=metric, params=params, reason=reason)
            else:
                yield Wanted(what=name, reason="this scorer of Inspect has no counterpart")

    def _header(self) -> dict[str, Any]:
        if not zipfile.is_zipfile(self.path):
            return self._whole()
        with self._zip() as archive:
            names = archive.namelist()
            return self._member(archive, "header.json") if "header.json" in names else {}

    def _read(self) -> Iterator[dict[str, Any]]:
        """Samples, one for each epoch, with what was kept beside them put back in."""
        if not zipfile.is_zipfile(self.path):
            for one in self._whole().get("samples") or ():
                yield _whole_texts(mapping(one, "samples"))
            return
        with self._zip() as archive:
            for name in archive.namelist():
                if name.startswith("samples/") and name.endswith(".json"):
                    yield _whole_texts(self._member(archive, name))

    def _whole(self) -> dict[str, Any]:
        try:
            with open(self.path, "rb") as file:
                found = from_json(file.read())
        except OSError as error:
            raise SubjectError(f"{self.written!r} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise self.unreadable(f"it is neither a zip nor JSON ({error})") from None
        if not isinstance(found, dict) or not isinstance(found.get("samples"), list):
            raise self.unreadable("it has no samples")
        return found

    def _zip(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except (OSError, zipfile.BadZipFile) as error:
            raise self.unreadable(str(error)) from error

    def _member(self, archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
        info = archive.getinfo(name)
        if info.file_size > _LARGEST:
            raise self.unreadable(f"{name} has more than {_LARGEST >> 20} MB")
        try:
            plain = self._unpacked(info) if info.compress_type == _ZSTD else archive.read(info)
            found = from_json(plain)
        except (
            OSError,
            ValueError,
            NotImplementedError,
            zipfile.BadZipFile,
            struct.error,
        ) as error:
            raise self.unreadable(f"{name}: {error}") from None
        if not isinstance(found, dict):
            raise self.unreadable(f"{name} holds no mapping")
        return found

    def _unpacked(self, info: zipfile.ZipInfo) -> bytes:
        """A member packed with Zstandard, which Python's own zipfile reads from 3.14 on only."""
        import pyarrow as pa

        with open(self.path, "rb") as file:
            file.seek(info.header_offset)
            head = file.read(30)
            if head[:4] != b"PK\x03\x04":
                raise ValueError("damaged")
            name, extra = struct.unpack("<HH", head[26:30])  # lengths, APPNOTE.TXT 4.3.7
            file.seek(name + extra, 1)
            packed = file.read(info.compress_size)
        unpacked: bytes = pa.Codec("zstd").decompress(packed, info.file_size, asbytes=True)
        return unpacked


def _whole_texts(one: dict[str, Any]) -> dict[str, Any]:
    """With long texts, which are kept once beside the sample, put back where they belong."""
    kept = one.get("attachments")
    if not isinstance(kept, dict) or not kept:
        return one
    read = ("input", "output", "target", "choices")
    return one | {name: _resolved(one[name], kept) for name in read if name in one}


def _resolved(value: Any, kept: dict[str, Any]) -> Any:
    if isinstance(value, str) and value.startswith("attachment://"):
        return kept.get(value.removeprefix("attachment://"), value)
    if isinstance(value, list):
        return [_resolved(inner, kept) for inner in value]
    if isinstance(value, dict):
        return {name: _resolved(inner, kept) for name, inner in value.items()}
    return value


def _turns(asked: Any) -> list[dict[str, Any]]:
    turns = []
    for written in items(asked, "input"):
        turn = mapping(written, "input")
        one: dict[str, Any] = {"role": turn.get("role"), "content": _content(turn.get("content"))}
        if calls := _calls(turn):
            one["tool_calls"] = calls
        if turn.get("tool_call_id"):
            one["tool_call_id"] = turn["tool_call_id"]
        turns.append(one)
    return turns


def _content(content: Any) -> Any:
    """Text, or parts as OpenAI's wire format has them."""
    if not isinstance(content, list):
        return content
    parts: list[dict[str, Any]] = []
    for written in content:
        part = mapping(written, "content")
        if part.get("type") == "image":
            parts.append({"type": "image_url", "image_url": {"url": part.get("image")}})
        elif part.get("type") == "text":
            parts.append({"type": "text", "text": part.get("text")})
    return parts


def _calls(turn: dict[str, Any]) -> list[dict[str, Any]]:
    calls = [mapping(call, "tool_calls") for call in items(turn.get("tool_calls"), "tool_calls")]
    return [
        {
            "name": str(call.get("function")),
            "arguments": msgspec.json.encode(call.get("arguments") or {}).decode(),
            "id": str(call.get("id") or ""),
        }
        for call in calls
    ]


def _answer(one: dict[str, Any]) -> Record:
    output = mapping(one.get("output"), "output")
    choices = items(output.get("choices"), "choices")
    choice = mapping(choices[0], "choices") if choices else {}
    error = mapping(one.get("error"), "error")
    return {
        "repeat": one.get("epoch"),
        "output": output.get("completion") or "",
        "finish": choice.get("stop_reason"),
        "tool_calls": _calls(mapping(choice.get("message"), "message")) or None,
        "tokens": output.get("usage"),
        "seconds": output.get("time"),
        "error": str(error.get("message") or "it ended with an error") if error else None,
    }
