"""The gate as a whole: how often it passes, fails or blocks what it should not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from tests.calibration.worlds.world import RARE

from assay.core.check import CorrectionMethod, GatePolicy
from assay.core.criterion import AtLeast, AtMost
from assay.core.measurement import Estimation, Measurement
from assay.inference.delong import area_difference
from assay.inference.differences import Share, greatest_difference
from assay.inference.interval import measured
from assay.inference.means import mean
from assay.inference.ordered_drift import smirnov
from assay.inference.paired_proportions import Pairs, newcombe_paired
from assay.inference.proportions import proportion
from assay.runner.judge import Case, Judgement, judge
from assay.runner.looks import Look, planned

ALPHA = 0.05


@dataclass(frozen=True)
class Error:
    """A kind of wrong decision, and where it is looked for.

    Attributes:
        what: the wrong decision, in words.
        where: what is decided about, in words.
        simulate: for each run, 1 if it was wrong (or the share that was).
        most: rate that is allowed; of a warning example, None: it is shown, and not allowed.
        why: more is allowed than is stated elsewhere, and why.
        effort: how much slower than most it is.
    """

    what: str
    where: str
    simulate: Callable[[np.random.Generator, int], Iterable[float]]
    most: float | None = ALPHA
    why: str = ""
    effort: float = 1.0

    def __str__(self) -> str:
        return f"{self.what}: {self.where}"

    def runs(self, usual: int) -> int:
        """How often it is run where most are run ``usual`` times."""
        return max(100, round(usual / self.effort))

    def see(self, usual: int) -> tuple[float, int]:
        """The rate seen, and the number of runs."""
        runs = self.runs(usual)
        rng = np.random.default_rng(list(str(self).encode()))
        return float(np.mean(list(self.simulate(rng, runs)))), runs

    def allowed(self, rate: float, runs: int) -> bool:
        """Whether such a rate is seen, more than once in 10,000, where the true one is allowed."""
        assert self.most is not None
        return rate * runs <= stats.binom.ppf(1 - RARE, runs, self.most)


def case(criterion: Any, estimate: Callable[[float], Any]) -> Case:
    def found(level: float) -> tuple[Any, ...]:
        of = estimate(level)
        return of if isinstance(of, tuple) else (of,)

    return Case(criterion, str(criterion), found)


def verdicts(families: Sequence[Sequence[Case]], correction: CorrectionMethod) -> list[Judgement]:
    policy = GatePolicy(false_alarm=ALPHA, correction=correction)
    return [found for family in families for found in judge(family, policy)]


def of_share(successes: int, n: int, bound: float) -> Case:
    return case(AtLeast(bound), lambda level: proportion(successes, n, Estimation(level=level)))


def on_the_bound(verdict: str, p: float, n: int) -> Any:
    """A share whose true value is the bound."""

    def simulate(rng, runs):
        for k in rng.binomial(n, p, runs).tolist():
            (found,) = verdicts([[of_share(k, n, p)]], "holm")
            yield float(found.verdict == verdict)

    return simulate


def slices(correction: CorrectionMethod, count: int, good: int, *, share: bool = False) -> Any:
    """Slices of a share of 0.8: ``good`` of them far above the bound, the others on it."""
    n, p = 300, np.array([0.9] * good + [0.8] * (count - good))

    def simulate(rng, runs):
        for counts in rng.binomial(n, p, (runs, count)).tolist():
            found = verdicts([[of_share(k, n, 0.8) for k in counts]], correction)
            settled = [f.verdict in ("pass", "fail") for f in found]
            wrong = sum(settled[good:]) + sum(f.verdict == "fail" for f in found[:good])
            yield wrong / max(sum(settled), 1) if share else float(wrong > 0)

    return simulate


def twins(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of 25 % positives, and scores of two models that are equally good, but not the same."""
    y = rng.random(n) < 0.25
    shared = rng.normal(size=n) + 1.6 * y
    a, b = (1 / (1 + np.exp(-(shared + 0.35 * rng.normal(size=n) - 1.6))) for _ in "ab")
    return y, a, b


