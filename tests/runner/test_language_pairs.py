"""Two runs of a language model against a real server: paired by sample, with what flipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.servers.behaviours import refuses, says
from tests.servers.endpoint import serving

import assay
from assay.core.evidence import AGAINST_BASELINE, Examples, Text
from assay.core.result import Result, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assay.core.comparison import Comparison

HOSTILE = "<script>alert(1)</script> \x1b[31m \u202e | **x** ![](http://e.vil)"


def wrong_where(*numbers: int, says_instead: str = "No idea.") -> Callable[..., Any]:
    """A model that says the number that it is asked for, but for these."""

    def answer(body: dict[str, Any], _number: int) -> Any:
        asked = int(body["messages"][-1]["content"].split()[-1])
        return says(says_instead if asked in numbers else f"It is {asked}.")

    return answer


class Bench:
    """A folder with samples and a history; each run has a server of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, folder / "home"
        self.samples(range(40))

    def samples(self, numbers: Sequence[int], **more: Callable[[int], Any]) -> None:
        lines = [
            {"id": f"q{i}", "input": f"Say {i}", "target": f"is {i}."}
            | {name: of(i) for name, of in more.items()}
            for i in numbers
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (self.folder / "qa.jsonl").write_text(text)

    def run(
        self,
        answer: Callable[..., Any],
        name: str,
        *,
        check: str = "llm.includes: {on: bot, data: qa}",
        requires: str = "at_least: 0.1",
        bot: str = "",
    ) -> Run:
        with serving(answer) as served:
            suite = self.folder / "suite.yaml"
            suite.write_text(
                "suite: numbers\nsubjects:\n"
                f"  bot: {{llm: '{served.url}', model: m, attempts: 1{bot}}}\n"
                "  qa: {samples: qa.jsonl}\n"
                f"checks:\n  - {check}\n    {requires}\n    id: one\n"
            )
            return assay.run(suite, home=self.home, name=name)

    def against(self, answer: Callable[..., Any], **more: Any) -> Result:
        """The check of a new run, held against the run `main`."""
        more.setdefault("requires", "no_worse_than: {baseline: main, margin: 0.05}")
        (result,) = self.run(answer, "new", **more).results
        return result

    def compare(self) -> Comparison:
        from assay.api.stored import compare

        return compare(self.home, "main", "new")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def said(result: Result) -> str:
    """What a result says of the pairing."""
    texts = [e.text for e in result.evidence if isinstance(e, Text)]
    titles = [e.title for e in result.evidence if isinstance(e, Text)]
    return texts[titles.index(AGAINST_BASELINE)]


def shown(result: Result, title: str) -> list[list[Any]]:
    """Rows of the examples of that title."""
    found = [e.rows for e in result.evidence if isinstance(e, Examples) and e.title == title]
    return found[0] if found else []


LOST, WON = "Right before, wrong now", "Wrong before, right now"


def test_the_same_answers_differ_in_nothing(bench: Bench) -> None:
    bench.run(wrong_where(1, 2), "main")
    result = bench.against(wrong_where(1, 2), requires="no_worse_than: {baseline: main}")
    assert result.verdict == "pass"
    (m,) = result.measurements
    assert (m.value, m.low, m.high, m.method) == (0, 0, 0, "identical")
    assert not shown(result, LOST)


def test_a_worse_model_fails_and_what_it_lost_is_shown(bench: Bench) -> None:
    bench.run(wrong_where(1, 2), "main")
    result = bench.against(wrong_where(*range(2, 30), says_instead=HOSTILE))
    assert result.verdict == "fail"
    (m,) = result.measurements
    assert m.value == pytest.approx(12 / 40 - 38 / 40)
    assert m.method == "paired-jackknife"
    assert m.n == 40
    assert "27 right before, wrong now; 1 wrong before, right now" in said(result)
    lost = shown(result, LOST)
    assert ["q10", "Say 10", "is 10.", "It is 10.", HOSTILE] in lost
    assert len(lost) == 20
    assert shown(result, WON) == [["q1", "Say 1", "is 1.", "No idea.", "It is 1."]]


def test_a_better_model_passes_and_what_it_won_is_shown(bench: Bench) -> None:
    bench.run(wrong_where(*range(20)), "main")
    result = bench.against(wrong_where(3))
    assert result.verdict == "pass"
    assert len(shown(result, WON)) == 19
    assert not shown(result, LOST)


def test_few_samples_leave_it_open(bench: Bench) -> None:
    bench.samples(range(8))
    bench.run(wrong_where(1, 2), "main")
    result = bench.against(wrong_where(2, 3, 4))
    assert result.verdict == "inconclusive"
    assert {row[0] for row in shown(result, LOST)} == {"q3", "q4"}


def test_three_samples_do_not_promise_what_cannot_be(bench: Bench) -> None:
    bench.samples(range(3))
    bench.run(wrong_where(1), "main")
    (m,) = bench.against(wrong_where(1, 2)).measurements
    assert (m.low, m.high) == (-1, 1)


def test_pairing_decides_what_independent_samples_would_not(bench: Bench) -> None:
    bench.samples(range(200))
    bench.run(wrong_where(*range(100)), "main")
    margin = "no_worse_than: {baseline: main, margin: 0.06}"
    paired = bench.against(wrong_where(*range(1, 102)), requires=margin)
    assert paired.verdict == "pass"
    (m,) = paired.measurements
    assert m.low is not None
    assert m.low > -0.06  # two independent sets of 200 have a half-width of 0.1


def test_a_model_that_is_right_throughout_is_paired_too(bench: Bench) -> None:
    bench.run(wrong_where(), "main")
    result = bench.against(wrong_where(*range(20)))
    assert result.verdict == "fail"
    assert result.measurements[0].value == -0.5
    assert len(shown(result, LOST)) == 20


def test_unanswered_samples_are_left_out_and_allowed_for(bench: Bench) -> None:
    def down_where(*numbers: int) -> Callable[..., Any]:
        right = wrong_where(20)

        def answer(body: dict[str, Any], number: int) -> Any:
            down = int(body["messages"][-1]["content"].split()[-1]) in numbers
            return refuses(503) if down else right(body, number)

        return answer

    bench.run(down_where(0, 1), "main")
    result = bench.against(down_where(1, 2))
    (m,) = result.measurements
    assert (m.value, m.n) == (0, 37)
    assert m.method == "paired-jackknife+worst-case"
    assert m.low is not None
    assert m.low < -3 / 40
    assert "3 more have no score in one of the runs" in said(result)
    (difference,) = bench.compare().differences
    assert difference.n_common == 37
    assert any("3 samples have no score" in note for note in bench.compare().notes)


def test_scores_that_were_not_kept_whole_are_not_paired(bench: Bench) -> None:
    bench.run(wrong_where(1, 2), "main")
    (manifest,) = bench.home.glob("runs/*/observations/*%3Aincludes*/manifest.json")
    manifest.unlink()
    result = bench.against(wrong_where(1, 2))
    assert result.measurements[0].method == "mover"
    assert "not kept whole" in said(result)


def test_another_question_under_the_same_id_is_another_sample(bench: Bench) -> None:
    bench.run(wrong_where(5), "main")
    bench.samples(range(40), input=lambda i: f"Please say {i}" if i < 2 else f"Say {i}")
    result = bench.against(wrong_where(6))
    assert result.measurements[0].n == 38
    assert "over 38" in said(result)
    bench.samples(range(40), target=lambda i: f"is {i}" if i < 2 else f"is {i}.")
    assert bench.against(wrong_where(6)).measurements[0].n == 38


def test_other_instructions_are_what_runs_are_compared_for(bench: Bench) -> None:
    def turns(words: str) -> Callable[[int], Any]:
        return lambda _: [{"role": "system", "content": words}]

    bench.samples(range(40), messages=turns("Be brief."))
    bench.run(wrong_where(5), "main")
    bench.samples(range(40), messages=turns("Be verbose."))
    assert bench.against(wrong_where(6)).measurements[0].n == 40


def test_other_samples_are_not_paired(bench: Bench) -> None:
    bench.run(wrong_where(1, 2), "main")
    bench.samples(range(20, 60))
    result = bench.against(wrong_where(30), requires="no_worse_than: {baseline: main}")
    assert result.measurements[0].method == "mover"
    assert "only 50 % of the samples are in both runs" in said(result)


def test_repeats_are_averaged_before_they_are_paired(bench: Bench) -> None:
    def once_in(times: int) -> Callable[..., Any]:
        right, wrong = wrong_where(0), wrong_where(*range(40))

        def answer(body: dict[str, Any], number: int) -> Any:
            return (right if number % times else wrong)(body, number)

        return answer

    more = ", repeats: 4, concurrency: 1"
    bench.run(once_in(4), "main", bot=more)
    result = bench.against(once_in(2), bot=more)
    assert result.verdict == "fail"
    (m,) = result.measurements
    assert m.value == pytest.approx((0.5 - 0.75) * 39 / 40)
    assert m.n == 40
    rows = shown(result, "Worse than before")
    assert rows[0][-2:] == [0.75, 0.5]


def test_whole_clusters_are_left_out(bench: Bench) -> None:
    bench.samples(range(200), cluster=lambda i: f"c{i % 8}")
    bench.run(wrong_where(*range(0, 200, 16)), "main")
    lost = [i for i in range(200) if i % 8 == 1 or i % 16 == 0]
    result = bench.against(wrong_where(*lost))
    (m,) = result.measurements
    assert m.method == "paired-cluster-jackknife"
    assert m.low is not None
    assert m.low < -0.3  # one cluster of eight, not 25 samples of 200
    assert result.verdict == "inconclusive"


def test_filters_and_slices_hold_for_what_flipped(bench: Bench) -> None:
    bench.samples(range(80), kind=lambda i: "even" if i % 2 == 0 else "odd")
    some = "llm.includes: {on: bot, data: qa, where: kind = 'odd'}"
    bench.run(wrong_where(1), "main", check=some)
    result = bench.against(wrong_where(2, 3, 5), check=some)
    assert {row[0] for row in shown(result, LOST)} == {"q3", "q5"}
    assert result.measurements[0].n == 40
    sliced = "llm.includes: {on: bot, data: qa, by: [kind]}"
    bench.run(wrong_where(1, 2), "main", check=sliced)
    found = bench.against(wrong_where(2, 3, 5), check=sliced)
    values = {m.key["kind"]: m.value for m in found.measurements}
    assert values == {"even": pytest.approx(0), "odd": pytest.approx(-1 / 40)}


def test_slices_that_the_baseline_did_not_ask_for_are_known_of_its_samples(bench: Bench) -> None:
    bench.samples(range(80), kind=lambda i: "even" if i % 2 == 0 else "odd")
    bench.run(wrong_where(1), "main")
    by = bench.against(wrong_where(2, 3, 5), check="llm.includes: {on: bot, data: qa, by: [kind]}")
    assert {m.key["kind"]: m.n for m in by.measurements} == {"even": 40, "odd": 40}
    odd = "llm.includes: {on: bot, data: qa, where: kind = 'odd'}"
    some = bench.against(wrong_where(2, 3, 5), check=odd)
    assert some.measurements[0].value == pytest.approx(-1 / 40)


def test_a_scorer_without_a_better_direction_is_compared(bench: Bench) -> None:
    length = "llm.length: {on: bot, data: qa}"
    bench.run(wrong_where(), "main", check=length, requires="at_least: 1")
    bench.run(
        wrong_where(1, says_instead="word " * 50), "new", check=length, requires="at_least: 1"
    )
    found = bench.compare()
    assert found.differences[0].verdict == "unclear"
    (flips,) = found.flips
    assert [way.title for way in flips.ways] == ["Lower than before", "Higher than before"]
    assert (flips.n_lost, flips.n_won) == (0, 1)


def test_of_a_gap_of_scores_a_right_answer_is_the_better_one(bench: Bench) -> None:
    """A greater gap is worse; a greater score is not."""
    bench.samples(range(40), template=lambda i: f"t{i // 2}", group=lambda i: "ab"[i % 2])
    check = "llm.template_gap: {on: bot, data: qa, scorer: includes}"
    bench.run(wrong_where(1, 2, 3), "main", check=check, requires="at_most: 0.9")
    result = bench.against(wrong_where(4), check=check)
    assert [row[0] for row in shown(result, LOST)] == ["q4"]
    assert [row[0] for row in shown(result, WON)] == ["q1", "q2", "q3"]


def test_the_worst_answers_of_a_gap_of_scores_come_first(bench: Bench) -> None:
    """Half a target is better than nothing of it, though neither is right."""

    def of(i: int) -> str:
        return f"is {i}. or so"

    bench.samples(range(12), target=of, original=lambda i: f"t{i // 2}",
                  variant=lambda i: ("original", "typos")[i % 2])  # fmt: skip
    check = "llm.sensitivity: {on: bot, data: qa, scorer: token_f1}"
    run = bench.run(wrong_where(7), "main", check=check, requires="at_most: 0.0001")
    rows = shown(run.results[0], "Answers that fail")
    assert rows[0][0] == "q7"
    assert rows[0][-1] == 0


def test_runs_are_compared_by_sample_with_what_flipped(bench: Bench) -> None:
    bench.run(wrong_where(1, 2), "main")
    bench.run(wrong_where(*range(2, 30), says_instead=HOSTILE), "new")
    found = bench.compare()
    (difference,) = found.differences
    assert (difference.verdict, difference.paired, difference.n_common) == ("worse", True, 40)
    (flips,) = found.flips
    assert (flips.samples, flips.unknown, flips.n_lost, flips.n_won) == (40, 0, 27, 1)
    assert flips.won[0].before == "No idea."
    assert flips.won[0].after == "It is 1."
    assert flips.lost[0].reason


def test_the_same_answers_are_known_as_such(bench: Bench) -> None:
    bench.run(wrong_where(1, 2), "main")
    bench.run(wrong_where(1, 2), "new", bot=", concurrency: 1")
    found = bench.compare()
    assert found.differences[0].verdict == "same"
    assert any("both runs have the same answers" in note for note in found.notes)


def test_as_many_right_by_chance_is_not_the_same(bench: Bench) -> None:
    bench.run(wrong_where(1, 2), "main")
    bench.run(wrong_where(2, 3), "new")
    found = bench.compare()
    assert found.differences[0].verdict == "unclear"
    assert (found.flips[0].n_lost, found.flips[0].n_won) == (1, 1)


def test_errors_of_two_runs_are_not_the_same_thing_measured_twice(bench: Bench) -> None:
    errors = "llm.error_rate: {on: bot, data: qa}"
    for name in ("main", "new"):
        bench.run(wrong_where(1), name, check=errors, requires="at_most: 0.5")
    assert bench.compare().differences[0].verdict == "unclear"


def test_what_flipped_is_inert_wherever_it_is_shown(bench: Bench) -> None:
    from io import StringIO

    from rich.console import Console

    from assay.report import markdown
    from assay.report.comparison.page import render
    from assay.report.comparison.terminal import print_comparison
    from assay.report.html import render as render_run
    from assay.report.terminal import print_run

    bench.run(wrong_where(1), "main")
    check = "llm.includes: {on: bot, data: qa}"
    worse = wrong_where(*range(2, 30), says_instead=HOSTILE)
    done = bench.run(worse, "new", check=check, requires="no_worse_than: {baseline: main}")
    bench.run(worse, "other")
    out = StringIO()
    console = Console(file=out, width=80, force_terminal=True)
    print_run(done, console)
    print_comparison(compared := _other(bench), console, everything=True)
    terminal = out.getvalue()
    assert "alert(1)" in terminal
    assert "\x1b[31m \\u202e" not in terminal
    assert "\u202e" not in terminal
    for page in (render_run(done), render(compared)):
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page
        assert "\u202e" not in page
    comment = markdown.render(done)
    assert "Which samples flipped" in comment
    assert "<script>" not in comment
    assert "![](" not in comment
    assert "**x**" not in comment


def _other(bench: Bench) -> Comparison:
    from assay.api.stored import compare

    return compare(bench.home, "main", "other")
