"""Tables to compare whose rows come in clusters: what is folded of each group, slice by slice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.core.aggregate import Fold
from assay.runner.clusters import question_of
from assay.runner.leave_out import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assay.core.aggregate import Aggregate, Key
    from assay.core.schema import Schema
    from assay.runner.clusters import Clusters
    from assay.runner.leave_out import KeyText
    from assay.runner.task import Task

    States = dict[Aggregate[Any], dict[Key, Any]]

FEW = 10
"""With fewer groups than this an interval is so wide that a person should know why."""


@dataclass(frozen=True)
class ClusteredSide:
    """One table of a comparison: the folds of its groups by slice."""

    whose: str
    clusters: Clusters
    folds: Mapping[KeyText, Sequence[Fold]]

    def of(self, slice_key: Iterable[tuple[str, str]]) -> Sequence[Fold]:
        """The folds of a slice's groups."""
        return self.folds.get(key_of(dict(slice_key)), ())

    @property
    def remark(self) -> str:
        """That groups are too few for a narrow interval, where they are."""
        least = min((len(folds) for folds in self.folds.values()), default=0)
        name, what = self.clusters.name, "clusters" if self.clusters.block is None else "blocks"
        if least == 1:
            return (
                f"{self.whose} are all of one {what[:-1]} ({name!r}), so nothing is known of how "
                f"{what} differ."
            )
        return f"{self.whose} come in {least} {what} ({name!r}), which are few." * (least < FEW)


def clustered_sides(task: Task, states: Mapping[str, States]) -> dict[str, ClusteredSide]:
    """The tables of a task whose rows come in clusters, for a metric that is ``clustered``."""
    if not task.check.metric.clustered:
        return {}
    found: dict[str, ClusteredSide] = {}
    for table, schema in task.tables:
        clusters = task.clusters_of(table)
        if clusters is not None:
            whose = "The rows" if table == task.table else "The reference's rows"
            folds = _folds(task, schema, clusters, states[table])
            found[table] = ClusteredSide(whose, clusters, folds)
    return found


def cluster_notes(task: Task) -> list[str]:
    """What a person should know of the clusters that the rows of a task's tables come in."""
    verb = "drawn" if task.check.metric.clustered else "left out"
    own = task.clusters.said("The rows", verb) if task.clusters else []
    theirs = task.reference_clusters
    said = own + (theirs.said("The reference's rows", verb) if theirs else [])
    if any(side and side.block is not None for side in (task.clusters, theirs)):
        said.append("A block holds what follows each other in time, and so resembles each other.")
    return said


def _folds(
    task: Task, schema: Schema, clusters: Clusters, states: States
) -> dict[KeyText, list[Fold]]:
    parts = question_of(task.check, schema, clusters).parts(schema, states)
    return {
        # in one order, whichever the engine gives them in: a seed then draws the same
        key: [Fold(schema, groups[name].states) for name in sorted(groups, key=str)]
        for key, groups in parts.items()
    }
