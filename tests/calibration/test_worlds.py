"""Intervals cover as often as is declared; all of them are tried; a broken one is caught."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest
from tests.calibration.discovery import WITHOUT, methods, stated
from tests.calibration.gate import ALPHA, ERRORS, Error, unchanged
from tests.calibration.worlds import every_world
from tests.calibration.worlds.means import NORMAL
from tests.calibration.worlds.resampled import EQUAL, clustered
from tests.calibration.worlds.sequential import LOOKS, means, naive
from tests.calibration.worlds.world import COVERS, LEVEL, World, rows

from assay.inference.interval import Interval, z_value
from assay.metrics import load_all

WORLDS = every_world()
METHODS = {world.method for world in WORLDS}
PARTS = {part for method in METHODS for part in method.split("+")}
ROOT = Path(__file__).resolve().parents[2]
RUNS = 1_000


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_covers_as_declared(world):
    seen = world.see(RUNS)
    assert seen.runs >= 0.8 * world.runs(RUNS)
    assert world.as_declared(seen), seen


@pytest.mark.parametrize("error", [e for e in ERRORS if e.most is not None], ids=str)
def test_the_gate_errs_no_more_than_is_allowed(error):
    assert error.allowed(*error.see(RUNS))


@pytest.mark.parametrize("error", [e for e in ERRORS if e.most is None], ids=str)
def test_what_the_gate_guards_against_is_real(error):
    rate, _ = error.see(RUNS)
    assert rate > ALPHA / 2


@pytest.mark.parametrize("method", sorted(methods().items()), ids=lambda item: item[0])
def test_every_method_has_a_world(method):
    name, file = method
    assert name in WITHOUT or any(fnmatch(m, name) for m in METHODS), f"{name} of {file}"


@pytest.mark.parametrize("metric", load_all().values(), ids=lambda metric: metric.name)
def test_every_metric_s_interval_has_a_world(metric):
    assert set(stated(metric.interval)) <= PARTS | WITHOUT.keys()


def test_the_page_lists_every_world_and_every_error():
    page = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8")
    rows = [line.split(" | ")[:3] for line in page.splitlines() if line.startswith("| ")]
    shown = {tuple(cell.removeprefix("| ") for cell in row) for row in rows}
    assert {(w.method, w.name, w.n) for w in WORLDS} <= shown
    assert {(e.what, e.where) for e in ERRORS} <= {row[:2] for row in shown}


def test_worlds_have_names_of_their_own():
    assert len({str(world) for world in WORLDS}) == len(WORLDS)


def test_a_coverage_that_differs_is_explained():
    for world in WORLDS:
        assert world.bounds[0] <= world.bounds[1]
        assert bool(world.why) == (world.bounds != COVERS)


def normal_for_t(rng, runs):
    """1.96 standard errors of five values, where Student's t has 2.78."""
    for x in rows(NORMAL, 5)(rng, runs):
        half = z_value(LEVEL) * x.std(ddof=1) / np.sqrt(5)
        yield x.mean(), Interval(x.mean() - half, x.mean() + half, "normal")


def wald(rng, runs):
    """The textbook interval of a rare share: of no width where nothing was seen."""
    for k in rng.binomial(200, 0.01, runs):
        p = k / 200
        half = z_value(LEVEL) * np.sqrt(p * (1 - p) / 200)
        yield p, Interval(p - half, p + half, "wald")


def too_wide(rng, runs):
    for x in rows(NORMAL, 100)(rng, runs):
        half = 1.25 * z_value(LEVEL) * x.std(ddof=1) / 10
        yield x.mean(), Interval(x.mean() - half, x.mean() + half, "wide")


@pytest.mark.parametrize(
    ("simulate", "true"),
    [
        (normal_for_t, 0.0),
        (clustered(EQUAL, respected=False), 0.0),
        (wald, 0.01),
        (means(lambda rng, n: rng.normal(size=n), naive, LOOKS), 0.0),
        (too_wide, 0.0),
    ],
    ids=["z for t", "clusters ignored", "Wald, rare events", "naive peeking", "a quarter too wide"],
)
def test_a_broken_interval_is_caught(simulate, true):
    world = World("broken", "broken", "broken", "-", simulate, true)
    assert not world.as_declared(world.see(RUNS))


def test_a_broken_gate_is_caught():
    """Every metric judged for itself, with a third of the error that there is: too many blocks."""
    error = Error("false block", "each for itself", unchanged(0.0, together=False), ALPHA / 3)
    assert not error.allowed(*error.see(4 * RUNS))


def test_a_sound_interval_is_not_flaky():
    """Its own world, with other seeds: none of twenty fails."""
    (world,) = (w for w in WORLDS if str(w) == "student-t: small n, normal, n = 5")
    for seed in range(20):
        again = replace(world, name=f"seed {seed}")
        assert again.as_declared(again.see(RUNS))
