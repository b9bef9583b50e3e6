"""Tables that grow by whole files: only files that are new or changed are read."""

from __future__ import annotations

import hashlib
import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from assay.core.errors import SubjectError
from assay.core.result import Parts
from assay.core.source import Files
from assay.runner.kept_states import KeptStates, States
from assay.runner.questions import question, why_whole
from assay.states import Count, Sample
from assay.subjects.files import Stamp, file_content, fingerprint_of, stamp
from assay.subjects.table import table_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from assay.core.aggregate import Aggregate
    from assay.core.engine import Engine
    from assay.core.schema import Schema
    from assay.core.source import FileFormat, Source
    from assay.runner.kept_states import Store

MOST_SAMPLED = 64 << 20
"""Bytes of rows that are kept as they are, for metrics that need the rows themselves."""

_FORMATS: tuple[FileFormat, ...] = ("parquet", "arrow")
_IN_PATH = re.compile(r"[^/\\]+=[^/\\]*(?=[/\\])")


def growing_files(name: str, source: Source) -> Files:
    """The files of a table that is to be incremental, each by its path.

    Raises:
        SubjectError: it is not in Parquet or Arrow files.
    """
    if not isinstance(source, Files):
        raise SubjectError(
            f"{name!r} cannot be incremental: it is not in files, so what was read before cannot "
            "be told from what is new.",
            hint="Remove `incremental`, or export the table to Parquet, one file a day.",
        )
    if source.format not in _FORMATS:
        raise SubjectError(
            f"{name!r} cannot be incremental: the types of {source.format} files follow from all "
            "their rows, so that a new file may change what the others were read as.",
            hint="Remove `incremental`, or write the files as Parquet.",
        )
    paths = [
        path
        for given in source.paths
        for path in ([given] if os.path.isfile(given) else _within(given))
    ]
    return Files(tuple(map(os.path.abspath, paths)), source.format)


def _within(given: str) -> tuple[str, ...]:
    """The files of a folder or pattern."""
    found = table_source(given, ".")
    return found.paths if isinstance(found, Files) else ()


@dataclass(frozen=True)
class File:
    """One file of the table.

    Attributes:
        position: among the files of the table, from 0.
        name: what the engine knows it by, and a person.
        content: SHA-256 of its bytes.
        identity: of its rows: its content, and the columns that stand in its path (``day=2``).
    """

    position: int
    path: str
    name: str
    content: str
    identity: str
    stamp: Stamp | None


