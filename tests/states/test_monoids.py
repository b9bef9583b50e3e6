"""Every state is a commutative monoid, survives JSON, and merges to the state of the whole."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from assay.states import (
    FORMAT,
    AnyState,
    ComomentsState,
    CountState,
    DistinctState,
    ExtremesState,
    FrequenciesState,
    MomentsState,
    QuantilesState,
    SampleState,
    from_json,
    merged,
    pack,
    to_json,
    unpack,
)

Values = list[float]
finite = st.floats(-1e6, 1e6, allow_subnormal=False)
values = st.lists(finite, max_size=30)


def moments(x: Values) -> MomentsState:
    a = np.asarray(x)
    if not x:
        return MomentsState(m3=0.0, m4=0.0)
    d = a - a.mean()
    return MomentsState(len(x), float(a.mean()), *(float((d**k).sum()) for k in (2, 3, 4)))


def comoments(x: Values) -> ComomentsState:
    if not x:
        return ComomentsState()
    a, b = np.asarray(x), np.cos(np.asarray(x))
    da, db = a - a.mean(), b - b.mean()
    sums = ((da**2).sum(), (db**2).sum(), (da * db).sum())
    return ComomentsState(len(x), *map(float, (a.mean(), b.mean(), *sums)))


def extremes(x: Values) -> ExtremesState:
    return ExtremesState(len(x), min(x, default=None), max(x, default=None))


def frequencies(x: Values) -> FrequenciesState:
    keys = [(round(v) % 4 or None, "ab"[round(v) % 2]) for v in x]
    return FrequenciesState.of({k: keys.count(k) for k in keys})


def distinct(x: Values) -> DistinctState:
    return DistinctState.of(len(x), [hash(v) % 2**64 for v in x])


def quantiles(x: Values) -> QuantilesState:
    import datasketches

    if not x:
        return QuantilesState()
    sketch = datasketches.kll_doubles_sketch(4096)
    sketch.update(np.asarray(x))
    return QuantilesState(len(x), sketch=bytes(sketch.serialize()))


def sample(x: Values) -> SampleState:
    return SampleState.of(np.asarray(x, dtype=float), np.asarray(x, dtype=float) ** 2)


def drawn(x: Values) -> SampleState:
    lots = np.array([hash(v) * 0x9E3779B97F4A7C15 % 2**64 for v in x], dtype=np.uint64)
    texts = [None if v is None or math.isnan(v) else f"{v:.3g}" for v in x]
    return SampleState.drawn([np.asarray(x, dtype=float)], lots, 5, len(x), [texts])


KINDS: list[Callable[[Values], Any]] = [
    lambda x: CountState(len(x)), moments, comoments, extremes, frequencies, distinct, quantiles,
    sample, drawn,
]  # fmt: skip
NAMES = ["count", "moments", "comoments", "extremes", "frequencies", "distinct", "quantiles",
         "sample", "drawn"]  # fmt: skip


def figures(state: Any) -> Any:
    """What a state says, without what depends on the order in which parts came."""
    match state:
        case MomentsState():
            return np.array([state.n, state.mean, state.m2, state.m3 or 0.0, state.m4 or 0.0])
        case ComomentsState():
            return np.array(
                [state.n, state.mean_x, state.mean_y, state.m2_x, state.m2_y, state.cross]
            )
        case QuantilesState():
            ranks = [0.0, 0.1, 0.5, 0.9, 1.0] if state.n else []
            return np.array([state.n, *(state.value(p) for p in ranks)])
        case SampleState():
            return np.sort(np.concatenate([*state.arrays(), [state.n, state.beyond]]))
    return state


def same(a: Any, b: Any) -> None:
    left, right = figures(a), figures(b)
    if isinstance(left, np.ndarray):
        # deviations of up to 2e6 are raised to the fourth power: scale the tolerance to them
        assert_allclose(left, right, rtol=1e-9, atol=1e-9 * max(1.0, np.abs(right).max(initial=0)))
    else:
        assert left == right


@pytest.mark.parametrize("fold", KINDS, ids=NAMES)
@given(x=values, y=values, z=values)
def test_laws(fold: Callable[[Values], Any], x: Values, y: Values, z: Values) -> None:
    a, b, c, zero = fold(x), fold(y), fold(z), fold([])
    same(a.merge(zero), a)
    same(zero.merge(a), a)
    same(a.merge(b), b.merge(a))
    same(a.merge(b).merge(c), a.merge(b.merge(c)))
    same(a.merge(b), fold(x + y))


@pytest.mark.parametrize("fold", KINDS, ids=NAMES)
@given(x=values)
def test_json_gives_an_equal_state(fold: Callable[[Values], Any], x: Values) -> None:
    state = fold(x)
    assert from_json(to_json(state)) == state


def test_moments_do_not_cancel() -> None:
    rng = np.random.default_rng(1)
    parts = [rng.normal(1e9, 1, 1000) for _ in range(50)]
    total = moments([])
    for part in parts:
        total = total.merge(moments(list(part)))
    whole = np.concatenate(parts)
    assert total.variance == pytest.approx(whole.var(ddof=1), rel=1e-6)


def test_moments_of_order_two_merge_with_order_four() -> None:
    both = MomentsState(2, 1.0, 2.0).merge(moments([1.0, 5.0]))
    assert (both.n, both.m3, both.m4) == (4, None, None)


def test_variance_of_one_value_is_zero() -> None:
    assert MomentsState(1, 5.0, 0.0).variance == 0.0


def test_distinct_without_hashes_does_not_merge() -> None:
    with pytest.raises(ValueError, match="without its hashes"):
        DistinctState(3, 2, None).merge(DistinctState.of(1, [5]))


def test_exact_quantiles_do_not_merge() -> None:
    exact = QuantilesState(3, (0.5,), (2.0,))
    with pytest.raises(ValueError, match="without a sketch"):
        exact.merge(exact)


def test_exact_quantiles_answer_only_what_was_asked() -> None:
    exact = QuantilesState(3, (0.1, 0.5), (1.0, 2.0))
    assert exact.value(0.5) == 2.0
    assert exact.value(0.1 + 1e-17) == 1.0
    assert exact.rank_error == 0.0
    with pytest.raises(LookupError, match=r"0\.3"):
        exact.value(0.3)
    with pytest.raises(LookupError, match=r"0\.9"):
        exact.value(0.9)
    with pytest.raises(LookupError, match="no values"):
        QuantilesState().value(0.5)


def test_sketched_quantiles_stay_within_their_rank_error() -> None:
    x = np.random.default_rng(2).permutation(200_000).astype(float)
    state = quantiles(list(x[:100_000])).merge(quantiles(list(x[100_000:])))
    assert 0 < state.rank_error < 0.001
    for p in (0.01, 0.25, 0.5, 0.99):
        assert state.value(p) / 200_000 == pytest.approx(p, abs=3 * state.rank_error)


def test_many_quantiles_at_once_are_those_one_by_one() -> None:
    x = np.random.default_rng(6).normal(size=30_000)
    some = (0.0, 0.001, 0.3, 0.5, 1.0)
    exact = QuantilesState(3, (0.0, 0.1, 0.5, 1.0), (1.0, 1.5, 2.0, 9.0))
    for state, probabilities in ((quantiles(list(x)), some), (exact, (0.1, 1.0))):
        assert state.at(probabilities) == tuple(state.value(p) for p in probabilities)
    assert exact.at(exact.probabilities) == exact.values
    with pytest.raises(LookupError, match=r"0\.3"):
        exact.at((0.1, 0.3))
    with pytest.raises(LookupError, match="no values"):
        QuantilesState().at(some)


def test_small_sketches_are_exact() -> None:
    state = quantiles([3.0, 1.0, 2.0])
    assert state.rank_error == 0.0
    assert [state.value(p) for p in (0.0, 0.3, 0.5, 1.0)] == [1.0, 1.0, 2.0, 3.0]


def test_frequencies_order_keys_of_all_types() -> None:
    counts = {("b", 1): 1, (None, 2): 2, ("a", None): 3, (None, None): 4}
    state = FrequenciesState.of(counts)
    assert state == FrequenciesState.of(dict(reversed(counts.items())))
    assert state.as_dict() == counts
    assert state.n == 10


def test_samples_keep_nan() -> None:
    (column,) = SampleState.of(np.array([1.0, math.nan])).arrays()
    assert column[0] == 1.0
    assert math.isnan(column[1])
    assert not column.flags.writeable


@pytest.mark.parametrize("fold", KINDS, ids=NAMES)
@given(x=values, y=values)
def test_packed_states_come_back_equal(fold: Callable[[Values], Any], x: Values, y: Values) -> None:
    states = {(): fold(x), ("a", None, 1, 1.5, True): fold(y)}
    assert unpack(pack(states)) == states


def test_keys_keep_their_types_when_packed() -> None:
    keys = [(1,), (1.0,), (True,), ("1",), (None,)]
    for key in keys:
        [(found, _)] = unpack(pack({key: CountState(1)})).items()
        assert [type(part) for part in found] == [type(part) for part in key]


@pytest.mark.parametrize("junk", [b"", b"\xc1", b"\x93\x01\x02\x03", b"not states at all"])
def test_what_was_not_packed_is_refused(junk: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        unpack(junk)


def test_the_format_is_raised_when_a_state_changes() -> None:
    """Kept states of another shape must not be read: raise ``FORMAT``, then note the new digest."""
    shapes = repr([(kind.__name__, kind.__annotations__) for kind in AnyState.__args__])
    assert (FORMAT, hashlib.sha256(shapes.encode()).hexdigest()[:16]) == (5, "ec0156adf5f99fff")


@given(
    x=st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 20), max_size=60),
    y=st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 20), max_size=20),
)
def test_hashes_are_those_of_both_parts(x: list[int], y: list[int]) -> None:
    state = DistinctState.of(len(x), x).merge(DistinctState.of(len(y), y))
    assert state.hashes is not None
    expected = np.union1d(np.array(x, dtype="<u8"), np.array(y, dtype="<u8"))
    assert state.hashes == expected.astype("<u8").tobytes()
    assert (state.n, state.distinct) == (len(x) + len(y), len(expected))
    assert {len(state.hashes)} == {8 * state.distinct}


def test_states_by_key_are_merged_key_by_key() -> None:
    a, b = {("x",): CountState(1), ("y",): CountState(2)}, {("y",): CountState(3)}
    assert merged(a, b) == {("x",): CountState(1), ("y",): CountState(5)}
    assert a == {("x",): CountState(1), ("y",): CountState(2)}
