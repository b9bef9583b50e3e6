"""A report with transcripts: the page, and the folder of files beside it where there are many."""

from __future__ import annotations

import re
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from assay.report import html
from assay.report.saving import save
from assay.report.spoken import Spoken
from assay.report.transcripts.paging import paged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from assay.core.comparison import Comparison
    from assay.core.result import Run
    from assay.core.transcript import Taken, Transcripts
    from assay.history.records import ScoredRun

_OURS = re.compile(r"transcripts-[0-9a-f]{12}-\d+-\d{4,}\.js")


def write_page(
    run: Run,
    target: Path,
    transcripts: Sequence[Transcripts],
    *,
    previous: Run | None = None,
    earlier: Sequence[ScoredRun] = (),
    rivals: Sequence[Comparison] = (),
) -> Path:
    """Write the files beside the page, then the page; then remove those of an earlier report.

    Raises:
        ReportError: one of them cannot be written.
    """
    beside = target.parent / f"{target.stem}_files"
    stem = f"transcripts-{sha256(run.run.id.encode('utf-8', 'replace')).hexdigest()[:12]}"
    names: set[str] = set()

    def place(name: str, content: bytes) -> None:
        save(beside / name, content)
        names.add(name)

    found = paged(transcripts, stem, place)
    text = html.render(
        run, previous=previous, earlier=earlier,
        spoken=Spoken(
            found, beside.name,
            tuple(_takers(transcripts)), tuple(rivals),
        ),
    )  # fmt: skip
    written = save(target, text.encode())
    _remove_others(beside, names)
    return written


def _takers(transcripts: Sequence[Transcripts]) -> Iterator[tuple[str, Taken]]:
    """Each model with what its answers took, and its judges after it."""
    for one in transcripts:
        title = f"{one.model} on {one.data}"
        yield title, one.taken
        for judge, taken in one.judges:
            yield f"{judge}, judging {title}", taken


def _remove_others(folder: Path, names: set[str]) -> None:
    """Files of an earlier report of this name, which no page refers to any more."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.name not in names and _OURS.fullmatch(path.name):
                path.unlink()
        if not names:
            folder.rmdir()  # only where nothing else is in it
