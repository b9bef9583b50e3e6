"""Scores of earlier runs, read without building their documents."""

from __future__ import annotations

import sqlite3

import msgspec

from assay.core.result import Score

RUNS = [f"20261123-1415{second:02}-000000" for second in range(6)]


def scored(run, value):
    score = Score(dimension=None, value=value, checks=1, weight=1.0)
    return msgspec.structs.replace(run, scores=[score])


def test_the_finished_runs_before_one_oldest_first(history, make_run):
    for i, run_id in enumerate(RUNS):
        history.save(scored(make_run(run_id, started=f"2026-11-23T14:15:0{i}Z"), i / 10))
    history.save(scored(make_run("20261123-141500-000001", suite="other"), 0.99))
    history.save(scored(make_run("20261123-141501-000002", status="interrupted"), 0.99))
    history.save(make_run("20261123-141502-000003"))  # without scores
    found = history.scores("mortgage", before=RUNS[4])
    assert [one.run_id for one in found] == RUNS[:4]
    assert [one.scores[0].value for one in found] == [0.0, 0.1, 0.2, 0.3]
    assert found[3].started == "2026-11-23T14:15:03Z"
    assert [one.run_id for one in history.scores("mortgage", before=RUNS[4], limit=3)] == RUNS[2:4]
    assert list(history.scores("mortgage", before=RUNS[0])) == []
    assert list(history.scores("none", before=RUNS[5])) == []


def test_a_document_that_cannot_be_read_is_a_gap(history, make_run):
    for i, run_id in enumerate(RUNS[:3]):
        history.save(scored(make_run(run_id), i / 10))
    db = sqlite3.connect(history.path / "history.sqlite")
    with db:
        db.execute("UPDATE runs SET document = ? WHERE id = ?", (b'{"scores": 1}', RUNS[1]))
    db.close()
    assert [one.run_id for one in history.scores("mortgage", before=RUNS[3])] == [RUNS[0], RUNS[2]]


def test_an_empty_history_has_none(history):
    assert list(history.scores("mortgage", before=RUNS[0])) == []
