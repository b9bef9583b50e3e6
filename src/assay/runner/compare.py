"""One run held against another: paired where both measured the same units."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.binding import bind
from assay.core.comparison import ComparedRun, Comparison
from assay.core.criterion import NoWorseThan
from assay.core.errors import SuiteError
from assay.metrics import find
from assay.runner.baseline_gaps import BaselineGaps, baseline_gaps
from assay.runner.contrast import Contrast, differences
from assay.runner.gap import Gap, identical_gap, paired_gaps, unpaired_gap
from assay.runner.leave_out import Question
from assay.runner.pairing import Identical, Unpaired, pair_up
from assay.runner.provenance import check_seed
from assay.runner.side import Side, asks, pairable, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assay.core.engine import Engine
    from assay.core.metric import Metric
    from assay.core.result import Result, Run
    from assay.runner.leave_out import KeyText

__all__ = ["BaselineGaps", "Side", "baseline_gaps", "compare"]


@dataclass(frozen=True)
class _Match:
    """A check that both runs have."""

    metric: Metric
    a: Result
    b: Result

    @property
    def subject(self) -> str:
        return f"{self.b.on}@{self.b.data}" if self.b.data else self.b.on

    def question(self, seed: int) -> Question:
        return Question(
            self.metric,
            self.b.where,
            tuple(tuple(by) for by in self.b.by) or ((),),
            check_seed(seed, self.b.id),
        )


def compare(a: Side, b: Side, engine: Engine, *, level: float = 0.95) -> Comparison:
    """Hold run ``b`` against run ``a``: every measurement that both have.

    Differences are ``b - a``. Their intervals have ``level`` each; verdicts are adjusted for all of
    them together (Holm), so that any wrong ``better`` or ``worse`` has probability 1 - ``level``.

    Raises:
        SubjectError: kept predictions cannot be read.
        EngineError: kept predictions cannot be folded.
    """
    notes: list[str] = []
    matches = _matches(a.run, b.run, notes)
    paired = _pair_all(a, b, matches, engine, level, notes)
    contrasts: list[Contrast] = []
    for match in matches:
        gaps = _gaps(a.run, b.run, match, paired.get(match.b.id, {}), notes)
        better = match.metric.higher_is_better
        contrasts += [Contrast(match.b.id, match.metric.name, better, g) for g in gaps]
    ids_a, ids_b = ([r.id for r in run.results] for run in (a.run, b.run))
    found, said = differences(contrasts, level)
    return Comparison(
        a=_record(a.run),
        b=_record(b.run),
        differences=found,
        only_in_a=[i for i in ids_a if i not in set(ids_b)],
        only_in_b=[i for i in ids_b if i not in set(ids_a)],
        notes=[*said, *dict.fromkeys(notes)],
    )


def _record(run: Run) -> ComparedRun:
    return ComparedRun(
        id=run.run.id,
        name=run.run.name,
        suite=run.suite.name,
        started=run.started,
        decision=run.decision,
    )


def _matches(a: Run, b: Run, notes: list[str]) -> list[_Match]:
    """Checks of the same id that ask the same."""
    before = {r.id: r for r in a.results}
    found: list[_Match] = []
    for result in b.results:
        other = before.get(result.id)
        if other is None:
            continue
        try:
            cls = find(result.metric)
            metric = bind(cls, result.params)
            same = other.metric == result.metric and bind(cls, other.params) == metric
        except SuiteError as error:
            notes.append(f"{result.id}: not compared. {error}")
            continue
        if same and asks(other) == asks(result):
            found.append(_Match(metric, other, result))
        else:
            notes.append(f"{result.id}: not compared, since the check itself was changed.")
    return found


def _pair_all(
    a: Side, b: Side, matches: Iterable[_Match], engine: Engine, level: float, notes: list[str]
) -> dict[str, dict[KeyText, Gap]]:
    """Paired differences by check id; each pair of prediction sets is joined and scanned once."""
    by_subject: dict[str, list[_Match]] = defaultdict(list)
    for match in matches:
        if pairable(match.metric, match.b.claim):
            by_subject[match.subject].append(match)
    found: dict[str, dict[KeyText, Gap]] = {}
    for subject, of in by_subject.items():
        if subject not in a.observations or subject not in b.observations:
            notes.append(
                f"{subject}: predictions were not kept by both runs, so they are compared as "
                "independent samples."
            )
            continue
        pair = pair_up(engine, a.observations[subject], b.observations[subject])
        if isinstance(pair, Unpaired):
            notes.append(f"{subject}: {pair.reason}, so the runs are compared as independent.")
        elif isinstance(pair, Identical):
            notes.append(f"{subject}: the same model was measured on the same rows.")
            for m in of:
                found[m.b.id] = {
                    key: identical_gap(x) for key, x in values_of(m.b).items()
                }  # a difference in value (of the metric's code, say) is found in `_gaps`
        else:
            if not pair.complete:
                notes.append(f"{subject}: paired over the {pair.n:,} rows that both runs have.")
            asked = {m.b.id: m.question(b.run.run.seed) for m in of}
            found |= paired_gaps(engine, pair, asked, level=level)
    return found


def _gaps(
    a: Run, b: Run, match: _Match, paired: Mapping[KeyText, Gap], notes: list[str]
) -> list[Gap]:
    """The differences of one check, in the order of run ``b``."""
    values_a, values_b = values_of(match.a), values_of(match.b)
    kept_differences = any(isinstance(r.criterion, NoWorseThan) for r in (match.a, match.b))
    if kept_differences:
        if not paired and not _sibling(match, b) and not _same_subjects(a, b, match):
            notes.append(f"{match.b.id}: only its difference to a baseline was kept, no value.")
        return [] if _sibling(match, b) else list(paired.values())
    unchanged = _same_subjects(a, b, match)
    gaps: list[Gap] = []
    for key, of_b in values_b.items():
        of_a = values_a.get(key)
        if of_a is None:
            continue
        gap = paired.get(key)
        if gap is not None and gap.exact == "identical" and of_a.value != of_b.value:
            gap = None
        if gap is None and unchanged and of_a.value == of_b.value and of_b.level is not None:
            gap = identical_gap(of_b)
        gap = gap or unpaired_gap(of_a, of_b)
        gaps.append(Gap(of_a, of_b, gap.value, gap.uncertain, gap.exact, gap.n_common))
    one_sided = values_a.keys() ^ values_b.keys()
    if one_sided:
        some = ", ".join(_key_text(k) for k in sorted(one_sided)[:3])
        notes.append(f"{match.b.id}: measured in only one of the runs: {some}.")
    return gaps


def _key_text(key: KeyText) -> str:
    return " ".join(f"{name}={value}" for name, value in key) or "the whole"


def _sibling(match: _Match, run: Run) -> bool:
    """Whether another check of the run keeps the value that this one holds to a baseline."""
    return any(
        r.metric == match.b.metric
        and r.params == match.b.params
        and asks(r) == asks(match.b)
        and values_of(r)
        for r in run.results
    )


def _same_subjects(a: Run, b: Run, match: _Match) -> bool:
    """Whether both runs measured the same content."""
    known_a, known_b = ({s.name: s.fingerprint for s in run.subjects} for run in (a, b))
    names = [n for n in (match.b.on, match.b.data, match.b.against) if n is not None]
    return all(known_a.get(n) and known_a[n] == known_b.get(n) for n in names)
