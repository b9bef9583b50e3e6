"""Parameters and building blocks of a paired log: one row a request, a column for each model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.evidence import Text
from assay.core.expr import Column, call
from assay.core.schema import NUMERIC
from assay.metrics.data.parameters import describe
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.schema import Schema

Primary = Annotated[str, Meta(description="Column with what the model in service gave.")]
Candidate = Annotated[str, Meta(description="Column with what the candidate gave.")]
Truth = Annotated[str, Meta(description="Column with what turned out to be true; may come later.")]


def not_comparable(schema: Schema, *names: str) -> str | None:
    """Why the columns' values cannot be equal: one is not there, or their kinds differ."""
    kinds: list[tuple[str, str]] = []
    for name in names:
        info = schema.find(name)
        if info is None:
            return f"there is no column {name!r}"
        kinds.append(("number" if info.kind in NUMERIC else info.kind, describe(info)))
    (kind, first), *others = kinds
    for name, (other, held) in zip(names[1:], others, strict=True):
        if other != kind:
            return f"column {names[0]!r} holds {first} and {name!r} {held}: they never agree"
    return None


def answered(primary: str, candidate: str) -> Expr:
    """True where at least one of both gave an answer; NaN is none."""
    return call("or", call("not_null", Column(primary)), call("not_null", Column(candidate)))


def alone(one: str, other: str) -> Count:
    """Requests that ``one`` answered and ``other`` did not."""
    return Count(
        where=call(
            "and", call("not_null", Column(one)), call("not", call("not_null", Column(other)))
        )
    )


def unanswered(fold: Fold, primary: str, candidate: str, consequence: str) -> tuple[Evidence, ...]:
    """A note on requests that one model answered alone, where there are any."""
    silent = (
        (candidate, fold[alone(primary, candidate)].n),
        (primary, fold[alone(candidate, primary)].n),
    )
    said = [
        f"{name!r} alone is missing in {rows:,} row{'' if rows == 1 else 's'}"
        for name, rows in silent
        if rows
    ]
    if not said:
        return ()
    return (Text(title="Missing answers", text=f"{', '.join(said)}: {consequence}."),)
