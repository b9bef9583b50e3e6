"""Open what a suite names; a subject that cannot be opened costs its own checks, not the run."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from assay.core.check import LanguageModelSpec, ModelSpec, SamplesSpec, TableSpec
from assay.core.errors import AssayError, SubjectError, no_column
from assay.core.result import SubjectRecord
from assay.core.schema import (
    BYTES,
    CLUSTER,
    DIFFERENT,
    GREATEST,
    LEAST,
    PREDICTION,
    ROWS,
    SECONDS,
    TARGET,
    UNIT,
    score_column,
)
from assay.core.source import Files
from assay.runner.attaching import attachable, reads_of
from assay.runner.increment import Growing, growing_files
from assay.runner.split_rows import REASONS
from assay.subjects.files import stamp
from assay.subjects.table import describe, fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future, ThreadPoolExecutor

    from assay.core.aggregate import Aggregate
    from assay.core.check import SubjectSpec, Suite
    from assay.core.engine import Engine
    from assay.core.result import SubjectKind
    from assay.core.schema import Schema
    from assay.core.source import Source
    from assay.runner.journal import Journal
    from assay.runner.kept_states import States, Store
    from assay.subjects.language.model import LanguageModel
    from assay.subjects.language.stored import StoredAnswers
    from assay.subjects.predictor import Predictor
    from assay.subjects.samples.questions import Questions
    from assay.subjects.samples.survey import SampleSurvey


_KNOWN = (UNIT, CLUSTER, TARGET, PREDICTION, SECONDS, BYTES, score_column(0)[:-1], ROWS, DIFFERENT,
          LEAST, GREATEST, REASONS)  # fmt: skip
"""Beginnings of names that a run itself writes: its files may be checked like others."""

Stamp = tuple[tuple[int, int, int, int] | None, ...]
"""Device, identity, size and time of each file: nothing for what is not in files."""


class _Told(Protocol):
    """What has a fingerprint."""

    @property
    def fingerprint(self) -> str: ...


Told = TypeVar("Told", bound=_Told)


@dataclass(frozen=True)
class OpenTable:
    """A table that the engine knows; ``stamp`` tells whether its files are still the same."""

    spec: TableSpec
    schema: Schema
    stamp: Stamp


@dataclass(frozen=True)
class OpenSamples:
    """Samples that were read once, so that no bad one is met when half of them are asked."""

    samples: Questions
    survey: SampleSurvey
    fingerprint: str


@dataclass
class Opened:
    """The subjects of a run: open tables, models opened when first needed, and what failed."""

    suite: Suite
    allow_code: bool
    tables: dict[str, OpenTable] = field(default_factory=dict)
    samples: dict[str, OpenSamples] = field(default_factory=dict)
    errors: dict[str, AssayError] = field(default_factory=dict)
    fingerprints: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    growing: dict[str, Growing] = field(default_factory=dict)
    _hashing: dict[str, Future[str]] = field(default_factory=dict)
    _models: dict[str, Predictor] = field(default_factory=dict)
    _languages: dict[str, LanguageModel] = field(default_factory=dict)
    _stored: dict[str, StoredAnswers] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def model(self, name: str) -> Predictor:
        """The model of that name, opened once.

        Raises:
            AssayError: it cannot be opened (the same error at every call).
        """

        def open_it() -> Predictor:
            from assay.subjects.predictor import open_model

            spec = self.suite.subjects[name]
            assert isinstance(spec, ModelSpec)
            return open_model(spec, folder=self.suite.folder, allow_code=self.allow_code)

        return self._once(name, self._models, open_it)

    def language(self, name: str) -> LanguageModel:
        """The language model of that name, opened once; nothing is sent yet.

        Raises:
            AssayError: it cannot be opened (the same error at every call).
        """

        def open_it() -> LanguageModel:
            from assay.subjects.language.model import open_language_model

            spec = self._asked(name)
            return open_language_model(spec, folder=self.suite.folder, allow_code=self.allow_code)

        return self._once(name, self._languages, open_it)

    def stored(self, name: str) -> StoredAnswers:
        """The answers of that name, which exist already, opened once.

        Raises:
            AssayError: they cannot be opened (the same error at every call).
        """

        def open_it() -> StoredAnswers:
            from assay.subjects.language.stored import open_stored

            return open_stored(self._asked(name), folder=self.suite.folder)

        return self._once(name, self._stored, open_it)

    def _asked(self, name: str) -> LanguageModelSpec:
        spec = self.suite.subjects[name]
        assert isinstance(spec, LanguageModelSpec)
        return spec

    def _once(self, name: str, held: dict[str, Told], open_it: Callable[[], Told]) -> Told:
        with self._lock:
            if name in self.errors:
                raise self.errors[name]
            if name not in held:
                try:
                    opened = open_it()
                    self.fingerprints[name] = opened.fingerprint
                except AssayError as error:
                    self.errors[name] = error
                    raise
                held[name] = opened
            return held[name]

    @property
    def schemas(self) -> dict[str, Schema]:
        """Columns of the tables, and of what samples carry along, by subject."""
        found = {name: table.schema for name, table in self.tables.items()}
        return found | {name: opened.survey.schema for name, opened in self.samples.items()}

    def require(self, *names: str | None) -> None:
        """Raise the error of the first of these subjects that could not be opened."""
        for name in names:
            if name in self.errors:
                raise self.errors[name]

    def changed(self) -> set[str]:
        """Tables whose files were written to since they were opened, and queries over such."""
        found = {n for n, table in self.tables.items() if _stamp(table.spec.source) != table.stamp}
        reads = {n: reads_of(t.spec.source) for n, t in self.tables.items()} if found else {}
        while more := {n for n, read in reads.items() if read & found} - found:
            found |= more
        return found

    def unit(self, name: str) -> str | None:
        """The column that identifies a row of the table, where the suite names one."""
        table = self.tables.get(name)
        return table.spec.unit if table else None

    def folder(self, engine: Engine) -> Callable[[str, list[Aggregate[Any]]], States]:
        """Folds aggregates over a table: of one that grows, only what is new is read."""

        def fold(table: str, wanted: list[Aggregate[Any]]) -> States:
            growing = self.growing.get(table)
            return growing.fold(wanted) if growing else engine.fold(table, wanted)

        return fold

    def cluster(self, name: str) -> str | None:
        """The column whose equal values mark rows that belong together, where the suite names one.

        Raises:
            SubjectError: the table has no such column.
        """
        asked = self.samples.get(name)
        if asked is not None:
            return "cluster" if asked.survey.clusters is not None else None
        table = self.tables.get(name)
        column = table.spec.cluster if table else None
        if table and column is not None and table.schema.find(column) is None:
            message, hint = no_column(
                f"The table {name!r}", column, table.schema.names, role="its `cluster`"
            )
            raise SubjectError(message, hint=hint)
        return column

    def fingerprint(self, pool: ThreadPoolExecutor) -> dict[str, Future[str]]:
        """Start hashing the tables' contents; scans need not wait for it."""
        self._hashing = {name: pool.submit(self._fingerprint, name) for name in self.tables}
        return self._hashing

    def _fingerprint(self, name: str) -> str:
        if name in self.growing:
            return self.growing[name].contents()
        return fingerprint(self.tables[name].spec.source)

    def content(self, name: str) -> str:
        """The fingerprint of a table; "" where it has none, or cannot be read."""
        if name not in self.tables:
            return ""
        try:
            known = self._hashing.get(name)
            return known.result() if known else self._fingerprint(name)
        except AssayError:
            return ""

    def settle(self, journal: Journal, hashing: Mapping[str, Future[str]]) -> None:
        """Take the hashes, keep them in the journal, and hold a resumed run to its first ones.

        Raises:
            SubjectError: a table is no longer what it was when the run began.
        """
        for name, future in hashing.items():
            try:
                self.fingerprints[name] = future.result()
            except AssayError as error:
                self.errors.setdefault(name, error)
                self.fingerprints[name] = ""
        header = journal.header()
        if header is None:
            return
        for name, before in header.fingerprints.items():
            if self.fingerprints.get(name, before) != before:
                raise SubjectError(
                    f"{name!r} has changed since the run {header.run_id} was started.",
                    hint="A resumed run needs the same inputs: start a new run.",
                )
        both = {**header.fingerprints, **self.fingerprints}
        if both != header.fingerprints:
            journal.start(msgspec.structs.replace(header, fingerprints=both))

    def records(self) -> list[SubjectRecord]:
        """What was under test, for the run's document."""
        found: list[SubjectRecord] = []
        for name, spec in self.suite.subjects.items():
            table = self.tables.get(name)
            kind, description = self._described(name, spec)
            asked = self.samples.get(name)
            found.append(
                SubjectRecord(
                    name=name,
                    kind=kind,
                    description=description,
                    fingerprint=self.fingerprints.get(name, ""),
                    rows=asked.survey.samples if asked else self.rows.get(name),
                    columns=list(table.schema.names) if table else [],
                    parts=self.growing[name].parts() if name in self.growing else None,
                )
            )
        return found

    def _described(self, name: str, spec: SubjectSpec) -> tuple[SubjectKind, str]:
        match spec:
            case ModelSpec():
                model = self._models.get(name)
                return "model", model.description if model else f"{spec.task} model, not opened"
            case LanguageModelSpec(answers=str(path)):
                return "language model", f"answers of {path}"
            case LanguageModelSpec():
                asked = self._languages.get(name)
                named = spec.model or spec.local or spec.call or "an application"
                return "language model", asked.description if asked else named
            case SamplesSpec():
                return "samples", spec.path or "facts hidden in long texts"
            case TableSpec():
                return "table", describe(spec.source)


