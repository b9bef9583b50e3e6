"""What each metric needs of a unit: sums over its events, each computed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from assay.core.expr import Column, Sql
from assay.experiments.spec import ADDITIVE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assay.core.expr import Expr
    from assay.core.schema import Schema
    from assay.experiments.spec import MetricSpec

T = TypeVar("T")


class Term(NamedTuple):
    """One number of a unit, over those of its events that meet ``where``.

    ``sum`` adds up ``value`` (1 where None); ``any`` is 1 where an event occurs (whose ``value``,
    where there is one, is above 0), else 0.
    """

    fold: Literal["sum", "any"]
    value: str | None
    where: str | None


def terms_of(metric: MetricSpec) -> tuple[Term, ...]:
    """The terms of an additive metric: one, or numerator and denominator."""
    if metric.kind == "proportion":
        return (Term("any", metric.value, metric.where),)
    first = Term("sum", metric.value, metric.where)
    if metric.kind == "ratio":
        return first, Term("sum", metric.denominator, metric.denominator_where)
    return (first,)


class Needs(NamedTuple):
    """What all additive metrics of an experiment need, each once, in a stable order."""

    metrics: tuple[MetricSpec, ...]
    terms: tuple[Term, ...]
    covariates: tuple[str, ...]
    strata: tuple[str, ...]

    def term(self, term: Term) -> str:
        """The column of a term's sums."""
        return f"m{self.terms.index(term)}"

    def covariate(self, name: str) -> str:
        """The column of a covariate."""
        return f"c{self.covariates.index(name)}"

    def stratum(self, name: str) -> str:
        """The column of a stratification."""
        return f"s{self.strata.index(name)}"


def needs_of(metrics: Sequence[MetricSpec]) -> Needs:
    """What the metrics need together."""
    additive = tuple(metric for metric in metrics if metric.kind in ADDITIVE)
    return Needs(
        additive,
        _once(term for metric in additive for term in terms_of(metric)),
        _once(metric.covariate for metric in additive if metric.covariate is not None),
        _once(name for metric in additive for name in metric.strata),
    )


def _once(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


def expression(text: str, schema: Schema) -> Expr:
    """A column where the text is the exact name of one, else SQL."""
    return Column(text) if schema.find(text) is not None else Sql(text)
