"""Suites from other tools, and for them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.api.writing import relative, writable, write
from assay.core.errors import SuiteError
from assay.suite.exchange.entries import DATA

if TYPE_CHECKING:
    from assay.core.check import Suite
    from assay.suite.exchange.entries import Entry
    from assay.suite.exchange.formats import Format
    from assay.suite.exchange.gx.write import Exported


@dataclass(frozen=True, kw_only=True)
class ImportedSuite:
    """A suite that was made of another tool's document.

    Attributes:
        format: what kind of document it was.
        text: the suite, as YAML.
        entries: each expectation, test or keyword, with its checks or the reason for having none.
        checks: how many checks the suite has; two entries that ask the same share one.
        variables: environment variables that the suite takes its tables' places from.
    """

    format: str
    text: str
    entries: tuple[Entry, ...]
    checks: int
    variables: tuple[str, ...]


def import_suite(
    path: str | Path,
    *,
    format: Format | None = None,  # noqa: A002 - the word of the command line
    tables: Mapping[str, Any] | None = None,
    output: str | Path | None = None,
    force: bool = False,
) -> ImportedSuite:
    """Make a suite of another tool's document, and write it where ``output`` says.

    Args:
        path: a suite of Great Expectations, a schema of pandera, a schema.yml of dbt, a JSON
            Schema, or a table of Arrow or Parquet.
        format: None finds it.
        tables: where each table of the document is (``data`` where it has only one); a table
            that is not named here is one that an environment variable names when it is run.
        output: the file to write; None writes none.
        force: overwrite a file that is there.

    Raises:
        SuiteError: the document cannot be read, nothing in it can be mapped, or the suite cannot
            be written.
    """
    from assay.subjects.table import table_source
    from assay.suite.exchange.formats import read
    from assay.suite.exchange.suite_text import different, subject_names, suite_text, variable
    from assay.suite.exchange.usable import only_usable
    from assay.suite.load import loads

    source, target = Path(path), Path(output) if output is not None else None
    if target is not None:
        writable(target, force=force)
    imported = only_usable(read(source, format))
    if not imported.checks:
        raise SuiteError(
            f"Nothing in {source.name!r} could be mapped"
            + "".join(f"\n  {entry.what}: {entry.reason}" for entry in imported.entries[:50])
        )
    given = dict(tables or {})
    if len(imported.tables) == 1 and set(given) == {DATA}:
        given = {imported.tables[0]: given[DATA]}  # a name goes without saying
    unknown = [name for name in given if name not in imported.tables]
    if unknown:
        raise SuiteError(
            f"The document has no table {unknown[0]!r}.",
            hint=f"Its tables: {', '.join(imported.tables)}.",
        )
    beside = target or Path("suite.yaml")
    for place in given.values():
        table_source(place, "")  # a place that leads nowhere is said before a suite says it
    placed = {name: _from(place, beside) for name, place in given.items()}
    text = suite_text(imported, source=source.name, tables=placed, file=beside.name)
    names = subject_names(imported)
    variables = tuple(variable(names[table]) for table in imported.tables if table not in placed)
    with tempfile.NamedTemporaryFile(suffix=".csv") as stand_in:  # for tables that are named later
        environ = dict.fromkeys(variables, stand_in.name)
        # what is written must be a suite
        loads(text, file=str(beside), folder=str(beside.parent), environ=environ)
    if target is not None:
        write(target, text, force=force)
    return ImportedSuite(
        format=imported.format,
        text=text,
        entries=imported.entries,
        checks=len(different(imported)),
        variables=variables,
    )


def _from(place: Any, suite: Path) -> Any:
    """A table's place as the suite writes it: paths start at the suite's own folder."""
    if isinstance(place, Mapping):
        files = ("duckdb", "sqlite")
        return {k: relative(v, suite) if k in files else v for k, v in place.items()}
    return relative(place, suite)


def export_suite(
    suite: Suite | str | Path,
    *,
    on: str | None = None,
    output: str | Path | None = None,
    force: bool = False,
) -> Exported:
    """A suite as one of Great Expectations 1.x, and the checks that it has no words for.

    Args:
        suite: the suite, or its file.
        on: the table whose checks are meant; None takes the only one.
        output: the JSON file to write; None writes none.
        force: overwrite a file that is there.

    Raises:
        SuiteError: the suite cannot be read, or the file not be written.
    """
    import msgspec

    from assay.suite.exchange.gx.write import write_gx
    from assay.suite.load import load

    target = Path(output) if output is not None else None
    if target is not None:
        writable(target, force=force)
    read = load(suite) if isinstance(suite, str | Path) else suite
    exported = write_gx(read, on=on)
    if target is not None:
        text = msgspec.json.format(msgspec.json.encode(exported.document), indent=2).decode()
        write(target, f"{text}\n", force=force)
    return exported
