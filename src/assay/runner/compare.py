"""One run held against another: paired where both measured the same units."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from assay.core.binding import bind
from assay.core.collection import OfLanguage, Scores
from assay.core.comparison import ComparedRun, Comparison, Flips
from assay.core.criterion import NoWorseThan
from assay.core.errors import SuiteError, did_you_mean
from assay.metrics import find
from assay.runner.baseline_gaps import BaselineGaps, baseline_gaps
from assay.runner.contrast import Contrast, Rule, differences, said_of, together
from assay.runner.flips import flips_of
from assay.runner.gap import Gap, identical_gap, on_both, unpaired_gap
from assay.runner.leave_out import Question
from assay.runner.movements import Sliced, from_known, movements
from assay.runner.pairing import Identical, Unpaired, columns_of
from assay.runner.provenance import check_seed
from assay.runner.score_pairing import ScoredPair, pair_of, scored_gaps
from assay.runner.side import Side, asks, observed_as, pairable, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assay.core.check import CorrectionMethod
    from assay.core.engine import Engine
    from assay.core.metric import Metric
    from assay.core.result import Result, Run
    from assay.runner.leave_out import KeyText
    from assay.runner.pairing import Pair

EXPERIMENT = "experiment."
"""What the names of an experiment's results begin with: no metrics of a suite."""

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

    @property
    def scored(self) -> bool:
        """Whether it rests on scores of answers."""
        return isinstance(self.metric.collection(), Scores)

    @property
    def drawn(self) -> bool:
        """Whether the same model may answer otherwise the next time."""
        return isinstance(self.metric.collection(), OfLanguage)

    def question(self, seed: int) -> Question:
        return Question(
            self.metric,
            self.b.where,
            tuple(tuple(by) for by in self.b.by) or ((),),
            check_seed(seed, self.b.id),
        )


