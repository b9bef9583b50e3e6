"""Which slices moved between two runs, and how much of the whole's change each explains.

Over the same units, a mean over rows changes by ``sum of (n_s / n) d_s``: the change of each slice
weighted with its part of the rows. So the parts add up to the whole and can be ranked. For other
metrics (areas, F scores, roots) no such split exists: their slices are ranked by how sure a change
is, and no share is shown.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assay.core.comparison import Movement, SliceChange
from assay.runner.contrast import Contrast, differences
from assay.runner.leave_out import key_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.core.comparison import Difference
    from assay.runner.contrast import Rule
    from assay.runner.gap import Both
    from assay.runner.leave_out import KeyText

MIN_SLICE = 30
"""Slices with fewer rows are counted in the whole and not listed."""

_SAME = 1e-9


@dataclass
class Sliced:
    """One check's measurements over the common units, of the whole and by slice.

    Attributes:
        slicings: columns of each slicing.
        asked: slicings that a person asked for beside those of the check.
    """

    id: str
    metric: str
    higher_is_better: bool | None
    slicings: Sequence[tuple[str, ...]]
    both: Mapping[KeyText, Both]
    asked: frozenset[tuple[str, ...]] = field(default_factory=frozenset)


def movements(
    sliced: Sequence[Sliced], known: Sequence[Difference], rule: Rule
) -> tuple[list[Movement], list[Difference]]:
    """The slices of each check, ranked; and the differences that were judged for it.

    A slice that a check measures itself has the verdict that it has there; those that were asked
    for are judged together, as a family of their own.

    Args:
        known: differences that are judged already.
    """
    verdicts = {(d.id, key_of(d.key)): d for d in known}
    fresh: list[Contrast] = []
    for one in sliced:
        for slicing in one.slicings:
            if slicing in one.asked:
                fresh += [
                    Contrast(one.id, one.metric, one.higher_is_better, both.gap)
                    for key, both in _of(one, slicing).items()
                    if both.gap is not None and _large(both) and (one.id, key) not in verdicts
                ]
    judged = differences(fresh, rule)
    verdicts |= {(d.id, key_of(d.key)): d for d in judged}
    found = [
        m
        for one in sliced
        for slicing in one.slicings
        for m in _moved(one, slicing, verdicts, rule)
    ]
    return found, judged


def from_known(
    known: Sequence[Difference], by: Mapping[str, Sequence[Sequence[str]]]
) -> list[Movement]:
    """Slices of checks whose rows could not be paired: ranked by how sure the change is.

    Args:
        by: slicings by check id.
    """
    found: list[Movement] = []
    for name, slicings in by.items():
        for slicing in slicings:
            groups: dict[KeyText, list[Difference]] = defaultdict(list)
            for d in known:
                if d.id == name and _columns(d.key) >= set(slicing):
                    own = {k: v for k, v in d.key.items() if k not in slicing}
                    others = {c for s in slicings for c in s} - set(slicing)
                    if not others & own.keys():
                        groups[key_of(own)].append(d)
            for key, several in groups.items():
                ranked = sorted(several, key=_surest)
                found.append(
                    Movement(
                        id=name, metric=ranked[0].metric, by=list(slicing), key=dict(key),
                        change=None, slices=[SliceChange(difference=d) for d in ranked],
                    )
                )  # fmt: skip
    return found


def _columns(key: Mapping[str, str]) -> set[str]:
    return set(key)


def _of(one: Sliced, slicing: tuple[str, ...]) -> dict[KeyText, Both]:
    """The measurements of one slicing."""
    others = {c for s in one.slicings for c in s} - set(slicing)
    return {
        key: both
        for key, both in one.both.items()
        if set(slicing) <= (names := {name for name, _ in key}) and not others & names
    }


def _large(both: Both) -> bool:
    return min(both.a.n, both.b.n) >= MIN_SLICE


def _moved(
    one: Sliced,
    slicing: tuple[str, ...],
    verdicts: Mapping[tuple[str, KeyText], Difference],
    rule: Rule,
) -> list[Movement]:
    """One movement for each of the check's own keys (classes)."""
    groups: dict[KeyText, dict[KeyText, Both]] = defaultdict(dict)
    for key, both in _of(one, slicing).items():
        groups[tuple((k, v) for k, v in key if k not in slicing)][key] = both
    found: list[Movement] = []
    for own, parts in groups.items():
        whole = one.both.get(own)
        added = _additive(whole, parts) if whole else None
        change = whole.b.value - whole.a.value if whole else None
        certain = bool(
            whole and whole.gap and (p := whole.gap.p_value) is not None and p <= 1 - rule.level
        )
        slices = []
        for key in parts:
            difference = verdicts.get((one.id, key))
            if difference is None:
                continue
            part = added[key] if added is not None else None
            share = part / change if part is not None and certain and change else None
            slices.append(SliceChange(difference=difference, contribution=part, share=share))
        if slices:
            found.append(
                Movement(
                    id=one.id, metric=one.metric, by=list(slicing), key=dict(own), change=change,
                    slices=sorted(slices, key=_rank), left_out=len(parts) - len(slices),
                )
            )  # fmt: skip
    return found


def _additive(whole: Both, parts: Mapping[KeyText, Both]) -> dict[KeyText, float] | None:
    """The contribution of each slice, where the metric is a mean over the rows that it rests on.

    Nothing declares that, so it is seen from the values: the slices hold all rows of the whole, the
    same on both sides, and their weighted means are the whole's.
    """
    n = whole.b.n
    if whole.a.n != n or any(p.a.n != p.b.n for p in parts.values()):
        return None
    if sum(p.b.n for p in parts.values()) != n:
        return None
    for side in ("a", "b"):
        total = sum(getattr(p, side).value * p.b.n for p in parts.values()) / n
        value = getattr(whole, side).value
        if not math.isclose(total, value, rel_tol=_SAME, abs_tol=_SAME):
            return None
    return {key: (p.b.value - p.a.value) * p.b.n / n for key, p in parts.items()}


def _rank(moved: SliceChange) -> tuple[float, float]:
    if moved.contribution is not None:
        return -abs(moved.contribution), 0.0
    return 0.0, _surest(moved.difference)


def _surest(difference: Difference) -> float:
    return 1.0 if difference.p_value is None else difference.p_value
