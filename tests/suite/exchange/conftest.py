"""The flights that the fixtures were made from, and the verdicts of an imported suite on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.suite.exchange.fixtures.flights_sample import sample

import assay
from assay.api.exchange import ImportedSuite, export_suite, import_suite
from assay.suite.exchange.entries import Draft
from assay.suite.exchange.suite_text import question

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="session")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rows as Parquet: NaN is null, as pandas means it."""
    path = tmp_path_factory.mktemp("flights") / "flights.parquet"
    pq.write_table(pa.Table.from_pandas(sample(), preserve_index=False), path)
    return path


class Verdicts:
    """An imported suite that was run."""

    def __init__(self, imported: ImportedSuite, run: assay.Run) -> None:
        self.imported = imported
        self.run = run
        drafts = {question(d): d for entry in imported.entries for d in entry.checks}
        asked = [name for name, draft in drafts.items() for _ in _columns(draft)]
        self._results = list(zip(asked, run.results, strict=True))

    def of(self, checks: tuple[Draft, ...]) -> bool:
        """Whether all of an entry's checks pass; each must have a clear verdict."""
        asked = {question(check) for check in checks}
        held = [result for name, result in self._results if name in asked]
        assert held
        unclear = {r.id: r.reason for r in held if r.verdict not in ("pass", "fail")}
        assert unclear == {}
        return all(r.verdict == "pass" for r in held)


def _columns(draft: Draft) -> list[Any]:
    """What ``columns`` spreads to: one check for each."""
    several = draft.params.get("columns")
    return several if several is not None and draft.metric != "duplicate_rows" else [None]


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., Verdicts]:
    """Import a fixture, run what comes of it, and say what each entry's checks found."""

    def judge(name: str, tables: Mapping[str, Any], **options: Any) -> Verdicts:
        suite = tmp_path / "suite.yaml"
        imported = import_suite(FIXTURES / name, tables=tables, output=suite, **options)
        return Verdicts(imported, assay.run(suite, home=tmp_path / ".assay"))

    return judge


def exported(folder: Path, check: str, criterion: str) -> tuple[list[tuple[str, Any]], list[str]]:
    """A check as expectations, each with its type and arguments; or the reasons for having none."""
    suite = folder / "suite.yaml"
    tables = "subjects:\n  d: {table: d.csv}\n  e: {table: e.csv}\n"
    suite.write_text(f"suite: s\n{tables}checks:\n  - {check}\n    {criterion}\n")
    for name in ("d.csv", "e.csv"):
        folder.joinpath(name).write_text("a,b\n1,2\n")
    found = export_suite(suite)
    said = [(each["type"], each["kwargs"]) for each in found.document["expectations"]]
    return said, [each.reason for each in found.left]
