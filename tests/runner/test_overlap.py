"""Rows that a table and its reference share are said, and counted once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import assay
from assay.core.evidence import Text
from assay.engines.duckdb import DuckDBEngine


def table(first: int, n: int = 300, name: str = "id") -> pd.DataFrame:
    rng = np.random.default_rng(first)
    found = pd.DataFrame({"x": rng.normal(size=n), "y": rng.normal(size=n)})
    return found.assign(**{name: np.arange(first, first + n)})


def said(found: assay.Drift) -> set[str]:
    return {e.text for r in found.results for e in r.evidence if isinstance(e, Text)}


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (0, "300 of 300 rows have the 'id' of a row of the reference: what is the same in both"),
        (250, "50 of 300 rows have"),
        (299, "1 of 300 rows has"),
    ],
)
def test_shared_rows_are_said(first, words):
    (text,) = said(assay.drift(table(0), table(first), unit="id"))
    assert words in text


def test_other_rows_are_not_spoken_of():
    assert said(assay.drift(table(0), table(300), unit="id")) == set()
    assert said(assay.drift(table(0), table(0))) == set()  # nothing names a row


def test_a_pair_of_tables_is_joined_once(monkeypatch):
    scans = []
    fold = DuckDBEngine.fold

    def counted(self, name, aggregates, **more):
        scans.append(name)
        return fold(self, name, aggregates, **more)

    monkeypatch.setattr(DuckDBEngine, "fold", counted)
    assay.drift(table(0), table(300), unit="id")
    alone = len(scans)
    scans.clear()
    assay.drift(table(0), table(300))
    assert alone == len(scans) + 1


def test_ids_that_cannot_be_compared_cost_no_verdict():
    texts = table(0).assign(id=lambda t: t["id"].astype(str) + "a")
    found = assay.drift(table(0), texts, unit="id")
    assert said(found) == set()
    assert all(r.measurements for r in found.results)
