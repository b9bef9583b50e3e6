"""``drift.text`` on what NumPy says of its own functions, and on bad tables."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp
from sklearn.feature_extraction.text import CountVectorizer
from tests.metrics.data.measuring import CENSUS, evidence, measure, not_applicable, reason

from assay.core.evidence import Table
from assay.metrics.data.drift import Drift
from assay.metrics.drift.text import TextDrift
from assay.metrics.drift.vocabulary import words

LENGTH = TextDrift(column="text")
WORDS = TextDrift(column="text", aspect="words")
VOCABULARY = TextDrift(column="text", aspect="vocabulary")


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


def test_a_word_that_is_exchanged_is_seen_by_vocabulary_only():
    now, before = halves()
    found = measure(VOCABULARY, now, against=before)
    assert found.low == 0
    assert found.method == "wild-bootstrap"
    other = now.assign(text=now["text"].str.replace("array", "tosor"))  # of the same length
    assert measure(LENGTH, other, against=before).low == 0
    assert measure(WORDS, other, against=before).low == 0
    found = measure(VOCABULARY, other, against=before)
    assert found.low > 0.5
    # what scikit-learn counts: the share of texts with each word
    count = CountVectorizer(token_pattern=r"[^\W]+", binary=True)
    shares = count.fit_transform(pd.concat([before["text"], other["text"]]))
    gaps = np.abs(shares[len(before) :].mean(axis=0) - shares[: len(before)].mean(axis=0))
    assert math.isclose(found.value, gaps.max(), abs_tol=1e-12)
    table, said = evidence(VOCABULARY, other, against=before)
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows[:2]] == ["tosor", "tosor_like"]
    assert "all 241 texts of the current table" in said.text


def test_words_are_told_in_any_script():
    assert words("Don't SHOUT, café—1,5!") == {"don't", "shout", "café", "1", "5"}
    assert words("don’t") == words("DON'T")
    assert words("東京の雨 in Tokyo") == {"東", "京", "の", "雨", "in", "tokyo"}
    assert words("… \n") == words(None) == frozenset()


def test_texts_that_are_missing_or_have_no_word():
    before = pd.DataFrame({"text": ["one two"] * 100})
    lost = pd.DataFrame({"text": ["one two"] * 70 + [None] * 30})
    assert math.isclose(measure(VOCABULARY, lost, against=before).value, 0.3)
    empty = pd.DataFrame({"text": ["one two"] * 80 + ["", " …"] * 10})
    assert math.isclose(measure(VOCABULARY, empty, against=before).value, 0.2)
    # all alike: chance shows nothing, and yet a twentieth of the texts may be others
    same = measure(VOCABULARY, before, against=before)
    assert (same.low, same.value) == (0, 0)
    assert math.isclose(same.high, 1 - 0.05 ** (1 / 100))
    assert reason(VOCABULARY, before[:0], against=before) == "the table has no rows"
    one = measure(VOCABULARY, before[:1], against=before)
    assert (one.low, one.high) == (0, 1)


def test_rare_words_count_as_one_where_they_are_new():
    """Each text has a number of its own; then a third of them have a second one."""
    rng = np.random.default_rng(3)
    common = [" ".join(rng.choice([f"w{i}" for i in range(600)], 40)) for _ in range(600)]
    before = pd.DataFrame({"text": common[:300]})
    codes = [f"{t} q{i}" if i % 3 == 0 else t for i, t in enumerate(common[300:])]
    found = evidence(VOCABULARY, pd.DataFrame({"text": codes}), against=before)[0]
    assert isinstance(found, Table)
    assert found.rows[0][0] == "(a rare word that is new)"
    assert 0.3 < found.rows[0][3] < 0.36


def test_of_many_texts_some_are_drawn():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"text": [f"n{i} w{i % 7}" for i in rng.permutation(24_000)]})
    before, now = frame[:12_000], frame[12_000:]
    found = measure(VOCABULARY, now, against=before)
    assert found.n == 5_000
    assert found.high < 0.06
    assert measure(VOCABULARY, now[::-1], against=before) == found
    assert "are read, drawn by lot" in reason(VOCABULARY, now, CENSUS, against=before)
    few = now[:4_000]
    assert measure(VOCABULARY, few, CENSUS, against=before[:4_000]).level is None
    said = evidence(VOCABULARY, now, against=before)[1].text
    assert said.startswith("5,000 of 12,000 texts of the current table, drawn by lot")
