"""From checks to tasks: which table each folds, and what must be collected for it first."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from assay.core.collection import OfTable, Predictions, Rows
from assay.core.errors import StorageError
from assay.runner.admit import admit
from assay.runner.derive import Deriving
from assay.runner.draw_more import Draw, why_all
from assay.runner.fold import CAUGHT, Task
from assay.runner.observe import Collecting, Observed, Wish, columns_needed, observe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from assay.core.check import Check, Suite
    from assay.core.engine import Engine
    from assay.core.progress import Progress
    from assay.runner.opening import Opened


@dataclass
class Planned:
    """Checks turned into tasks on tables; those that cannot be are failures of their own."""

    tasks: list[Task]
    failures: dict[str, BaseException]
    observed: dict[str, Observed]
    deriving: Deriving
    draws: list[Draw] = field(default_factory=list)


def plan(
    todo: Sequence[Check],
    every: Sequence[Check],
    suite: Suite,
    opened: Opened,
    engine: Engine,
    *,
    folder: Path,
    progress: Progress,
) -> Planned:
    """Tasks for the checks still to do; a model's checks become tasks on its observations.

    What observations carry along follows from ``every`` check of the suite, done or not, so that
    a resumed run finds the observations it has already collected.
    """
    planned = Planned([], {}, {}, Deriving(opened, engine))
    pending = {check.id for check in todo}
    wishes: dict[Wish, tuple[list[Check], dict[str, None]]] = {}
    for check in every:
        spec = check.spec
        try:
            opened.require(spec.on, spec.data, spec.against)
            if isinstance(check.metric.collection(), Rows):
                if check.id in pending:
                    reference = opened.tables[spec.against].schema if spec.against else None
                    schema = opened.tables[spec.on].schema
                    planned.tasks.append(Task(check, spec.on, schema, spec.against, reference))
                continue
            if isinstance(check.metric.collection(), OfTable):
                if check.id in pending:
                    planned.tasks.append(planned.deriving.task(check))
                continue
            wish = Wish(spec.on, spec.data or "", check.metric.collection())
            carry = columns_needed(check, opened.tables[spec.data].schema) if spec.data else ()
            group, carried = wishes.setdefault(wish, ([], {}))
            group.append(check)
            carried.update(dict.fromkeys(carry))
        except CAUGHT as error:  # the verdict of this check alone
            planned.failures[check.id] = error
    for wish, (group, carried) in wishes.items():
        waiting = [check for check in group if check.id in pending]
        if not waiting:
            continue
        collecting = Collecting(suite, opened, engine, folder, progress, sorted(carried))
        try:
            why = _why_all(suite, wish, group, every)
            if why is None:
                planned.draws.append(Draw(wish, waiting, collecting, planned.observed))
                continue
            seen = observe(wish, collecting)
            if why:
                seen = replace(seen, notes=(*seen.notes, f"All rows were asked for: {why}."))
            planned.observed[seen.table] = seen
            planned.tasks += [Task(check, seen.table, seen.schema) for check in waiting]
        except StorageError:
            raise
        except CAUGHT as error:  # the verdict of these checks alone
            planned.failures.update((check.id, error) for check in waiting)
    planned.tasks, failures = admit(planned.tasks, opened, engine)
    planned.failures.update(failures)
    return planned


def _why_all(
    suite: Suite, wish: Wish, group: Sequence[Check], every: Sequence[Check]
) -> str | None:
    """Why all is collected at once; "" where nobody asked for less, None where it is drawn."""
    if suite.gate.inconclusive != "draw_more" or not isinstance(wish.collection, Predictions):
        return ""
    return why_all(group, every) or None
