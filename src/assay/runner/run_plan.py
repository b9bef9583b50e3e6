"""What a run would do, as plain data."""

from __future__ import annotations

from typing import Literal

import msgspec


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """One pass over a table, or over each file of it that must be read.

    Attributes:
        over: the whole table, or each file of an incremental one that would be read.
        reason: why it is a pass of its own.
        checks: ids of the checks that share it.
        aggregates: how many different figures it folds.
        also: what it reads beside the table.
        sql: the query; that of the first such file, where there are several.
    """

    over: Literal["table", "files"]
    reason: str
    checks: list[str]
    aggregates: int
    sql: str
    also: list[str] = []


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """Checks of an incremental table that read all of it, and why."""

    reason: str
    checks: list[str]


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """The files of an incremental table.

    Attributes:
        total: how many there are.
        read: names of those that would be read: not all that is asked of them is kept.
        whole: what is read over all files, whatever is kept.
    """

    total: int
    read: list[str]
    whole: list[Whole]


class TablePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is done with one table. ``files`` is None where it is not incremental."""

    table: str
    description: str
    checks: list[str]
    scans: list[Scan]
    files: Files | None = None


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """What is collected from a model, and what then becomes of it for its checks."""

    what: str
    checks: list[str]
    then: str = "then one scan of that"


class Untried(msgspec.Struct, frozen=True, kw_only=True):
    """A check that would not be measured, and why."""

    check: str
    reason: str


class RunPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a run of a suite would do."""

    suite: str
    engine: str
    tables: list[TablePlan]
    collected: list[Collected]
    untried: list[Untried]
