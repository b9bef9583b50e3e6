"""Rows that fail a check, written aside with the reasons; and the rest, to go on with.

For each table with a ``quarantine`` folder two Parquet files appear in ``<folder>/<run id>/``:
``failed.parquet`` has every row that fails at least one check, with all its columns and
``assay.reasons``, the ids of those checks; ``passed.parquet`` has every other row. A row fails a
check whatever the check's verdict: 99 good rows of 100 may be enough for the gate, and still one
row is bad. Checks for information, and those that do not speak of single rows, take no part.

The table is read once more, in batches, so memory stays bounded. Both files appear together, under
a name that no other run has, or not at all.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from assay.core.check import TableSpec
from assay.core.collection import Rows
from assay.core.errors import AssayError
from assay.core.expr import call
from assay.core.result import Quarantine
from assay.runner.failing import failing_rows
from assay.runner.group_rows import repeated_rows
from assay.runner.results import words_of
from assay.runner.split_rows import FailedRows, Unsplit, kept_split, split
from assay.runner.task import CAUGHT, Task

if TYPE_CHECKING:
    from assay.core.check import Check, Suite
    from assay.core.engine import Engine
    from assay.core.expr import Expr
    from assay.core.result import Result, SubjectRecord
    from assay.runner.execute import Execution
    from assay.runner.opening import OpenTable


@dataclass(frozen=True)
class Fault:
    """Why rows could not be written aside: ``reason`` without a path or a value, for everyone who
    is told of the run; ``detail`` with them, for who runs it."""

    reason: str
    detail: str


@dataclass(frozen=True)
class SetAside:
    """What came of it.

    Attributes:
        subjects: the records, with what was written.
        faults: by name, the tables whose rows could not be written aside, and why. The rest of
            such a table must not be taken for good.
    """

    subjects: list[SubjectRecord]
    faults: dict[str, Fault]


def set_aside(suite: Suite, execution: Execution, engine: Engine, *, run_id: str) -> SetAside:
    """Write the failed rows of every table that has a quarantine, and the rest.

    Never raises for what goes wrong with one table: the results of the run are not to be lost.
    """
    faults: dict[str, Fault] = {}
    written: dict[str, tuple[int, Quarantine]] = {}
    for name, spec in suite.subjects.items():
        if not isinstance(spec, TableSpec) or spec.quarantine is None:
            continue
        try:
            written[name] = _table(name, spec.quarantine, execution, engine, run_id)
        except CAUGHT as error:  # a fault of this table, for the gate to hold
            faults[name] = _fault(error)
    records = [
        msgspec.structs.replace(record, quarantined=written[record.name][0],
                                quarantine=written[record.name][1])
        if record.name in written else record
        for record in execution.subjects
    ]  # fmt: skip
    return SetAside(records, faults)


def _table(
    name: str, folder: str, execution: Execution, engine: Engine, run_id: str
) -> tuple[int, Quarantine]:
    opened = execution.opened
    opened.require(name)
    table = opened.tables[name]
    verdicts = {result.id: result for result in execution.results}
    mine = [c for c in execution.checks if c.spec.on == name and c.severity != "info"]
    failing: dict[str, Expr] = {}
    left_out: list[str] = []
    for check in mine:
        expr = _failing(check, table, verdicts[check.id])
        if expr is None:
            left_out.append(check.id)
        else:
            failing[check.id] = expr
    target = os.path.join(folder, run_id)
    found = kept_split(target, name, run_id)
    if found is None:
        found = _write(name, target, table, failing, engine, run_id)
        if name in opened.changed() or _other_size(found, opened.rows.get(name)):
            shutil.rmtree(target)
            raise Unsplit("it was written to while it was read")
    return found.failed, Quarantine(folder=target, passed=found.passed, left_out=left_out)


def _failing(check: Check, table: OpenTable, result: Result) -> Expr | None:
    """True for a row that fails the check, else false; None where it does not speak of rows."""
    metric = check.metric
    if result.verdict in ("error", "skipped", "not_applicable") and not result.measurements:
        return None
    if metric.applicable(table.schema) is not None:
        return None
    if isinstance(metric.collection(), Rows):
        failing = failing_rows(Task(check, check.spec.on, table.schema))
    else:
        failing = repeated_rows(check, table.schema, table.spec.unit)
    return None if failing is None else call("same", failing, True)


def _write(
    name: str,
    target: str,
    table: OpenTable,
    failing: dict[str, Expr],
    engine: Engine,
    run_id: str,
) -> FailedRows:
    """Both files in a folder of another name, which takes its own when it is whole."""
    folder = os.path.dirname(target)
    os.makedirs(folder, exist_ok=True)
    beside = os.path.join(folder, f".tmp-{run_id}")
    shutil.rmtree(beside, ignore_errors=True)  # of the same run, before it was cut off
    os.mkdir(beside)
    try:
        found = split(
            engine, name, table.schema, failing, folder=beside,
            described={"assay.run": run_id, "assay.table": name},
        )  # fmt: skip
        os.rename(beside, target)  # fails where there is something already
        _flush(folder)
        return found
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _other_size(found: FailedRows, rows: int | None) -> bool:
    return rows is not None and found.failed + found.passed != rows


def _flush(folder: str) -> None:
    """The folder onto the disk, or the new name could be lost with the power."""
    if hasattr(os, "O_DIRECTORY"):
        at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(at)
        finally:
            os.close(at)


def _fault(error: BaseException) -> Fault:
    """What went wrong, in both versions."""
    detail = words_of(error)
    if isinstance(error, OSError):
        return Fault((error.strerror or type(error).__name__).lower(), detail)
    if isinstance(error, Unsplit):
        return Fault(error.message.rstrip("."), detail)
    if isinstance(error, AssayError):
        return Fault("the table cannot be read", detail)
    return Fault(f"{type(error).__name__}, a defect or a type that Parquet cannot hold", detail)