def paired_shares(right_a: np.ndarray, right_b: np.ndarray, margin: float) -> Case:
    pairs = Pairs(
        int((right_a & right_b).sum()), int((right_a & ~right_b).sum()),
        int((~right_a & right_b).sum()), int((~right_a & ~right_b).sum()),
    )  # fmt: skip

    def estimate(level: float) -> Measurement:
        how = Estimation(level=level)
        return measured(pairs.difference, newcombe_paired(pairs, level), n=pairs.n, how=how)

    return case(AtLeast(-margin), estimate)


def no_worse(y: np.ndarray, a: np.ndarray, b: np.ndarray, margin: float) -> list[Case]:
    """Area, accuracy, recall and Brier score, none worse than before by more than the margin."""
    right = [(x >= 0.4) == y for x in (a, b)]
    areas = area_difference(y, a, b)
    off = (b - y) ** 2 - (a - y) ** 2

    def area(level: float) -> Measurement:
        how = Estimation(level=level)
        return measured(areas.value, areas.interval(level), n=len(y), how=how)

    def brier(level: float) -> Any:
        return mean(off.mean(), off.var(ddof=1), len(off), Estimation(level=level))

    return [
        case(AtLeast(-margin), area),
        paired_shares(*right, margin),
        paired_shares(right[0][y], right[1][y], margin),
        case(AtMost(margin), brier),
    ]


def unchanged(margin: float, *, together: bool) -> Any:
    """A retrained model that is as good as the one before: any of four checks fails."""

    def simulate(rng, runs):
        for _ in range(runs):
            cases = no_worse(*twins(rng, 950), margin)
            families = [cases] if together else [[c] for c in cases]
            yield float(any(f.verdict == "fail" for f in verdicts(families, "holm")))

    return simulate


def suite(correction: CorrectionMethod) -> Any:
    """A suite of the size of the demo, on a model and a world that did not change.

    Four checks that nothing is worse by more than 0.02, accuracy in five slices, the drift of 13
    columns, the greatest difference of approval between groups in three ways, and five shares of
    valid rows: 30 measurements in families as the runner makes them.
    """

    def simulate(rng, runs):
        n, before = 950, 1_430
        for _ in range(runs):
            y, a, b = twins(rng, n)
            part = rng.integers(0, 5, n)
            right = [(x >= 0.4) == y for x in (a, b)]
            groups = [
                [paired_shares(right[0][part == k], right[1][part == k], 0.02) for k in range(5)],
                [drift(rng, before, n) for _ in range(13)],
            ]
            alone = [
                *no_worse(y, a, b, 0.02),
                *(between_groups(rng, b >= 0.4, sizes) for sizes in (2, 2, 4)),
                *(of_share(int(rng.binomial(n, 0.999)), n, 0.99) for _ in range(5)),
            ]
            found = verdicts([*groups, *([c] for c in alone)], correction)
            yield float(any(f.verdict == "fail" for f in found))

    return simulate


def drift(rng: np.random.Generator, before: int, now: int) -> Case:
    a, b = np.sort(rng.normal(size=before)), np.sort(rng.normal(size=now))
    at = np.concatenate([a, b])
    gaps = np.searchsorted(a, at, "right") / before - np.searchsorted(b, at, "right") / now
    value = float(np.abs(gaps).max())

    def estimate(level: float) -> Measurement:
        interval = smirnov(value, before, now, level)
        return measured(value, interval, n=now, how=Estimation(level=level))

    return case(AtMost(0.1), estimate)


