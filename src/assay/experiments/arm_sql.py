"""The assignment of :mod:`assay.experiments.assignment` as an expression of DuckDB's SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from assay.experiments.assignment import DIGITS, ranges, traffic_salt

if TYPE_CHECKING:
    from assay.experiments.spec import ExperimentSpec


def bucket_of(salt: str, unit: exp.Expr) -> exp.Expr:
    """The bucket of a unit (a tree that gives text), in [0, 1)."""
    digits = exp.Left(
        this=exp.func(
            "sha256", exp.DPipe(this=exp.Literal.string(f"{salt}:"), expression=unit.copy())
        ),
        expression=exp.convert(DIGITS),
    )
    number = exp.cast(exp.DPipe(this=exp.Literal.string("0x"), expression=digits), "BIGINT")
    return exp.Div(
        this=exp.cast(number, "DOUBLE"), expression=exp.cast(exp.convert(16**DIGITS), "DOUBLE")
    )


def arm_of(spec: ExperimentSpec, unit: exp.Expr) -> exp.Expr:
    """The arm of a unit (a tree that gives text), null where it takes no part."""
    case = exp.Case()
    for name, arm in spec.overrides.items():
        same = exp.EQ(this=unit.copy(), expression=exp.Literal.string(name))
        case = case.when(same, exp.Literal.string(arm))
    if spec.exclude:
        excluded = [exp.Literal.string(name) for name in sorted(spec.exclude)]
        case = case.when(exp.In(this=unit.copy(), expressions=excluded), exp.Null())
    if spec.layer is not None:
        place = bucket_of(spec.layer.name, unit)
        case = case.when(exp.not_(_within(place, spec.layer.low, spec.layer.high)), exp.Null())
    if spec.traffic < 1:
        out = exp.GTE(this=bucket_of(traffic_salt(spec), unit), expression=_number(spec.traffic))
        case = case.when(out, exp.Null())
    place = bucket_of(spec.salt, unit)
    for name, low, high in ranges(spec):
        case = case.when(_within(place, low, high), exp.Literal.string(name))
    return case.else_(exp.cast(exp.Null(), "VARCHAR"))


def _within(place: exp.Expr, low: float, high: float) -> exp.Expr:
    above = exp.GTE(this=place.copy(), expression=_number(low))
    below = exp.LT(this=place.copy(), expression=_number(high))
    return exp.Paren(this=exp.And(this=above, expression=below))


def _number(value: float) -> exp.Expr:
    """A double to its last bit: a plain literal would be a decimal."""
    return exp.cast(exp.Literal.string(repr(float(value))), "DOUBLE")
