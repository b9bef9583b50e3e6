"""Blocks of time: how long they are, and how that is said."""

from __future__ import annotations

import numpy as np
import pytest

from assay.inference.group_errors import blocks
from assay.runner.time_blocks import DAY, block_of, counted, span_text
from assay.states import DistinctState, QuantilesState


def length(n: int, days: int, first: float, last: float) -> float | None:
    """Of so many instants on so many days, nine tenths of them between two instants."""
    return block_of(n, DistinctState(n, days), QuantilesState(n, (0.05, 0.95), (first, last)))


@pytest.mark.parametrize(
    ("days", "block"),
    [(12, 2), (30, 4), (90, 14), (365, 21), (730, 21), (3_650, 84), (36_500, 1_095)],
)
def test_blocks_are_of_round_lengths_near_what_the_rule_says(days, block):
    found = length(days, days, 0.05 * days * DAY, 0.95 * days * DAY)
    assert found == block * DAY
    assert 0.6 < days / block / blocks(days) < 1.7


def test_a_few_rows_far_from_all_others_do_not_lengthen_them():
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 365 * DAY, 20_000))
    plain = length(365, 365, *np.quantile(times, [0.05, 0.95]))
    times[:5] -= 100 * 365 * DAY
    assert length(370, 370, *np.quantile(times, [0.05, 0.95])) == plain == 21 * DAY


def test_within_a_week_instants_are_cut_and_not_days():
    found = length(10_000, 2, 0.05 * 2 * DAY, 0.95 * 2 * DAY)
    assert found is not None
    assert 2 * DAY / found == pytest.approx(blocks(10_000), rel=0.42)  # a power of two
    assert np.log2(found).is_integer()


def test_there_is_nothing_to_cut():
    assert length(8, 8, 0, 7 * DAY) is None  # each cluster is a block of its own
    assert length(100, 100, 5 * DAY, 5 * DAY) is None  # nearly all of one instant
    assert block_of(100, DistinctState(), QuantilesState()) is None
    assert length(100, 100, -1e308, 1.7e308) is None


def test_a_column_is_read_by_its_days_and_quantiles():
    days, quantiles = counted("at")
    assert len(days.of) == 1
    assert quantiles.probabilities == (0.05, 0.95)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(21 * DAY, "21 days"), (DAY, "1 day"), (8_280, "2.3 hours"), (90, "1.5 minutes"),
     (1, "1 second"), (0.25, "0.25 seconds"), (365 * DAY, "365 days")],
)  # fmt: skip
def test_a_length_of_time_in_words(seconds, text):
    assert span_text(seconds) == text
