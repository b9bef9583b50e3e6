"""Interleaving two rankers: one list made of both, and the clicks say whose items people prefer.

Every person is their own control, so it takes a tenth to a hundredth of the people that an A/B
test of the same rankers takes (Chapelle, Joachims, Radlinski & Yue 2012, ACM TOIS 30:6). It tells
which ranking is preferred, not what that is worth: for revenue or retention, use arms.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from assay.inference.interval import Interval, t_value, z_value

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

Team = Literal["a", "b"]


class Interleaved(NamedTuple):
    """A list to show, and which ranker put each item there."""

    items: tuple[Hashable, ...]
    teams: tuple[Team, ...]


def team_draft(
    a: Sequence[Hashable], b: Sequence[Hashable], *, salt: str, impression: str, length: int
) -> Interleaved:
    """Team-draft interleaving: the rankers pick in turn, and a coin says who begins each round.

    Radlinski, Kurup & Joachims (2008), CIKM 43. A person who clicks at random prefers neither.
    The coins are bits of SHA-256 of ``salt:impression``, so that the list can be made again.

    Raises:
        ValueError: an item stands twice in one ranking, or the length is below 1.
    """
    _check(a, b, length)
    coins = _coins(salt, impression)
    shown: list[Hashable] = []
    teams: list[Team] = []
    seen: set[Hashable] = set()
    queues: dict[Team, Iterator[Hashable]] = {"a": iter(a), "b": iter(b)}
    while len(shown) < length:
        order: tuple[Team, Team] = ("a", "b") if next(coins) else ("b", "a")
        before = len(shown)
        for team in order:
            item = next((i for i in queues[team] if i not in seen), _NOTHING)
            if item is not _NOTHING and len(shown) < length:
                seen.add(item)
                shown.append(item)
                teams.append(team)
        if len(shown) == before:  # both rankings are used up
            break
    return Interleaved(tuple(shown), tuple(teams))


_NOTHING = object()


def balanced(
    a: Sequence[Hashable], b: Sequence[Hashable], *, salt: str, impression: str, length: int
) -> Interleaved:
    """Balanced interleaving: a coin says who starts, then the list holds the same top of both.

    Joachims (2003), in Text Mining, 79. Where rankings are alike but shifted, a person who clicks
    at random prefers one of them (Chapelle et al. 2012, section 3.2): prefer :func:`team_draft`.
    The teams say who put an item there; clicks are credited by :func:`balanced_preference`.

    Raises:
        ValueError: as :func:`team_draft`.
    """
    _check(a, b, length)
    a_first = next(_coins(salt, impression))
    shown: dict[Hashable, Team] = {}
    at = {"a": 0, "b": 0}
    while len(shown) < length and (at["a"] < len(a) or at["b"] < len(b)):
        a_turn = at["a"] < at["b"] or (at["a"] == at["b"] and a_first)
        team: Team = "a" if (a_turn and at["a"] < len(a)) or at["b"] >= len(b) else "b"
        shown.setdefault((a if team == "a" else b)[at[team]], team)
        at[team] += 1
    return Interleaved(tuple(shown), tuple(shown.values()))


def draft_preference(of: Interleaved, clicked: Collection[Hashable]) -> int:
    """1 where more items of ``b`` were clicked, -1 where more of ``a``, 0 for a tie or no click."""
    hits = [team for item, team in zip(of.items, of.teams, strict=True) if item in clicked]
    return _sign(hits.count("b") - hits.count("a"))


def balanced_preference(
    of: Interleaved, a: Sequence[Hashable], b: Sequence[Hashable], clicked: Collection[Hashable]
) -> int:
    """1 for ``b``, -1 for ``a``, 0 for a tie: clicks on the top of each ranking that was on show.

    The tops compared reach down to the rank at which either ranking has the lowest item clicked.
    """
    places = [i for i, item in enumerate(of.items) if item in clicked]
    if not places:
        return 0
    last = of.items[max(places)]
    k = min(ranking.index(last) for ranking in (a, b) if last in ranking) + 1
    return _sign(sum(i in b[:k] for i in clicked) - sum(i in a[:k] for i in clicked))


class Preference(NamedTuple):
    """How often ``b`` is preferred where one is.

    Attributes:
        value: share of wins that are ``b``'s; 0.5 where neither is preferred.
        interval: for it.
        p_value: two-sided, of 0.5.
        wins_a, wins_b, ties: impressions.
        users: with at least one win.
    """

    value: float
    interval: Interval
    p_value: float
    wins_a: int
    wins_b: int
    ties: int
    users: int


def preference(outcome: ArrayLike, user: ArrayLike, level: float) -> Preference:
    """Share of ``b`` among the impressions that one of them won.

    Where every user decides once, exact: Clopper & Pearson's interval and the sign test. Else
    impressions of one user are not independent: the share is a ratio of sums over users, with
    their spread and Student's t (the delta method; Cochran 1977, Sampling Techniques, 6.3).

    Args:
        outcome: shape (n,), 1 for ``b``, -1 for ``a``, 0 for a tie.
        user: shape (n,), labels.

    Raises:
        ValueError: shapes that do not fit, other outcomes, no win at all; or a single user with
            several wins, or users who all agree, of whom the spread is not known.
    """
    z_value(level)  # refuses what is no level
    y, wins, total = _by_user(outcome, user)
    a, b, ties = int((y < 0).sum()), int((y > 0).sum()), int((y == 0).sum())
    users, value = len(total), b / (a + b)
    if (total == 1).all():
        from assay.inference.proportions import clopper_pearson

        exact = clopper_pearson(b, a + b, level)
        return Preference(value, exact, _sign_test(a, b), a, b, ties, users)
    residual = (wins - value * total) / float(total.sum())
    if users < 2 or not float(residual @ residual) > 0:
        raise ValueError("the users do not differ (or there is one): their spread is not known")
    error = math.sqrt(users / (users - 1) * float(residual @ residual))
    half = t_value(level, users - 1) * error
    interval = Interval(max(0.0, value - half), min(1.0, value + half), "cluster-ratio")
    p_value = _t_test((value - 0.5) / error, users - 1)
    return Preference(value, interval, p_value, a, b, ties, users)


def preference_sequence(
    outcome: ArrayLike, user: ArrayLike, level: float, *, tuned_for: float
) -> Interval:
    """Share of users who prefer ``b``, of those who prefer one: holds at every look, exactly.

    Each user is one vote: their wins are summed over all their impressions, and a user without a
    surplus does not vote. Look only at users who are done (or at all, if each comes once): a vote
    that may still change is not one.

    Args:
        tuned_for: users at which it is shortest.

    Raises:
        ValueError: as :func:`preference`; no user with a preference.
    """
    from assay.inference.sequential.proportions import proportion

    _, wins, total = _by_user(outcome, user)
    surplus = 2 * wins - total
    b, votes = int((surplus > 0).sum()), int((surplus != 0).sum())
    if not votes:
        raise ValueError("no user prefers one of the rankers")
    return proportion(b, votes, level, tuned_for=tuned_for)


def _by_user(
    outcome: ArrayLike, user: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Outcomes; wins of ``b`` and wins of either, by user with a win."""
    y, labels = np.asarray(outcome, dtype=np.float64), np.asarray(user)
    if y.ndim != 1 or labels.shape != y.shape:
        raise ValueError(f"{y.shape} outcomes of {labels.shape} users")
    if not np.isin(y, (-1.0, 0.0, 1.0)).all():
        raise ValueError("an outcome is 1 (b wins), -1 (a wins) or 0 (a tie)")
    if not y.any():
        raise ValueError("no impression was won: there is no preference to estimate")
    who = np.unique(labels[y != 0], return_inverse=True)[1].ravel()
    won = y[y != 0]
    wins = np.asarray(np.bincount(who, weights=won > 0), dtype=np.float64)
    return y, wins, np.asarray(np.bincount(who), dtype=np.float64)


def _sign_test(a: int, b: int) -> float:
    """Exact two-sided binomial test of one half."""
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(a, b), a + b, 0.5)))


def _t_test(t: float, df: int) -> float:
    from scipy.special import stdtr

    return float(2 * stdtr(df, -abs(t)))


def _coins(salt: str, impression: str) -> Iterator[bool]:
    """Fair coins without end: bits of SHA-256, first the highest of the first byte."""
    block = 0
    while True:
        for byte in hashlib.sha256(f"{salt}:{impression}:{block}".encode()).digest():
            for bit in range(7, -1, -1):
                yield bool(byte >> bit & 1)
        block += 1


def _check(a: Sequence[Hashable], b: Sequence[Hashable], length: int) -> None:
    for ranking in (a, b):
        if len(set(ranking)) < len(ranking):
            raise ValueError("an item stands twice in a ranking")
    if length < 1:
        raise ValueError("a list has a length of 1 or more")


def _sign(x: int) -> int:
    return (x > 0) - (x < 0)
