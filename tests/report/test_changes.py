"""What changed since an earlier run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from tests.report.example_run import estimate, example_run, result

from assay.core.criterion import AtLeast
from assay.report.changes import changes

if TYPE_CHECKING:
    from assay.core.result import Run


def test_a_run_has_not_changed_from_itself(run: Run) -> None:
    found = changes(run, run)
    assert found.nothing
    assert found.unchanged == len(run.results)
    assert not found.suite_changed
    assert found.subjects == []


def test_what_changed(run: Run, earlier: Run) -> None:
    found = changes(run, earlier)
    assert [(c.before.verdict, c.now.verdict, c.worse) for c in found.verdicts] == [
        ("pass", "fail", True)
    ]
    assert [r.id for r in found.added] == ["train/completeness:pirat"]
    assert [r.id for r in found.removed] == ["model/r2"]
    assert [(c.result.id, c.apart) for c in found.values] == [
        ("model/demographic_parity_difference", True),
        ("model/size", True),
        ("model/roc_auc", False),
    ]
    assert found.unchanged == len(run.results) - 4


def test_worse_comes_before_better() -> None:
    def one(name: str, value: float) -> object:
        return result(name, "m", AtLeast(0.5), [estimate(value, 0.01, 9)])

    before = example_run([one("a", 0.2), one("b", 0.9)])  # type: ignore[list-item]
    after = example_run([one("a", 0.9), one("b", 0.2)])  # type: ignore[list-item]
    assert [(c.now.id, c.worse) for c in changes(after, before).verdicts] == [
        ("b", True),
        ("a", False),
    ]


def test_slices_are_compared_by_key_and_open_ends_never_are_apart() -> None:
    def one(yes: float, high: float | None) -> Run:
        sliced = [estimate(0.9, 0.01, 9, afam="no"), estimate(yes, 0.01, 9, afam="yes")]
        sliced[1] = msgspec.structs.replace(sliced[1], high=high)
        return example_run([result("a", "m", AtLeast(0), sliced)])

    (moved,) = changes(one(0.8, 0.9), one(0.2, None)).values
    assert moved.now.key == {"afam": "yes"}
    assert not moved.apart
    assert changes(one(0.8, 0.9), one(0.2, 0.3)).values[0].apart


def test_other_content_under_test_is_named(run: Run) -> None:
    subjects = [
        msgspec.structs.replace(s, fingerprint="sha256:0") if s.name == "test" else s
        for s in run.subjects
    ]
    suite = msgspec.structs.replace(run.suite, fingerprint="sha256:1")
    before = msgspec.structs.replace(run, subjects=subjects, suite=suite)
    found = changes(run, before)
    assert found.subjects == ["test"]
    assert found.suite_changed


def test_sums_in_another_order_are_no_change() -> None:
    def one(value: float) -> Run:
        return example_run([result("a", "m", AtLeast(0.5), [estimate(value, 0.1, 50)])])

    assert changes(one(0.8 + 1e-15), one(0.8)).nothing
    assert changes(one(0.8 + 1e-6), one(0.8)).values
    assert changes(one(1e-19), one(0.0)).values == []
