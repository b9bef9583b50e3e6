"""Which observations a metric folds: a plain value, so that equal wishes are collected once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from assay.core.expr import Expr


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of the table under test, as they are."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """One prediction for each row of a data set: unit, target, prediction, scores, slices.

    A metric that compares has those of the reference table too, of its rows with a target.

    Attributes:
        features: the columns that the model is fed with are carried along.
        unlabelled: rows without a target are wanted too, and the data may lack its column.
    """

    features: bool = False
    unlabelled: bool = False


@dataclass(frozen=True, slots=True)
class Latency:
    """Repeated timed calls of a model: one row per call, seconds in ``assay.seconds``.

    Attributes:
        batch_size: rows handed over in each call.
        repeats: timed calls.
        warmup: calls before them that are not counted.
    """

    batch_size: int
    repeats: int
    warmup: int


@dataclass(frozen=True, slots=True)
class Artefact:
    """The files a model is stored in: one row per file, size in ``assay.bytes``."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of the table's rows: one row for each, as :class:`~assay.core.source.Grouped`.

    For questions whose answer needs the groups themselves (which keys repeat, which records
    disagree): the engine groups, and the metric folds the groups. It costs a scan of its own.

    Attributes:
        keys: names of the key columns, and their expressions over the table.
        distinct: expressions whose different values are counted in each group.
        where: rows to group; None for all. A check's own filter is added to it.
        all_but: where given, every column of the table is a key too, but for these and for the one
            that numbers its rows (``unit``).
    """

    keys: tuple[tuple[str, Expr], ...] = ()
    distinct: tuple[Expr, ...] = ()
    where: Expr | None = None
    all_but: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Selected:
    """The rows that a person's SELECT over the suite's tables gives."""

    query: str


@dataclass(frozen=True, slots=True)
class Generations:
    """The answers of a language model to the samples of a data set: one row for each answer."""


class Hashed(dict[str, Any]):
    """A mapping of plain data that a wish can hold: it has a hash, and is never changed.

    Equal ones look the same, in whatever order their names were written.
    """

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(repr(self))

    def __repr__(self) -> str:
        return msgspec.json.encode(dict(self), order="deterministic").decode()


@dataclass(frozen=True, slots=True)
class Scores:
    """The samples of a data set with what a scorer says of the answers to them.

    One row for each sample: repeated answers to it are averaged first.

    Attributes:
        scorer: registered name.
        params: its parameters, by name, in the order of the names.
    """

    scorer: str
    params: tuple[tuple[str, Any], ...] = ()

    @property
    def judges(self) -> tuple[str, ...]:
        """Other language models that are asked about the answers."""
        named = dict(self.params).get("judge", ())
        return (named,) if isinstance(named, str) else tuple(named)

    @property
    def rival(self) -> str | None:
        """The language model whose answers to the same samples these are held against."""
        return dict(self.params).get("against")


@dataclass(frozen=True, slots=True)
class Load:
    """Timed calls of a language model under each of several loads; one row for each call.

    Attributes:
        concurrency: calls kept in flight (closed loop), one level after the other.
        rates: calls sent in a second (open loop), likewise.
        requests: calls at each level, at most.
        seconds: after which a level sends no more; None knows no limit.
    """

    concurrency: tuple[int, ...] = ()
    rates: tuple[float, ...] = ()
    requests: int = 200
    seconds: float | None = None

    @property
    def keys(self) -> list[dict[str, str]]:
        """What measurements under each load are told apart by: ``{"concurrency": "4"}``."""
        levels = [("concurrency", n) for n in self.concurrency] + [("rate", r) for r in self.rates]
        return [{loop: f"{level:g}"} for loop, level in levels]


Part = Literal["round_trip", "special_tokens", "template", "invariants"]
"""Parts of a language model that are looked at by themselves."""


@dataclass(frozen=True, slots=True)
class Component:
    """What a part of a language model does, without an answer being made.

    One row for each thing that was tried: a sample, a control token, an invariant and a sample.

    Attributes:
        part: its tokenizer, its chat template, or its network.
        samples: that are tried, at most.
        tolerance: greatest deviation between numbers that should be the same; None goes by the
            precision of the weights.
    """

    part: Part
    samples: int = 10_000
    tolerance: float | None = None


OfTable = Rows | Groups | Selected
"""Collections that the tables of a suite give, without a model."""

OfLanguage = Generations | Scores | Load | Component
"""Collections that a language model gives, asked samples."""

Collection = (
    Rows
    | Predictions
    | Latency
    | Artefact
    | Groups
    | Selected
    | Generations
    | Scores
    | Load
    | Component
)
