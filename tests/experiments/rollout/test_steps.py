"""Rollouts on disk: replayed after a restart, a kill at any moment, a torn or damaged line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.experiments.rollout.worlds import HOUR, a_plan, found

from assay.core.errors import AssayError, HistoryError
from assay.experiments.ledger import BusyError
from assay.experiments.rollout.journal import folder_of, read, writing
from assay.experiments.rollout.machine import Event, State, replay, weights
from assay.experiments.rollout.steps import decide, intervene, standing, start

PLAN = a_plan()
SHARES = (0.01, 0.05, 0.25, 0.5)


def weights_on_disk(home: Path) -> dict[str, float]:
    return json.loads((folder_of(home, "checkout") / "weights.json").read_text())["weights"]


def walk(home: Path) -> None:
    """From the beginning to the promotion, a day for each stage."""
    start(home, PLAN, now=0.0)
    for day, share in enumerate(SHARES):
        since = standing(home, PLAN).since
        at = since + 25 * HOUR
        step = decide(home, PLAN, found(at=at, since=since, share=share), now=at)
        assert step.event.action == ("promote" if day == 3 else "advance")


def test_a_rollout_goes_through_its_stages_to_the_promotion(tmp_path) -> None:
    assert standing(tmp_path, PLAN) == State()
    first = start(tmp_path, PLAN, now=0.0)
    assert first.weights == {"old": 0.99, "new": 0.01} == weights_on_disk(tmp_path)
    assert first.goes_on
    assert start(tmp_path, PLAN, now=5.0).repeated
    walk(tmp_path)
    state = standing(tmp_path, PLAN)
    assert (state.status, state.stage, state.events) == ("promoted", 4, 5)
    assert weights_on_disk(tmp_path) == {"old": 0.0, "new": 1.0}
    again = decide(tmp_path, PLAN, found(at=1e9, latency=0.5), now=1e9)
    assert again.repeated
    assert again.event.action == "promote"


def test_the_same_analysis_is_decided_once(tmp_path) -> None:
    start(tmp_path, PLAN, now=0.0)
    findings = found(at=25 * HOUR)
    first = decide(tmp_path, PLAN, findings, now=25 * HOUR)
    second = decide(tmp_path, PLAN, findings, now=26 * HOUR)
    assert (first.repeated, second.repeated) == (False, True)
    assert first.event == second.event
    assert first.state == second.state


def test_time_alone_may_end_a_hold(tmp_path) -> None:
    start(tmp_path, PLAN, now=0.0)
    young = decide(tmp_path, PLAN, found(at=2 * HOUR), now=2 * HOUR)
    assert young.event.action == "hold"
    assert decide(tmp_path, PLAN, found(at=3 * HOUR), now=3 * HOUR).repeated
    old = decide(tmp_path, PLAN, found(at=25 * HOUR), now=25 * HOUR)
    assert (old.event.action, old.repeated) == ("advance", False)


def test_a_person_pauses_resumes_and_ends(tmp_path) -> None:
    with pytest.raises(AssayError, match="has not begun"):
        decide(tmp_path, PLAN, found(at=0.0))
    with pytest.raises(AssayError, match="planned cannot pause"):
        intervene(tmp_path, PLAN, "pause", reason="lunch")
    start(tmp_path, PLAN, now=0.0)
    wrong = found(at=25 * HOUR, counts={"old": 1, "new": 999})
    paused = decide(tmp_path, PLAN, wrong, now=25 * HOUR)
    assert (paused.event.action, paused.goes_on) == ("pause", False)
    assert weights_on_disk(tmp_path) == {"old": 0.99, "new": 0.01}
    resumed = intervene(tmp_path, PLAN, "resume", reason="logging is repaired", now=30 * HOUR)
    assert resumed.state.since == 30 * HOUR
    assert resumed.event.by == "person"
    assert intervene(tmp_path, PLAN, "advance", reason="enough", now=31 * HOUR).state.stage == 1
    ended = intervene(tmp_path, PLAN, "rollback", reason="a bug", now=32 * HOUR)
    assert ended.weights == {"old": 1.0, "new": 0.0} == weights_on_disk(tmp_path)
    with pytest.raises(AssayError, match="rolled back cannot resume"):
        intervene(tmp_path, PLAN, "resume", reason="no")


def test_a_person_may_promote_from_the_last_stage_and_roll_back_after(tmp_path) -> None:
    start(tmp_path, PLAN, now=0.0)
    for _ in range(3):
        intervene(tmp_path, PLAN, "advance", reason="go", now=0.0)
    assert intervene(tmp_path, PLAN, "advance", reason="go", now=0.0).state.status == "promoted"
    after = intervene(tmp_path, PLAN, "rollback", reason="a regret", now=1.0)
    assert after.weights == {"old": 1.0, "new": 0.0}


def test_another_plan_is_refused(tmp_path) -> None:
    start(tmp_path, PLAN)
    for call in (start, standing):
        with pytest.raises(AssayError, match="began with another plan"):
            call(tmp_path, a_plan(margin=0.5))


def test_a_clock_that_is_set_back_does_not_turn_the_journal_round(tmp_path) -> None:
    start(tmp_path, PLAN, now=1000.0)
    assert intervene(tmp_path, PLAN, "pause", reason="x", now=10.0).event.at == 1000.0


def test_a_journal_cut_anywhere_gives_the_whole_events_before(tmp_path) -> None:
    walk(tmp_path)
    path = folder_of(tmp_path, "checkout") / "journal.jsonl"
    whole = path.read_bytes()
    events = read(path.parent).events
    ends = [i + 1 for i, byte in enumerate(whole) if byte == 10]
    around = {end + d for end in ends for d in (-2, -1, 0, 1)}
    for cut in sorted({*range(0, len(whole), 41), *around} - {len(whole) + 1}):
        path.write_bytes(whole[:cut])
        kept = sum(end <= cut for end in ends)
        record = read(path.parent)
        if kept == 0:
            assert record is None
        else:
            assert record.events == events[: kept - 1]
    for cut in (1, ends[0] + 5, ends[2] + 1, ends[3] - 1):
        path.write_bytes(whole[:cut])
        with writing(path.parent, PLAN) as writer:
            state = writer.record.state
        assert path.read_bytes() in (whole[: max(e for e in (0, *ends) if e <= cut)],
                                     whole[: ends[0]])  # fmt: skip
        if state.events:
            assert weights_on_disk(tmp_path) == weights(PLAN, state)


def test_after_a_torn_line_the_rollout_goes_on(tmp_path) -> None:
    start(tmp_path, PLAN, now=0.0)
    path = folder_of(tmp_path, "checkout") / "journal.jsonl"
    with path.open("ab") as file:
        file.write(b'{"seq":1,"at":9')
    step = decide(tmp_path, PLAN, found(at=25 * HOUR), now=25 * HOUR)
    assert step.event.seq == 1
    assert len(path.read_bytes().splitlines()) == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: [lines[0], lines[1][:-9], *lines[2:]],
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [b"{}", *lines[1:]],
        lambda lines: [lines[0].replace(b'"margin":0.01', b'"margin":-1'), *lines[1:]],
        lambda lines: [lines[0].replace(b'"rollout":1', b'"rollout":2'), *lines[1:]],
        lambda lines: [b"", *lines],
    ],
)
def test_a_damaged_journal_is_an_error_and_stays_as_it_is(tmp_path, damage) -> None:
    walk(tmp_path)
    path = folder_of(tmp_path, "checkout") / "journal.jsonl"
    path.write_bytes(b"\n".join(damage(path.read_bytes().splitlines())) + b"\n")
    before = path.read_bytes()
    with pytest.raises(HistoryError):
        standing(tmp_path, PLAN)
    with pytest.raises(HistoryError):
        decide(tmp_path, PLAN, found(at=1e9), now=1e9)
    assert path.read_bytes() == before


def test_weights_that_were_lost_are_written_from_the_journal(tmp_path) -> None:
    start(tmp_path, PLAN, now=0.0)
    (folder_of(tmp_path, "checkout") / "weights.json").unlink()
    assert start(tmp_path, PLAN).repeated
    assert weights_on_disk(tmp_path) == {"old": 0.99, "new": 0.01}


def test_a_folder_that_cannot_be_written_is_said(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HistoryError, match="cannot be written"):
        start(tmp_path / "file", PLAN)


def test_two_deciders_do_not_meet(tmp_path) -> None:
    start(tmp_path, PLAN, now=0.0)
    with (
        writing(folder_of(tmp_path, "checkout"), PLAN),
        pytest.raises(BusyError, match="Another process decides"),
    ):
        decide(tmp_path, PLAN, found(at=25 * HOUR))
    assert decide(tmp_path, PLAN, found(at=25 * HOUR), now=25 * HOUR).event.action == "advance"


@pytest.mark.parametrize("name", ["checkout", "a/b", "..", "Käse 2", "x" * 300])
def test_any_name_of_an_experiment_has_a_folder_of_its_own(tmp_path, name) -> None:
    folder = folder_of(tmp_path, name)
    assert folder.parent == tmp_path / "rollouts"
    assert folder.name not in ("", ".", "..")
    assert len(folder.name) < 100
    assert folder != folder_of(tmp_path, f"{name} ")


def test_events_that_cannot_follow_are_refused() -> None:
    begun = Event(seq=0, at=1.0, action="start")
    for event in (
        Event(seq=0, at=2.0, action="hold"),
        Event(seq=1, at=0.5, action="hold"),
        Event(seq=1, at=2.0, action="start"),
        Event(seq=1, at=2.0, action="resume"),
    ):
        with pytest.raises(HistoryError, match="damaged"):
            replay(PLAN, [begun, event])
    with pytest.raises(HistoryError, match="too far"):
        replay(PLAN, [begun, *(Event(seq=i, at=2.0, action="advance") for i in range(1, 5))])


_DECIDER = """
import sys
from pathlib import Path
from assay.experiments.rollout.steps import decide, start, standing
from tests.experiments.rollout.worlds import HOUR, a_plan, found

