"""Adjusted p-values against statsmodels, families in an order, levels after selection."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from assay.inference.multiplicity import (
    benjamini_hochberg,
    benjamini_yekutieli,
    gatekeeping,
    harmonic,
    holm,
    selected_level,
)


@settings(max_examples=25, deadline=None)  # the reference takes 0.15 s a call
@given(
    st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 1.0])), max_size=12),
    st.sampled_from(
        [(holm, "holm"), (benjamini_hochberg, "fdr_bh"), (benjamini_yekutieli, "fdr_by")]
    ),
)
def test_adjusted_p_values_are_those_of_statsmodels(p_values, pair):
    adjust, name = pair
    expected = multipletests(p_values, method=name)[1] if p_values else []
    assert adjust(p_values) == pytest.approx(list(expected), abs=1e-12)


def test_a_published_example():
    """Benjamini & Hochberg (1995), section 3.2: 15 p-values, 4 rejected at 0.05 (Holm: 3)."""
    p = [.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719,
         .6528, .7590, 1.0]  # fmt: skip
    assert sum(v <= 0.05 for v in benjamini_hochberg(p)) == 4
    assert sum(v <= 0.05 for v in holm(p)) == 3
    assert sum(v <= 0.05 for v in benjamini_yekutieli(p)) == 3


def test_a_family_waits_for_those_before_it():
    primary, secondary = [0.01, 0.04], [0.001, 0.5]
    first, second = gatekeeping([primary, secondary])
    assert first == holm(primary)
    assert second == [pytest.approx(0.04), pytest.approx(0.5)]  # 0.002 waits for 0.04
    closed, behind = gatekeeping([[0.2], [0.0001]])
    assert (closed, behind) == ([0.2], [0.2])
    # one test in each: the fixed sequence
    assert gatekeeping([[0.01], [0.03], [0.02]]) == [[0.01], [0.03], [0.03]]
    assert gatekeeping([[], [0.02]]) == [[], [0.02]]
    assert gatekeeping([[0.02, 0.02], [0.01]], benjamini_hochberg) == [[0.02, 0.02], [0.02]]


def test_levels_after_selection():
    assert selected_level(20, 20, 0.05) == pytest.approx(0.95)
    assert selected_level(1, 20, 0.05) == pytest.approx(1 - 0.05 / 20)
    assert selected_level(2, 3, 0.1, dependent=True) == pytest.approx(1 - 0.2 / 3 / (11 / 6))
    assert harmonic(3) == pytest.approx(11 / 6)
    assert harmonic(0) == 1


@pytest.mark.parametrize("p_values", [[-0.1], [0.5, 1.1], [float("nan")]])
def test_what_is_no_p_value_is_refused(p_values):
    for adjust in (holm, benjamini_hochberg, benjamini_yekutieli):
        with pytest.raises(ValueError, match="between 0 and 1"):
            adjust(p_values)


@pytest.mark.parametrize(("selected", "count", "alpha"), [(0, 3, 0.1), (4, 3, 0.1), (1, 3, 1.0)])
def test_levels_that_make_no_sense_are_refused(selected, count, alpha):
    with pytest.raises(ValueError, match=r"cannot be selected|between 0 and 1"):
        selected_level(selected, count, alpha)
