"""Lists of keys that end early: what they say of the others holds, however they are merged."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.states import FrequenciesState, from_json, to_json

keys = st.none() | st.sampled_from("abcdefgh") | st.integers(0, 30)
parts = st.lists(st.lists(keys, max_size=40), min_size=1, max_size=6)


def counted(values: list[object]) -> FrequenciesState:
    return FrequenciesState.of({(v,): n for v, n in Counter(values).items()})


def holds(state: FrequenciesState, values: list[object]) -> None:
    """What the state says is true of these values."""
    truth, listed = Counter(values), {key: n for (key,), n in state.counts}
    assert state.n == len(values)
    assert (None in listed) == (None in truth)
    assert listed.get(None, 0) == truth[None]
    for key, n in truth.items():
        if key in listed:
            assert listed[key] <= n <= listed[key] + state.short
        else:
            assert n <= state.bound


@given(parts=parts, most=st.integers(1, 12), rng=st.randoms(use_true_random=False))
def test_summaries_of_parts_merge_in_any_order(parts, most, rng):
    states = [counted(part).capped(most) for part in parts]
    while len(states) > 1:
        a, b = (states.pop(rng.randrange(len(states))) for _ in range(2))
        merged = a.merge(b)
        assert merged == b.merge(a)
        states.append(merged)
    [state], values = states, [v for part in parts for v in part]
    holds(state, values)
    assert len(state.counts) <= most
    known = sum(v is not None for v in values)
    assert max(state.short, state.bound) * most <= known
    assert from_json(to_json(state)) == state


@given(parts=parts, most=st.integers(1, 6))
def test_exact_lists_that_end_early_merge(parts, most):
    state = FrequenciesState()
    for part in parts:
        state = state.merge(counted(part).foremost(most))
    values = [v for part in parts for v in part]
    holds(state, values)
    holds(state.foremost(most), values)


def test_what_a_merged_list_leaves_out_may_have_been_short_already():
    a = FrequenciesState(((("a",), 9), (("c",), 5)), rest=2, bound=2)
    b = FrequenciesState(((("b",), 3),))
    short = a.merge(b).foremost(2)
    assert short.as_dict() == {("a",): 9, ("c",): 5}
    assert short.bound == 5  # up to 2 rows of b are among those that the first side does not list


def test_few_keys_merge_without_loss():
    x, y = [*"abcab", None], [*"abd"]
    merged = counted(x).capped(5).merge(counted(y).capped(5))
    assert merged.as_dict() == counted(x + y).as_dict()
    assert (merged.rest, merged.bound, merged.short, merged.most) == (0, 0, 0, 5)


@pytest.mark.parametrize("most", [100, 1_000])
def test_many_parts_of_many_keys_keep_the_frequent_ones(most):
    rng = np.random.default_rng(5)
    parts = [(rng.zipf(1.3, 4_000) % 20_000).tolist() for _ in range(30)]
    state = FrequenciesState()
    for part in parts:
        state = state.merge(counted(part).capped(most))
    values = [v for part in parts for v in part]
    holds(state, values)
    assert len(state.counts) <= most
    assert state.short <= len(values) / most
    frequent = [key for key, n in Counter(values).items() if n > len(values) / most]
    assert frequent
    assert {(key,) for key in frequent} <= set(state.as_dict())


def test_keys_that_never_repeat_leave_nothing_to_list():
    state = counted(list(range(1_000))).capped(100)
    assert (state.counts, state.rest, state.bound) == ((), 1_000, 1)