def open_subjects(
    suite: Suite,
    engine: Engine,
    *,
    allow_code: bool,
    states: Store | None = None,
    explaining: bool = False,
) -> Opened:
    """Attach the suite's tables; note those that cannot be opened.

    Args:
        states: where those of incremental tables are kept; None reads such a table whole.
        explaining: nothing is written to ``states``.
    """
    opened = Opened(suite, allow_code)
    specs = {name: spec for name, spec in suite.subjects.items() if isinstance(spec, TableSpec)}
    ordered = attachable(specs, opened.errors)
    stamps: dict[str, Stamp] = {}
    # files all at once before the first is read: an engine may begin anew for what it may read
    for name in [n for n in ordered if isinstance(specs[n].source, Files)]:
        try:
            stamps[name] = _attach(engine, name, specs[name].source)
        except AssayError as error:
            opened.errors[name] = error
    for name in [n for n in ordered if n not in opened.errors]:
        spec = specs[name]
        try:
            opened.require(*(n for n in specs if n in reads_of(spec.source)))
            before = stamps[name] if name in stamps else _attach(engine, name, spec.source)
            files = growing_files(name, spec.source) if spec.incremental else None
            schema = engine.schema(name)
            _refuse_taken(name, schema)
            opened.tables[name] = OpenTable(spec, schema, before)
            if files is not None and states is not None:
                opened.growing[name] = Growing(
                    table=name, source=files, schema=opened.tables[name].schema, engine=engine,
                    store=states, fingerprint=opened.content, explaining=explaining,
                )  # fmt: skip
        except AssayError as error:
            opened.errors[name] = error
    for name, asked in suite.subjects.items():
        if isinstance(asked, SamplesSpec):
            try:
                opened.samples[name] = _open_samples(name, asked, suite.folder)
                opened.fingerprints[name] = opened.samples[name].fingerprint
            except AssayError as error:
                opened.errors[name] = error
    return opened


