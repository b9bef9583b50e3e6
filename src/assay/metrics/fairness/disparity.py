"""How far apart the rates of groups are: the base of the difference and ratio metrics."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from assay.core.measurement import Unmeasured
from assay.inference.differences import Share
from assay.inference.interval import census, measured
from assay.metrics.fairness.charts import disparity_evidence
from assay.metrics.fairness.groups import (
    MOST_GROUPS,
    Breakdown,
    FairnessMetric,
    Kind,
    Label,
    MinGroup,
    left_out,
    share,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.inference.interval import Interval


class Compared(NamedTuple):
    """The groups that are compared in one kind of rate, and their rates."""

    kind: Kind
    names: list[str]
    shares: list[Share]

    @property
    def rates(self) -> list[float]:
        """Each group's rate."""
        return [s.successes / s.n for s in self.shares]


class DisparityMetric(FairnessMetric):
    """Base: ``kinds`` are the rates that are compared, the worst of them counts."""

    kinds: ClassVar[tuple[Kind, ...]]
    min_group: MinGroup
    positive: Label

    @abstractmethod
    def value(self, compared: Sequence[Compared]) -> float | str:
        """The disparity, or why there is none to speak of."""

    @abstractmethod
    def limits(self, compared: Sequence[Compared], level: float) -> Interval:
        """Its interval."""

    def judge(self, breakdown: Breakdown, how: Estimation) -> Iterable[Estimate]:
        key = {"sensitive": breakdown.name}
        compared, reasons = self._compared(breakdown)
        value = self._problem(breakdown, compared) or self.value(compared)
        n = min(sum(s.n for s in c.shares) for c in compared)
        if isinstance(value, str):
            yield Unmeasured(reason=value, key=key, n=n, fault=breakdown.unanswered > 0)
        elif how.census:
            yield census(value, n=n, key=key)
        else:
            yield measured(value, self.limits(compared, how.level), n=n, how=how, key=key)
        yield from left_out(breakdown, reasons)

    def _compared(self, breakdown: Breakdown) -> tuple[list[Compared], dict[str, list[str]]]:
        """Rates by kind, over groups that are large enough; and names of the others by reason."""
        small = f"fewer than {self.min_group:,} rows"
        reasons: dict[str, list[str]] = {
            small: [f"{g.name} ({g.n:,})" for g in breakdown.groups if g.n < self.min_group]
        }
        large = [g for g in breakdown.groups if g.n >= self.min_group]
        compared = []
        for kind in self.kinds:
            shares = [(g.name, share(g, kind)) for g in large]
            reasons[f"no {kind.of}"] = [name for name, s in shares if s.n == 0]
            some = [(name, s) for name, s in shares if s.n]
            compared.append(Compared(kind, [name for name, _ in some], [s for _, s in some]))
        return compared, reasons

    def _problem(self, breakdown: Breakdown, compared: Sequence[Compared]) -> str | None:
        """Why nothing can be compared, or None."""
        if breakdown.unanswered:
            return f"the model gave no label for {breakdown.unanswered:,} rows"
        if not breakdown.groups:
            return f"no row has a value of {breakdown.name}"
        for kind, names, _ in compared:
            if len(names) < 2:
                which = f"only {names[0]!r}" if names else "none"
                return (
                    f"two groups are needed, but of {len(breakdown.groups):,} groups of "
                    f"{breakdown.name} {which} has {self.min_group:,} rows and {kind.of} among them"
                )
            if len(names) > MOST_GROUPS:
                return (
                    f"{breakdown.name} has {len(names):,} groups; at most {MOST_GROUPS:,} can be "
                    "compared in pairs"
                )
        return None

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        shown: list[Evidence] = []
        for breakdown in self.breakdowns(fold):
            compared, _ = self._compared(breakdown)
            for kind, names, shares in compared:
                if names:
                    shown += disparity_evidence(breakdown.name, kind.name, kind.of, names, shares)
        return tuple(shown)