home, plan = Path(sys.argv[1]), a_plan()
start(home, plan, now=0.0)
hour = standing(home, plan).last / HOUR
while True:
    hour += 1
    share = plan.stages[standing(home, plan).stage].share
    since = standing(home, plan).since
    findings = found(at=hour * HOUR, since=since, share=share, units=500 + int(hour))
    step = decide(home, plan, findings, now=hour * HOUR)
    print(step.event.seq, step.event.action, flush=True)
"""


def test_a_decider_killed_in_the_middle_loses_nothing_that_it_told(tmp_path) -> None:
    """Killed again and again, at other moments each time: what was printed is in the journal."""
    root = Path(__file__).resolve().parents[3]
    told = -1
    for attempt in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", _DECIDER, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(root)},
        )
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        time.sleep(0.001 + 0.007 * attempt)
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().splitlines(keepends=True)
        process.wait()
        process.stdout.close()
        whole = [line.split() for line in lines if line.endswith("\n")]
        told = max([told, *(int(seq) for seq, _ in whole)])
        record = read(folder_of(tmp_path, "checkout"))
        assert record is not None
        assert [event.seq for event in record.events] == list(range(len(record.events)))
        assert told <= len(record.events) - 1
        state = start(tmp_path, PLAN).state  # a restart: the lock is free, the weights are right
        assert state == record.state
        assert weights_on_disk(tmp_path) == weights(PLAN, state)
    assert told >= 8
