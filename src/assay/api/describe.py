"""Look at data: describe it, and write a starter suite for it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.api.writing import relative, writable, write
from assay.core.profile import TableProfile
from assay.core.progress import Progress, silent

if TYPE_CHECKING:
    from assay.core.engine import Engine
    from assay.core.schema import Task
    from assay.core.source import Source

_TABLE = "data"
_MEMORY, _INIT_MEMORY = "200MB", "1GB"
"""Of the embedded engine: with Python and what is read back, a profile stays below 400 MB."""


class Profile(TableProfile, frozen=True, kw_only=True):
    """A table's profile, with what one does with it in Python."""

    def write(self, path: str | Path) -> Path:
        """Write it to a file: a page to look at (``.html``) or its document (``.json``).

        Raises:
            ReportError: the ending is neither, or the file cannot be written.
        """
        from importlib.metadata import version

        from assay.report.profile.write import write

        return write(self, path, version=version("assay"))

    def _repr_html_(self) -> str:
        from html import escape

        from assay.report.profile.page import render

        # A frame keeps the page's styles from the notebook's, and the notebook's scripts away.
        return (
            f'<iframe sandbox title="Assay profile" srcdoc="{escape(render(self))}" '
            'style="width:100%;height:40rem;border:0"></iframe>'
        )

    def __repr__(self) -> str:
        from assay.report.profile.words import title

        return f"<assay.Profile {title(self)}>"


def profile(data: Any, *, columns: Sequence[str] = (), progress: Progress = silent) -> Profile:
    """Describe the columns of a table.

    Args:
        data: a path (file, folder or glob), a database table as in a suite, or a pandas, polars
            or Arrow object.
        columns: names or patterns with ``*`` and ``?``; empty for all.
        progress: told how far it is.

    Raises:
        SubjectError: the table cannot be read, or has no such column.
    """
    from assay.subjects.table import table_source

    with _opened(table_source(data, "")) as (engine, source):
        return _profile(engine, source, columns, progress)


@contextmanager
def _opened(source: Source, *, memory: str = _MEMORY) -> Iterator[tuple[Engine, Source]]:
    """An engine that knows the table."""
    from assay.engines.duckdb import DuckDBEngine

    with DuckDBEngine(memory_limit=memory) as engine:
        engine.attach(_TABLE, source)
        yield engine, source


def _profile(
    engine: Engine, source: Source, columns: Sequence[str] = (), progress: Progress = silent
) -> Profile:
    from assay.profiling.scan import profile as scan
    from assay.subjects.table import describe

    found = scan(engine, _TABLE, source=describe(source), columns=columns, progress=progress)
    return Profile(**{field: getattr(found, field) for field in found.__struct_fields__})


def init(
    data: str | Path | Mapping[str, Any],
    *,
    model: str | Path | None = None,
    target: str | None = None,
    task: Task | None = None,
    positive: str | int | float | bool | None = None,
    output: str | Path = "suite.yaml",
    force: bool = False,
    progress: Progress = silent,
) -> Path:
    """Write a starter suite that the data, and the model, meet: requirements with their reasons.

    Args:
        data: a file, a folder of files or a glob; or a table of a database as in a suite, where
            ``${NAME}`` stands for a variable of the environment.
        model: a skops or ONNX file, which is measured once on the data.
        target: the column with the truth; found where only one column can be it.
        task: found where the model tells.
        positive: the positive label (binary); found where it goes without saying.
        output: where to write; paths in the suite are relative to its folder.
        force: overwrite a file that is there.

    Raises:
        SuiteError: there is such a file already, or it cannot be written; or what the model needs
            to be told cannot be found.
        SubjectError: data or model cannot be read.
    """
    from assay.api.proposing import held_out
    from assay.subjects.table import table_source
    from assay.suite.load import loads
    from assay.suite.starter import starter
    from assay.suite.starter.place import filled, refuse_password

    path = Path(output)
    writable(path, force=force)
    if isinstance(data, Mapping):
        refuse_password(data)
    source = table_source(filled(data), "")
    with _opened(source, memory=_INIT_MEMORY) as (engine, _):
        described = _profile(engine, source, progress=progress)
        held = held_out(engine, _TABLE, described, progress)
    facts = None
    if model is not None:
        from assay.api.first_measure import first_measure

        facts = first_measure(
            described, source, model=model, target=target, task=task, positive=positive,
            written=relative(model, path), progress=progress,
        )  # fmt: skip
    text = starter(
        described,
        name=_name(data),
        table=_written(data, path),
        file=_from_here(path),
        now=time.time(),
        model=facts,
        held=held,
    )
    loads(text, file=str(path), folder=str(path.parent))  # what is written must be a suite
    write(path, text, force=force)
    return path


def _from_here(path: Path) -> str:
    """How the suite is named from the folder that a person works in; no folder above it."""
    found = os.path.relpath(path).replace(os.sep, "/")
    return path.name if found.startswith("..") else found


def _written(data: str | Path | Mapping[str, Any], suite: Path) -> Any:
    """Where the table is, as the suite writes it."""
    from assay.suite.starter.yaml import WithVariables

    if not isinstance(data, Mapping):
        return relative(data, suite)
    local = ("duckdb", "sqlite")
    return {
        key: WithVariables(relative(value, suite) if key in local and "${" not in value else value)
        for key, value in data.items()
    }


def _name(data: str | Path | Mapping[str, Any]) -> str:
    """The data's own name, as far as a suite's name can hold it."""
    if isinstance(data, Mapping):
        data = str(data.get("table", "first"))
    name = Path(data).name.split(".")[0]
    return name if name.strip() and name.isprintable() else "first"
