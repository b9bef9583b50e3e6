"""A bandit's rounds on disk: the probabilities of each, and what came of it.

The probabilities of a round are fixed before it begins and kept with its counts, in the same line
of the journal: without them, nothing can be inferred from a bandit afterwards.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, get_args

import msgspec
import numpy as np

from assay.core.errors import AssayError
from assay.core.measurement import Unmeasured
from assay.experiments import ledger
from assay.experiments.bandit.thompson import ArmData, Reward, next_probabilities
from assay.inference.adaptive import AdaptiveMean, Batches, adaptive_difference, adaptive_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike

JOURNAL = "rounds.jsonl"
WEIGHTS = "weights.json"


class Bandit(msgspec.Struct, frozen=True, kw_only=True):
    """What is played for.

    Attributes:
        reward: ``bernoulli``, outcomes of 0 and 1; ``gaussian``, any others.
        floor: least probability of an arm in a round.
    """

    name: str
    arms: tuple[str, ...]
    reward: Reward = "bernoulli"
    floor: float = 0.05
    higher_is_better: bool = True

    def __post_init__(self) -> None:
        if len(set(self.arms)) < len(self.arms):
            raise ValueError("Two arms of a bandit have one name.")
        if self.reward not in get_args(Reward):
            raise ValueError(f"a reward is bernoulli or gaussian, not {self.reward!r}")
        if not self.floor > 0:
            raise ValueError(f"a floor is above 0, not {self.floor:g}: no arm is given up")
        next_probabilities(
            [ArmData(0)] * len(self.arms), self.reward, floor=self.floor
        )  # refuses what makes no sense


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """The round that is open: its number, from 0, and the arms' probabilities in it."""

    number: int
    probabilities: dict[str, float]


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """A round that is over, and the probabilities of the next: one line of the journal.

    Attributes:
        totals: of each arm: units, mean outcome, sum of squared deviations from it.
    """

    number: int
    probabilities: dict[str, float]
    totals: dict[str, tuple[float, float, float]]
    next: dict[str, float]


class _Played(NamedTuple):
    rounds: tuple[Finished, ...]
    open: Round


def begin(home: str | Path, bandit: Bandit) -> Round:
    """The open round; the first one (all arms alike) where the bandit is new.

    Raises:
        BusyError: another process is writing.
        HistoryError: the journal cannot be read or written.
        AssayError: a bandit of that name is played by other rules.
    """
    folder = _folder(home, bandit)
    with ledger.writing(folder, of=bandit.name):
        path = folder / JOURNAL
        ledger.cut_torn_line(path)
        if not ledger.lines(path):
            ledger.append(path, bandit)
        played = _read(path, bandit)
        ledger.write_beside(folder / WEIGHTS, played.open)
        return played.open


def record(
    home: str | Path, bandit: Bandit, outcomes: Mapping[str, ArrayLike], *, of: int
) -> Round:
    """Close a round with the outcomes of its units, and open the next.

    Told again of a round that is closed, with the same outcomes, it changes nothing.

    Args:
        outcomes: by arm, of the units that were assigned in this round; shape (n,) each.
        of: number of the round.

    Raises:
        BusyError: another process is writing.
        HistoryError: the journal cannot be read or written.
        AssayError: other rules, an arm that is not known, outcomes that are none, a round that
            was closed with other outcomes or has not begun.
    """
    folder = _folder(home, bandit)
    totals = _totals(bandit, outcomes)
    with ledger.writing(folder, of=bandit.name):
        path = folder / JOURNAL
        ledger.cut_torn_line(path)
        played = _read(path, bandit)
        if of != played.open.number:
            if 0 <= of < len(played.rounds) and played.rounds[of].totals == totals:
                return played.open
            raise AssayError(
                f"Round {of} of {bandit.name!r} is not open: it is round {played.open.number}.",
                hint="A round is told of once, when all its outcomes are in.",
            )
        following = _following(bandit, [*(r.totals for r in played.rounds), totals])
        done = Finished(
            number=of,
            probabilities=played.open.probabilities,
            totals=totals,
            next=dict(zip(bandit.arms, following, strict=True)),
        )
        ledger.append(path, done)
        opened = Round(number=of + 1, probabilities=done.next)
        ledger.write_beside(folder / WEIGHTS, opened)
        return opened


def estimates(home: str | Path, bandit: Bandit) -> dict[str, AdaptiveMean | Unmeasured]:
    """Each arm's mean, with an interval that knows how units were assigned.

    Raises:
        HistoryError: the journal cannot be read.
        AssayError: other rules, or no round is closed.
    """
    of = batches(home, bandit)
    places = range(len(bandit.arms))
    return {bandit.arms[i]: _estimate(lambda i=i: adaptive_mean(of, i)) for i in places}  # type: ignore[misc]


