"""Two runs held against each other, as plain data."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from assay.core.check import CorrectionMethod
from assay.core.measurement import Measurement

Change = Literal["better", "no_worse", "worse", "same", "changed", "unclear"]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How one measurement differs between two runs.

    Attributes:
        id: of the check, the same in both runs.
        key: what it speaks of within the check (slice, class).
        a, b: as measured in each run.
        difference: ``b - a`` with its interval; over the common units where it is paired.
        p_value: two-sided, of no difference, before adjustment; None where there is no sampling.
        paired: computed over the same units in both runs, so that what they share cancels.
        n_common: units in both runs; None where it is not paired.
        verdict: ``better`` and ``worse`` by the metric's direction, ``changed`` where it has none;
            ``same`` only where the values are known to be equal; else ``unclear``. With a margin,
            ``no_worse`` where a loss beyond it is excluded and a gain is not shown. Adjusted for
            all differences of the comparison together.
        reason: a sentence for a person.
        higher_is_better: the metric's direction; None where it has none.
    """

    id: str
    metric: str
    key: dict[str, str]
    a: Measurement
    b: Measurement
    difference: Measurement
    p_value: float | None
    paired: bool
    n_common: int | None
    verdict: Change
    reason: str
    higher_is_better: bool | None = None


class SliceChange(msgspec.Struct, frozen=True, kw_only=True):
    """How one slice moved.

    Attributes:
        contribution: its part of the whole's change, in the metric's unit: the contributions of all
            slices, those too small to be listed among them, add up to it. None where the metric
            is not a mean over the rows that it rests on.
        share: the contribution over the change of the whole; above 1, or below 0, where slices
            moved against each other. None where the whole may not have changed at all.
    """

    difference: Difference
    contribution: float | None = None
    share: float | None = None


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """The slices of one measurement, those that moved the whole most first.

    Attributes:
        by: the columns that make the slices.
        key: of the measurement within its check (a class); empty where there is only one.
        change: of the whole, over the common units; None where it is not known.
        slices: those with enough rows, ranked by contribution, else by how sure the change is.
        left_out: slices with fewer rows.
    """

    id: str
    metric: str
    by: list[str]
    key: dict[str, str] = {}
    change: float | None
    slices: list[SliceChange]
    left_out: int = 0


class Flip(msgspec.Struct, frozen=True, kw_only=True):
    """A sample that is scored otherwise in the second run.

    Attributes:
        unit: the sample's id.
        question: what was asked, and ``target`` what is right; cut where they are long.
        before, after: the answer in each run (the worst of several); None where there is no text.
        score_before, score_after: means over the answers to it.
        reason: why the answer of the second run is scored as it is.
    """

    unit: str
    question: str
    target: str
    before: str | None
    after: str | None
    score_before: float
    score_after: float
    reason: str = ""


class Flips(msgspec.Struct, frozen=True, kw_only=True):
    """Which samples a language model's change made worse, and which better.

    Attributes:
        id: of the check.
        samples: that both runs have a score of.
        unknown: that both runs asked about and one has no score of.
        higher_is_better: the scores' direction; None where they have none: what fell is ``lost``.
        right_or_wrong: every score of the samples is 0 or 1.
        n_lost, n_won: how many samples are scored worse, and better.
        lost, won: some of them, the greatest change first.
        between: names of two models, where those are held against each other and not two runs.
    """

    id: str
    metric: str
    samples: int
    unknown: int
    higher_is_better: bool | None
    right_or_wrong: bool
    n_lost: int
    n_won: int
    lost: list[Flip]
    won: list[Flip]
    between: tuple[str, str] | None = None

    @property
    def ways(self) -> tuple[Way, Way]:
        """What was lost, then what was won, with what each is called."""
        if self.between is not None:
            return self._ways_between(*self.between)
        names = "Worse than before", "Better than before"
        if self.higher_is_better is None:
            names = "Lower than before", "Higher than before"
        elif self.right_or_wrong and self.higher_is_better:
            names = "Right before, wrong now", "Wrong before, right now"
        return Way(names[0], self.n_lost, self.lost), Way(names[1], self.n_won, self.won)

    def _ways_between(self, first: str, second: str) -> tuple[Way, Way]:
        names = f"{second} worse than {first}", f"{second} better than {first}"
        if self.higher_is_better is None:
            names = f"{second} lower than {first}", f"{second} higher than {first}"
        elif self.right_or_wrong and self.higher_is_better:
            names = f"{first} right, {second} wrong", f"{first} wrong, {second} right"
        return Way(names[0], self.n_lost, self.lost), Way(names[1], self.n_won, self.won)


class Way(NamedTuple):
    """One of the two ways in which samples flip: how many did, and some of them."""

    title: str
    total: int
    some: list[Flip]


class ComparedRun(msgspec.Struct, frozen=True, kw_only=True):
    """Which run stands on one side."""

    id: str
    name: str | None
    suite: str
    started: str
    decision: str


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Run ``b`` held against run ``a``.

    Attributes:
        differences: in the order of ``b``.
        only_in_a, only_in_b: ids of checks that the other run does not have.
        notes: what a reader must know: how verdicts were adjusted, what could not be compared.
        level: confidence level of each interval.
        margin: the greatest loss that counts as no worse, in each metric's unit; None for none.
        correction: how verdicts were adjusted.
        movements: which slices moved.
        flips: of scored answers, which samples were lost and which won.
    """

    a: ComparedRun
    b: ComparedRun
    differences: list[Difference]
    only_in_a: list[str]
    only_in_b: list[str]
    notes: list[str]
    level: float = 0.95
    margin: float | None = None
    correction: CorrectionMethod = "holm"
    movements: list[Movement] = []
    flips: list[Flips] = []
