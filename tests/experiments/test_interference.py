"""Whether units interfere: planted spill-over is found, none is not invented."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from assay.experiments.interference import interference


def markets(rng, *, spill=0.0, clusters=60, size=40, shares=(0.2, 0.8)):
    """Markets with levels of their own; in each, a share drawn by lot is treated."""
    share = rng.uniform(*shares, clusters)
    cluster = np.repeat(np.arange(clusters), size)
    treated = rng.random(len(cluster)) < share[cluster]
    others = (np.bincount(cluster, treated)[cluster] - treated) / (size - 1)
    level = rng.normal(0, 0.3, clusters)[cluster]
    noise = rng.normal(0, 1, len(cluster))
    return level + noise + 0.5 * treated + spill * others, treated, cluster


def test_spill_over_is_found_and_sized() -> None:
    found = interference(*markets(np.random.default_rng(1), spill=-1.0))
    assert found.on_control.value == pytest.approx(-1.0, abs=0.4)
    assert found.p_value < 0.01
    warning = found.warning()
    assert warning is not None
    assert warning.startswith("Units interfere")
    assert (found.clusters, found.spread > 0.1) == (60, True)


def test_none_is_invented() -> None:
    rng = np.random.default_rng(2)
    runs = 300
    seen = sum(
        interference(*markets(rng, clusters=20, size=15)).p_value <= 0.05 for _ in range(runs)
    )
    assert seen <= stats.binom.ppf(1 - 1e-4, runs, 0.05)


def test_what_is_detectable_is_found_four_times_of_five() -> None:
    rng = np.random.default_rng(3)
    typical = np.median([interference(*markets(rng)).detectable for _ in range(20)])
    found = sum(interference(*markets(rng, spill=typical)).p_value <= 0.05 for _ in range(100))
    assert 65 <= found <= 99


def test_where_shares_are_alike_it_says_that_nothing_can_be_seen() -> None:
    rng = np.random.default_rng(4)
    found = interference(*markets(rng, shares=(0.5, 0.5), size=3000, clusters=10))
    warning = found.warning()
    assert found.p_value > 0.05
    assert warning is not None
    assert "cannot be seen" in warning
    assert interference(*markets(rng)).warning() is None


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda y, w, c: (y[1:], w, c), "outcomes"),
        (lambda y, w, c: (y, w * 0, c), "one arm"),
        (lambda y, w, c: (y, w, c % 3), "four are needed"),
        (lambda y, w, c: (y, w, np.arange(len(c))), "0 clusters"),
        (lambda y, w, c: (y * np.nan, w, c), "NaN"),
    ],
)
def test_bad_input_is_refused(change, wrong) -> None:
    with pytest.raises(ValueError, match=wrong):
        interference(*change(*markets(np.random.default_rng(5))))