def difference(home: str | Path, bandit: Bandit, b: str, a: str) -> AdaptiveMean | Unmeasured:
    """The mean of arm ``b`` less that of arm ``a``; raises as :func:`estimates`."""
    of = batches(home, bandit)
    places = _place(bandit, b), _place(bandit, a)
    return _estimate(lambda: adaptive_difference(of, *places))


def batches(home: str | Path, bandit: Bandit) -> Batches:
    """The closed rounds as arrays; raises as :func:`estimates`."""
    rounds = _read(_folder(home, bandit) / JOURNAL, bandit).rounds
    if not rounds:
        raise AssayError(f"No round of {bandit.name!r} is closed: there is nothing to estimate.")
    told = np.array([[r.totals[arm] for arm in bandit.arms] for r in rounds], dtype=np.float64)
    probability = np.array([[r.probabilities[arm] for arm in bandit.arms] for r in rounds])
    return Batches(told[:, :, 0], told[:, :, 1], told[:, :, 2], probability)


def _estimate(of: Callable[[], AdaptiveMean]) -> AdaptiveMean | Unmeasured:
    try:
        return of()
    except ValueError as error:
        return Unmeasured(reason=str(error))


def _folder(home: str | Path, bandit: Bandit) -> Path:
    return ledger.folder_of(Path(home), "bandits", bandit.name)


def _read(path: Path, bandit: Bandit) -> _Played:
    lines = ledger.lines(path)
    if not lines:
        raise AssayError(f"The bandit {bandit.name!r} has not begun.", hint="Call `begin` first.")
    try:
        header = msgspec.json.decode(lines[0], type=Bandit)
        rounds = tuple(msgspec.json.decode(line, type=Finished) for line in lines[1:])
    except (msgspec.DecodeError, ValueError) as error:
        raise ledger.damaged(path, error) from error
    if header != bandit:
        raise AssayError(
            f"The bandit {bandit.name!r} is played by other rules.",
            hint="Put them back as they were, or give it a new name.",
        )
    if [r.number for r in rounds] != list(range(len(rounds))):
        raise ledger.damaged(path, "a round is missing")
    even = next_probabilities([ArmData(0)] * len(bandit.arms), bandit.reward, floor=bandit.floor)
    probabilities = rounds[-1].next if rounds else dict(zip(bandit.arms, even, strict=True))
    return _Played(rounds, Round(number=len(rounds), probabilities=probabilities))


def _totals(
    bandit: Bandit, outcomes: Mapping[str, ArrayLike]
) -> dict[str, tuple[float, float, float]]:
    for arm in outcomes:
        _place(bandit, arm)
    found = {}
    for arm in bandit.arms:
        y = np.asarray(outcomes.get(arm, ()), dtype=np.float64)
        if y.ndim != 1 or not np.isfinite(y).all():
            raise AssayError(f"The outcomes of {arm!r} must be a list of finite numbers.")
        if bandit.reward == "bernoulli" and not np.isin(y, (0.0, 1.0)).all():
            raise AssayError(f"The outcomes of {arm!r} must be 0 or 1 (or choose `gaussian`).")
        mean = float(y.mean()) if len(y) else 0.0
        found[arm] = (float(len(y)), mean, float(((y - mean) ** 2).sum()))
    return found


def _place(bandit: Bandit, arm: str) -> int:
    from assay.core.errors import did_you_mean

    if arm not in bandit.arms:
        raise AssayError(
            f"The bandit {bandit.name!r} has no arm {arm!r}.{did_you_mean(arm, bandit.arms)}"
        )
    return bandit.arms.index(arm)


def _following(
    bandit: Bandit, rounds: Sequence[Mapping[str, tuple[float, float, float]]]
) -> list[float]:
    """Probabilities of the next round; even ones while no outcome of a gaussian one varies."""
    arms = []
    for arm in bandit.arms:
        n = math.fsum(r[arm][0] for r in rounds)
        mean = math.fsum(r[arm][0] * r[arm][1] for r in rounds) / n if n else 0.0
        within = math.fsum(r[arm][2] + r[arm][0] * (r[arm][1] - mean) ** 2 for r in rounds)
        arms.append(ArmData(n, mean, within))
    if bandit.reward == "gaussian" and not any(arm.squares > 0 for arm in arms):
        return [1 / len(arms)] * len(arms)
    return next_probabilities(
        arms, bandit.reward, floor=bandit.floor, higher_is_better=bandit.higher_is_better
    )
