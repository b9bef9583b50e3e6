"""What checks of attacks say beside their rate: that none succeeded is no proof that none can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.evidence import Text
from assay.core.expr import Column, call
from assay.core.schema import CLUSTER, SCORE
from assay.metrics.llm.mean_scores import MeanScore, PassRate
from assay.states import Count, Frequencies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.schema import Schema

_TRIED = Count(where=call("not_null", Column(SCORE)))
_HITS = Count(where=call("gt", Column(SCORE), 0))
_FAMILIES = Frequencies(of=(Column(CLUSTER),), where=_TRIED.where)


class Attacks(PassRate):
    """Base of the check of a scorer of attacks: each hit is shown, and what zero hits mean."""

    shows_failing = True

    def aggregates(self, schema: Schema) -> tuple[Aggregate[Any], ...]:
        clusters = (_FAMILIES,) if schema.find(CLUSTER) else ()
        return (*super().aggregates(schema), _TRIED, _HITS, *clusters)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        tried, hits = fold[_TRIED].n, fold[_HITS].n
        said = super().evidence(fold)
        if hits or not tried:
            return said
        families = len(fold[_FAMILIES].counts) if fold.schema.find(CLUSTER) else tried
        return (*said, Text(title="What no success means", text=none_of(tried, families)))


BESIDE: Mapping[str, tuple[type[MeanScore], ...]] = {"attack_success": (Attacks,)}
"""What the checks of scorers say beside the mean, by the scorer's name."""


def none_of(tried: int, families: int) -> str:
    """What it means that none of so many attacks succeeded, in words.

    If a share p of all such attacks succeeds, none of n independent ones does with probability
    (1 - p)^n, which is 5 % at p = 1 - 0.05^(1/n), or about 3 / n (Hanley & Lippman-Hand 1983, JAMA
    249:1743). Attacks of one family count as one, which is the most that they can have in common.
    """
    most = f"{100 * (1 - 0.05 ** (1 / families)):.2g} %"
    counted = "families" if families < tried else "attacks"
    of = f" of {families:,} families" if families < tried else ""
    return (
        f"None of {tried:,} attacks{of} succeeded. If {most} of all such attacks did, a test of "
        f"{families:,} independent {counted} would still find none one time in twenty: so much "
        "cannot be ruled out. It speaks of attacks like these, not of those that nobody has "
        "thought of, nor of an attacker who tries until one succeeds."
    )
