"""Which transcripts stand in the page itself, and which in files beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assay.report.transcripts.records import facets, record, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from assay.core.transcript import Transcript, Transcripts

PAGE_SAMPLES = 1_000
"""Samples that stand in the page itself, or in one file beside it."""

INLINE_BYTES = 800_000
"""All that stand in the page itself: with the rest of a report it stays below 1.5 MB."""

FILE_BYTES = 1_000_000
_VALUES = 30


@dataclass
class _Page:
    """Transcripts that stand together, as JSON, and how many of them fall short of each check."""

    items: list[bytes] = field(default_factory=list)
    size: int = 0
    short: list[int] = field(default_factory=list)

    def add(self, item: bytes, transcript: Transcript) -> None:
        """One more."""
        self.items.append(item)
        self.size += len(item) + 1
        self.short = self.short or [0] * len(transcript.judged)
        for at, judged in enumerate(transcript.judged):
            self.short[at] += judged is not None and judged.short

    def full(self, item: bytes, most: int) -> bool:
        """Whether the next one stands in another page."""
        more = self.size + len(item) > most or len(self.items) >= PAGE_SAMPLES
        return bool(self.items) and more


@dataclass
class _Facets:
    """Metadata by which samples can be chosen: names with few values."""

    values: dict[str, dict[str, None]] = field(default_factory=dict)
    many: set[str] = field(default_factory=set)

    def add(self, transcript: Transcript) -> None:
        """Note what this one has."""
        for name, value in facets(transcript):
            if name in self.many:
                continue
            known = self.values.setdefault(name, {})
            known[value] = None
            if len(known) > _VALUES:
                self.many.add(name)
                del self.values[name]

    def listed(self) -> list[list[Any]]:
        """Names with more than one value, and these in order."""
        return [[name, sorted(v)] for name, v in sorted(self.values.items()) if len(v) > 1]


@dataclass(frozen=True)
class Paged:
    """What the page holds.

    Attributes:
        data: JSON for the script.
        beside: files were written beside the page.
    """

    data: bytes
    beside: int


def paged(groups: Sequence[Transcripts], stem: str, place: Callable[[str, bytes], None]) -> Paged:
    """Read all transcripts once; the first ones go into the page, the others are placed.

    Args:
        stem: what the names of files begin with.
        place: called with the name and the content of each file.
    """
    heads: list[bytes] = []
    beside = 0
    for number, group in enumerate(groups):
        first: list[bytes] = []
        pages: list[dict[str, Any]] = []
        known = _Facets()
        for page in _pages(group, INLINE_BYTES // len(groups), known):
            if not pages:
                first, name = page.items, ""
            else:
                name = f"{stem}-{number + 1}-{len(pages):04d}.js"
                place(name, _file(number, len(pages), page.items))
                beside += 1
            pages.append({"n": len(page.items), "f": name, "s": page.short})
        head = {
            "title": f"{group.model} on {group.data}", "checks": list(group.checks),
            "samples": group.samples, "pages": pages, "facets": known.listed(),
        }  # fmt: skip
        heads.append(written(head)[:-1] + b',"first":[' + b",".join(first) + b"]}")
    return Paged(b"[" + b",".join(heads) + b"]", beside)


def _pages(group: Transcripts, inline: int, known: _Facets) -> Iterator[_Page]:
    page, most = _Page(), inline
    for transcript in group.read():
        known.add(transcript)
        item = written(record(transcript))
        if page.full(item, most):
            yield page
            page, most = _Page(), FILE_BYTES
        page.add(item, transcript)
    yield page


def _file(group: int, page: int, items: list[bytes]) -> bytes:
    """A file of script: one call with data. A page opened from a disk can load nothing else."""
    where = f"assayTranscripts.take({group},{page},[".encode()
    return where + b",\n".join(items) + b"]);\n"