def between_groups(rng: np.random.Generator, yes: np.ndarray, count: int) -> Case:
    group = rng.choice(count, len(yes), p=[0.7] + [0.3 / (count - 1)] * (count - 1))
    shares = [Share(int(yes[group == g].sum()), int((group == g).sum())) for g in range(count)]
    seen = [s.successes / s.n for s in shares]

    def estimate(level: float) -> Measurement:
        interval = greatest_difference([shares], level)
        how = Estimation(level=level)
        return measured(max(seen) - min(seen), interval, n=len(yes), how=how)

    return case(AtMost(0.1), estimate)


def rounds(*, planned_for: bool) -> Any:
    """A share on its bound, drawn in rounds until it is decided."""
    rows = 4_000
    plan = planned(rows)

    def simulate(rng, runs):
        looks = [Look(plan[: i + 1], rows, last=i + 1 == len(plan)) for i in range(len(plan))]
        drawn = rng.binomial(np.diff([0, *plan]), 0.8, (runs, len(plan)))
        for hits in np.cumsum(drawn, axis=1).tolist():
            wrong = False
            for k, n, look in zip(hits, plan, looks, strict=True):
                asked = of_share(k, n, 0.8)
                (found,) = verdicts([[look.at(asked) if planned_for else asked]], "holm")
                if found.verdict != "inconclusive":
                    wrong = True
                    break
            yield float(wrong)

    return simulate


def skewed(verdict: str) -> Any:
    """The mean of 100 exponential values, at its bound."""

    def simulate(rng, runs):
        for x in rng.exponential(size=(runs, 100)):
            of = case(
                AtLeast(1.0),
                lambda level, x=x: mean(x.mean(), x.var(ddof=1), 100, Estimation(level=level)),
            )
            (found,) = verdicts([[of]], "holm")
            yield float(found.verdict == verdict)

    return simulate


ONE = "one check: a share of 0.8 of 400 rows, its true value on the bound"
WIDE = "20 slices of 300 rows, their true values on the bound"
HALF = "20 slices of 300 rows, half of them on the bound, half far above"
ERRORS = [
    Error("false pass", ONE, on_the_bound("pass", 0.8, 400), ALPHA / 2 + 0.01),
    Error("false fail", ONE, on_the_bound("fail", 0.8, 400), ALPHA / 2 + 0.01),
    Error("false pass", "one check: a mean of 100 skewed values, on the bound", skewed("pass"),
          ALPHA / 2 + 0.01),
    Error("false fail", "one check: a mean of 100 skewed values, on the bound", skewed("fail"),
          0.06, "all misses lie on one side: as the coverage of skewed means says"),
    Error("any wrong verdict", f"{WIDE}; Holm", slices("holm", 20, 0), effort=4),
    Error("any wrong verdict", f"{HALF}; Holm", slices("holm", 20, 10), effort=4),
    Error("share of wrong verdicts", f"{HALF}; Benjamini-Hochberg",
          slices("bh", 20, 10, share=True), effort=4),
    Error("any wrong verdict", f"{WIDE}; no correction", slices("none", 20, 0), None, effort=4),
    Error("false block", "no_worse_than with a margin of 0.02, four metrics of an unchanged "
          "model",
          unchanged(0.02, together=False), effort=4),
    Error("false block", "no_worse_than without a margin, four metrics of an unchanged model in "
          "one family", unchanged(0.0, together=True), effort=4),
    Error("false block", "no_worse_than without a margin, each metric for itself",
          unchanged(0.0, together=False), None, effort=4),
    Error("false block", "a suite of 30 measurements, nothing changed; Holm", suite("holm"),
          effort=10),
    Error("false block", "a suite of 30 measurements, nothing changed; Benjamini-Hochberg",
          suite("bh"), effort=10),
    Error("any wrong verdict", "draw_more: a share on its bound, up to 4,000 rows in 6 rounds",
          rounds(planned_for=True), effort=2),
    Error("any wrong verdict", "the same rows looked at 6 times, each time as if it were the only "
          "one", rounds(planned_for=False), None, effort=2),
]  # fmt: skip
