"""Errors that a person reads: what was wrong, where, and what to do.

Everything Assay raises on purpose derives from :class:`AssayError`; the command line prints these
without a traceback. Any other exception that reaches the command line is a defect of Assay.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a text file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class AssayError(Exception):
    """Base of all expected errors.

    Args:
        message: what was wrong, in one sentence.
        hint: what to do about it.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class SuiteError(AssayError):
    """The suite file, or a suite built in Python, is wrong."""

    def __init__(
        self,
        message: str,
        *,
        location: Location | None = None,
        check_id: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.location = location
        self.check_id = check_id

    def __str__(self) -> str:
        where = f"{self.location}: " if self.location else ""
        check = f"check {self.check_id!r}: " if self.check_id else ""
        return f"{where}{check}{super().__str__()}"


class SuiteErrors(SuiteError):
    """Everything that is wrong with a suite, in the order of the file; one line each."""

    SHOWN = 50

    def __init__(self, errors: Sequence[SuiteError]) -> None:
        super().__init__(f"{len(errors)} errors in the suite.", location=errors[0].location)
        self.errors = tuple(errors)

    def __str__(self) -> str:
        lines = [str(error) for error in self.errors[: self.SHOWN]]
        rest = len(self.errors) - self.SHOWN
        return "\n".join(lines + [f"… and {rest} more errors"] * (rest > 0))


class SubjectError(AssayError):
    """A subject (table, model …) cannot be opened or read."""


class EngineError(AssayError):
    """The engine could not evaluate what a check asked of it."""


class StorageError(AssayError):
    """The run's own folder cannot be written (a full disk, say).

    No check is at fault, so it ends the run, which can be resumed from what is finished.
    """


class UntrustedError(AssayError):
    """Something would have executed code that nobody vouched for."""


class HistoryError(AssayError):
    """The store of runs is missing, locked, damaged or from a newer version."""


class MissingExtraError(AssayError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"This needs the package {package!r}, which is not installed.",
            hint=f"Install it with: pip install 'assay[{extra}]'",
        )


_ROW_WEIGHTS = ("weights", "sample_weight", "sample_weights", "row_weight", "row_weights")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``" Did you mean 'x'?"`` for the nearest known name, or ``""``.

    Nearest is one that differs in case only, then one whose last part it is (``roc_auc`` of
    ``classification.roc_auc``), then one with few other letters. Weights of rows, which other tools
    take and nothing here does, are answered by that.
    """
    names = list(known)
    if name in _ROW_WEIGHTS and name not in names:
        return " Rows have no weights: each counts once."
    near = [k for k in names if k.casefold() == name.casefold()]
    near = near or [k for k in names if k.endswith(f".{name}")]
    near = near or get_close_matches(name, names, n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""


def no_column(
    holder: str, name: str, columns: Sequence[str], *, role: str = ""
) -> tuple[str, str | None]:
    """Message and hint for a column that is not there: the nearest, or the first few there are."""
    near = did_you_mean(name, columns)
    more = f" and {len(columns) - _SHOWN:,} more" if len(columns) > _SHOWN else ""
    hint = f"Its columns: {', '.join(columns[:_SHOWN])}{more}." if columns and not near else None
    return f"{holder} has no column {name!r}{f', {role}' if role else ''}.{near}", hint