def compare(
    a: Side,
    b: Side,
    engine: Engine,
    *,
    level: float = 0.95,
    margin: float | None = None,
    correction: CorrectionMethod = "holm",
    by: Sequence[str] = (),
) -> Comparison:
    """Hold run ``b`` against run ``a``: every measurement that both have.

    Differences are ``b - a``. Their intervals have ``level`` each; verdicts are adjusted for all of
    them together, with Holm's procedure so that any wrong one has probability 1 - ``level``.

    Args:
        margin: the greatest loss that counts as no worse, in each metric's unit.
        correction: ``holm``, ``bh``, ``by`` or ``none``.
        by: columns kept with the predictions; paired differences are shown for each of their
            values too.

    Raises:
        ValueError: the level or margin is out of range.
        SuiteError: no predictions that both runs kept have a column of ``by``.
        SubjectError: kept predictions cannot be read.
        EngineError: kept predictions cannot be folded.
    """
    rule = Rule(level, margin, correction)
    notes: list[str] = []
    matches = _matches(a.run, b.run, notes)
    paired = _pair_all(a, b, matches, engine, rule, notes, tuple(dict.fromkeys(by)))
    contrasts: list[Contrast] = []
    for match in matches:
        gaps = _gaps(a.run, b.run, match, paired.gaps.get(match.b.id, {}), notes)
        better = match.metric.higher_is_better
        contrasts += [Contrast(match.b.id, match.metric.name, better, g) for g in gaps]
    ids_a, ids_b = ([r.id for r in run.results] for run in (a.run, b.run))
    found = differences(contrasts, rule)
    moved, judged = movements(paired.sliced, found, rule)
    done = {one.id for one in paired.sliced}
    others = {m.b.id: m.b.by for m in matches if m.b.by and m.b.id not in done}
    said = said_of(found, rule) + [together(judged, rule, "slice")] * bool(judged)
    return Comparison(
        a=_record(a.run),
        b=_record(b.run),
        differences=found,
        only_in_a=[i for i in ids_a if i not in set(ids_b)],
        only_in_b=[i for i in ids_b if i not in set(ids_a)],
        notes=[*said, *dict.fromkeys(notes)],
        level=level,
        margin=margin,
        correction=correction,
        movements=[*moved, *from_known(found, others)],
        flips=paired.flips,
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
            if result.metric.startswith(EXPERIMENT):
                notes.append(
                    "Results of an experiment are differences between its arms, which are not "
                    "compared from run to run: look at each with `assay show`."
                )
                continue
            notes.append(f"{result.id}: not compared. {error}")
            continue
        if same and asks(other) == asks(result):
            found.append(_Match(metric, other, result))
        else:
            notes.append(f"{result.id}: not compared, since the check itself was changed.")
    return found


@dataclass
class _Paired:
    """What was measured over common units: differences by check id, and checks with slices.

    ``flips`` are samples of language models that are scored otherwise.
    """

    gaps: dict[str, dict[KeyText, Gap]]
    sliced: list[Sliced]
    flips: list[Flips] = field(default_factory=list)


def _pair_all(
    a: Side,
    b: Side,
    matches: Iterable[_Match],
    engine: Engine,
    rule: Rule,
    notes: list[str],
    columns: tuple[str, ...],
) -> _Paired:
    """Paired differences; each pair of prediction sets is joined and scanned once."""
    by_subject: dict[str, list[_Match]] = defaultdict(list)
    for match in matches:
        if pairable(match.metric, match.b.claim):
            kept = observed_as(match.metric, match.b.on, match.b.data)
            by_subject[kept].append(match)
    found = _Paired({}, [])
    seen: dict[str, None] = {}
    for kept, of in by_subject.items():
        subject, scored = of[0].subject, of[0].scored
        if kept not in a.observations or kept not in b.observations:
            what = "scores" if scored else "predictions"
            notes.append(
                f"{subject}: {what} were not kept by both runs, so they are compared as "
                "independent samples."
            )
            continue
        pair = pair_of(of[0].metric, engine, a.observations[kept], b.observations[kept])
        if isinstance(pair, Unpaired):
            notes.append(f"{subject}: {pair.reason}, so the runs are compared as independent.")
        elif isinstance(pair, Identical):
            notes.append(
                f"{subject}: both runs have the same answers."
                if scored
                else f"{subject}: the same model was measured on the same rows."
            )
            if columns:  # none of their slices moved, but they are there
                names = columns_of(engine, b.observations[kept])
                seen |= dict.fromkeys(n for n in names if not n.startswith("assay."))
            for m in of:
                found.gaps[m.b.id] = {
                    key: identical_gap(x) for key, x in values_of(m.b).items()
                }  # a difference in value (of the metric's code, say) is found in `_gaps`
        else:
            if not pair.complete:
                rows, have = ("samples", " a score of") if scored else ("rows", "")
                notes.append(
                    f"{subject}: paired over the {pair.n:,} {rows} that both runs have{have}."
                )
            if isinstance(pair, ScoredPair):
                found.flips += [flips_of(engine, pair, m.metric, m.b.id, m.b.where) for m in of]
                if pair.unknown:
                    notes.append(
                        f"{subject}: {pair.unknown:,} samples have no score in one of the runs; "
                        "intervals allow for whatever they would have been."
                    )
            if pair.clusters is not None:
                notes.append(f"{subject}: its rows come in {pair.clusters:,} clusters.")
            both = [n for n in pair.schema_a.names if pair.schema_b.find(n)]
            seen |= dict.fromkeys(n for n in both if not n.startswith("assay."))
            extra = tuple((name,) for name in columns if name in both)
            _measure(engine, pair, of, rule, extra, b.run.run.seed, found)
    for name in columns:
        if name not in seen:
            there = f"They have: {', '.join(seen)}." if seen else "They have no such columns."
            raise SuiteError(
                f"No predictions that both runs kept have a column {name!r}."
                f"{did_you_mean(name, list(seen))}",
                hint=f"{there} A column that a check slices or filters by is kept.",
            )
    return found


def _measure(
    engine: Engine,
    pair: Pair,
    of: Iterable[_Match],
    rule: Rule,
    extra: tuple[tuple[str, ...], ...],
    seed: int,
    found: _Paired,
) -> None:
    """Measure checks over one pair: as they are, and where slices are of interest the whole too."""
    asked: dict[str, Question] = {}
    fresh: dict[str, frozenset[tuple[str, ...]]] = {}
    taken: set[tuple[Metric, str | None, tuple[str, ...]]] = set()
    for m in of:
        question = m.question(seed)
        own = tuple(s for s in question.slicings if s)
        taken |= {(m.metric, m.b.where, s) for s in own}
    for m in of:
        question = m.question(seed)
        own = tuple(s for s in question.slicings if s)
        more = [s for s in extra if (m.metric, m.b.where, s) not in taken]  # asked once, not twice
        taken |= {(m.metric, m.b.where, s) for s in more}
        fresh[m.b.id] = frozenset(more)
        slicings = dict.fromkeys([*question.slicings, *(((), *own, *more) if own or more else ())])
        asked[m.b.id] = replace(question, slicings=tuple(slicings))
    measured = (
        scored_gaps(engine, pair, asked, level=rule.level)
        if isinstance(pair, ScoredPair)
        else on_both(engine, pair, asked, level=rule.level)
    )
    for m in of:
        both = measured.get(m.b.id)
        if both is None:
            continue
        listed = [s for s in asked[m.b.id].slicings if s]
        if listed:
            better = m.metric.higher_is_better
            found.sliced.append(Sliced(m.b.id, m.metric.name, better, listed, both, fresh[m.b.id]))
        columns = {name for slicing in listed for name in slicing}
        wanted = [set(slicing) for slicing in m.question(seed).slicings]
        found.gaps[m.b.id] = {
            key: x.gap
            for key, x in both.items()
            if x.gap is not None and columns & {name for name, _ in key} in wanted
        }


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
    unchanged = not match.drawn and _same_subjects(a, b, match)
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
