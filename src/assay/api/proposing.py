"""Propose requirements: estimated on one half of the rows, checked on the other."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

from assay.core.check import Suite, TableSpec
from assay.core.errors import EngineError
from assay.core.progress import silent
from assay.core.source import Files
from assay.suite.starter import DATA, proposals
from assay.suite.starter.held import NOTHING_HELD, Held, Seen, singles

if TYPE_CHECKING:
    from assay.core.check import CheckSpec
    from assay.core.engine import Engine
    from assay.core.profile import TableProfile
    from assay.core.progress import Progress
    from assay.profiling.halves import Halves

_FIRST = "first half"


def held_out(engine: Engine, table: str, profile: TableProfile, progress: Progress) -> Held:
    """What becomes of the proposals from one half of a table's rows on the other half.

    Args:
        profile: of the whole table.

    Raises:
        SubjectError: the table cannot be read to its end.
        EngineError: the halves cannot be written, or a scan failed.
    """
    from assay.profiling.halves import halves

    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        try:
            found = halves(engine, table, profile.rows, folder=folder, progress=progress)
        except OSError as error:
            raise EngineError(
                f"No temporary files can be written: {error}.", hint="Free space, or set TMPDIR."
            ) from error
        if found is None:
            return NOTHING_HELD
        return _checked(engine, found)


def _checked(engine: Engine, found: Halves) -> Held:
    from assay.profiling.scan import profile

    first, second = (Files((path,), "parquet") for path in found.paths)
    engine.attach(_FIRST, first)
    try:
        estimated = profile(engine, _FIRST, source="")
    finally:
        engine.detach(_FIRST)
    names = [column.name for column in estimated.columns]
    wanted = list(singles(proposals(estimated), names))
    if not wanted:
        return Held(_split(found))
    checks = [_check(str(i), proposal) for i, (_, _, proposal) in enumerate(wanted)]
    return Held(_split(found), _failed(wanted, checks, second))


def _check(name: str, proposal: Any) -> CheckSpec:
    from assay.api.checks import check

    params = {key: value for key, value in proposal.params.items() if key != "on"}
    return check(proposal.metric, on=DATA, id=name, **params, **proposal.beside)


def _failed(
    wanted: list[tuple[str, str, Any]], checks: list[CheckSpec], second: Files
) -> dict[tuple[str, str], Seen]:
    from assay.api.running import run

    suite = Suite(name="init", subjects={DATA: TableSpec(source=second)}, checks=tuple(checks))
    failed: dict[tuple[str, str], Seen] = {}
    for result in run(suite, progress=silent).results:
        if result.verdict in ("pass", "not_applicable"):  # the latter: that half has no value
            continue
        metric, column, _ = wanted[int(result.id)]
        seen = [Seen(m.value, m.n) for m in result.measurements] or [Seen(0.0, 0)]
        failed[metric, column] = seen[0]
    return failed


def _split(found: Halves) -> str:
    """How the rows were split, as a sentence for the suite."""
    rows = "one row" if found.block == 1 else f"{found.block:,} rows"
    some = "" if found.whole else " (some blocks in between are left out)"
    return (
        f"Each was first estimated on one half of the rows, alternate blocks of {rows}{some}, and "
        "checked on the other half: what did not hold there is widened or left out, and said so."
    )
