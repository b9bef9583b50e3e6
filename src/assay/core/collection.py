"""Which observations a metric folds: a plain value, so that equal wishes are collected once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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


OfTable = Rows | Groups | Selected
"""Collections that the tables of a suite give, without a model."""

Collection = Rows | Predictions | Latency | Artefact | Groups | Selected | Generations | Scores
