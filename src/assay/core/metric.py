"""Metrics: frozen dataclasses that say what to fold and how to estimate from it.

A metric is registered once, by name::

    @metric(
        "completeness", unit="share", higher_is_better=True, formula="non-null rows / rows",
        interval="wilson", reference="ISO/IEC 25012:2008", example={"column": "income"},
    )
    class Completeness(Metric):
        '''Share of rows in which the column is not null.'''

        column: str

        def aggregates(self, schema): ...
        def estimate(self, fold, how): ...

The decorator turns the class into a frozen, keyword-only dataclass. Its fields are its
parameters, so the suite's YAML schema, ``assay explain`` and the reference pages come from the
same definition. A field called ``column`` may be written ``columns: [...]`` in a suite and is then
expanded to one check per column; field docs are taken from ``Annotated[..., msgspec.Meta]``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping  # at run time: msgspec resolves the annotations below
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, dataclass_transform

from assay.core.collection import Collection, Rows
from assay.core.criterion import Criterion  # at run time, likewise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation, Measurement
    from assay.core.schema import Schema

Claim = Literal["batch", "process"]
Dimension = Literal[
    "completeness", "validity", "uniqueness", "consistency", "timeliness", "accuracy"
]
"""Dimensions of data quality (DAMA UK 2013; ISO/IEC 25012:2008)."""


class Metric(ABC):
    """Base of all metrics. Subclasses are pure: no I/O, no engine, no clock, no hidden state.

    Class attributes (set by :func:`metric`):
        name: registered name, ``question.metric``; plain ``metric`` for data quality.
        unit: unit of its values ("" for a pure number).
        higher_is_better: direction of improvement; None where neither is.
        formula: how the value follows from the rows, in one line of plain text.
        interval: name of the interval's method (its paper is cited in ``assay.inference``).
        reference: the paper, standard or library function that defines it.
        example: parameters that fit the conformance tables (``tests/conformance/tables.py``); shown
            by ``assay explain`` and run by the conformance tests.
        claim: what a verdict speaks of by default: this ``batch`` of rows (a census, zero-width
            interval) or the ``process`` behind it (a sampling interval). A check may override it.
        family: checks of one suite that share this name are judged together.
        compares: folds a reference table too, given as ``against`` in the check.
        default: criterion used where a check states none.
        dimension: the dimension of data quality that it speaks of; None for other questions.
        jackknife: leaving out rows group by group tells its variance: it changes smoothly with its
            rows, and chance does not push its value to one side. False for a greatest difference or
            a distance, which noise alone makes larger.
        countable: judged as they are (``claim: batch``), rows have an exact value. False for an
            estimate of what is not in them.
        shows_failing: rows that fail are shown whatever the verdict: each matters for itself (an
            attack that succeeded).
        clustered: its intervals respect rows that come in clusters by what it reads from
            :attr:`~assay.core.aggregate.Fold.clusters`.
        own_clusters: it folds the column that marks clusters itself, and its own interval respects
            them: nothing else is done about clusters.
        reads: columns that it reads whatever its parameters are; no part of a check's id.
    """

    jackknife: ClassVar[bool] = True
    countable: ClassVar[bool] = True
    shows_failing: ClassVar[bool] = False
    clustered: ClassVar[bool] = False
    own_clusters: ClassVar[bool] = False
    reads: ClassVar[tuple[str, ...]] = ()
    name: ClassVar[str]
    unit: ClassVar[str]
    higher_is_better: ClassVar[bool | None]
    formula: ClassVar[str]
    interval: ClassVar[str]
    reference: ClassVar[str]
    example: ClassVar[Mapping[str, Any]]
    claim: ClassVar[Claim]
    family: ClassVar[str | None]
    compares: ClassVar[bool]
    default: ClassVar[Criterion | None]
    dimension: ClassVar[Dimension | None]

    def collection(self) -> Collection:
        """Which observations the metric folds; the rows of a table unless it says otherwise."""
        return Rows()

    def columns(self) -> tuple[str, ...]:
        """Table columns it reads by name: they must exist, and predictions carry them along."""
        value = getattr(self, "column", None)
        return (value,) if isinstance(value, str) else ()

    def applicable(self, schema: Schema) -> str | None:
        """Why the metric does not apply to such a table (a reason for a person), or None."""
        return None

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        """Combinations of values that it takes into memory one by one, and how many it can take.

        Where more occur the check does not apply. It costs a scan to count them beforehand.
        """
        return {}

    def most_rows(self, schema: Schema) -> int | None:
        """How many rows it can take into memory; None where it folds them to something small.

        Of a table with more the check does not apply. They are counted before any is read.
        """
        return None

    def draws(self) -> int | None:
        """How many rows it uses at most, drawn by lot: more narrow no interval. None: all rows."""
        return None

    @abstractmethod
    def aggregates(self, schema: Schema) -> Sequence[Aggregate[Any]]:
        """What the engine must fold; equal aggregates of all checks are folded once."""

    @abstractmethod
    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        """Measurements from the folded states; at least one, with distinct keys.

        Called once for each slice, and again at other levels where a family is judged together,
        so it must be pure and cheap next to the fold.
        """

    def ends(self) -> tuple[float, float]:
        """The least and the greatest value that a share or a score within bounds can have.

        Asked where rows come in clusters: such values keep within their ends then as well.
        """
        return 0.0, 1.0

    def widened(self, measurement: Measurement, fold: Fold) -> Measurement:
        """The measurement with an interval that allows for values which are not known at all.

        Called last, whatever interval came before: for a sample, for clusters, or for these rows
        as they are.
        """
        return measurement

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        """Tables and charts for the report, from the same states."""
        return ()

    def failing(self, schema: Schema) -> Expr | None:
        """Filter for the rows that speak against the subject; examples are fetched with it."""
        return None

    def parameters(self) -> dict[str, Any]:
        """Parameters by name, as plain data."""
        return {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]


M = TypeVar("M", bound=Metric)
_registry: dict[str, type[Metric]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def metric(
    name: str,
    *,
    unit: str = "",
    higher_is_better: bool | None = None,
    formula: str,
    interval: str,
    reference: str,
    example: Mapping[str, Any],
    claim: Claim = "process",
    family: str | None = None,
    compares: bool = False,
    default: Criterion | None = None,
    dimension: Dimension | None = None,
) -> Callable[[type[M]], type[M]]:
    """Register a metric class under a name; see :class:`Metric` for the arguments.

    Raises:
        ValueError: another class holds the name, or the class has no docstring.
    """

    def register(cls: type[M]) -> type[M]:
        held = _registry.get(name)
        if held is not None and (held.__module__, held.__qualname__) != (
            cls.__module__,
            cls.__qualname__,
        ):
            raise ValueError(f"metric {name!r} is already {held.__module__}.{held.__qualname__}")
        if not cls.__dict__.get("__doc__"):
            raise ValueError(f"metric {name!r} needs a docstring: it is its documentation")
        cls.name = name
        cls.unit = unit
        cls.higher_is_better = higher_is_better
        cls.formula = formula
        cls.interval = interval
        cls.reference = reference
        cls.example = example
        cls.claim = claim
        cls.family = family
        cls.compares = compares
        cls.default = default
        cls.dimension = dimension
        built = dataclass(frozen=True, kw_only=True)(cls)
        _registry[name] = built
        return built

    return register


def columns_of(metric: Metric) -> tuple[str, ...]:
    """Table columns that a metric reads by name: its ``columns``, be it a method or a parameter;
    and what it ``reads`` whatever these are."""
    columns: Any = metric.columns
    return (*((columns() if callable(columns) else columns) or ()), *metric.reads)


def registered() -> Iterator[tuple[str, type[Metric]]]:
    """All metrics registered so far, by name (see ``assay.metrics.load_all``)."""
    yield from sorted(_registry.items())


def lookup(name: str) -> type[Metric] | None:
    """The metric registered under the name, or None."""
    return _registry.get(name)
