"""Results: what a run found, as versioned plain data (the JSON that is stored and exported)."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from assay.core.check import CorrectionMethod, GatePolicy, Severity
from assay.core.criterion import Criterion, Decidable
from assay.core.evidence import Evidence
from assay.core.layer import Layer
from assay.core.measurement import Measurement, Unmeasured
from assay.core.metric import Dimension

SCHEMA = "assay.run/1"

Verdict = Literal["pass", "fail", "inconclusive", "not_applicable", "skipped", "error"]
Outcome = Literal["pass", "warn", "block"]


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """Observations that were drawn in rounds, in a random order.

    Attributes:
        observations: which: ``model@data``; of a result, "".
        rows: how many were used.
        of: how many a plan of fixed size would have used.
        rounds: how often was looked.
        counted: what they are.
        calls_saved: calls of a language model that were not made; None for other models.
    """

    observations: str = ""
    rows: int
    of: int
    rounds: int
    counted: Literal["rows", "samples"] = "rows"
    calls_saved: int | None = None

    @property
    def saved(self) -> float:
        """Share of the fixed-size plan that was not needed."""
        return 1 - self.rows / self.of if self.of else 0.0


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """How a check was judged together with the rest of its family (``Result.family``).

    Attributes:
        method: ``none`` where there is a family, and the suite asks for no correction.
        size: uncertain measurements in the family, of all its checks; at least 2.
        level: the strictest confidence level among this check's intervals. Each measurement states
            its own: the one at which it was decided, or tried last.
    """

    method: CorrectionMethod
    size: int
    level: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One check's outcome.

    Attributes:
        reason: one or two sentences a person understands; never empty.
        criterion: None where the check only reports.
        criterion_text: the criterion in words.
        judged_as: what the measurements were held against where that is not the criterion itself:
            for ``no_worse_than``, whose measurements are differences to the baseline.
        rows_needed: for ``inconclusive``: about how many rows (units) in all would decide it, if
            the value stays where it is; None where no number would. Of two tables that are
            compared, rows of each; of clusters, rows in as many more clusters.
        needed: for ``inconclusive``: what would decide it, in words, where that is not just more
            rows of one table.
        unmeasured: slices or classes that could not be measured, and why.
        location: ``file:line:column`` of the check in its suite, or "".
        dimension: the dimension of data quality that the metric speaks of, or None.
        weight: how much the check counts in that dimension's score.
        layer: of tests that the suite puts it into; None takes that of the metric.
        drawn: of checks that were judged in rounds: at which number of rows it ended.
        correction: None where nothing was judged beside it, or nothing is uncertain.
    """

    id: str
    metric: str
    params: dict[str, Any]
    severity: Severity
    verdict: Verdict
    reason: str
    criterion: Criterion | None
    criterion_text: str
    measurements: list[Measurement]
    evidence: list[Evidence]
    on: str
    data: str | None = None
    against: str | None = None
    by: list[list[str]] = []
    where: str | None = None
    claim: str = "process"
    family: str = ""
    description: str = ""
    judged_as: Decidable | None = None
    rows_needed: int | None = None
    needed: str = ""
    unmeasured: list[Unmeasured] = []
    location: str = ""
    dimension: Dimension | None = None
    weight: float = 1.0
    layer: Layer | None = None
    drawn: Drawn | None = None
    correction: Correction | None = None


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Files of an incremental table: in all, and those that this run read."""

    total: int
    read: int


class Quarantine(msgspec.Struct, frozen=True, kw_only=True):
    """Where the rows of a table went: ``failed.parquet`` and ``passed.parquet`` in one folder.

    Attributes:
        folder: as the suite names it, with the run's id.
        passed: rows that fail none of the checks that took part.
        left_out: ids of checks of the table that took no part: they do not speak of single rows,
            or could not be measured.
    """

    folder: str
    passed: int
    left_out: list[str] = []


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How good the data are in one dimension: from 0 to 1, the weighted mean over its checks.

    Attributes:
        dimension: None for the mean over the dimensions that have checks.
        checks: how many checks it rests on.
        weight: the sum of their weights.
    """

    dimension: Dimension | None
    value: float
    checks: int
    weight: float


SubjectKind = Literal["table", "model", "language model", "samples"]


class SubjectRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was under test: enough to know whether it is the same thing again.

    Attributes:
        fingerprint: ``sha256:…`` of the content; "" where it has none (a query, a live object).
        rows: row count where it is known without a scan.
        parts: of an incremental table: how many files it has, and how many were read this time.
        quarantined: rows written aside, where the suite asks for it.
        quarantine: where they are, and the rest.
    """

    name: str
    kind: SubjectKind
    description: str
    fingerprint: str
    rows: int | None = None
    columns: list[str] = []
    parts: Parts | None = None
    quarantined: int | None = None
    quarantine: Quarantine | None = None


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """Where it ran: versions only, no host name, no user name, no path."""

    python: str
    platform: str
    packages: dict[str, str]


class SuiteRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The suite as it was; ``gate`` is the policy that the decision followed (None: not kept)."""

    name: str
    file: str | None
    fingerprint: str
    text: str | None
    gate: GatePolicy | None = None


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Which run it was."""

    id: str
    name: str | None
    seed: int
    status: Literal["finished", "interrupted"]
    exit_code: int
    reason: str
    """Why the gate decided so, in one sentence."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run; its JSON form is the published, versioned document."""

    schema: str = SCHEMA
    run: RunRecord
    suite: SuiteRecord
    decision: Outcome
    started: str
    duration_s: float
    environment: Environment
    subjects: list[SubjectRecord]
    results: list[Result]
    scores: list[Score] = []
    drawn: list[Drawn] = []

    def counts(self) -> dict[Verdict, int]:
        """How many results have each verdict."""
        tally: dict[Verdict, int] = {
            "pass": 0, "fail": 0, "inconclusive": 0, "not_applicable": 0, "skipped": 0, "error": 0,
        }  # fmt: skip
        for result in self.results:
            tally[result.verdict] += 1
        return tally


def to_json(run: Run, *, indent: int = 2) -> bytes:
    """The run as its JSON document."""
    return msgspec.json.format(msgspec.json.encode(run), indent=indent)


def from_json(text: bytes | str) -> Run:
    """The run in a JSON document.

    Raises:
        msgspec.ValidationError: the text is not such a document.
    """
    return msgspec.json.decode(text, type=Run)
