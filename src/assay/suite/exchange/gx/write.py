"""An Assay suite as a suite of Great Expectations 1.x; what that cannot say is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.core.errors import SuiteError, did_you_mean
from assay.metrics import find
from assay.suite.exchange.entries import UnmappableError
from assay.suite.exchange.gx.condition import condition
from assay.suite.exchange.gx.wish import Wish
from assay.suite.exchange.gx.wording import WORDINGS

if TYPE_CHECKING:
    from assay.core.check import CheckSpec, Suite

_SEVERITY = {"block": "critical", "warn": "warning", "info": "info"}
_OWN_COLUMNS = ("duplicate_rows",)
"""Metrics whose `columns` are one parameter, and not several columns to measure in turn."""
_ROWS = ("expect_table_row_count_to_be_between",)
_NOWHERE = ("expect_table", "expect_column_to_exist", "expect_column_type", "unexpected_rows")


@dataclass(frozen=True)
class Left:
    """A check that has no equal, and why; or one that has, and in what they differ."""

    check: str
    reason: str


@dataclass(frozen=True)
class Exported:
    """The document, the checks that it lacks, and remarks on those that it has."""

    document: dict[str, Any]
    left: tuple[Left, ...]
    remarks: tuple[Left, ...]


def write_gx(suite: Suite, *, on: str | None = None) -> Exported:
    """The checks on one table as expectations.

    Args:
        on: the table; None takes the only one that has checks.

    Raises:
        SuiteError: there is no such table, or several have checks and none is named.
    """
    table = _table(suite, on)
    expectations: list[dict[str, Any]] = []
    left: list[Left] = []
    remarks: list[Left] = []
    for spec in suite.checks:
        label = _label(spec)
        try:
            if spec.on != table:
                raise UnmappableError(f"it is on {spec.on!r}, not on {table!r}")
            found, note = _expectations(spec)
        except UnmappableError as error:
            left.append(Left(label, str(error)))
            continue
        expectations += found
        if note:
            remarks.append(Left(label, note))
    document: dict[str, Any] = {
        "name": suite.name,
        "expectations": expectations,
        "meta": {},
        "notes": None,
    }
    return Exported(document, tuple(left), tuple(remarks))


def _table(suite: Suite, on: str | None) -> str:
    used = list(dict.fromkeys(spec.on for spec in suite.checks))
    if on is not None:
        if on not in used:
            raise SuiteError(f"The suite has no check on {on!r}.{did_you_mean(on, used)}")
        return on
    if len(used) != 1:
        raise SuiteError(
            f"The suite has checks on {', '.join(used)}; a suite of Great Expectations is about "
            "one table.",
            hint="Name it with --on.",
        )
    return used[0]


def _label(spec: CheckSpec) -> str:
    place = f" (line {spec.location.line})" if spec.location is not None else ""
    return f"{spec.id or spec.metric}{place}"


def _expectations(spec: CheckSpec) -> tuple[list[dict[str, Any]], str]:
    word = WORDINGS.get(spec.metric)
    if word is None:
        raise UnmappableError("Great Expectations has nothing like it")
    if spec.by:
        raise UnmappableError("Great Expectations has no slices")
    criterion = spec.criterion if spec.criterion is not None else find(spec.metric).default
    found: list[dict[str, Any]] = []
    notes: list[str] = []
    for params in _columns(spec):
        wish = Wish(params, criterion, spec.on, spec.against, spec.where, notes)
        for kind, kwargs in word(wish):
            found.append(_expectation(spec, kind, kwargs | _where(spec, kind)))
    if spec.claim == "process":
        notes.append("Great Expectations judges the rows at hand, without an interval")
    return found, "; ".join(dict.fromkeys(notes))


def _where(spec: CheckSpec, kind: str) -> dict[str, Any]:
    """The rows that an expectation is about; the query of a predicate has them in itself."""
    if spec.where is None or spec.metric == "satisfies":
        return {}
    if kind.startswith(_NOWHERE) and kind not in _ROWS:
        raise UnmappableError(f"{kind} takes no condition on rows")
    return {"row_condition": condition(spec.where)}


def _columns(spec: CheckSpec) -> list[dict[str, Any]]:
    """The parameters, for each of the columns that ``columns`` stands for."""
    params = dict(spec.params)
    several = params.get("columns")
    if several is None or spec.metric in _OWN_COLUMNS:
        return [params]
    del params["columns"]
    if any("*" in name or "?" in name for name in several):
        raise UnmappableError("a wildcard stands for columns that only the table tells")
    return [{**params, "column": name} for name in several]


def _expectation(spec: CheckSpec, kind: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": kind,
        "kwargs": {key: value for key, value in kwargs.items() if value is not None},
        "meta": {"assay_id": spec.id} if spec.id else {},
        "severity": _SEVERITY[spec.severity],
    } | ({"description": spec.description} if spec.description else {})
