"""``drift.text`` on what NumPy says of its own functions, and on bad tables."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp
from tests.metrics.data.measuring import CENSUS, evidence, measure, not_applicable, reason

from assay.core.evidence import Table
from assay.metrics.data.drift import Drift
from assay.metrics.drift.text import TextDrift

LENGTH = TextDrift(column="text")
WORDS = TextDrift(column="text", aspect="words")


def halves() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The docstrings of NumPy's functions and classes, twice over, in two random halves."""
    found = [getattr(getattr(np, name), "__doc__", None) for name in sorted(dir(np))]
    texts = [text for text in found if isinstance(text, str) and text.strip()]
    frame = pd.DataFrame({"text": texts})
    first = np.random.default_rng(4).random(len(frame)) < 0.5
    return frame[first], frame[~first]


def test_halves_of_one_text_have_not_drifted():
    now, before = halves()
    for metric, count in ((LENGTH, len), (WORDS, lambda t: len(t.split()))):
        found = measure(metric, now, against=before)
        assert found.low == 0
        assert found.n == len(now)
        expected = ks_2samp(now["text"].map(count), before["text"].map(count)).statistic
        assert math.isclose(found.value, expected, abs_tol=0.02)  # 200 quantiles a side


def test_texts_that_are_cut_off_are_seen_though_every_one_is_new():
    now, before = halves()
    cut = now.assign(text=now["text"].str[:255])
    found = measure(LENGTH, cut, against=before)
    assert found.low > 0.5
    assert measure(WORDS, cut, against=before).low > 0.5
    chart, table = evidence(LENGTH, cut, against=before)
    assert chart.title == "Distribution of text (characters)"
    assert isinstance(table, Table)
    assert ["greatest", before["text"].str.len().max(), 255] in table.rows
    assert measure(LENGTH, cut, CENSUS, against=before).level is None


def test_the_same_length_in_more_words_is_seen_by_words_only():
    before = pd.DataFrame({"text": ["abcdefgh", "abcd efgh i", "a"] * 50})
    now = pd.DataFrame({"text": ["ab cd ef", "a\tb\nc d  e f", "ß"] * 50})
    assert measure(LENGTH, now, against=before).value < 0.35  # one text is a letter longer
    assert (
        measure(LENGTH, now[now.index % 3 == 0], against=before[before.index % 3 == 0]).value == 0
    )
    # 1, 3 and 1 words against 3, 6 and 1
    assert math.isclose(measure(WORDS, now, against=before).value, 1 / 3)
    counted = evidence(WORDS, now, against=before)[-1]
    assert isinstance(counted, Table)
    assert ["greatest", 3, 6] in counted.rows


def test_missing_and_empty_texts():
    before = pd.DataFrame({"text": ["a b c"] * 100})
    gaps = pd.DataFrame({"text": ["a b c"] * 70 + [None] * 30})
    assert math.isclose(measure(LENGTH, gaps, against=before).value, 0.3)
    empty = pd.DataFrame({"text": ["a b c"] * 80 + ["", "  \n"] * 10})
    assert math.isclose(measure(WORDS, empty, against=before).value, 0.2)
    lost = pd.DataFrame({"text": pd.array([None] * 50, dtype="string")})
    assert measure(LENGTH, lost, against=before).value == 1


def test_what_it_does_not_apply_to():
    now, before = halves()
    assert "holds integer" in str(not_applicable(TextDrift(column="n"), pd.DataFrame({"n": [1]})))
    assert "no column 'gone'" in str(not_applicable(TextDrift(column="gone"), now))
    numbers = before.assign(text=1.5)
    assert reason(LENGTH, now, against=numbers).startswith("in the reference table, column 'text'")
    assert reason(LENGTH, now[:0], against=before) == "the table has no rows"
    # where every text is new, its values say only that
    assert measure(Drift(column="text"), now, against=before).value > 0
