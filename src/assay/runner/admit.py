"""Which tasks can be folded: those that apply and fit in memory; and the clusters of their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.runner.cluster_counts import with_clusters
from assay.runner.derive import NotApplicable
from assay.runner.levels import too_many
from assay.runner.task import CAUGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.engine import Engine
    from assay.runner.opening import Opened
    from assay.runner.task import Task


def admit(
    tasks: Sequence[Task], opened: Opened, engine: Engine
) -> tuple[list[Task], dict[str, BaseException]]:
    """The tasks that can be folded, with their clusters; and errors by the ids of the others."""
    failures: dict[str, BaseException] = {}
    applying = [t for t in tasks if not _inapplicable(t, failures)]
    admitted, broken = with_clusters(applying, opened.folder(engine), opened.cluster)
    crowded = too_many(engine, admitted, growing=opened.growing)
    return [t for t in admitted if t.check.id not in crowded], failures | broken | crowded


def _inapplicable(task: Task, failures: dict[str, BaseException]) -> bool:
    """Note a metric that does not apply (or fails to say) instead of folding it."""
    if task.derived:  # asked before they were made
        return False
    try:
        reason = task.check.metric.applicable(task.schema)
        if reason is None and task.reference_schema is not None:
            reason = task.check.metric.applicable(task.reference_schema)
        if reason is None:
            return False
        failures[task.check.id] = NotApplicable(reason)
    except CAUGHT as error:
        failures[task.check.id] = error
    return True
