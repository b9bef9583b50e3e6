"""What to do next follows from the verdicts, and from nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.report.example_run import estimate, exact, example_run, moved, result, share

from assay.core.criterion import AtLeast, AtMost, NoWorseThan
from assay.core.evidence import REMEDY, Examples, Text
from assay.report.advice import advice
from assay.report.standing import grouped

if TYPE_CHECKING:
    from assay.core.result import Run


def step(*args: Any, **fields: Any) -> str:
    (found,) = advice(example_run([result("a", "m", *args, **fields)]))
    return found.text


def test_every_check_that_did_not_pass_gets_a_step_in_order(run: Run) -> None:
    groups = grouped(run)
    expected = [r.id for name in ("blocking", "undecided", "warning") for r in groups[name]]
    ids = [a.result.id for a in advice(run) if a.result]
    assert ids[: len(expected)] == expected


@pytest.mark.parametrize(
    ("needed", "text"),
    [
        (190, "Collect about 110 more rows (87 so far)"),
        (88, "Collect about 1 more row (87 so far)"),
    ],
)
def test_inconclusive_says_how_many_more_rows(needed: int, text: str) -> None:
    assert text in step(AtLeast(0.45), [share(40, 87)], rows_needed=needed)


def test_inconclusive_slices() -> None:
    open_, closed = share(5, 10, g="a"), share(900, 1000, g="b")
    one = step(AtLeast(0.4), [open_, closed], rows_needed=100)
    assert "90 more rows where g = a (10 so far)" in one
    two = step(AtLeast(0.4), [open_, share(6, 11, g="c")], rows_needed=1234)
    assert "up to about 1,300 rows for each of the 2 undecided" in two


def test_no_number_of_rows() -> None:
    assert "More rows would not decide it" in step(AtLeast(0.5), [share(5, 10)])


def test_failures() -> None:
    examples = Examples(title="t", columns=["a"], rows=[[1], [2]], total=43)
    assert step(AtMost(0.1), [estimate(0.3, 0.1, 50)]) == (
        "Bring it from 0.3 to at most 0.1, its interval included."
    )
    assert step(AtMost(5), [exact(9, 1, "bytes")]) == "Bring it from 9 bytes to at most 5 bytes."
    assert "2 examples of the 43 rows" in step(AtLeast(1), [exact(0.5, 86)], evidence=[examples])
    sliced = [share(1, 90, g="a"), share(90, 90, g="b")]
    assert "Start with g = a" in step(AtLeast(0.5), sliced)
    worse = step(NoWorseThan("main"), [], verdict="fail", reason="r")
    assert worse == "Find what changed since the run 'main'."
    assert "Repair" in step(AtLeast(1), [], verdict="error", reason="r")
    assert "Run it" in step(AtLeast(1), [], verdict="skipped", reason="r")
    absent = step(AtLeast(1), [], verdict="not_applicable", reason="r")
    assert "Nothing was measured for it." in absent


def test_a_passed_and_an_interrupted_run() -> None:
    assert "Nothing: every requirement is met." in step(AtLeast(0.5), [exact(1, 9)])
    stopped = example_run([], status="interrupted")
    assert "interrupted" in advice(stopped)[0].text


def test_what_a_metric_says_of_a_remedy_comes_first() -> None:
    known = Text(title=REMEDY, text="Turn it off and on.")
    assert step(AtMost(0.1), [estimate(0.3, 0.1, 50)], evidence=[known]) == "Turn it off and on."
    assert "Nothing" in step(AtMost(0.5), [exact(0.3, 50)], evidence=[known])


def test_a_moved_column_asks_for_what_its_users_need() -> None:
    tables = {"data": None, "against": "then"}
    column = result(
        "now/a", "m", AtMost(0.1), [estimate(0.4, 0.1, 50)], on="now", severity="warn",
        evidence=[moved("a", 0.4, 1)], **tables,
    )  # fmt: skip

    def user(value: float, **fields: Any) -> Any:
        fields = {"on": "model", "data": "now", "against": "then", **fields}
        return result("model@now", "n", AtLeast(0.5), [exact(value, 50)], **fields)

    def about_column(*users: Any) -> str:
        (found,) = [a for a in advice(example_run([*users, column])) if a.result is column]
        return found.text

    assert "If the world has changed" in about_column()
    assert "If the world has changed" in about_column(user(0.2, against="another"))
    bare = result("r", "m", AtMost(0.1), [estimate(0.4, 0.1, 50)], on="now", **tables)
    assert advice(example_run([bare]))[0].text.startswith("The tables differ by more than is")
    assert "meets its 1 check:" in about_column(user(0.9))
    assert "Of 1 check of what uses these rows, 1 is not met: model@now" in about_column(user(0.2))
