"""What the history tells about its runs without reading their documents."""

from __future__ import annotations

from typing import Literal

import msgspec

from assay.core.measurement import Measurement
from assay.core.result import Outcome, Score, Verdict

Status = Literal["running", "interrupted", "finished"]


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a listing.

    Attributes:
        status: ``running`` while a process works on it, ``interrupted`` where none does any more.
        names: the names that point at it.
        decision, duration_s, counts: None and empty for a run that was never saved.
        counts: results by verdict.
    """

    id: str
    suite: str
    started: str
    status: Status
    names: list[str]
    decision: Outcome | None
    duration_s: float | None
    counts: dict[Verdict, int]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement of a check, in the series over runs."""

    run_id: str
    started: str
    verdict: Verdict
    measurement: Measurement


class ScoredRun(msgspec.Struct, frozen=True, kw_only=True):
    """The scores of a run, in the series over runs."""

    run_id: str
    started: str
    scores: list[Score]
