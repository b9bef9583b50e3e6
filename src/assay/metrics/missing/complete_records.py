"""How many records have what they must have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.evidence import Table
from assay.core.expr import Column, Expr, call
from assay.core.metric import Metric, metric
from assay.inference.proportions import proportion, wilson
from assay.states import Count, Frequencies

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Cell, Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

Fields = Annotated[
    tuple[str, ...] | None,
    Meta(description="Fields that a record must have; all columns without it."),
]
MOST_COLUMNS = 300
_SHOWN = 30
_LEVEL = 0.95


@metric(
    "missing.complete_records",
    unit="share",
    higher_is_better=True,
    formula="rows in which at most `lacking` of the columns have no value / rows",
    interval="wilson",
    reference="ISO/IEC 25012:2008, completeness; Little & Rubin 2019, Statistical Analysis with "
    "Missing Data, section 3.2 (complete cases)",
    example={"columns": ("age", "income", "email")},
    claim="batch",
    dimension="completeness",
)
class CompleteRecords(Metric):
    """Share of rows in which none of the columns lacks, or at most so many of them.

    ``columns`` are the fields that a record is of no use without: they may each be nearly complete,
    and still many records lack one of them. The evidence tells how many records lack how many
    fields, and how much of each field is there.
    """

    columns: Fields = None  # type: ignore[assignment]  # the parameter says what it reads
    lacking: Annotated[int, Meta(ge=0, description="How many of the fields may lack.")] = 0

    def __post_init__(self) -> None:
        names = self.columns
        if names is not None and not 1 <= len(set(names)) == len(names) <= MOST_COLUMNS:
            raise ValueError(f"`columns` must be 1 to {MOST_COLUMNS} different columns")
        if names is not None and self.lacking >= len(names):
            raise ValueError(f"of {len(names)} columns, {self.lacking} may always lack")

    def applicable(self, schema: Schema) -> str | None:
        for name in self.columns or ():
            if schema.find(name) is None:
                return f"there is no column {name!r}"
        names = self._names(schema)
        if not self.lacking < len(names) <= MOST_COLUMNS:
            return (
                f"the table has {len(names):,} columns, not {self.lacking + 1} to {MOST_COLUMNS}: "
                "name some as `columns`"
            )
        return None

    def _names(self, schema: Schema) -> tuple[str, ...]:
        return schema.names if self.columns is None else self.columns

    def _lacking(self, schema: Schema) -> Frequencies:
        """Rows by how many of their fields lack."""
        return Frequencies(of=(_total([_lacks(name) for name in self._names(schema)]),))

    def _there(self, schema: Schema) -> dict[str, Count]:
        return {name: Count(where=call("not_null", Column(name))) for name in self._names(schema)}

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return (self._lacking(schema), *self._there(schema).values())

    def _counts(self, fold: Fold) -> dict[int, int]:
        """Rows by how many of their fields lack, the fewest first."""
        counts: dict[int, int] = {}
        for (lacking,), rows in fold[self._lacking(fold.schema)].counts:
            at = int(float(lacking or 0))
            counts[at] = counts.get(at, 0) + rows
        return dict(sorted(counts.items()))

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        counts = self._counts(fold)
        good = sum(rows for lacking, rows in counts.items() if lacking <= self.lacking)
        return (proportion(good, sum(counts.values()), how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        counts = self._counts(fold)
        n = sum(counts.values())
        if n == 0:
            return ()
        there = {name: fold[count].n for name, count in self._there(fold.schema).items()}
        worst = sorted(there, key=lambda name: there[name])
        records: list[list[Cell]] = [[k, rows, round(rows / n, 4)] for k, rows in counts.items()]
        fields: list[list[Cell]] = [
            [name, n - there[name], *(round(x, 4) for x in _share(there[name], n))]
            for name in worst[:_SHOWN]
        ]
        return (
            Table(
                title="Records by how many of their fields lack",
                columns=["fields that lack", "records", "share"],
                rows=records,
            ),
            Table(
                title=f"Fields that lack most ({len(there):,} in all)",
                columns=["field", "missing", "there", "low (95 %)", "high"],
                rows=fields,
            ),
        )

    def failing(self, schema: Schema) -> Expr:
        return call("gt", self._lacking(schema).of[0], self.lacking)


def _lacks(name: str) -> Expr:
    return call("case", call("is_null", Column(name)), 1.0, 0.0)


def _total(terms: list[Expr]) -> Expr:
    """Their sum, as a tree of little depth: hundreds of columns would nest too far in a chain."""
    while len(terms) > 1:
        pairs = [call("add", *terms[i : i + 2]) for i in range(0, len(terms) - 1, 2)]
        terms = [*pairs, *terms[len(pairs) * 2 :]]
    return terms[0]


def _share(there: int, n: int) -> tuple[float, float, float]:
    low, high, _ = wilson(there, n, _LEVEL)
    return there / n, low, high