@dataclass
class Growing:
    """One incremental table of a run: folds what was not folded before, and merges.

    Attributes:
        schema: of the table, which every file must have.
        fingerprint: content of another table by its name; "" where it has none.
        explaining: nothing is written to the store.
    """

    table: str
    source: Files
    schema: Schema
    engine: Engine
    store: Store
    fingerprint: Callable[[str], str]
    explaining: bool = False
    _files: tuple[File, ...] = ()
    _read: set[str] = field(default_factory=set)
    _written: bool = False
    _lock: Lock = field(default_factory=Lock)

    def files(self) -> tuple[File, ...]:
        """The files, in the order of the table; only what is new or changed is hashed.

        Raises:
            SubjectError: one cannot be read.
        """
        with self._lock:
            self._files = self._files or self._look()
            return self._files

    def _look(self) -> tuple[File, ...]:
        stamps = {path: stamp(path) for path in self.source.paths}
        texts = {path: " ".join(map(str, found)) for path, found in stamps.items() if found}
        known = self.store.contents(texts)
        new = {path: file_content(path) for path in stamps if path not in known}
        if new and not self.explaining:
            # the stamp of a file that may be written again unseen is not worth keeping
            sure = {path for path, found in stamps.items() if found and found.settled}
            self.store.learn({p: (texts[p] if p in sure else "", c) for p, c in new.items()})
        folder = os.path.commonpath([os.path.dirname(path) for path in stamps])
        return tuple(
            File(
                position=i,
                path=path,
                name=f"{self.table} ({os.path.relpath(path, folder)})",
                content=(content := known.get(path) or new[path]),
                identity=_identity(path, content),
                stamp=found,
            )
            for i, (path, found) in enumerate(stamps.items())
        )

    def contents(self) -> str:
        """``sha256:…`` of all files: the same as of a table that is not incremental."""
        return fingerprint_of([file.content for file in self.files()])

    def parts(self) -> Parts:
        """How many files there are, and how many were read in this run."""
        return Parts(total=len(self.source.paths), read=len(self._read))

    def fold(self, wanted: Sequence[Aggregate[Any]]) -> States:
        """The states of the whole table.

        Raises:
            AssayError: a file cannot be read, or its columns are not the table's.
        """
        apart = self.apart(wanted)
        states = self._merged([a for a in dict.fromkeys(wanted) if a not in apart])
        if apart:
            states |= self.engine.fold(self.table, list(apart))
            self.read_whole()
        return states

    def read_whole(self) -> None:
        """Note that something needs all files, whatever is kept."""
        self._read.update(self.source.paths)

    def apart(self, wanted: Iterable[Aggregate[Any]]) -> dict[Aggregate[Any], str]:
        """Aggregates that are folded over the whole table, and why: a clause for a person."""
        found: dict[Aggregate[Any], str] = {}
        rows: int | None = None
        for aggregate in dict.fromkeys(wanted):
            reason = why_whole(aggregate, self.table, self.fingerprint)
            if reason is None and isinstance(aggregate, Sample):
                if rows is None:
                    rows = int(self.engine.fold(self.table, [Count()])[Count()][()].n)
                most = MOST_SAMPLED // (8 * max(1, len(aggregate.of)))
                if rows > most:
                    reason = f"the rows themselves are kept up to {most:,}"
            if reason is not None:
                found[aggregate] = reason
        return found

    def new(self, wanted: Sequence[Aggregate[Any]]) -> list[File]:
        """Files that :meth:`fold` would read for these aggregates, whose states merge."""
        kept = self._kept(wanted)
        return [file for file in self.files() if kept.lacking(file.position)]

    def _kept(self, wanted: Iterable[Aggregate[Any]]) -> KeptStates:
        asked = {
            a: question(a, self.schema, self.engine.identity, self.fingerprint) for a in wanted
        }
        return KeptStates(self.store, [file.identity for file in self.files()], asked)

    def _merged(self, wanted: Sequence[Aggregate[Any]]) -> States:
        """Fold what is not kept, file by file, and merge all in the order of the files."""
        if not wanted:
            return {}
        kept = self._kept(wanted)
        files = self.files()
        lacking = {file: some for file in files if (some := kept.lacking(file.position))}
        with self.attached(lacking), _side_by_side() as pool:
            folding = pool.map(lambda file: self._folded(kept, file, lacking[file]), lacking)
            for file in files:
                states = kept.kept(file.position)
                if file in lacking:
                    states |= next(folding)
                if damaged := kept.wants(file.position, states):
                    with self.attached([file]):
                        states |= self._folded(kept, file, damaged)
                kept.add(states)
        total = kept.total()
        if not self._written:
            kept.save_total(total)
            kept.settle(file.path for file in files)
        return total

    def _folded(self, kept: KeptStates, file: File, wanted: Sequence[Aggregate[Any]]) -> States:
        """Fold one file and keep its states, unless it was written to in the meantime."""
        self._read.add(file.path)
        states = self.engine.fold(file.name, wanted, mergeable=True)
        if stamp(file.path) == file.stamp:
            kept.save(file.position, states)
        else:
            self._written = True
        return states

    @contextmanager
    def attached(self, files: Iterable[File]) -> Iterator[None]:
        """Files known to the engine for a while, each held to the columns of the table."""
        known = list(files)
        try:
            for file in known:
                self.engine.attach(file.name, Files((file.path,), self.source.format))
            for file in known:
                self._same_columns(file)
            yield
        finally:
            for file in known:
                self.engine.detach(file.name)

    def _same_columns(self, file: File) -> None:
        mine, its = (
            {c.name: c.native for c in s.columns}
            for s in (self.schema, self.engine.schema(file.name))
        )
        if mine == its:
            return
        wrong = [f"no column {name!r}" for name in mine if name not in its]
        wrong += [f"a column {name!r} more" for name in its if name not in mine]
        wrong += [
            f"{name!r} as {its[name]} and not {native}"
            for name, native in mine.items()
            if its.get(name, native) != native
        ]
        first = os.path.basename(self.files()[0].path)
        raise SubjectError(
            f"{file.name} has other columns than {first}: {', '.join(wrong[:3])}.",
            hint="Write the file again with the columns of the others.",
        )


@contextmanager
def _side_by_side() -> Iterator[ThreadPoolExecutor]:
    """Threads for files: one alone seldom keeps all cores busy. None goes on after an error."""
    pool = ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="assay-file")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _identity(path: str, content: str) -> str:
    stated = "/".join(_IN_PATH.findall(path))
    return hashlib.sha256(f"{content} {stated}".encode()).hexdigest() if stated else content
