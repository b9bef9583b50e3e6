"""Columns that are not those agreed on."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping  # at run time: msgspec resolves the annotations below
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, get_args

from msgspec import Meta

from assay.core.criterion import Equals
from assay.core.errors import did_you_mean
from assay.core.evidence import Table
from assay.core.metric import Metric, metric
from assay.core.schema import Kind
from assay.inference.interval import census
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema


class Difference(NamedTuple):
    """One way in which the table is not as agreed."""

    column: str
    expected: str
    found: str
    nearest: str


@metric(
    "matches_schema",
    unit="differences",
    higher_is_better=False,
    formula="columns missing + unexpected + of another type + out of order",
    interval="census",
    reference="Frictionless Data, Table Schema 1.0",
    example={
        "fields": {"id": "integer", "age": "integer", "income": "float", "city": "string"},
        "extra": "allow",
    },
    claim="batch",
    default=Equals(0.0),
    dimension="validity",
)
class MatchesSchema(Metric):
    """Number of differences between the table's columns and those agreed on.

    It is measured over columns, not rows (n is how many were compared), so an empty table has it.
    """

    fields: Annotated[
        Mapping[str, Kind] | tuple[str, ...],
        Meta(description="Type of each column by name; or names alone."),
    ]
    ordered: Annotated[bool, Meta(description="Whether the order of columns counts.")] = False
    extra: Annotated[
        Literal["allow", "forbid"], Meta(description="Whether there may be other columns.")
    ] = "forbid"

    def __post_init__(self) -> None:
        if not self.fields:
            raise ValueError("matches_schema needs at least one column in `fields`")
        if isinstance(self.fields, Mapping):
            for kind in self.fields.values():
                if kind not in get_args(Kind):
                    raise ValueError(
                        f"{kind!r} is not a type.{did_you_mean(str(kind), get_args(Kind))}"
                    )
        elif len(set(self.fields)) < len(self.fields):
            raise ValueError("a column is listed twice in `fields`")

    def _identity(self) -> tuple[object, ...]:
        fields = self.fields
        listed = tuple(fields.items()) if isinstance(fields, Mapping) else tuple(fields)
        return listed, self.ordered, self.extra

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MatchesSchema) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def aggregates(self, schema: Schema) -> tuple[Count, ...]:
        return ()

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        compared = {*self.fields, *(fold.schema.names if self.extra == "forbid" else ())}
        return (census(len(self._differences(fold.schema)), n=len(compared), unit=self.unit),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        differences = self._differences(fold.schema)
        if not differences:
            return ()
        return (
            Table(
                title="Differences from the schema",
                columns=["column", "expected", "found", "nearest name"],
                rows=[list(difference) for difference in differences],
            ),
        )

    def _differences(self, schema: Schema) -> list[Difference]:
        names = schema.names
        unexpected = [name for name in names if name not in self.fields]
        found: list[Difference] = []
        for name in self.fields:
            kind = self.fields[name] if isinstance(self.fields, Mapping) else None
            info = schema.find(name)
            if info is None:
                near = get_close_matches(name, unexpected, n=1, cutoff=0.6)
                found.append(
                    Difference(name, kind or "present", "missing", near[0] if near else "")
                )
            elif kind is not None and info.kind != kind:
                found.append(Difference(name, kind, f"{info.kind} ({info.native})", ""))
        if self.extra == "forbid":
            for name in unexpected:
                near = get_close_matches(name, [d.column for d in found], n=1, cutoff=0.6)
                found.append(Difference(name, "absent", "present", near[0] if near else ""))
        if self.ordered:
            found += [
                Difference(name, f"after {before!r}" if before else "first", "elsewhere", "")
                for name, before in _out_of_order(list(self.fields), names)
            ]
        return found


def _out_of_order(expected: list[str], names: tuple[str, ...]) -> list[tuple[str, str]]:
    """The fewest columns that must move to bring those shared into order, each with the expected
    column before it: all but a longest increasing run (Schensted 1961)."""
    position = {name: i for i, name in enumerate(names)}
    shared = [name for name in expected if name in position]
    tails: list[int] = []  # tails[k]: least last position of an increasing run of k + 1 columns
    length: dict[str, int] = {}
    for name in shared:
        k = bisect_left(tails, position[name])
        tails[k : k + 1] = [position[name]]
        length[name] = k + 1
    keep: set[str] = set()
    wanted = len(tails)
    for name in reversed(shared):
        if length[name] == wanted and all(position[name] < position[k] for k in keep):
            keep.add(name)
            wanted -= 1
    before = dict(zip(shared, ["", *shared], strict=False))
    return [(name, before[name]) for name in shared if name not in keep]
