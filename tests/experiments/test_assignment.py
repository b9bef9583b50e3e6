"""Who is in which arm: the same everywhere, in the promised shares, and for as long as it lasts."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.api import experiment
from assay.experiments.assignment import (
    assign,
    assign_all,
    bucket,
    layer_conflicts,
    ranges,
)
from assay.experiments.spec import ExperimentSpec, LayerSpec
from assay.inference.quantiles import ranks

UNITS = [str(i) for i in range(100_000)]


def spec(arms: dict[str, float] | None = None, **more: Any) -> ExperimentSpec:
    given = {"name": "checkout", "salt": "checkout", "unit": "user", "control": "control"} | more
    return ExperimentSpec(arms=arms or {"control": 0.5, "treatment": 0.5}, **given)


@pytest.mark.parametrize(
    ("salt", "unit", "digits"),  # by `printf salt:unit | sha256sum`
    [
        ("checkout", "1", "a68c0cbabf654"),
        ("checkout", "42", "62f7a788f6f11"),
        ("checkout", "user-7", "123a8c60e4292"),
        ("checkout", "é", "2e6c5b665793f"),
        ("shop", "42", "5ec43878d8435"),
        ("checkout/traffic", "42", "30088443bafd9"),
    ],
)
def test_the_bucket_is_thirteen_digits_of_sha_256(salt: str, unit: str, digits: str) -> None:
    assert bucket(salt, unit) == int(digits, 16) / 2**52


def test_shares_are_as_promised() -> None:
    counts = Counter(assign_all(spec({"control": 0.7, "a": 0.2, "b": 0.1}), UNITS))
    for arm, weight in {"control": 0.7, "a": 0.2, "b": 0.1}.items():
        low, high = ranks(len(UNITS), weight, 1 - 1e-6)
        assert low <= counts[arm] <= high


def test_another_process_says_the_same() -> None:
    code = (
        "from assay.experiments.assignment import bucket;"
        "print([bucket('checkout', str(i)) for i in range(50)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7"},
    )
    assert done.stdout.strip() == str([bucket("checkout", str(i)) for i in range(50)])


@pytest.mark.parametrize(
    "made",
    [
        spec(),
        spec({"control": 0.2, "a": 0.3, "b": 0.4, "c": 0.1}),
        spec(
            traffic=0.3,
            layer=LayerSpec(name="shop", low=0.2, high=0.9),
            overrides={"17": "treatment", "it's": "control"},
            exclude=frozenset({"18", "x'y"}),
        ),
    ],
    ids=["two", "four", "all at once"],
)
def test_the_database_assigns_as_python_does(made: ExperimentSpec, tmp_path: Any) -> None:
    units = [*UNITS, "it's", "x'y", "é", "", " a"]
    experiment.assign(made, pa.table({"user": units}), to=tmp_path / "arms.parquet")
    import pyarrow.parquet as pq

    found = pq.read_table(tmp_path / "arms.parquet").to_pydict()
    assert dict(zip(found["user"], found["arm"], strict=True)) == dict(
        zip(units, assign_all(made, units), strict=True)
    )


def test_whole_numbers_are_their_decimal_text(tmp_path: Any) -> None:
    numbers = pa.table({"user": [-3, 0, 42, 2**62]})
    experiment.assign(spec(), numbers, to=tmp_path / "arms.csv")
    lines = (tmp_path / "arms.csv").read_text().splitlines()[1:]
    assert sorted(lines) == sorted(f'{n},"{assign(spec(), str(n))}"' for n in (-3, 0, 42, 2**62))


def arms(weights: dict[str, float], **more: Any) -> list[str | None]:
    return assign_all(spec(weights, **more), UNITS[:20_000])


def test_who_is_in_a_treatment_stays_when_it_grows() -> None:
    before: list[str | None] = []
    for share in (0.01, 0.05, 0.25, 0.5, 1.0):
        now = arms({"control": 1 - share, "treatment": share})
        assert all(b != "treatment" or n == "treatment" for b, n in zip(before, now, strict=False))
        before = now
    assert set(before) == {"treatment"}


@given(st.lists(st.floats(0.0, 0.25), min_size=4, max_size=4), st.integers(1, 4))
def test_several_treatments_grow_without_moving_units(weights: list[float], k: int) -> None:
    """Up to four treatments of at most a quarter each always fit into their blocks."""
    names = [f"t{i}" for i in range(k)]
    small = {name: w / 2 for name, w in zip(names, weights, strict=False)}
    large = dict(zip(names, weights, strict=False))
    places = [bucket("checkout", unit) for unit in UNITS[:500]]

    def found(treatments: dict[str, float]) -> list[str]:
        made = spec({"control": 1 - sum(treatments.values()), **treatments})
        return [next(r.arm for r in ranges(made) if r.low <= p < r.high) for p in places]

    for before, now in zip(found(small), found(large), strict=True):
        assert before in ("control", now)


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=6).filter(lambda w: sum(w) > 0.01))
def test_ranges_cover_every_bucket_once_and_are_as_wide_as_promised(given: list[float]) -> None:
    total = sum(given)
    weights = {f"t{i}": w / total for i, w in enumerate(given[1:])}
    weights["control"] = max(0.0, 1 - sum(weights.values()))
    found = ranges(spec(weights))
    widths: Counter[str] = Counter()
    for arm, low, high in found:
        widths[arm] += high - low  # type: ignore[assignment]
    assert found[0].low <= 1e-11
    assert found[-1].high >= 1 - 1e-11
    assert all(a.high <= b.low + 1e-11 for a, b in itertools.pairwise(found))
    for arm, weight in weights.items():
        assert widths[arm] == pytest.approx(weight, abs=1e-10)


def test_who_takes_part_stays_when_the_traffic_grows() -> None:
    weights = {"control": 0.4, "a": 0.3, "b": 0.3}
    few, many = arms(weights, traffic=0.2), arms(weights, traffic=0.6)
    assert all(f is None or f == m for f, m in zip(few, many, strict=True))
    assert sum(m is not None for m in many) == pytest.approx(12_000, abs=400)


def test_experiments_of_one_layer_exclude_each_other_and_others_are_independent() -> None:
    first = spec(name="first", salt="first", layer=LayerSpec(name="shop", low=0, high=0.5))
    second = spec(name="second", salt="second", layer=LayerSpec(name="shop", low=0.5, high=1))
    a, b = assign_all(first, UNITS), assign_all(second, UNITS)
    assert all((x is None) != (y is None) for x, y in zip(a, b, strict=True))
    other = assign_all(spec(name="other", salt="other"), UNITS)
    both = sum(x == y == "treatment" for x, y in zip(a, other, strict=True))
    assert both == pytest.approx(len(UNITS) / 8, rel=0.05)
    assert layer_conflicts([first, second]) == []


def test_what_gets_in_each_others_way_is_said() -> None:
    first = spec(name="first", salt="first", layer=LayerSpec(name="shop", low=0, high=0.6))
    second = spec(name="second", salt="second", layer=LayerSpec(name="shop", low=0.5, high=1))
    [said] = layer_conflicts([first, second])
    assert said == (
        "'first' and 'second' overlap in the layer 'shop': both have its buckets from 0.5 to 0.6."
    )
    [said] = layer_conflicts([spec(name="a"), spec(name="b")])
    assert "share the salt 'checkout'" in said


def test_floats_are_no_units(tmp_path: Any) -> None:
    from assay.core.errors import SubjectError

    with pytest.raises(SubjectError, match=r"of type DOUBLE.*text or whole numbers"):
        experiment.assign(spec(), pa.table({"user": [1.0]}), to=tmp_path / "arms.csv")
