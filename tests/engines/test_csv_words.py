"""Words in a CSV file stay words."""

from __future__ import annotations

from assay.core.source import Files
from assay.engines.duckdb import DuckDBEngine


def test_yes_and_no_are_words_and_true_and_false_are_booleans(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_text("deny,t,flag,shout,none\nyes,t,true,TRUE,\nno,f,false,False,\n,t,true,,\n")
    with DuckDBEngine() as engine:
        engine.attach("t", Files((str(path),), "csv"))
        kinds = {c.name: c.kind for c in engine.schema("t").columns}
    assert kinds["deny"] == "string"
    assert kinds["t"] == "string"
    assert kinds["flag"] == "boolean"
    assert kinds["shout"] == "boolean"
