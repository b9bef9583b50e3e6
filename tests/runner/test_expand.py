"""Expansion: from checks as written to checks that are ready, with their ids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.check import CheckSpec, ModelSpec, Suite, TableSpec
from assay.core.criterion import AtLeast, AtMost, NoWorseThan
from assay.core.errors import Location
from assay.core.identifier import MAX_LENGTH, id_fault, segment, shortened
from assay.core.schema import ColumnInfo, Schema
from assay.core.source import Files
from assay.metrics.data.completeness import Completeness
from assay.runner.expand import Expansion, expand
from assay.suite.load import loads

COLUMNS = ("id", "pirat", "hirat", "lvrat", "afam", "deny")


def schema(*names: str) -> Schema:
    return Schema(tuple(ColumnInfo(name, "float", "DOUBLE") for name in names))


def table(unit: str | None = None) -> TableSpec:
    return TableSpec(source=Files(("x.csv",), "csv"), unit=unit)


SUBJECTS = {"train": table("id"), "test": table(), "model": ModelSpec(path="m.onnx", target="deny")}
SCHEMAS = {"train": schema(*COLUMNS), "test": schema("hirat", "id", "pirat", "afam", "deny", "x")}


def expanded(
    *checks: CheckSpec, schemas: dict[str, Schema] = SCHEMAS, subjects: Any = SUBJECTS
) -> Expansion:
    return expand(Suite(name="s", subjects=subjects, checks=checks), schemas)


def spec(metric: str = "completeness", on: str = "train", **given: Any) -> CheckSpec:
    names = set(CheckSpec.__dataclass_fields__)
    params = {key: value for key, value in given.items() if key not in names}
    fields = {key: value for key, value in given.items() if key in names}
    return CheckSpec(metric=metric, on=on, params=params, **fields)


def ids(*checks: CheckSpec, **given: Any) -> list[str]:
    found = expanded(*checks, **given)
    assert [str(error) for _, error in found.problems] == []
    return [check.id for check in found.checks]


def problem(*checks: CheckSpec, **given: Any) -> str:
    """The only problem of these checks."""
    ((_, error),) = expanded(*checks, **given).problems
    return str(error)


def test_a_check_is_bound_and_its_defaults_settled() -> None:
    (check,) = expanded(spec(column="pirat")).checks
    assert check.metric == Completeness(column="pirat")
    assert check.id == check.family == "train/completeness/pirat"
    assert (check.criterion, check.claim, check.severity) == (AtLeast(1.0), "batch", "block")
    own = spec(column="pirat", criterion=AtLeast(0.5), claim="process", family="f", severity="warn")
    (check,) = expanded(own).checks
    assert (check.criterion, check.claim, check.family) == (AtLeast(0.5), "process", "f")
    assert check.severity == "warn"
    (drift,) = expanded(spec("drift", against="test", column="pirat")).checks
    assert (drift.family, drift.criterion) == ("drift", AtMost(0.1))


@pytest.mark.parametrize(
    ("check", "name"),
    [
        (spec("row_count"), "train/row_count"),
        (spec(column="pirat"), "train/completeness/pirat"),
        (spec(column="pirat", by=(("afam",), ("afam", "deny"))),
         "train/completeness/pirat/by=afam,afam*deny"),
        (spec("uniqueness", key=["id", "afam"]), "train/uniqueness/id+afam"),
        (spec("correlation", x="pirat", y="hirat"), "train/correlation/pirat+hirat"),
        (spec("classification.roc_auc", "model", data="test"), "model@test/classification.roc_auc"),
        (spec("classification.recall", "model", data="test", by=(("afam",),)),
         "model@test/classification.recall/by=afam"),
        (spec("model.size", "model"), "model/model.size"),
        (spec("row_count", id="rows"), "rows"),
        (spec(columns=["pirat"], id="filled"), "filled"),
    ],
)  # fmt: skip
def test_ids(check: CheckSpec, name: str) -> None:
    assert ids(check) == [name]


def test_columns_spread_in_table_order() -> None:
    assert ids(spec(columns=["lvrat", "pirat"])) == [
        "train/completeness/pirat",
        "train/completeness/lvrat",
    ]
    assert ids(spec(columns=["*rat", "hirat", "i?"])) == [
        f"train/completeness/{name}" for name in ("id", "pirat", "hirat", "lvrat")
    ]
    assert ids(spec(columns=["*"], id="all")) == [f"all/{name}" for name in COLUMNS]
    (first, *_) = expanded(spec(columns=["*"])).checks
    assert first.spec.params == {"column": "id"}


def test_characters_of_patterns_in_names_are_themselves() -> None:
    schemas = {"train": schema("a*", "ab", "a[b]", "A")}
    assert ids(spec(columns=["a*"]), schemas=schemas) == ["train/completeness/a*"]
    assert ids(spec(columns=["a[*"]), schemas=schemas) == ["train/completeness/a[b]"]
    assert ids(spec(columns=["?"]), schemas=schemas) == ["train/completeness/A"]


def test_a_metric_that_compares_takes_all_columns_in_common_but_row_numbers() -> None:
    assert ids(spec("drift", against="test")) == [
        f"train/drift/{name}" for name in ("pirat", "hirat", "afam", "deny")
    ]
    assert ids(spec("drift", "test", against="train"))[0] == "test/drift/hirat"
    assert ids(spec("drift", against="test", columns=["*rat"])) == [
        "train/drift/pirat",
        "train/drift/hirat",
    ]
    assert problem(spec("drift", against="test", column="lvrat")) == (
        "check 'train/drift/lvrat': The table 'test' has no column 'lvrat'. Did you mean 'pirat'?"
    )
    alone = {"train": schema("a"), "test": schema("b")}
    assert problem(spec("drift", against="test"), schemas=alone) == (
        "check 'train/drift': The tables 'train' and 'test' have no column in common."
    )


def test_checks_of_one_name_get_what_tells_them_apart_and_no_more() -> None:
    q = spec("quantile", column="pirat", q=0.9, criterion=AtMost(1))
    assert ids(q, spec("quantile", column="pirat", q=0.5, criterion=AtMost(2))) == [
        "train/quantile/pirat/q=0.9",
        "train/quantile/pirat/q=0.5",
    ]
    auc = {"metric": "classification.roc_auc", "on": "model", "data": "test"}
    assert ids(
        spec(**auc, criterion=AtLeast(0.8)), spec(**auc, criterion=NoWorseThan("main", 0.01))
    ) == [
        "model@test/classification.roc_auc/at_least",
        "model@test/classification.roc_auc/no_worse_than",
    ]
    strict, loose = AtLeast(0.99), AtLeast(0.9)
    assert ids(
        spec(column="pirat", criterion=strict, severity="warn"),
        spec(column="pirat", criterion=loose),
        spec(column="hirat"),
    ) == [
        "train/completeness/pirat/warn",
        "train/completeness/pirat/block",
        "train/completeness/hirat",
    ]
    assert ids(spec(column="id", criterion=strict), spec(column="id", criterion=loose)) == [
        "train/completeness/id/at_least=0.99",
        "train/completeness/id/at_least=0.9",
    ]
    assert ids(spec(column="id", where="id > 1"), spec(column="id")) == [
        "train/completeness/id/where=id > 1",
        "train/completeness/id",
    ]


def test_equal_checks_need_an_id() -> None:
    found = expanded(*[spec(column="id")] * 3)
    assert [check.id for check in found.checks] == ["train/completeness/id"]
    assert [str(error) for _, error in found.problems] == [
        f"check 'train/completeness/id#{number}': Another check is just like this one:"
        " 'train/completeness/id'. Give one of them an `id:`, or remove it."
        for number in (2, 3)
    ]
    assert ids(spec(column="id"), spec(column="id", id="again")) == [
        "train/completeness/id",
        "again",
    ]


def test_an_id_that_a_person_chose_is_never_taken_by_a_derived_one() -> None:
    found = expanded(spec("row_count"), spec(column="id", id="train/row_count"))
    assert [check.id for check in found.checks] == ["train/row_count"]
    assert isinstance(found.checks[0].metric, Completeness)
    assert problem(spec("row_count", id="a"), spec(column="id", id="a")) == (
        "check 'a#2': The id 'a' is taken by another check."
    )


@pytest.mark.parametrize(
    ("chosen", "clause"),
    [
        ("../x", "must not hold an empty part, '.' or '..' between slashes"),
        ("/x", "must not hold an empty part, '.' or '..' between slashes"),
        ("a//b", "must not hold an empty part, '.' or '..' between slashes"),
        ("a\\b", "must not hold a backslash"),
        ("a\nb", "must not hold control characters"),
        ("a\u202eb", "must not hold control characters"),
        (" ", "must not be empty"),
        ("x" * 201, "must have at most 200 characters, not 201"),
    ],
)
def test_a_chosen_id_must_be_sound(chosen: str, clause: str) -> None:
    found = expanded(spec("row_count", id=chosen))
    ((_, error),) = found.problems
    assert error.message == f"An id {clause}."
    assert error.check_id is not None
    assert id_fault(error.check_id) is None


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (spec("completness", column="id"),
         "check 'train/completness/id': There is no metric 'completness'. Did you mean"
         " 'completeness'? `assay list` names them all."),
        (spec(column="piratt"),
         "check 'train/completeness/piratt': The table 'train' has no column 'piratt'."
         " Did you mean 'pirat'?"),
        (spec(columns=["x*"]),
         "check 'train/completeness': No column of 'train' matches 'x*'."),
        (spec(columns=["*pirats"]),
         "check 'train/completeness': No column of 'train' matches '*pirats'."
         " Did you mean 'pirat'?"),
        (spec(columns=[]),
         "check 'train/completeness': 'columns' must name at least one column."),
        (spec(columns="id"),
         "check 'train/completeness': 'columns' must be a list of column names."),
        (spec(columns=["id"], column="id"),
         "check 'train/completeness/id': Give either 'column' or 'columns', not both."),
        (spec(),
         "check 'train/completeness': completeness: needs the parameter 'column'."),
        (spec(column=3), "check 'train/completeness': completeness: column must be text."),
        (spec(column="id", by=(("afm",),)),
         "check 'train/completeness/id/by=afm': The table 'train' has no column 'afm'."
         " Did you mean 'afam'?"),
        (spec("row_count", "trian"),
         "check 'trian/row_count': The suite has no subject 'trian'. Did you mean 'train'?"),
        (spec("row_count", "model"),
         "check 'model/row_count': row_count: `on` must be a table, and 'model' is not one."),
        (spec("classification.recall", "train"),
         "check 'train/classification.recall': classification.recall: `on` must be a model, and"
         " 'train' is not one."),
        (spec("classification.recall", "model"),
         "check 'model/classification.recall': classification.recall needs a table to feed the"
         " model with, as `data`."),
        (spec("classification.recall", "model", data="model"),
         "check 'model@model/classification.recall': 'model' could not be read, so its"
         " columns are not known."),
        (spec("drift", column="id"),
         "check 'train/drift/id': drift compares two tables: it needs `against`."),
        (spec("drift", "model", against="train", columns=["id"]),
         "check 'model/drift/id': drift: `on` must be a table, and 'model' is not one."),
    ],
)  # fmt: skip
def test_one_bad_check_is_a_problem_and_stops_no_other(check: CheckSpec, message: str) -> None:
    found = expanded(spec("row_count"), check, spec(column="hirat"))
    assert [c.id for c in found.checks] == ["train/row_count", "train/completeness/hirat"]
    ((_, error),) = found.problems
    assert str(error) == message


def test_each_absent_column_is_its_own_problem() -> None:
    found = expanded(spec(columns=["pirat", "nope", "nada"]))
    assert [check.id for check in found.checks] == ["train/completeness/pirat"]
    assert [error.check_id for _, error in found.problems] == [
        "train/completeness/nope",
        "train/completeness/nada",
    ]
    assert [problem.params for problem, _ in found.problems] == [
        {"column": "nope"},
        {"column": "nada"},
    ]


def test_a_table_that_could_not_be_read() -> None:
    found = expanded(spec("row_count"), spec("row_count", "test"), schemas={"test": schema("a")})
    assert [check.id for check in found.checks] == ["test/row_count"]
    ((_, error),) = found.problems
    assert str(error) == (
        "check 'train/row_count': 'train' could not be read, so its columns are not known."
    )


def test_a_problem_tells_the_place_of_its_check(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    suite = loads(
        "suite: s\nsubjects: {t: {table: t.csv}}\nchecks:\n  - completeness: {on: t, column: b}\n",
        file="s.yaml",
        folder=str(tmp_path),
    )
    ((_, error),) = expand(suite, {"t": schema("a")}).problems
    assert error.location == Location("s.yaml", 4, 5)
    assert str(error) == (
        "s.yaml:4:5: check 't/completeness/b': The table 't' has no column 'b'. Its columns: a."
    )


def test_hostile_column_names_give_sound_ids() -> None:
    names = ["..", ".", "", "a/b", "../../etc/passwd", "x\ny", "\u202e", "a%2Fb", "é ï", "n" * 500,
             "n" * 499 + "m", '"; drop table', "<script>alert(1)</script>"]  # fmt: skip
    found = ids(spec(columns=["*"]), schemas={"train": schema(*names)})
    assert len(set(found)) == len(names)
    assert [id_fault(name) for name in found] == [None] * len(names)
    assert found[0] == "train/completeness/%2E%2E"
    assert found[3] == "train/completeness/a%2Fb"
    assert found[7] == "train/completeness/a%252Fb"
    assert found[8] == "train/completeness/é ï"


def test_two_thousand_columns() -> None:
    wide = schema(*(f"c{number}" for number in range(2000)))
    assert len(set(ids(spec(columns=["*"]), schemas={"train": wide}))) == 2000


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_a_sound_part_of_an_id(text: str) -> None:
    part = segment(text)
    assert "/" not in part
    assert id_fault(shortened(f"a/{part}")) is None
    assert len(shortened(part)) <= MAX_LENGTH


@settings(deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_different_texts_stay_different(one: str, other: str) -> None:
    assert (segment(one) == segment(other)) == (one == other)


_checks = st.lists(
    st.builds(
        spec,
        metric=st.sampled_from(["completeness", "quantile", "drift", "row_count", "nothing"]),
        on=st.sampled_from(["train", "test", "model", "none"]),
        against=st.sampled_from([None, "test"]),
        column=st.sampled_from(["id", "pirat", "nope", 3]),
        q=st.sampled_from([0.1, 0.5, 2]),
        id=st.sampled_from([None, None, "a", "train/row_count", "a#2", "..", "x/y"]),
        where=st.sampled_from([None, "id > 1"]),
        criterion=st.sampled_from([None, AtLeast(0.5), AtLeast(0.6), AtMost(1)]),
    ),
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(_checks)
def test_every_check_comes_out_once_under_an_id_of_its_own(checks: list[CheckSpec]) -> None:
    found = expanded(*checks)
    names = [check.id for check in found.checks]
    names += [error.check_id or "" for _, error in found.problems]
    assert len(names) == len(set(names)) == len(checks)
    assert [id_fault(name) for name in names] == [None] * len(names)
