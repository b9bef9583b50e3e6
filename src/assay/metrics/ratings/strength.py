"""Who is preferred: strengths of contestants from comparisons of two at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from msgspec import Meta

from assay.core.evidence import Table, Text
from assay.core.expr import Column
from assay.core.labels import label_text
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import Interval, census, measured
from assay.metrics.ratings.parameters import MOST_RATERS, all_given, missing
from assay.states import Frequencies

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.inference.rating.bradley_terry import Strengths
    from assay.states import FrequenciesState

_MOST_OUTCOMES = 100_000
_CENTRE = 1_500.0
_REASONS = {
    "above": "was preferred in every comparison with those that are measured, directly or through "
    "others: its strength has no upper bound",
    "below": "was preferred in no comparison with those that are measured, directly or through "
    "others: its strength has no lower bound",
    "apart": "was never compared with those that are measured, directly or through others",
}


class _Contest(NamedTuple):
    """Contestants by name, and how often each was preferred to each, or tied with them."""

    names: list[str]
    wins: NDArray[np.float64]
    ties: NDArray[np.float64]
    alone: int
    unread: list[str]


@metric(
    "ratings.strength",
    higher_is_better=True,
    formula="s of greatest likelihood: P(i preferred to j) = 1 / (1 + exp(s_j - s_i)), a tie being "
    "half a win for each; elo: 1500 + 400 / ln(10) s",
    interval="sandwich-t, over comparisons",
    reference="Bradley & Terry 1952, Biometrika 39:324; Hunter 2004, Annals of Statistics 32:384",
    example={"left": "city", "right": "race", "winner": "sex", "sides": ("f", "m")},
)
class Strength(Metric):
    """Strength of each contestant in comparisons of two at a time (Bradley-Terry).

    One row is one comparison. The winner is named as the contestant is, or by its side (``left``,
    ``right``); ``tie`` counts as half a win for each; null is left out. On the Elo scale, 400
    points more are preferred ten to one. The mean of all contestants is at 1500 (on the log scale:
    0), or the anchor is, so that later runs can be set beside this one.

    A contestant that won all its comparisons, or none, has no bound; those never compared with the
    others cannot be placed. They are named, and not part of the mean. It takes up to 1,000 on
    each side.
    """

    jackknife = False

    left: Annotated[str, Meta(description="Column with one contestant.")]
    right: Annotated[str, Meta(description="Column with the other one.")]
    winner: Annotated[str, Meta(description="Column that says which was preferred.")]
    scale: Annotated[
        Literal["elo", "log"], Meta(description="Elo points, or log odds of being preferred.")
    ] = "elo"
    anchor: Annotated[
        str | None, Meta(description="A contestant whose strength stays fixed: 1500 Elo, or 0.")
    ] = None
    sides: Annotated[
        tuple[str, str], Meta(description="What the winner is called by its side: left, right.")
    ] = ("left", "right")
    ties: Annotated[tuple[str, ...], Meta(description="What stands where neither won.")] = ("tie",)

    def columns(self) -> tuple[str, ...]:
        return self.left, self.right, self.winner

    def applicable(self, schema: Schema) -> str | None:
        return missing(schema, self.columns())

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        left, right, winner = (Column(name) for name in self.columns())
        return {
            (left,): MOST_RATERS,
            (right,): MOST_RATERS,
            (left, right, winner): _MOST_OUTCOMES,
        }

    def _comparisons(self) -> Frequencies:
        left, right, winner = (Column(name) for name in self.columns())
        return Frequencies(of=(left, right, winner), where=all_given(*self.columns()))

    def aggregates(self, schema: Schema) -> tuple[Frequencies, ...]:
        return (self._comparisons(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        from assay.inference.rating.bradley_terry import strengths
        from assay.inference.undefined import Undefined

        state = fold[self._comparisons()]
        if not state.counts:
            return (Unmeasured(reason="there are no comparisons"),)
        contest = self._read(state)
        if contest.unread:
            reason = (
                f"{contest.unread[0]!r} in {self.winner!r} names neither contestant, nor a side, "
                "nor a tie: see `sides` and `ties`"
            )
            return (Unmeasured(reason=reason, n=state.n),)
        if self.anchor is not None and self.anchor not in contest.names:
            return (Unmeasured(reason=f"the anchor {self.anchor!r} does not occur", n=state.n),)
        anchor = None if self.anchor is None else contest.names.index(self.anchor)
        try:
            found = strengths(contest.wins, contest.ties, anchor=anchor)
        except Undefined as undefined:
            return (Unmeasured(reason=str(undefined), n=state.n),)
        return tuple(self._one(found, contest, i, anchor, how) for i in range(len(contest.names)))

    def _one(
        self, found: Strengths, contest: _Contest, i: int, anchor: int | None, how: Estimation
    ) -> Estimate:
        from assay.inference.rating.bradley_terry import ELO

        key = {"contestant": contest.names[i]}
        games = contest.wins + contest.wins.T + contest.ties
        n = round(float(games[i].sum()))
        if found.standing[i] != "measured":
            return Unmeasured(reason=_REASONS[found.standing[i]], key=key, n=n)
        start, unit = (_CENTRE, ELO) if self.scale == "elo" else (0.0, 1.0)
        value = start + unit * found.against(i, anchor)[0]
        if how.census:
            return census(value, n=n, key=key)
        low, high, method = found.interval(i, how.level, anchor=anchor)
        interval = Interval(start + unit * low, start + unit * high, method)
        return measured(value, interval, n=n, how=how, key=key)

    def _read(self, state: FrequenciesState) -> _Contest:
        import numpy as np

        rows = [
            (label_text(left), label_text(right), label_text(winner), n)
            for (left, right, winner), n in state.counts
        ]
        names = sorted({name for row in rows for name in row[:2]})
        place = {name: i for i, name in enumerate(names)}
        wins, ties = np.zeros((2, len(names), len(names)))
        alone, unread = 0, []
        for left, right, winner, count in rows:
            i, j = place[left], place[right]
            if left == right:
                alone += count
            elif winner == left or (winner != right and winner == self.sides[0]):
                wins[i, j] += count
            elif winner in (right, self.sides[1]):
                wins[j, i] += count
            elif winner in self.ties:
                ties[i, j] += count
                ties[j, i] += count
            else:
                unread.append(winner)
        return _Contest(names, wins, ties, alone, unread)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        state = fold[self._comparisons()]
        if not state.counts:
            return ()
        contest = self._read(state)
        won, tied = contest.wins.sum(axis=1), contest.ties.sum(axis=1)
        lost = contest.wins.sum(axis=0)
        order = sorted(range(len(won)), key=lambda i: (-won[i] - tied[i] / 2 + lost[i], i))
        table = Table(
            title="Comparisons",
            columns=["contestant", "won", "tied", "lost"],
            rows=[[contest.names[i], int(won[i]), int(tied[i]), int(lost[i])] for i in order[:100]],
        )
        if not contest.alone:
            return (table,)
        text = f"{contest.alone:,} comparisons of a contestant with itself are left out."
        return table, Text(title="Left out", text=text)
