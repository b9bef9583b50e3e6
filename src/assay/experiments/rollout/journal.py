"""The journal of a rollout: its plan and its events, one JSON line each.

The journal is the only truth: the state is replayed from it, and the file of weights is written
anew from that. See :mod:`assay.experiments.ledger` for what survives a kill.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from assay.core.errors import HistoryError
from assay.experiments import ledger
from assay.experiments.rollout.machine import Event, State, replay, weights
from assay.experiments.rollout.plan import RolloutPlan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOURNAL = "journal.jsonl"
WEIGHTS = "weights.json"
FORMAT = 1


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line: the format, and the plan that all decisions follow."""

    rollout: int
    plan: RolloutPlan


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """What ``weights.json`` holds, for whoever assigns units.

    Attributes:
        weights: shares of the experiment's traffic by arm.
        event: number of the event that set them; a greater one is newer.
    """

    experiment: str
    status: str
    stage: int
    weights: dict[str, float]
    since: float
    event: int


class Record(NamedTuple):
    """A journal that was read."""

    plan: RolloutPlan
    events: tuple[Event, ...]

    @property
    def state(self) -> State:
        """Where the rollout stands."""
        return replay(self.plan, self.events)


def folder_of(home: Path, experiment: str) -> Path:
    """The folder of an experiment's rollout."""
    return ledger.folder_of(home, "rollouts", experiment)


def read(folder: Path) -> Record | None:
    """The journal as it is; None where there is none.

    Raises:
        HistoryError: a line is damaged, or was written by a newer version.
    """
    path = folder / JOURNAL
    lines = ledger.lines(path)
    if not lines:
        return None
    try:
        header = msgspec.json.decode(lines[0], type=Header)
        if header.rollout > FORMAT:
            raise HistoryError(
                f"The journal {path} was written by a newer version of Assay.",
                hint="Use that version.",
            )
        events = tuple(msgspec.json.decode(line, type=Event) for line in lines[1:])
    except (msgspec.DecodeError, ValueError) as error:
        raise ledger.damaged(path, error) from error
    return Record(header.plan, events)


class Writer:
    """The one writer of a journal; made by :func:`writing`."""

    def __init__(self, folder: Path, plan: RolloutPlan) -> None:
        self._folder = folder
        self._path = folder / JOURNAL
        ledger.cut_torn_line(self._path)
        record = read(folder)
        if record is None:
            ledger.append(self._path, Header(rollout=FORMAT, plan=plan))
            record = Record(plan, ())
        self.record = record
        if record.events:  # a writer that died after its line may not have written them
            self._write_weights()

    def append(self, event: Event) -> None:
        """Add an event: it is on the disk when this returns, and the weights are in force.

        Raises:
            HistoryError: the event cannot follow on the state, or it cannot be written; then it
                did not happen.
        """
        record = Record(self.record.plan, (*self.record.events, event))
        replay(record.plan, record.events)
        ledger.append(self._path, event)
        self.record = record
        self._write_weights()

    def _write_weights(self) -> None:
        state = self.record.state
        told = Weights(
            experiment=self.record.plan.experiment,
            status=state.status,
            stage=state.stage,
            weights=weights(self.record.plan, state),
            since=state.since,
            event=state.events - 1,
        )
        ledger.write_beside(self._folder / WEIGHTS, told)


@contextmanager
def writing(folder: Path, plan: RolloutPlan) -> Iterator[Writer]:
    """The writer of a rollout's journal (made if missing), alone until the block ends.

    Raises:
        BusyError: another process is writing.
        HistoryError: the folder cannot be written, or the journal is damaged.
    """
    with ledger.writing(folder, of=plan.experiment):
        yield Writer(folder, plan)
