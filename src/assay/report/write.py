"""Write a report to a file: the ending says which, and the file is whole or not there."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from assay.core.errors import AssayError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.result import Run
    from assay.history.records import ScoredRun

Format = Literal["html", "junit", "markdown", "json"]
ENDINGS: dict[str, Format] = {
    ".html": "html", ".htm": "html", ".xml": "junit", ".md": "markdown", ".json": "json",
}  # fmt: skip


class ReportError(AssayError):
    """A report cannot be written."""


def write(
    run: Run,
    path: str | os.PathLike[str],
    *,
    format: Format | None = None,  # noqa: A002 - the name people expect
    previous: Run | None = None,
    earlier: Sequence[ScoredRun] = (),
) -> Path:
    """Write the report and return where it is.

    Missing folders are made. The file appears under its name only when it is complete; one that
    was there before stays as it was until then.

    Args:
        run: what to report.
        path: the file; its ending picks the format where ``format`` does not.
        format: see :data:`Format`.
        previous: an earlier run that the HTML report compares with.
        earlier: scores of earlier runs, oldest first, for the chart in the HTML report.

    Raises:
        ReportError: the ending or format is unknown, or the file cannot be written.
    """
    target = Path(path)
    return save(target, _rendered(run, format or format_of(target), previous, earlier))


def save(target: Path, content: bytes) -> Path:
    """Put content under a name: whole, or not at all.

    Raises:
        ReportError: it cannot be written.
    """
    try:
        _replace(target, content)
    except OSError as error:
        raise ReportError(
            f"The report cannot be written to {str(target)!r}: {error.strerror or error}.",
            hint="Nothing was changed there. Free space, or choose a folder you may write to.",
        ) from None
    return target


def format_of(path: Path) -> Format:
    """The format that the file's ending stands for.

    Raises:
        ReportError: it stands for none.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        said = f"The ending {ending!r} of" if ending else "The missing ending of"
        raise ReportError(
            f"{said} {str(path)!r} stands for no report.{did_you_mean(ending, ENDINGS)}",
            hint=f"Use one of {', '.join(ENDINGS)}, or name the format.",
        )
    return ENDINGS[ending]


def _rendered(run: Run, format_: str, previous: Run | None, earlier: Sequence[ScoredRun]) -> bytes:
    if format_ == "html":
        from assay.report import html

        return html.render(run, previous=previous, earlier=earlier).encode()
    if format_ == "junit":
        from assay.report import junit

        return junit.render(run).encode()
    if format_ == "markdown":
        from assay.report import markdown

        return markdown.render(run).encode()
    if format_ == "json":
        from assay.core.result import to_json

        return to_json(run) + b"\n"
    known = get_args(Format)
    raise ReportError(
        f"There is no report format {format_!r}.{did_you_mean(format_, known)}",
        hint=f"Use one of {', '.join(known)}.",
    )


def _replace(target: Path, content: bytes) -> None:
    """Write beside the target, then rename: a reader never sees half a report."""
    target = target.resolve()  # a link keeps pointing where it does
    if target.exists() and not target.is_file() and not target.is_dir():
        target.write_bytes(content)  # a pipe or device cannot be replaced
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".assay-{secrets.token_hex(6)}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
