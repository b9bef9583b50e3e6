"""Write a report to a file: the ending says which, and the file is whole or not there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from assay.core.errors import did_you_mean
from assay.report.saving import ReportError, save

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from assay.core.comparison import Comparison
    from assay.core.result import Run
    from assay.core.transcript import Transcripts
    from assay.history.records import ScoredRun

Format = Literal["html", "junit", "markdown", "json"]
__all__ = ["ENDINGS", "Format", "ReportError", "format_of", "save", "write"]

ENDINGS: dict[str, Format] = {
    ".html": "html", ".htm": "html", ".xml": "junit", ".md": "markdown", ".json": "json",
}  # fmt: skip


def write(
    run: Run,
    path: str | os.PathLike[str],
    *,
    format: Format | None = None,  # noqa: A002 - the name people expect
    previous: Run | None = None,
    earlier: Sequence[ScoredRun] = (),
    transcripts: Sequence[Transcripts] = (),
    rivals: Sequence[Comparison] = (),
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
        transcripts: of language models, for the HTML report. The worst samples stand in it; where
            there are many, the others are files in a folder beside it (``report_files``).
        rivals: the run's language models held against each other, for the HTML report.

    Raises:
        ReportError: the ending or format is unknown, or the file cannot be written.
    """
    target = Path(path)
    form = format or format_of(target)
    if form == "html" and transcripts:
        from assay.report.transcripts.write import write_page

        return write_page(
            run, target, transcripts, previous=previous, earlier=earlier, rivals=rivals
        )
    return save(target, _rendered(run, form, previous, earlier))


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
