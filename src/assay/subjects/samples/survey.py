"""What must be known of samples before a model is asked: read once, and held to their shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.core.schema import ColumnInfo, Kind, Schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assay.core.exchange import Sample
    from assay.core.scorer import Need

_WIDER: dict[frozenset[Kind], Kind] = {frozenset({"integer", "float"}): "float"}


@dataclass(frozen=True, slots=True)
class SampleSurvey:
    """What the samples of a file are like.

    Attributes:
        samples: how many there are.
        clusters: how many clusters they come in; None where no sample names one.
        columns: metadata that samples have, by name, with the kind that holds all their values.
        lacking: for each field that scorers may need, the first sample that lacks it.
    """

    samples: int
    clusters: int | None
    columns: dict[str, Kind]
    lacking: dict[Need, str]

    @property
    def schema(self) -> Schema:
        """The columns that slices and filters may name."""
        return Schema(tuple(ColumnInfo(name, kind, kind) for name, kind in self.columns.items()))


def survey(samples: Iterable[Sample]) -> SampleSurvey:
    """Read all samples once.

    Raises:
        SubjectError: one of them is none; it says where.
    """
    n = 0
    clusters: set[str | None] = set()
    kinds: dict[str, set[Kind]] = {}
    lacking: dict[Need, str] = {}
    needs: tuple[Need, ...] = ("target", "context", "choices")
    for sample in samples:
        n += 1
        clusters.add(sample.cluster)
        for need in needs:
            if not getattr(sample, need):
                lacking.setdefault(need, sample.id)
        for name, value in sample.metadata.items():
            if value is not None:
                kinds.setdefault(name, set()).add(_kind(value))
    return SampleSurvey(
        samples=n,
        clusters=None if clusters <= {None} else len(clusters),
        columns={name: _common(found) for name, found in kinds.items()},
        lacking=lacking,
    )


def _kind(value: Any) -> Kind:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if -(2**63) <= value < 2**63 else "string"
    return "float" if isinstance(value, float) else "string"


def _common(found: set[Kind]) -> Kind:
    if len(found) == 1:
        return next(iter(found))
    return _WIDER.get(frozenset(found), "string")
