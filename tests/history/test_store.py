"""The store: what is written comes back, names move, and every misuse has one clear error."""

from __future__ import annotations

import re
import stat

import pytest

from assay.core.errors import HistoryError
from assay.history.run_id import is_run_id, new_run_id
from assay.history.store import History

A = "20261123-141502-a1b2c3"
B = "20261123-141502-a1ffff"
C = "20261124-080000-000000"


def test_a_run_comes_back_as_it_was(history, make_run):
    run = make_run(A)
    history.save(run)
    assert history.get(A) == run
    assert history.latest() == run


def test_reading_makes_nothing(history):
    assert list(history.list()) == []
    assert history.names() == {}
    assert history.latest() is None
    assert history.series("auc") == []
    assert not history.path.exists()


def test_the_folder_is_private_and_ignored_by_git(history, make_run):
    history.begin(A, "mortgage", "2026-11-23T14:15:02Z")
    assert (history.path / ".gitignore").read_text() == "*\n"
    for path in (history.path, history.folder(A)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE((history.path / "history.sqlite").stat().st_mode) == 0o600


def test_passwords_are_not_stored(history, make_run):
    text = (
        "subjects:\n  a: {dsn: 'postgresql://ann:hunter2@db.example.org/x', table: t}\n"
        '  b: {dsn: "host=db password=hunter2 dbname=x", table: t}\n'
        "  d: {dsn: 'postgresql://ann:hunt@hunter2@db/x'}\n"
        "  c: {dsn: 'https://example.org:8080/a@b', table: t}\n"
    )
    history.save(make_run(A, text=text))
    on_disk = b"".join(p.read_bytes() for p in history.path.rglob("*") if p.is_file())
    assert b"hunter2" not in on_disk
    kept = history.get(A).suite.text
    assert kept is not None
    assert "postgresql://ann:***@db.example.org/x" in kept
    assert "password=*** dbname=x" in kept
    assert "https://example.org:8080/a@b" in kept


def test_listing_is_newest_first_and_by_suite(history, make_run):
    history.save(make_run(B, suite="other"))
    history.save(make_run(C))
    history.save(make_run(A, name="main"))
    assert [r.id for r in history.list()] == [C, B, A]
    assert [r.id for r in history.list(limit=1)] == [C]
    listed = history.list(suite="mortgage")
    assert [(r.id, r.names, r.status, r.decision) for r in listed] == [
        (C, [], "finished", "pass"),
        (A, ["main"], "finished", "pass"),
    ]
    assert listed[0].counts == history.get(C).counts()
    assert listed[0].duration_s == 1.5


def test_names_move_and_delete_respects_them(history, make_run):
    history.save(make_run(A, name="main"))
    history.save(make_run(C))
    assert history.get("main").run.id == A
    history.name(C, "main")
    assert history.names() == {"main": C}
    with pytest.raises(HistoryError, match="is named 'main'"):
        history.delete(C)
    history.delete(A)
    assert [r.id for r in history.list()] == [C]
    history.unname("main")
    history.delete(C)
    assert list(history.list()) == []


def test_delete_removes_folder_and_series(history, make_run):
    history.save(make_run(A))
    (history.folder(A) / "header.json").write_text("{}")
    history.delete(A)
    assert not (history.path / "runs" / A).exists()
    assert history.series("auc") == []


def test_delete_does_not_follow_a_link_out_of_the_store(history, make_run, tmp_path):
    history.save(make_run(A))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("kept")
    history.folder(A).joinpath("owner.lock").unlink(missing_ok=True)
    history.folder(A).rmdir()
    (history.path / "runs" / A).symlink_to(elsewhere)
    history.delete(A)
    assert (elsewhere / "precious").read_text() == "kept"


def test_prefixes(history, make_run):
    for run_id in (A, B, C):
        history.save(make_run(run_id))
    assert history.resolve("20261124") == C
    assert history.get("20261123-141502-a1b").run.id == A
    with pytest.raises(HistoryError, match="2 runs begin with '20261123'") as caught:
        history.get("20261123")
    assert A in str(caught.value)
    assert B in str(caught.value)


def test_unknown_names_say_what_is_near(history, make_run):
    with pytest.raises(HistoryError, match="No run is stored here yet"):
        history.get("main")
    history.save(make_run(A, name="main"))
    with pytest.raises(
        HistoryError, match=re.escape("There is no run 'mian'. Did you mean 'main'?")
    ):
        history.get("mian")
    with pytest.raises(HistoryError, match="Did you mean 'main'"):
        history.unname("mainn")
    for empty in ("", "%", "_"):
        with pytest.raises(HistoryError, match="There is no run"):
            history.get(empty)


@pytest.mark.parametrize("name", ["", "2fast", "a b", "../x", "-x", "a" * 101, "x;--", "latest"])
def test_what_cannot_be_a_name(history, make_run, name):
    history.save(make_run(A))
    with pytest.raises(HistoryError, match="cannot be named"):
        history.name(A, name)


@pytest.mark.parametrize("run_id", ["", "..", "../../etc", "20261123-141502-A1B2C3", A + "/x"])
def test_ids_cannot_leave_the_folder(history, run_id):
    with pytest.raises(HistoryError, match="not the id of a run"):
        history.folder(run_id)
    with pytest.raises(HistoryError, match="not the id of a run"):
        history.begin(run_id, "s", "2026-11-23T14:15:02Z")


def test_a_finished_run_is_never_changed(history, make_run):
    run = make_run(A)
    history.save(run)
    history.save(run)  # the same again is harmless
    with pytest.raises(HistoryError, match="cannot be replaced"):
        history.save(make_run(A, value=0.5))
    with pytest.raises(HistoryError, match="finished and cannot be resumed"):
        history.begin(A, "mortgage", run.started)
    assert history.get(A) == run


def test_an_interrupted_run_is_resumed_and_finished(history, make_run):
    history.begin(A, "mortgage", "2026-11-23T14:15:02Z")
    assert [r.status for r in history.list()] == ["running"]
    with pytest.raises(HistoryError, match="assay resume"):
        history.get(A)
    history.save(make_run(A, status="interrupted", name="main"))
    assert [r.id for r in history.interrupted()] == [A]
    assert history.names() == {}  # a run that is not finished is no baseline
    with pytest.raises(HistoryError, match="is not finished"):
        history.name(A, "main")
    assert history.latest() is None
    assert history.latest(finished_only=False).run.id == A
    history.begin(A, "mortgage", "2026-11-23T14:15:02Z")
    assert [r.status for r in history.list()] == ["running"]
    history.save(make_run(A, name="main"))
    assert list(history.interrupted()) == []
    assert history.names() == {"main": A}


def test_a_released_run_shows_as_interrupted(history):
    history.begin(A, "mortgage", "2026-11-23T14:15:02Z")
    history.release(A)
    assert [(r.id, r.decision, r.counts) for r in history.interrupted()] == [(A, None, {})]


def test_a_run_has_one_owner(history):
    history.begin(A, "mortgage", "2026-11-23T14:15:02Z")
    other = History(history.path)
    with pytest.raises(HistoryError, match="Another process works on"):
        other.begin(A, "mortgage", "2026-11-23T14:15:02Z")
    with pytest.raises(HistoryError, match="works on the run"):
        other.delete(A)


def test_series_over_finished_runs(history, make_run):
    history.save(make_run(B, value=0.8))
    history.save(make_run(A, value=0.7))
    history.save(make_run(C, value=0.5, status="interrupted"))
    points = history.series("auc", suite="mortgage")
    assert [(p.run_id, p.measurement.value, p.verdict) for p in points] == [
        (A, 0.7, "pass"),
        (B, 0.8, "pass"),
    ]
    recall = history.series("recall")
    assert [p.measurement.key for p in recall] == [{"afam": "no"}, {"afam": "yes"}] * 2
    assert history.series("auc", suite="another") == []


def test_run_ids():
    ids = {new_run_id() for _ in range(200)}
    assert len(ids) == 200
    assert all(is_run_id(i) for i in ids)
    assert not is_run_id("20261123-141502-a1b2c3\n")
