"""Calls of a language model under a stated load, timed: observations on the disk.

Nothing is taken from the cache, no call is repeated, and what an earlier pass measured is not
reused: a load test tells of the server as it is now.

A closed loop keeps so many calls in flight: a caller sends the next one when its last one ended. An
open loop sends calls at a rate, whether or not earlier ones have ended, at times of a Poisson
process. Its times count from when a call was meant to be sent. A tool that counts from when it was
sent leaves out the wait behind a slow call, just where the server is at its worst ("coordinated
omission": Tene 2015, How NOT to Measure Latency; Schroeder et al. 2006, Open Versus Closed, NSDI).
"""

from __future__ import annotations

import asyncio
import os
import random
from dataclasses import dataclass, field
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, Any

from assay.collect.atomic import make_folder, write_parquet
from assay.collect.generation.budget import Budget, Spent
from assay.collect.generation.loop import run_to_end
from assay.collect.generation.telling import Teller
from assay.core.errors import SubjectError
from assay.core.progress import Progress, silent
from assay.core.schema import (
    COMPLETION_TOKENS,
    ERROR,
    FIRST_TOKEN,
    LEVEL,
    LOOP,
    RESIDENT,
    SECONDS,
    STARTED,
)
from assay.core.source import Files
from assay.subjects.language.failures import CallFailure, TemporaryFailure
from assay.subjects.language.processes import resident_bytes, serving_processes
from assay.subjects.language.turns import turns_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from assay.core.check import LanguageModelSpec
    from assay.core.collection import Load
    from assay.core.exchange import Message, Sample
    from assay.subjects.language.model import LanguageModel
    from assay.subjects.language.reply import Reply

MOST_IN_FLIGHT = 1_000
"""Calls of an open loop that may be under way at once; those beyond wait, and it counts."""
_MOST_SAMPLES = 10_000
_NOBODY = 5


@dataclass(frozen=True, slots=True)
class Loaded:
    """Timed calls on the disk.

    Attributes:
        source: a Parquet file, one row for each call: ``assay.loop`` (``concurrency`` or ``rate``),
            ``assay.level``, ``assay.started`` (seconds since the level began; of an open loop, when
            it was meant to), ``assay.seconds`` (from there to the last byte, or to the failure),
            ``assay.first_token_s``, ``assay.completion_tokens``, ``assay.error``,
            ``assay.resident_bytes`` (memory of the serving processes when the call ended; null
            where they are not on this machine).
        notes: what a person should know.
    """

    source: Files
    notes: tuple[str, ...] = ()


def collect_load(
    samples: Iterable[Sample],
    model: LanguageModel,
    spec: LanguageModelSpec,
    wish: Load,
    *,
    folder: str | os.PathLike[str],
    seed: int = 0,
    progress: Progress = silent,
    task_name: str = "load",
) -> Loaded:
    """Put the model under each load in turn.

    Args:
        samples: are asked in order, and again from the first.
        model: open, and able to hold as many calls in flight as the greatest level.
        seed: of the times at which an open loop sends.

    Raises:
        SubjectError: every call would fail, nobody is there, or the model has a pace of its own.
        StorageError: the observations cannot be written.
        KeyboardInterrupt: Ctrl-C was pressed.
    """
    if spec.requests_per_minute is not None or spec.tokens_per_minute is not None:
        raise SubjectError(
            "This model has a limit of calls or tokens per minute: a load test would measure that.",
            hint="Name the same model once more without it, and load that one.",
        )
    questions = [turns_of(sample, spec) for sample in islice(samples, _MOST_SAMPLES)]
    if not questions:
        raise SubjectError("There are no samples to ask.")
    levels = len(wish.concurrency) + len(wish.rates)
    driver = _Driver(model, questions, Budget(spec, Spent()), wish, random.Random(seed))  # noqa: S311
    driver.processes = serving_processes(spec)
    driver.teller = Teller(progress, task_name, None if wish.seconds else levels * wish.requests)
    run_to_end(driver.run())
    driver.teller.tell()
    make_folder(str(folder))
    path = os.path.join(folder, "part-000000.parquet")
    write_parquet(path, _table(driver.rows), {})
    return Loaded(Files((path,), "parquet"), driver.notes())


