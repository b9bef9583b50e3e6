"""Judged checks of several kinds against servers that follow rules: pairs, claims, human labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.servers.behaviours import refuses, says
from tests.servers.endpoint import serving
from tests.servers.judges import judging

import assay
from assay.api.planning import plan
from assay.api.running import explain
from assay.core.result import Result


def write(
    folder: Path, lines: list[dict[str, Any]], subjects: dict[str, str], *checks: str
) -> Path:
    (folder / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    named = "".join(f"  {n}: {{llm: '{u}', model: {n}}}\n" for n, u in subjects.items())
    suite = folder / "suite.yaml"
    listed = "\n".join(f"  - {check}" for check in checks)
    suite.write_text(
        f"suite: judged\nsubjects:\n{named}  qa: {{samples: qa.jsonl}}\nchecks:\n{listed}\n"
    )
    return suite


def notes(result: Result) -> str:
    return "\n".join(str(e) for e in result.evidence)


def number(body: dict[str, Any]) -> int:
    return int(body["messages"][-1]["content"].split()[-1])


def quality(of: int) -> Any:
    """A model whose answer to question i has quality (i * of) % 7."""
    return lambda body, _n: says(f"quality {number(body) * of % 7}")


def better(parts: dict[str, str], _text: str) -> str:
    """The answer of higher quality; the first one where they differ by one only."""
    a, b = (int(parts[f"answer_{x}"].split()[-1]) for x in "AB")
    return f"They differ.\nCHOICE: {'A' if a + 1 >= b else 'B'}"


PREFERENCE = "{llm.preference: {on: bot, against: other, data: qa, judge: grader}, at_least: 0.2}"
LINES = [{"id": f"q{i}", "input": f"Question {i}"} for i in range(21)]


def test_preference_pairs_answers_and_swaps_their_places(tmp_path: Path) -> None:
    with serving(quality(2)) as bot, serving(quality(3)) as other, serving(judging(better)) as j:
        subjects = {"bot": bot.url, "other": other.url, "grader": j.url}
        suite = write(
            tmp_path, LINES, subjects, PREFERENCE,
            "{llm.length: {on: other, data: qa, where: 'true'}, severity: info}",
        )  # fmt: skip
        result, _ = assay.run(suite).results
        assert (len(bot.calls), len(other.calls)) == (21, 21)
        assert len(j.calls) < 2 * 21  # equal pairs are asked once, and equal answers never
    gaps = [i * 2 % 7 - i * 3 % 7 for i in range(21)]
    expected = np.mean([1.0 if g > 1 else 0.0 if g < -1 else 0.5 for g in gaps])
    (m,) = result.measurements
    assert m.value == pytest.approx(expected)
    assert m.low is not None
    assert m.low < m.value < (m.high or 0)
    near = sum(abs(g) == 1 for g in gaps)
    same = sum(g == 0 for g in gaps)
    assert f"Place decided in {near} of {21 - same} pairs" in notes(result)
    assert f"preferred both times in {near}, the second in 0" in notes(result)
    assert f"In {same} pairs both answers are the same" in notes(result)


def test_a_rival_without_an_answer_leaves_the_pair_unknown(tmp_path: Path) -> None:
    def down(body: dict[str, Any], n: int) -> Any:
        return refuses(400) if number(body) == 3 else quality(3)(body, n)

    with serving(quality(2)) as bot, serving(down) as other, serving(judging(better)) as j:
        subjects = {"bot": bot.url, "other": other.url, "grader": j.url}
        (result,) = assay.run(write(tmp_path, LINES, subjects, PREFERENCE)).results
    (m,) = result.measurements
    assert m.n == 20
    assert m.method.endswith("+worst-case")
    assert "the rival's answer, did not come" in notes(result)


def test_a_rival_that_is_none_is_named(tmp_path: Path) -> None:
    suite = write(tmp_path, LINES, {"bot": "http://127.0.0.1:1/v1"}, PREFERENCE)
    with pytest.raises(assay.SuiteError) as caught:
        assay.run(suite)
    assert "no subject 'other'" in str(caught.value)
    assert "no subject 'grader'" in str(caught.value)


def test_two_runs_are_compared_by_preference_too(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(quality(2)) as bot, serving(quality(3)) as other, serving(judging(better)) as j:
        subjects = {"bot": bot.url, "other": other.url, "grader": j.url}
        suite = write(tmp_path, LINES, subjects, PREFERENCE)
        assay.run(suite, home=home, name="main")
        held = PREFERENCE.replace("at_least: 0.2", "no_worse_than: {baseline: main, margin: 0.1}")
        write(tmp_path, LINES, subjects, held)
        (result,) = assay.run(suite, home=home).results
    assert result.verdict == "pass"
    assert result.measurements[0].value == 0


def claiming(parts: dict[str, str], _text: str) -> str:
    """Sentences are claims; a claim is supported where its last word stands in the context."""
    if "text" in parts:
        return json.dumps([s.strip() for s in parts["text"].split(".") if s.strip()])
    claims = parts["claims"].splitlines()
    return json.dumps([claim.split()[-1] in parts["context"] for claim in claims])


def test_claims_are_listed_first_and_verified_then(tmp_path: Path) -> None:
    def answer(body: dict[str, Any], _n: int) -> Any:
        n = number(body)
        return says("" if n == 0 else "It is red. It is old." if n == 1 else "It is red.")

    lines = [{"id": f"q{i}", "input": f"Question {i}", "context": "A red house."} for i in range(4)]
    faithful = "{llm.faithfulness: {on: bot, data: qa, judge: grader%s}, at_least: 0.9%s}"
    with serving(answer) as bot, serving(judging(claiming)) as judge:
        subjects = {"bot": bot.url, "grader": judge.url}
        suite = write(tmp_path, lines, subjects, faithful % ("", ", claim: batch"),
                      faithful % (", panel: mean", ", claim: batch, id: same"))  # fmt: skip
        result, same = assay.run(suite).results
        # a list for each answer, and verdicts: those on equal claims once
        assert len(judge.calls) == 4 + 3
    (m,) = result.measurements
    assert m.value == pytest.approx((0 + 0.5 + 1 + 1) / 4)
    assert same.measurements == result.measurements
    assert result.verdict == "fail"
    assert "not supported, 1 of 2: 'It is old'" in notes(result)
    assert "was asked 7 questions" in notes(result)


def labelled(folder: Path, rng: np.random.Generator, n: int, people: int, **more: Any) -> list[Any]:
    human = rng.integers(1, 6, n)
    return [
        {"id": f"q{i}", "input": f"Question {g}", **({"human": int(g)} if i < people else {}),
         **{k: v(i) for k, v in more.items()}}
        for i, g in enumerate(human)
    ]  # fmt: skip


def lenient(parts: dict[str, str], _text: str) -> str:
    """A grade too high by one for all but the best."""
    return f"Fine.\nGRADE: {min(int(parts['question'].split()[-1]) + 1, 5)}"


GRADED = "{llm.judge: {on: bot, data: qa, judge: grader, rubric: x, labels: human}, at_least: 1}"


def test_a_lenient_judge_is_corrected_by_people(tmp_path: Path) -> None:
    lines = labelled(tmp_path, np.random.default_rng(1), 200, 60)
    truth = np.mean([int(line["input"].split()[-1]) for line in lines])
    with serving(lambda _b, _n: says("x")) as bot, serving(judging(lenient)) as judge:
        subjects = {"bot": bot.url, "grader": judge.url}
        suite = write(tmp_path, lines, subjects, GRADED)
        (result,) = assay.run(suite).results
    (m,) = result.measurements
    assert m.method == "prediction-powered"
    assert (m.low or 0) < truth < (m.high or 0)
    assert m.value == pytest.approx(truth, abs=0.15)
    told = notes(result)
    assert "Judge against people" in told
    assert "kappa" in told
    assert "corrected mean" in told


def test_labels_with_clusters(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    lines = labelled(tmp_path, rng, 200, 100, cluster=lambda i: f"c{i % 40}")
    with serving(lambda _b, _n: says("x")) as bot, serving(judging(lenient)) as judge:
        suite = write(tmp_path, lines, {"bot": bot.url, "grader": judge.url}, GRADED)
        (result,) = assay.run(suite).results
    (m,) = result.measurements
    assert m.method == "cluster-jackknife"
    truth = np.mean([int(line["input"].split()[-1]) for line in lines])
    assert m.value == pytest.approx(truth, abs=0.15)


@pytest.mark.parametrize(
    ("human", "said"),
    [(9, "lie outside 1 to 5"), ("good", "column 'human' holds string")],
)
def test_labels_that_are_none(tmp_path: Path, human: Any, said: str) -> None:
    lines = [{**line, "human": human} for line in LINES]
    with serving(lambda _b, _n: says("x")) as bot, serving(judging(lambda *_: "GRADE: 1")) as judge:
        suite = write(tmp_path, lines, {"bot": bot.url, "grader": judge.url}, GRADED)
        (result,) = assay.run(suite).results
    assert said in f"{result.reason} {result.unmeasured}"


def test_what_judges_are_asked_is_told_before(tmp_path: Path) -> None:
    faithful = "{llm.faithfulness: {on: bot, data: qa, judge: grader}, at_least: 0.1}"
    lines = [{**line, "context": "x", "human": 1} for line in LINES]
    with serving(quality(2)) as bot, serving(judging(better)) as judge:
        subjects = {"bot": bot.url, "other": bot.url, "grader": judge.url}
        suite = write(tmp_path, lines, subjects, PREFERENCE, faithful, GRADED)
        suite.write_text(suite.read_text().replace("model: bot", "model: bot, repeats: 2"))
        told = explain(suite)
        planned = plan(suite, home=tmp_path / "home")
        assert not bot.calls
        assert not judge.calls
    what = {one.what: len(one.checks) for one in told.collected}
    then = {one.what: one.then for one in told.collected}
    asked = "questions to the judge 'grader' about the answers of 'bot' to 'qa'"
    assert what[asked] == 3
    assert then[asked].startswith("210 at most")  # of 21 samples, 2 answers each: 2 and 2 and 1
    assert what["answers of 'other' to 'qa', asked for once for all"] == 1
    (one,) = [c for c in planned.collections if "judging" in c.what]
    assert (one.model, one.all.calls, one.all.tokens) == ("grader", 210, None)
    assert {c.model for c in planned.collections} == {"bot", "other", "grader"}


def test_a_stored_run_tells_what_judges_cost(tmp_path: Path) -> None:
    home = tmp_path / "home"
    lines = [{**line, "human": 1} for line in LINES]
    with serving(quality(2)) as bot, serving(judging(lambda *_: "GRADE: 2")) as judge:
        suite = write(tmp_path, lines, {"bot": bot.url, "grader": judge.url}, GRADED)
        price = "model: grader, price: {prompt: 1000000, completion: 0}"
        suite.write_text(suite.read_text().replace("model: grader", price))
        assay.run(suite, home=home, name="main")
        planned = plan(suite, run="main", home=home)
    (one,) = [c for c in planned.collections if c.model == "grader"]
    assert (one.all.calls, one.all.tokens, one.all.cost) == (21, 21 * 12, 21 * 10)


def test_answers_of_a_file_are_judged_and_compete_but_do_not_judge(tmp_path: Path) -> None:
    stored = [{"id": f"q{i}", "output": f"quality {i * 3 % 7}"} for i in range(21)]
    (tmp_path / "old.jsonl").write_text("".join(json.dumps(line) + "\n" for line in stored))
    with serving(quality(2)) as bot, serving(judging(better)) as j:
        suite = write(
            tmp_path, LINES, {"bot": bot.url, "grader": j.url},
            PREFERENCE,
            PREFERENCE.replace("on: bot, against: other", "on: other, against: bot"),
            PREFERENCE.replace("judge: grader", "judge: other"),
        )  # fmt: skip
        text = suite.read_text().replace("  qa:", "  other: {answers: old.jsonl}\n  qa:")
        suite.write_text(text)
        one, turned, refused = assay.run(suite).results
        assert len(bot.calls) == 21
    assert one.measurements[0].value + turned.measurements[0].value == pytest.approx(1)
    assert refused.verdict == "error"
    assert "'other' cannot judge: its answers are those of a file" in refused.reason


BUDGET = 1_300
"""Tokens: enough for the verdicts alone (1,285 at most), not after the lists (4 times 12)."""


def test_a_budget_holds_over_both_rounds(tmp_path: Path) -> None:
    faithful = "{llm.faithfulness: {on: bot, data: qa, judge: grader}, at_least: 0.1}"
    lines = [{**line, "context": "red " * 150} for line in LINES[:4]]
    with serving(lambda _b, _n: says("It is red.")) as bot, serving(judging(claiming)) as judge:
        suite = write(tmp_path, lines, {"bot": bot.url, "grader": judge.url}, faithful)
        bound = "model: grader, concurrency: 1, max_tokens: 5, budget: {tokens: %d}"
        text = suite.read_text()
        suite.write_text(text.replace("model: grader", bound % BUDGET))
        (result,) = assay.run(suite).results
        listed = len(judge.calls)
        suite.write_text(text.replace("model: grader", bound % 9_000))
        (enough,) = assay.run(suite).results
    assert listed == 4
    assert result.verdict == "error"
    assert f"budget of {BUDGET:,} tokens is used up" in result.reason
    assert enough.measurements[0].value == 1


def test_slices_and_baselines_of_corrected_means(tmp_path: Path) -> None:
    home = tmp_path / "home"
    rng = np.random.default_rng(3)
    lines = labelled(tmp_path, rng, 160, 90, half=lambda i: "ab"[i % 2])
    sliced = GRADED.replace("labels: human", "labels: human, by: [half]")
    held = GRADED.replace("at_least: 1}", "no_worse_than: {baseline: main, margin: 0.3}}")
    later = judging(lambda p, t: lenient(p, t).replace("GRADE: 3", "GRADE: 2"))
    with serving(lambda _b, _n: says("x")) as bot, serving(judging(lenient)) as judge:
        subjects = {"bot": bot.url, "grader": judge.url}
        first = assay.run(write(tmp_path, lines, subjects, sliced, GRADED), home=home, name="main")
        (again,) = assay.run(write(tmp_path, lines, subjects, held), home=home).results
    by = {m.key.get("half", ""): m for m in first.results[0].measurements}
    assert set(by) == {"a", "b"}
    assert {m.method for m in by.values()} == {"prediction-powered"}
    assert again.verdict == "pass"
    with serving(lambda _b, _n: says("y")) as bot, serving(later) as judge:
        suite = write(tmp_path, lines, {"bot": bot.url, "grader": judge.url}, held)
        (result,) = assay.run(suite, home=home).results
    (m,) = result.measurements
    assert m.low is not None
    assert m.low <= m.value <= (m.high or 0)


def test_scores_of_another_judge_are_not_paired(tmp_path: Path) -> None:
    home = tmp_path / "home"
    lines = [{**line, "human": 3} for line in LINES]
    graded = GRADED.replace(", labels: human", "")
    held = graded.replace("at_least: 1}", "no_worse_than: {baseline: main, margin: 3}}")
    with serving(quality(2)) as bot, serving(judging(lambda *_: "GRADE: 2")) as judge:
        subjects = {"bot": bot.url, "grader": judge.url}
        assay.run(write(tmp_path, lines, subjects, graded), home=home, name="main")
        suite = write(tmp_path, lines, subjects, held)
        same, asked = assay.run(suite, home=home).results[0], len(judge.calls)
        suite.write_text(suite.read_text().replace("model: grader", "model: another"))
        other = assay.run(suite, home=home).results[0]
        assert len(judge.calls) == asked + 21
    assert "the scorer itself was changed" not in notes(same)
    assert "the scorer itself was changed" in notes(other) + other.reason
    assert "Prompts: llm.judge, version 1." in notes(same)
