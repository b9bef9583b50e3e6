"""``assay experiment decide`` as it is typed: a shop whose traffic follows the weights."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.api.rollout import current
from assay.api.rollout import decide as choose
from assay.core.errors import SuiteError
from assay.experiments.assignment import assign
from assay.experiments.winner import Choice

ASSAY = Path(sys.executable).parent / "assay"
START = datetime(2026, 3, 1, tzinfo=UTC)
TIME = pa.timestamp("us", tz="UTC")
USERS = pa.schema({"user": pa.string(), "arm": pa.string(), "at": TIME})
ORDERS = pa.schema({"user": pa.string(), "at": TIME, "refunded": pa.bool_()})

EXPERIMENT = """\
experiment: checkout
unit: user
arms: {control: 0.5, new: 0.5}
assignments: {table: users.parquet, arm: arm, time: at}
events: {table: orders.parquet, time: at}
metrics:
  conversion: {kind: proportion}
  refunds:
    {kind: proportion, role: guardrail, direction: decrease, where: refunded, margin: 0.02}
"""
ROLLOUT = """\
rollout: {margin: 0.03, stages: [0.25, 0.5, 1], min_units: 1000}
"""


class Shop:
    """A day's users are assigned by the weights in force; a tenth of them order."""

    def __init__(self, folder: Path, text: str = EXPERIMENT + ROLLOUT) -> None:
        self.folder = folder
        self.file = folder / "checkout.yaml"
        self.file.write_text(text)
        pq.write_table(USERS.empty_table(), folder / "users.parquet")
        pq.write_table(ORDERS.empty_table(), folder / "orders.parquet")

    def day(
        self,
        day: int,
        *,
        users: int = 8000,
        new: float = 0.10,
        refunds: float = 0.1,
        lost: float = 0,
    ) -> None:
        """``new``: conversion in the new arm; ``refunds`` there; ``lost``: its users not logged."""
        rng = np.random.default_rng(day)
        spec = current(self.file, home=self.folder / ".assay")
        names = [f"u{day}-{i}" for i in range(users)]
        arms = [assign(spec, name) or "" for name in names]
        first = START + timedelta(days=day, seconds=1)
        kept = [i for i in range(users) if arms[i] != "new" or rng.random() >= lost]
        at = [first + timedelta(seconds=10 * i) for i in range(users)]
        orders = [i for i in kept if rng.random() < (new if arms[i] == "new" else 0.10)]
        bad = [bool(rng.random() < (refunds if arms[i] == "new" else 0.1)) for i in orders]
        later = [at[i] + timedelta(minutes=1) for i in orders]
        self._add("users", USERS, [[x[i] for i in kept] for x in (names, arms, at)])
        self._add("orders", ORDERS, [[names[i] for i in orders], later, bad])

    def _add(self, name: str, schema: pa.Schema, columns: list[list[object]]) -> None:
        path = self.folder / f"{name}.parquet"
        more = pa.table(columns, schema=schema)
        pq.write_table(pa.concat_tables([pq.read_table(path), more]), path)

    def decide(self, day: int, *more: str) -> tuple[int, str]:
        at = (START + timedelta(days=day)).isoformat()
        done = subprocess.run(
            [ASSAY, "experiment", "decide", "checkout.yaml", "--as-of", at, *more],
            cwd=self.folder, capture_output=True, text=True, check=False,
            env={"COLUMNS": "80", "PATH": "", "HOME": str(self.folder), "LANG": "C.UTF-8"},
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr


def test_a_good_arm_goes_through_its_stages(tmp_path) -> None:
    shop = Shop(tmp_path)
    code, told = shop.decide(0)
    assert code == 0
    assert "Assign by: control 75%, new 25%" in told
    assert max(map(len, told.splitlines())) <= 80
    shop.day(0)
    code, told = shop.decide(1)
    assert (code, "running, stage 2 of 3, 50%" in told) == (0, True), told
    code, again = shop.decide(1, "--json")  # at the same moment: nothing of the new stage yet
    assert code == 2
    assert "nothing before that" in again
    shop.day(1)
    code, told = shop.decide(2, "--json")
    step = json.loads(told)
    assert code == 0
    assert step["state"]["status"] == "promoted"
    assert step["weights"] == {"control": 0.0, "new": 1.0}
    assert step["event"]["figures"]["units"] == 8000
    weights = json.loads((tmp_path / ".assay/rollouts/checkout/weights.json").read_text())
    assert weights["weights"] == step["weights"]
    assert json.loads(shop.decide(9, "--json")[1])["repeated"]


def test_a_bad_arm_is_rolled_back(tmp_path) -> None:
    shop = Shop(tmp_path)
    shop.decide(0)
    shop.day(0, refunds=0.9)
    code, told = shop.decide(1)
    assert code == 1
    assert "The rollout is rolled back" in told
    assert "guardrail refunds is worse than allowed" in " ".join(told.split())
    assert "control 100%, new 0%" in told
    assert shop.decide(2)[0] == 1


def test_lost_users_pause_and_a_person_resumes(tmp_path) -> None:
    shop = Shop(tmp_path)
    shop.decide(0)
    shop.day(0, lost=0.3)
    code, told = shop.decide(1)
    assert (code, "is paused" in told) == (1, True), told
    code, told = shop.decide(1, "--do", "resume", "--why", "logging repaired")
    assert (code, "by a person" in told) == (0, True), told
    shop.day(1)
    assert shop.decide(2)[0] == 0


def test_the_same_question_twice_is_one_event(tmp_path) -> None:
    shop = Shop(tmp_path)
    shop.decide(0)
    shop.day(0, users=900)
    first, second = (json.loads(shop.decide(1, "--json")[1]) for _ in range(2))
    assert (first["repeated"], second["repeated"]) == (False, True)
    assert first["event"] == second["event"]
    assert first["event"]["action"] == "hold"
    assert "900 of at least 1,000 units" in first["event"]["reasons"][0]


@pytest.mark.parametrize(
    ("new", "lost", "decision", "code"),
    [(0.15, 0.0, "ship", 0), (0.05, 0.0, "keep_control", 1), (0.10, 0.0, "undecided", 1),
     (0.15, 0.3, "blocked", 1)],
)  # fmt: skip
def test_without_a_rollout_an_arm_is_chosen(tmp_path, new, lost, decision, code) -> None:
    shop = Shop(tmp_path, EXPERIMENT)
    shop.day(0, new=new, lost=lost)
    found = choose(shop.file, home=tmp_path / ".assay")
    assert isinstance(found, Choice)
    assert (found.decision, found.goes_on) == (decision, code == 0)
    assert not (tmp_path / ".assay").exists()
    if decision in ("ship", "blocked"):
        ended, told = shop.decide(1)
        assert (ended, "Take new" in told) == (code, code == 0)


def test_the_best_of_several_winners_is_taken_and_ties_are_named(tmp_path) -> None:
    rng = np.random.default_rng(2)
    n = 6000
    arms = np.repeat(["control", "b", "c", "d"], n)
    rate = np.repeat([0.10, 0.20, 0.203, 0.15], n)
    users = [f"u{i}" for i in range(4 * n)]
    bought = rng.random(4 * n) < rate
    pq.write_table(pa.table({"user": users, "arm": arms}), tmp_path / "users.parquet")
    pq.write_table(
        pa.table({"user": np.array(users)[bought].tolist()}), tmp_path / "orders.parquet"
    )
    (tmp_path / "checkout.yaml").write_text(
        "experiment: x\nunit: user\narms: {control: 0.25, b: 0.25, c: 0.25, d: 0.25}\n"
        "assignments: {table: users.parquet, arm: arm}\nevents: {table: orders.parquet}\n"
        "metrics:\n  conversion: {kind: proportion}\n"
    )
    found = choose(tmp_path / "checkout.yaml")
    assert isinstance(found, Choice)
    assert (found.decision, found.arm, found.tied) == ("ship", "b", ("c",))
    assert any("better than d" in reason for reason in found.reasons)


@pytest.mark.parametrize(
    ("section", "wrong"),
    [
        ("rollout: {margin: -1}", "margin must be 0 or more"),
        ("rollout: {stages: [0.5, 0.2, 1]}", "must grow"),
        ("rollout: {stages: [{needs: superior}, 1]}", "needs a 'share'"),
        ("rollout: {stages: [0.5, 1], max_hours: 1}", "must exceed min_hours"),
        ("rollout: {stages: [50, 1]}", "lies above 0 and up to 1"),
        ("rollout: {armm: new}", "Did you mean 'arm'"),
        ("rollout: {arm: nwe}", "Did you mean 'new'"),
        ("rollout: {primary: refunds}", "cannot be the primary"),
        ("rollout: {margin: 0.1, relative_margin: 0.1}", "not both"),
        ("rollout: {needs: best}", "needs must be one of"),
        ("rollout: {needs: non_inferior}", "needs a margin above 0"),
        ("rollout: {error: 0.9}", "error lies"),
        ("rollout: 5", "must be a mapping"),
    ],
)
def test_a_section_that_is_wrong_is_said_with_its_place(tmp_path, section, wrong) -> None:
    shop = Shop(tmp_path, EXPERIMENT + section + "\n")
    with pytest.raises(SuiteError, match=r"checkout\.yaml:10") as caught:
        choose(shop.file, home=tmp_path / ".assay")
    assert wrong in str(caught.value)


def test_a_rollout_without_times_is_refused(tmp_path) -> None:
    shop = Shop(tmp_path, EXPERIMENT.replace(", time: at", "") + ROLLOUT)
    with pytest.raises(SuiteError, match="time of assignments"):
        choose(shop.file, home=tmp_path / ".assay")


def test_calls_that_make_no_sense_are_refused(tmp_path) -> None:
    shop = Shop(tmp_path, EXPERIMENT)
    assert "--do and --why belong together" in shop.decide(1, "--do", "pause")[1]
    code, told = shop.decide(1, "--do", "pause", "--why", "x")
    assert (code, "has no rollout" in told) == (2, True)
    assert "is no moment" in shop.decide(1, "--as-of", "soon")[1]


def test_units_are_assigned_by_the_shares_of_the_rollout(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    ids = "".join(f"v{i}\n" for i in range(4_000))

    def assigned(*more: str) -> tuple[float, str]:
        done = subprocess.run(
            [ASSAY, "experiment", "assign", "checkout.yaml", *(more or ("-",))],
            cwd=tmp_path, input=ids, capture_output=True, text=True, check=True,
        )  # fmt: skip
        arms = [line.split("\t")[-1] for line in done.stdout.splitlines()]
        return arms.count("new") / 4_000, done.stderr

    share, said = assigned()
    assert share == 0
    assert "control 1, new 0 (it has not begun, or has ended)" in said
    assert shop.decide(0)[0] == 0
    share, said = assigned()
    assert abs(share - 0.25) < 0.03
    assert "control 0.75, new 0.25." in said
    units = tmp_path / "units.csv"
    units.write_text("user\n" + ids)
    _, said = assigned("units.csv", "--to", "arms.csv")
    assert "new 0.25" in said
    lines = (tmp_path / "arms.csv").read_text().splitlines()[1:]
    arms = [line.split(",")[1].strip('"') for line in lines]
    assert arms.count("new") / 4_000 == share