def _open_samples(name: str, spec: SamplesSpec, folder: str) -> OpenSamples:
    from assay.subjects.samples.opening import open_samples
    from assay.subjects.samples.survey import survey

    samples = open_samples(spec, folder=folder)
    fingerprint = samples.fingerprint
    found = survey(samples)
    taken = next((c for c in found.columns if c.lower().startswith("assay.")), None)
    if taken is not None:
        raise SubjectError(
            f"Samples of {name!r} have {taken!r}: names that begin with 'assay.' are kept.",
            hint="Rename it.",
        )
    return OpenSamples(samples, found, fingerprint)


def _refuse_taken(name: str, schema: Schema) -> None:
    """Refuse a column that bears a name which engines give to columns of their own."""
    taken = (c for c in schema.names if c.lower().startswith("assay.") and not c.startswith(_KNOWN))
    found = next(taken, None)
    if found is not None:
        raise SubjectError(
            f"The table {name!r} has a column {found!r}: names that begin with 'assay.' are kept.",
            hint="Rename it.",
        )


def _attach(engine: Engine, name: str, source: Source) -> Stamp:
    """Make a table known to the engine; how its files stood before.

    Raises:
        AssayError: it cannot be.
    """
    before = _stamp(source)
    engine.attach(name, source)
    return before


def _stamp(source: Source) -> Stamp:
    """Without the time of a change of a file's mode or links, which is none of its content."""
    files = source.paths if isinstance(source, Files) else ()
    return tuple(found[:4] if (found := stamp(path)) else None for path in files)
