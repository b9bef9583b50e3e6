"""A bandit's journal: rounds, probabilities on record, estimates afterwards."""

from __future__ import annotations

import json

import numpy as np
import pytest

from assay.core.errors import AssayError, HistoryError
from assay.core.measurement import Unmeasured
from assay.experiments.bandit.rounds import (
    Bandit,
    batches,
    begin,
    difference,
    estimates,
    record,
)
from assay.experiments.ledger import BusyError, writing
from assay.inference.adaptive import AdaptiveMean

BANDIT = Bandit(name="banner", arms=("red", "blue"))


def play(home, rounds=8, bandit=BANDIT, rates=(0.1, 0.2)):
    rng = np.random.default_rng(1)
    now = begin(home, bandit)
    for _ in range(rounds):
        shown = rng.multinomial(500, list(now.probabilities.values()))
        pairs = zip(bandit.arms, shown, rates, strict=True)
        now = record(home, bandit, {a: rng.random(n) < r for a, n, r in pairs}, of=now.number)
    return now


def test_traffic_goes_to_the_better_arm_and_estimates_are_near(tmp_path) -> None:
    now = play(tmp_path)
    assert now.number == 8
    assert now.probabilities["blue"] == pytest.approx(0.95, abs=0.01)
    found = estimates(tmp_path, BANDIT)
    for arm, rate in (("red", 0.1), ("blue", 0.2)):
        of = found[arm]
        assert isinstance(of, AdaptiveMean)
        assert of.interval(0.999).low < rate < of.interval(0.999).high
    better = difference(tmp_path, BANDIT, "blue", "red")
    assert isinstance(better, AdaptiveMean)
    assert better.interval(0.95).low > 0


def test_rounds_survive_a_restart_and_a_torn_line(tmp_path) -> None:
    now = play(tmp_path, rounds=3)
    folder = tmp_path / "bandits" / "banner"
    with (folder / "rounds.jsonl").open("ab") as file:
        file.write(b'{"number":3,"prob')
    assert begin(tmp_path, BANDIT) == now
    assert json.loads((folder / "weights.json").read_text())["number"] == 3
    assert record(tmp_path, BANDIT, {"red": [1.0, 0.0]}, of=3).number == 4
    of = batches(tmp_path, BANDIT)
    assert of.n[3].tolist() == [2.0, 0.0]
    assert of.probability[3] == pytest.approx(list(now.probabilities.values()))


def test_a_round_is_told_of_once(tmp_path) -> None:
    begin(tmp_path, BANDIT)
    first = record(tmp_path, BANDIT, {"red": [0, 1]}, of=0)
    assert record(tmp_path, BANDIT, {"red": [0, 1]}, of=0) == first
    for wrong in (0, 2, -1):
        with pytest.raises(AssayError, match="it is round 1"):
            record(tmp_path, BANDIT, {"red": [1, 1]}, of=wrong)


def test_gaussian_rewards_and_lower_is_better(tmp_path) -> None:
    bandit = Bandit(name="ms", arms=("a", "b"), reward="gaussian", higher_is_better=False)
    begin(tmp_path, bandit)
    same = record(tmp_path, bandit, {"a": [5.0], "b": [5.0]}, of=0)
    assert same.probabilities == {"a": 0.5, "b": 0.5}
    rng = np.random.default_rng(2)
    now = record(tmp_path, bandit, {"a": rng.normal(9, 1, 50), "b": rng.normal(5, 1, 50)}, of=1)
    assert now.probabilities["b"] == pytest.approx(0.95)


def test_an_arm_that_cannot_be_estimated_says_why(tmp_path) -> None:
    begin(tmp_path, BANDIT)
    with pytest.raises(AssayError, match="nothing to estimate"):
        estimates(tmp_path, BANDIT)
    record(tmp_path, BANDIT, {"red": [0, 1, 1]}, of=0)
    found = estimates(tmp_path, BANDIT)["blue"]
    assert isinstance(found, Unmeasured)
    assert "two units" in found.reason


@pytest.mark.parametrize(
    ("outcomes", "wrong"),
    [
        ({"rde": [1]}, "Did you mean 'red'"),
        ({"red": [0.5]}, "0 or 1"),
        ({"red": [np.nan]}, "finite"),
        ({"red": [[1]]}, "a list of"),
    ],
)
def test_outcomes_that_are_none_are_refused(tmp_path, outcomes, wrong) -> None:
    begin(tmp_path, BANDIT)
    with pytest.raises(AssayError, match=wrong):
        record(tmp_path, BANDIT, outcomes, of=0)


def test_other_rules_other_writers_and_damage_are_refused(tmp_path) -> None:
    with pytest.raises(AssayError, match="has not begun"):
        record(tmp_path, BANDIT, {}, of=0)
    play(tmp_path, rounds=3)
    with pytest.raises(AssayError, match="other rules"):
        begin(tmp_path, Bandit(name="banner", arms=("red", "blue"), floor=0.1))
    folder = tmp_path / "bandits" / "banner"
    with writing(folder, of="banner"), pytest.raises(BusyError):
        begin(tmp_path, BANDIT)
    path = folder / "rounds.jsonl"
    lines = path.read_bytes().splitlines()
    for broken in ([lines[0], *lines[2:]], [lines[0], lines[1][:-3], *lines[2:]]):
        path.write_bytes(b"\n".join(broken) + b"\n")
        with pytest.raises(HistoryError, match="damaged"):
            estimates(tmp_path, BANDIT)


@pytest.mark.parametrize("given", [{"arms": ("a", "a")}, {"arms": ("a",)}, {"floor": 0.5}])
def test_a_bandit_that_makes_no_sense_is_refused(given) -> None:
    with pytest.raises(ValueError):
        Bandit(**({"name": "x", "arms": ("a", "b")} | given))