@dataclass
class _Driver:
    """One load test."""

    model: LanguageModel
    questions: list[tuple[Message, ...]]
    budget: Budget
    wish: Load
    rng: random.Random
    rows: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    refused: int = 0
    heard: bool = False
    processes: tuple[int, ...] = ()
    teller: Teller = field(init=False)

    async def run(self) -> None:
        """Each level in turn; the first error ends the test."""
        try:
            async with self.model:
                for callers in self.wish.concurrency:
                    await self._closed(callers)
                for rate in self.wish.rates:
                    await self._open(rate)
        except BaseExceptionGroup as group:
            raise _first(group) from None

    async def _closed(self, callers: int) -> None:
        """So many callers, each of which sends the next call when its last one ended."""
        todo = iter(range(self.wish.requests))
        began = perf_counter()

        async def caller() -> None:
            for _ in todo:
                if self._over(began):
                    return
                await self._call("concurrency", callers, began, perf_counter() - began)

        async with asyncio.TaskGroup() as callers_at_work:
            for _ in range(min(callers, self.wish.requests)):
                callers_at_work.create_task(caller())

    async def _open(self, rate: float) -> None:
        """Calls at the times of a Poisson process."""
        room = asyncio.Semaphore(MOST_IN_FLIGHT)
        began, due = perf_counter(), 0.0

        async def sent(at: float) -> None:
            async with room:
                await self._call("rate", rate, began, at)

        async with asyncio.TaskGroup() as calls:
            for _ in range(self.wish.requests):
                due += self.rng.expovariate(rate)
                if self.wish.seconds is not None and due >= self.wish.seconds:
                    return
                await asyncio.sleep(max(0.0, began + due - perf_counter()))
                calls.create_task(sent(due))

    def _over(self, began: float) -> bool:
        limit = self.wish.seconds
        return limit is not None and perf_counter() - began >= limit

    async def _call(self, loop: str, level: float, began: float, meant: float) -> None:
        """One call, and the row that tells of it."""
        turns = self.questions[self.asked % len(self.questions)]
        self.asked += 1
        reserved = await self.budget.reserve(turns)
        if reserved is None:
            self.refused += 1
            return
        reply: Reply | None = None
        error = ""
        sent = perf_counter()
        try:
            reply = await self.model.ask(turns)
            self.heard = True
        except CallFailure as failure:
            error = str(failure)
            self._hold_to_somebody(failure)
        finally:
            self.budget.settle(reserved, reply.tokens if reply is not None else None)
        waited = sent - began - meant
        first = reply.first_token_s if reply is not None else None
        self.rows.append(
            {
                LOOP: loop, LEVEL: level, STARTED: meant, SECONDS: perf_counter() - began - meant,
                FIRST_TOKEN: None if first is None else first + waited,
                COMPLETION_TOKENS: reply.tokens.completion if reply is not None else None,
                ERROR: error or None, RESIDENT: resident_bytes(self.processes),
            }
        )  # fmt: skip
        self.teller.one()

    def _hold_to_somebody(self, failure: CallFailure) -> None:
        """End the test where nobody ever answered.

        Raises:
            SubjectError: nobody is there.
        """
        unreachable = isinstance(failure, TemporaryFailure) and failure.cause == "unreachable"
        if not unreachable:
            self.heard = True
        elif not self.heard and self.asked >= _NOBODY:
            raise SubjectError(
                f"The language model cannot be reached: {failure}.",
                hint="Is the server running, and is the address right?",
            )

    def notes(self) -> tuple[str, ...]:
        """What a person should know."""
        said = [
            f"{len(self.rows):,} calls were made for this, of {len(self.questions):,} samples: a "
            "server that keeps what it made of a prompt answers faster where they are few."
        ]
        if self.refused:
            said.append(
                f"{self.refused:,} calls were not made: the budget of {self.budget.words()} is "
                "used up."
            )
        return tuple(said)


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    number, text = pa.float64(), pa.string()
    types = {
        LOOP: text, LEVEL: number, STARTED: number, SECONDS: number, FIRST_TOKEN: number,
        COMPLETION_TOKENS: number, ERROR: text, RESIDENT: number,
    }  # fmt: skip
    arrays = {name: pa.array([row[name] for row in rows], kind) for name, kind in types.items()}
    return pa.table(arrays)
