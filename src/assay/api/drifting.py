"""Has the data drifted: one table held against another, column by column."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, get_args

from assay.api.checks import check
from assay.api.engine import engine_for
from assay.api.outcome import Run
from assay.api.running import run, warn
from assay.core.check import CheckSpec, Suite, TableSpec
from assay.core.errors import SubjectError, SuiteError, did_you_mean, no_column
from assay.core.progress import Progress, silent
from assay.core.source import Files, Memory
from assay.metrics.data.drift import Method

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.engine import Engine
    from assay.core.result import Result
    from assay.core.schema import Schema
    from assay.core.source import Source

REFERENCE, CURRENT = "reference", "current"
AT_MOST = 0.1
_WIDTH = 80
_NAMED = 8


class Drift(Run, frozen=True, kw_only=True):
    """What :func:`drift` found: a run, and which columns moved.

    ``print`` shows the ranking of the columns; a notebook shows the report.
    """

    @property
    def moved(self) -> list[str]:
        """Columns whose whole interval is beyond the limit, furthest first."""
        return self._named("fail")

    @property
    def undecided(self) -> list[str]:
        """Columns whose interval holds the limit: more rows would decide."""
        return self._named("inconclusive")

    def of(self, column: str) -> Result:
        """The result of one column: ``measurements``, ``verdict``, ``reason``, ``evidence``.

        Raises:
            KeyError: it was not compared.
        """
        for result in self.results:
            if result.params.get("column") == column:
                return result
        raise KeyError(column)

    def _named(self, verdict: str) -> list[str]:
        found = [r for r in self.results if r.verdict == verdict and r.measurements]
        found.sort(key=lambda result: -result.measurements[0].value)
        return [str(result.params["column"]) for result in found]

    def __str__(self) -> str:
        from rich.console import Console

        from assay.report.moved.terminal import print_moved

        page = io.StringIO()
        print_moved(self, Console(file=page, width=_WIDTH, highlight=False, color_system=None))
        return page.getvalue().rstrip("\n")

    def __repr__(self) -> str:
        measured = sum(bool(result.measurements) for result in self.results)
        return (
            f"<assay.Drift {self.suite.name!r}: {self.decision}, {len(self.moved)} of {measured} "
            f"columns moved, {len(self.undecided)} undecided>"
        )


def drift(
    reference: Any,
    current: Any,
    at_most: float = AT_MOST,
    *,
    columns: Sequence[str] = (),
    leave_out: Sequence[str] = (),
    method: Method = "auto",
    unit: str | None = None,
    cluster: str | None = None,
    progress: Progress = silent,
    engine: Any = None,
    say: Callable[[str], None] = warn,
) -> Drift:
    """Hold the columns of a table against those of a reference table; nothing is kept.

    Args:
        reference, current: paths (file, folder or glob), database tables as in a suite, or pandas,
            polars or Arrow objects.
        at_most: the drift that is still good, on the scale of the method.
        columns: names or patterns with ``*`` and ``?``; empty for all that both tables have.
        leave_out: the same, of columns that are not to be compared.
        method: the distance, as of the metric ``drift``.
        unit: column that names a row; it is not compared.
        cluster: column whose equal values mark rows that belong together; it is not compared, and
            intervals take clusters, not rows, as independent.
        progress: told how far it is.
        engine: as for :func:`assay.run`.
        say: told what is odd about the tables and does not stop it.

    Raises:
        SubjectError: a table cannot be read, or has no rows; they have no column in common; or
            both are the same.
        SuiteError: there is no such column or method, or the limit is not a number from 0 on.
    """
    from assay.subjects.table import describe, table_source

    _hold(at_most, method)
    sources = {REFERENCE: table_source(reference, ""), CURRENT: table_source(current, "")}
    _apart(sources, say)
    specs = {
        name: TableSpec(source=source, unit=unit, cluster=cluster)
        for name, source in sources.items()
    }
    suite = Suite(name=_title(*map(describe, sources.values())), subjects=specs, checks=())
    with ExitStack() as stack:
        opened = engine_for(suite, engine, stack)
        schemas = _schemas(opened, sources)
        chosen = _chosen(schemas, columns, leave_out, [n for n in (unit, cluster) if n is not None])
        _say_zones(schemas, chosen, say)
        checks = (_check(chosen, at_most, method),)
        found = run(replace(suite, checks=checks), engine=opened, progress=progress, say=say)
        if not any(result.measurements for result in found.results):
            _refuse_empty(opened, sources)
    return Drift(**{field: getattr(found, field) for field in found.__struct_fields__})


def _check(columns: list[str], at_most: float, method: str) -> CheckSpec:
    return check(
        "drift", on=CURRENT, against=REFERENCE, columns=columns, method=method, at_most=at_most
    )


def _title(reference: str, current: str) -> str:
    """What is held against what; frames have no names."""
    if reference == current:
        return "drift"
    return f"drift of {current} against {reference}"


def _hold(at_most: float, method: str) -> None:
    if not 0 <= at_most < float("inf"):
        raise SuiteError(f"The limit must be a number from 0 on, not {at_most:g}.")
    known = get_args(Method)
    if method not in known:
        raise SuiteError(
            f"There is no method {method!r}.{did_you_mean(method, known)}",
            hint=f"There are: {', '.join(known)}.",
        )


def _apart(sources: Mapping[str, Source], say: Callable[[str], None]) -> None:
    """Refuse a table against itself, and say where a file is part of both."""
    one, two = sources.values()
    if isinstance(one, Memory) and isinstance(two, Memory) and one.frame is two.frame:
        raise SubjectError("Both tables are the same object: nothing can have drifted.")
    if not isinstance(one, Files) or not isinstance(two, Files):
        return
    first, second = ({os.path.realpath(path) for path in files.paths} for files in (one, two))
    if first == second:
        raise SubjectError(
            "Both tables are the same file: nothing can have drifted.",
            hint="Name the table from before first, then the one from now.",
        )
    if both := first & second:
        names = ", ".join(sorted(os.path.basename(path) for path in both)[:_NAMED])
        say(f"Both tables hold these files, which hides drift: {names}")


def _schemas(engine: Engine, sources: Mapping[str, Source]) -> dict[str, Schema]:
    found = {}
    for name, source in sources.items():
        engine.attach(name, source)
        found[name] = engine.schema(name)
    for name in sources:  # the run makes them known itself
        engine.detach(name)
    return found


def _chosen(
    schemas: Mapping[str, Schema],
    columns: Sequence[str],
    leave_out: Sequence[str],
    marks: Sequence[str],
) -> list[str]:
    """The columns to compare, in the order of the current table."""
    here, there = schemas[CURRENT].names, schemas[REFERENCE].names
    for name in marks:
        for table, schema in schemas.items():
            if schema.find(name) is None:
                message, hint = no_column(f"The {table} table", name, schema.names)
                raise SuiteError(message, hint=hint)
    both = [name for name in here if name in set(there)]
    if not both:
        raise SubjectError(
            "The tables have no column in common.",
            hint=f"The reference has {_listed(there)}; the current table has {_listed(here)}.",
        )
    everything = list(dict.fromkeys([*there, *here]))
    named = _matching(columns, everything, schemas) if columns else set(both)
    without = _matching(leave_out, everything, schemas) | set(marks)
    chosen = [name for name in both if name in named and name not in without]
    if not chosen:
        raise SuiteError("No column is left to compare.", hint=f"Both tables have {_listed(both)}.")
    return chosen


def _say_zones(
    schemas: Mapping[str, Schema], columns: Sequence[str], say: Callable[[str], None]
) -> None:
    """Say where times have a zone in one table only: half a day's drift may be that alone."""
    here, there = (
        {
            c.name: "ZONE" in c.native.upper()
            for c in schemas[table].columns
            if c.kind == "timestamp"
        }
        for table in (CURRENT, REFERENCE)
    )
    odd = [name for name in columns if name in here and here[name] != there.get(name, here[name])]
    if odd:
        say(f"One table only has a time zone in {_listed(odd)}: the other's times are taken as UTC")


def _matching(
    patterns: Sequence[str], known: Sequence[str], schemas: Mapping[str, Schema]
) -> set[str]:
    """The columns that any pattern names; a literal name stands for itself."""
    found: set[str] = set()
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        if pattern in known:
            lacking = [t for t, schema in schemas.items() if schema.find(pattern) is None]
            if lacking:
                raise SuiteError(
                    f"The {lacking[0]} table has no column {pattern!r}, so it cannot be compared."
                )
            found.add(pattern)
            continue
        fits = {name for name in known if fnmatchcase(name, pattern.replace("[", "[[]"))}
        if not fits:
            near = did_you_mean(pattern.strip("*?"), known)
            raise SuiteError(
                f"No column matches {pattern!r}.{near}", hint=f"There are: {_listed(known)}."
            )
        found |= fits
    return found


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{', '.join(map(repr, names[:_NAMED]))}{more}" if names else "none"


def _refuse_empty(engine: Engine, sources: Mapping[str, Source]) -> None:
    """Say it where nothing could be measured because a table has no rows."""
    from assay.states import Count

    for name, source in sources.items():
        engine.attach(name, source)
        if not engine.fold(name, [Count()])[Count()][()].n:
            raise SubjectError(f"The {name} table has no rows.")
