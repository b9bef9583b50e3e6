"""Metrics of groups of rows: what counts as the same, what is left out, what is shown."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from tests.metrics.data.deriving import evidence, examples, measure, result, value

from assay.core.evidence import Table
from assay.metrics.data.conflicting_labels import ConflictingLabels
from assay.metrics.data.correlation_matrix import CorrelationMatrix
from assay.metrics.data.covers_set import CoversSet
from assay.metrics.data.duplicate_rows import DuplicateRows
from assay.metrics.data.entropy import Entropy
from assay.metrics.data.mode import ModeInSet
from assay.metrics.data.occurs_once import OccursOnce
from assay.metrics.data.query import QueryRows

SPELLINGS = pa.table(
    {
        "t": [
            "Yes", "yes ", "YES.", "no", "no", "maybe", None, "-", "?", "C++", "C", "1.5", "15",
            "New York", "new-york", "(New) York!", "é", "É", "a1", "A 1", "3 km", "3km",
        ]
    }
)  # fmt: skip


def test_rows_that_lack_the_same_value_are_alike():
    table = pa.table({"a": [1, 1, None, None, 2], "b": ["x", "x", None, None, None]})
    found = measure("duplicate_rows", table)
    assert (found.value, found.n) == (2 / 5, 5)
    shown = examples("duplicate_rows", table)
    assert shown.columns == ["a", "b", "rows"]
    assert sorted(shown.rows, key=str) == [[1, "x", 2], [None, None, 2]]
    assert shown.total == 2
    nan = pa.table({"x": [float("nan"), None, 1.0]})
    assert value("duplicate_rows", nan) == 1 / 3


def test_occurs_once_leaves_out_keys_with_a_null():
    table = pa.table({"a": [1, 1, 2, None, None], "b": ["x", "x", "x", "x", "x"]})
    found = measure("occurs_once", table, key=["a", "b"])
    assert (found.value, found.n) == (1 / 2, 2)
    assert examples("occurs_once", table, key=["a", "b"]).rows == [[1, "x", 2]]
    nulls = pa.table({"a": pa.array([None, None], pa.int64())})
    assert result("occurs_once", nulls, key=["a"]).verdict == "not_applicable"


def test_uniqueness_shows_the_rows_that_repeat_a_key():
    table = pa.table({"k": [1, 1, 2, None, None], "v": list("abcde")})
    shown = examples("uniqueness", table, key=["k"])
    assert sorted(row[1] for row in shown.rows) == ["a", "b"]


def test_a_label_that_is_not_known_conflicts_with_none():
    table = pa.table({"f": [1, 1, 2, 2, None, None, 3], "y": ["a", "b", "a", None, "a", "b", None]})
    found = measure("conflicting_labels", table, label="y")
    assert (found.value, found.n) == (4 / 5, 5)  # null features are alike
    shown = examples("conflicting_labels", table, label="y")
    assert shown.columns == ["f", "rows", "different", "least", "greatest"]
    assert sorted(shown.rows, key=str) == [[1, 2, 2, "a", "b"], [None, 2, 2, "a", "b"]]


def test_spellings_differ_in_case_spaces_and_marks_only():
    shown = examples("string_variants", SPELLINGS, column="t")
    words = {row[0]: row[1:3] for row in shown.rows}
    assert words == {
        "yes": [3, 3],
        "newyork": [3, 3],
        "é": [2, 2],
        "a1": [2, 2],
        "3km": [2, 2],
    }
    # "no" twice is one spelling, C++ is not C, 1.5 is not 15; marks alone and nulls are no words
    found = measure("string_variants", SPELLINGS, column="t")
    assert (found.value, found.n) == (12 / 19, 19)
    assert result("string_variants", pa.table({"t": [1, 2]}), column="t").reason.count("not texts")


def test_the_mode_is_on_the_list_only_if_all_that_tie_are():
    table = pa.table({"c": ["a", "a", "b", "b", "c", None, None, None]})
    assert value("mode_share", table, column="c", at_most=1) == 2 / 5
    for values, expected in ((["a", "b"], 1), (["a"], 0), (["b", "c"], 0), (["c"], 0)):
        assert value("mode_in_set", table, column="c", values=values) == expected


def test_covers_set_names_what_does_not_occur():
    table = pa.table({"c": ["a", "b", "x", None]})
    found = result("covers_set", table, column="c", values=["a", "b", "c", "d"])
    assert found.measurements[0].value == 0.5
    (missing,) = found.evidence
    assert isinstance(missing, Table)
    assert missing.rows == [["c"], ["d"]]
    assert value("covers_set", pa.table({"n": [1, 2, 3]}), column="n", values=[1, 2.0]) == 1


def test_entropy_of_one_value_is_zero_and_of_eight_alike_three_bits():
    assert value("entropy", pa.table({"c": ["a"] * 5}), column="c", at_least=0) == 0
    eight = pa.table({"c": list("abcdefgh")})
    assert value("entropy", eight, column="c", at_least=0) == pytest.approx(3, rel=1e-14)


def test_information_needs_values_that_recur():
    table = pa.table({"x": [0.5, 1.5], "c": ["a", "b"], "d": ["u", "u"]})
    found = result("mutual_information", table, column="x", with_column="c", at_most=1)
    assert found.verdict == "not_applicable"
    assert "association measures those" in found.reason
    both = {"column": "d", "with_column": "d", "normalized": True, "at_most": 1}
    assert "both columns are constant" in result("mutual_information", table, **both).reason
    assert value("mutual_information", table, column="d", with_column="c", at_most=1) == 0


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ("c", "one", "all values of 'one' are the same"),
        ("c", "k", "all values of 'k' are the same"),
        ("own", "n", "no value of 'own' occurs twice"),
        ("one", "n", "all values of 'one' are the same"),
        ("n", "k", "all values of 'k' are the same"),
        ("c", "none", "there is no row with both values"),
        ("l", "n", "neither categories nor numbers"),
    ],
)
def test_association_says_why_there_is_none(x, y, reason):
    table = pa.table(
        {
            "c": ["a", "a", "b"], "one": ["u"] * 3, "own": ["a", "b", "c"], "n": [1.0, 2.0, 4.0],
            "k": [0.1, 0.1, 0.1], "none": pa.array([None] * 3, pa.string()), "l": [[1], [2], [3]],
        }
    )  # fmt: skip
    found = result("association", table, column=x, with_column=y, at_most=1)
    assert found.verdict == "not_applicable"
    assert reason in found.reason


def test_association_tells_how_it_was_measured():
    table = pa.table({"a": ["x", "y"] * 20, "b": ["u", "v"] * 20, "n": range(40)})
    for x, y, words in (("a", "b", "Cramér's V"), ("n", "a", "ratio"), ("n", "n", "Pearson")):
        (said,) = evidence("association", table, column=x, with_column=y, at_most=1)
        assert words in said.text
    assert value("association", table, column="a", with_column="b", at_most=1) == pytest.approx(1)


def test_correlation_matrix_takes_all_numbers_and_leaves_out_what_is_constant():
    table = pa.table(
        {"a": [1, 2, 3, 4], "k": [5.0] * 4, "b": [2.0, 1.0, 4.0, 3.0], "t": list("abcd")}
    )
    found = result("correlation_matrix", table, between=[-1, 1])
    assert [(m.key["x"], m.key["y"]) for m in found.measurements] == [("a", "b")]
    assert {u.reason for u in found.unmeasured} == {"all values of 'k' are the same"}
    (matrix,) = found.evidence
    assert matrix.rows == ["a", "b"]
    few = result("correlation_matrix", pa.table({"a": [1], "t": ["x"]}), between=[-1, 1])
    assert "1 columns of numbers" in few.reason


def test_an_identifier_that_was_given_after_sorting_tells_the_label():
    table = pd.DataFrame(
        {"id": range(400), "y": ["a"] * 200 + ["b"] * 200, "t": [str(i) for i in range(400)]}
    )
    found = result("identifier_association", table, identifier="id", label="y")
    assert (found.verdict, found.measurements[0].value) == ("fail", 1)
    texts = result("identifier_association", table, identifier="t", label="y")
    assert texts.verdict == "not_applicable"
    shuffled = table.assign(y=["a", "b"] * 200)
    assert result("identifier_association", shuffled, identifier="id", label="y").verdict == "pass"


def test_what_a_partition_does_not_foresee_is_an_error():
    table = pa.table({"c": ["a", "b", "z"]})
    partition = {"values": ["a", "b"], "weights": [0.5, 0.5]}
    found = result("kl_divergence", table, column="c", partition=partition, at_most=1)
    assert found.verdict == "error"
    assert "1 of 3 values are there: the divergence is infinite" in found.reason
    partition |= {"weights": [0.4, 0.4], "other_weight": 0.2}
    assert value("kl_divergence", table, column="c", partition=partition, at_most=1) > 0


def test_a_partition_of_dates():
    days = pa.table({"d": pa.array([0, 1, 40], pa.date32())})
    partition = {"bins": ["1970-01-01", "1970-02-01", "1970-03-01"], "weights": [0.5, 0.5]}
    found = measure("kl_divergence", days, column="d", partition=partition, at_most=1)
    assert (found.unit, found.n) == ("nats", 3)
    numbers = result(
        "kl_divergence", pa.table({"d": [1]}), column="d", partition=partition, at_most=1
    )
    assert "the bins must be numbers" in numbers.reason


@pytest.mark.parametrize(
    ("partition", "message"),
    [
        ({"weights": [1.0]}, "either `values` or `bins`"),
        ({"values": ["a"], "bins": [0, 1], "weights": [1.0]}, "either `values` or `bins`"),
        ({"values": ["a", "b"], "weights": [1.0]}, "2 values and 1 weights"),
        ({"bins": [0], "weights": []}, "0 cells between `bins` and 0 weights"),
        ({"values": ["a", "a"], "weights": [0.5, 0.5]}, "listed twice"),
        ({"bins": [0, 2, 1], "weights": [0.5, 0.5]}, "must ascend"),
        ({"values": ["a"], "weights": [0.5]}, "sum to 1, not 0.5"),
        ({"values": ["a", "b"], "weights": [1.5, -0.5]}, "shares that sum to 1"),
        ({"values": ["a"], "weights": [0.5], "tail_weights": [0.5, 0]}, "belong to `bins`"),
        ({"values": ["a"], "weight": [1.0]}, "weight"),
    ],
)  # fmt: skip
def test_a_partition_that_is_none_is_refused(partition, message):
    found = result(
        "kl_divergence", pa.table({"c": ["a"]}), column="c", partition=partition, at_most=1
    )
    assert found.verdict == "error"
    assert message in found.reason


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DuplicateRows(columns=()), "at least one column"),
        (lambda: OccursOnce(key=()), "at least one column"),
        (lambda: ConflictingLabels(label="y", features=()), "a column in `features`"),
        (lambda: ConflictingLabels(label="y", features=("x", "y")), "a feature of itself"),
        (lambda: ModeInSet(column="c", values=()), "at least one value"),
        (lambda: CoversSet(column="c", values=("a", "a")), "listed twice"),
        (lambda: Entropy(column="c", base=1), "a number above 1"),
        (lambda: CorrelationMatrix(columns=("a",)), "2 to 60 different columns"),
        (lambda: CorrelationMatrix(columns=("a", "a")), "2 to 60 different columns"),
        (lambda: QueryRows(query=" "), "the query is empty"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_values_are_listed_by_type():
    assert CoversSet(column="c", values=(1, True)).values == (1, True)
