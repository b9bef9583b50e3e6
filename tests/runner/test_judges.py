"""Checks that ask a judge: what is asked, what is counted, and what a bad judge does to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.servers.behaviours import body as body_of
from tests.servers.behaviours import completion, refuses, says
from tests.servers.endpoint import serving
from tests.servers.judges import judging, parts_of

import assay
from assay.core.errors import SuiteError
from assay.core.result import Result, Run

CAPITALS = {
    "France": "Paris",
    "Italy": "Rome",
    "Japan": "Tokyo",
    "Peru": "Lima",
    "Chad": "N'Djamena",
}
JUDGE = "llm.judge: {on: bot, data: qa, judge: grader, rubric: 'Is it right?'%s}"
HALF = f"{{{JUDGE % ''}, at_least: 2.5}}"


def answer(body: dict[str, Any], _number: int) -> Any:
    country = body["messages"][-1]["content"].split()[-1].rstrip("?")
    return says("No idea." if country == "Chad" else f"It is {CAPITALS[country]}.")


def graded(parts: dict[str, str], _text: str) -> str:
    """5 where the reference stands in the answer, else 1."""
    right = parts["reference"].removeprefix("- ") in parts["answer"]
    return f"It names {'the' if right else 'no'} capital.\n\nGRADE: {5 if right else 1}"


def write(folder: Path, bot: str, judges: dict[str, str], *checks: str, more: str = "") -> Path:
    lines = [{"id": c, "input": f"Capital of {c}?", "target": t} for c, t in CAPITALS.items()]
    (folder / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    named = "".join(
        f"  {name}: {{llm: '{url}', model: j, temperature: 0{more}}}\n"
        for name, url in judges.items()
    )
    listed = "\n".join(f"  - {check}" for check in checks)
    suite = folder / "suite.yaml"
    suite.write_text(
        f"suite: capitals\nsubjects:\n  bot: {{llm: '{bot}', model: m, cache: true}}\n{named}"
        f"  qa: {{samples: qa.jsonl}}\nchecks:\n{listed}\n"
    )
    return suite


def notes(result: Result) -> str:
    return "\n".join(str(e) for e in result.evidence)


def results(done: Run) -> dict[str, Result]:
    return {result.id: result for result in done.results}


def test_a_judge_grades_each_answer_once_for_all_checks(tmp_path: Path) -> None:
    with serving(answer) as bot, serving(judging(graded)) as judge:
        suite = write(
            tmp_path, bot.url, {"grader": judge.url}, HALF,
            f"{{{JUDGE % ''}, at_least: 4.9, id: strict, claim: batch}}",
            f"{{{JUDGE % ', panel: mean'}, severity: info, id: same}}",
        )  # fmt: skip
        found = results(assay.run(suite))
        assert len(bot.calls) == 5
        assert len(judge.calls) == 5
    (m,) = found["bot@qa/llm.judge"].measurements
    assert m.value == pytest.approx((4 * 5 + 1) / 5)
    assert 1 <= (m.low or 0) < m.value < (m.high or 0) <= 5
    strict = found["strict"]
    assert strict.verdict == "fail"
    assert "It names no capital." in notes(strict)
    assert "was asked 5 questions, which took 60 tokens, apart from the answers" in notes(strict)


def test_the_prompt_shows_what_is_judged_between_marks(tmp_path: Path) -> None:
    with serving(answer) as bot, serving(judging(graded)) as judge:
        assay.run(write(tmp_path, bot.url, {"grader": judge.url}, HALF))
        shown = [parts_of(text) for text in judge.asked()]
    assert {p["answer"] for p in shown} >= {"It is Rome.", "No idea."}
    assert all(set(p) == {"question", "reference", "answer"} for p in shown)


def test_a_later_run_asks_nothing_again_and_a_new_rubric_does(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(answer) as bot, serving(judging(graded)) as judge:
        suite = write(tmp_path, bot.url, {"grader": judge.url}, HALF, more=", cache: true")
        first = assay.run(suite, home=home)
        again = assay.run(suite, home=home)
        assert (len(bot.calls), len(judge.calls)) == (5, 5)
        suite.write_text(suite.read_text().replace("Is it right?", "Is it polite?"))
        assay.run(suite, home=home)
        assert (len(bot.calls), len(judge.calls)) == (5, 10)
    assert again.results[0].measurements == first.results[0].measurements
    assert "5 of 5 answers were taken from the cache" in notes(again.results[0])


def test_a_judge_that_fails_leaves_the_sample_unanswered(tmp_path: Path) -> None:
    def sometimes(body: dict[str, Any], number: int) -> Any:
        down = "Peru" in body["messages"][-1]["content"]
        return refuses(503) if down else judging(graded)(body, number)

    with serving(answer) as bot, serving(sometimes) as judge:
        suite = write(tmp_path, bot.url, {"grader": judge.url}, HALF, more=", attempts: 1")
        (result,) = assay.run(suite).results
    (m,) = result.measurements
    assert m.n == 4
    assert m.value == pytest.approx(4)
    assert m.method.endswith("+worst-case")
    assert "503" in notes(result)
    assert "they count as unknown" in notes(result)


def test_a_judge_that_cannot_be_reached_costs_its_checks_alone(tmp_path: Path) -> None:
    with serving() as gone:
        url = gone.url
    with serving(answer) as bot:
        suite = write(
            tmp_path, bot.url, {"grader": url}, HALF,
            "{llm.includes: {on: bot, data: qa}, at_least: 0.1}", more=", attempts: 1, timeout: 2",
        )  # fmt: skip
        found = results(assay.run(suite))
    assert found["bot@qa/llm.judge"].verdict == "error"
    assert found["bot@qa/llm.includes"].verdict == "pass"


def test_nonsense_is_unknown_counted_and_said_loudly(tmp_path: Path) -> None:
    def half(parts: dict[str, str], text: str) -> str:
        odd = parts["question"].split()[-1][0] in "FI"
        return "As an AI model I love grades! <b>5</b>" if odd else graded(parts, text)

    with serving(answer) as bot, serving(judging(half)) as judge:
        (result,) = assay.run(write(tmp_path, bot.url, {"grader": judge.url}, HALF)).results
        assert len(judge.calls) == 5
    (m,) = result.measurements
    assert m.n == 3
    assert m.method.endswith("+worst-case")
    said = notes(result)
    assert "'grader' is not fit for this task. 2 of 5 replies" in said
    assert "I love grades" in said
    assert "its last line is not `GRADE: …`" in said


def test_a_judge_that_never_makes_sense_is_an_error(tmp_path: Path) -> None:
    with serving(answer) as bot, serving(judging(lambda _p, _t: "5")) as judge:
        (result,) = assay.run(write(tmp_path, bot.url, {"grader": judge.url}, HALF)).results
    assert result.verdict == "error"
    assert "No answer has a grade. The judge 'grader' is not fit for this task." in result.reason
    assert "one to sample 'France': '5' (its last line is not `GRADE: …`)" in result.reason


def test_a_panel_takes_the_mean_and_says_how_far_it_agrees(tmp_path: Path) -> None:
    harsh = judging(lambda _p, _t: "All of it is bad.\nGRADE: 1")
    panel = "judge: [a, b, c], rubric: 'Is it right?'"
    with serving(answer) as bot, serving(judging(graded)) as a, serving(harsh) as c:
        suite = write(
            tmp_path, bot.url, {"a": a.url, "b": a.url, "c": c.url},
            f"{{llm.judge: {{on: bot, data: qa, {panel}}}, at_least: 1}}",
            f"{{llm.judge: {{on: bot, data: qa, {panel}, panel: majority}}, at_least: 1, "
            "id: most}",
        )  # fmt: skip
        found = results(assay.run(suite))
        assert (len(a.calls), len(c.calls)) == (10, 5)
    (m,) = found["bot@qa/llm.judge"].measurements
    assert m.value == pytest.approx((4 * (5 + 5 + 1) / 3 + 1) / 5)
    (most,) = found["most"].measurements
    assert most.value == pytest.approx(21 / 5)
    assert "Agreement of the 3 judges over 5 answers: Krippendorff's alpha" in notes(found["most"])


def test_no_judge_is_asked_about_answers_that_did_not_come(tmp_path: Path) -> None:
    def down(body: dict[str, Any], number: int) -> Any:
        return refuses(503) if "Peru" in body["messages"][-1]["content"] else answer(body, number)

    with serving(down) as bot, serving(judging(graded)) as judge:
        suite = write(tmp_path, bot.url, {"grader": judge.url}, HALF)
        suite.write_text(suite.read_text().replace("cache: true", "attempts: 1"))
        (result,) = assay.run(suite).results
        assert len(judge.calls) == 4
    assert result.measurements[0].n == 4


def test_a_budget_of_the_judge_is_kept_and_said(tmp_path: Path) -> None:
    budget = ", concurrency: 1, max_tokens: 5, budget: {tokens: 3000}"
    usage = {"prompt_tokens": 900, "completion_tokens": 5}

    def costly(_body: dict[str, Any], _number: int) -> Any:
        return body_of(completion({"content": "Right.\nGRADE: 5"}, usage=usage))

    with serving(answer) as bot, serving(costly) as judge:
        suite = write(tmp_path, bot.url, {"grader": judge.url}, HALF, more=budget)
        suite.write_text(suite.read_text().replace("Is it right?", "Is it right? " * 60))
        (result,) = assay.run(suite).results
        assert len(judge.calls) == 2
    assert "budget of 3,000 tokens is used up" in notes(result)


def test_a_model_that_judges_itself_is_told(tmp_path: Path) -> None:
    def both(body: dict[str, Any], number: int) -> Any:
        text = body["messages"][-1]["content"]
        return judging(graded)(body, number) if "marks with" in text else answer(body, number)

    with serving(both) as bot:
        suite = write(tmp_path, bot.url, {}, HALF.replace("grader", "bot"))
        (result,) = assay.run(suite).results
    assert result.measurements[0].value == pytest.approx(4.2)
    assert "is the model that it judges" in notes(result)


def test_what_a_judge_is_told_of_is_said_once_and_to_whom_it_applies(tmp_path: Path) -> None:
    def both(body: dict[str, Any], number: int) -> Any:
        text = body["messages"][-1]["content"]
        if "CHOICE" in text:
            return says("Alike.\nCHOICE: TIE")
        return judging(graded)(body, number) if "marks with" in text else answer(body, number)

    versus = "{llm.preference: {on: bot, data: qa, against: bot, judge: bot}, at_least: 0.2}"
    with serving(both) as bot:
        suite = write(tmp_path, bot.url, {}, HALF.replace("grader", "bot"), versus)
        graded_alone, against = assay.run(suite).results
    for result in (graded_alone, against):
        assert notes(result).count("is the model that it judges") == 1
        assert "questions by 2 checks together" in notes(result)
    assert "no `temperature: 0`" in notes(result)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("judge: graders", "has no subject 'graders'"),
        ("judge: [grader, qa]", "judge must be a language model, and 'qa' is a file of samples"),
        ("judge: [grader, grader]", "names a model twice"),
        ("judge: [grader, bot], panel: majority", "three judges"),
        ("judge: grader, scale: [5, 1]", "worst grade"),
        ("judge: grader, labels: people", "no column 'people'"),
    ],
)
def test_what_is_wrong_with_a_judge_is_said_before_anything_is_asked(
    tmp_path: Path, change: str, said: str
) -> None:
    with serving(answer) as bot, serving(judging(graded)) as judge:
        suite = write(
            tmp_path, bot.url, {"grader": judge.url}, HALF.replace("judge: grader", change)
        )
        try:
            (result,) = assay.run(suite).results
            found = result.reason
        except SuiteError as error:
            found = f"{error} {error.hint}"
        assert said in found
        assert not bot.calls
        assert not judge.calls
    if "graders" in change:
        assert "Did you mean 'grader'" in found


def test_suites_in_python_name_judges_too(tmp_path: Path) -> None:
    from assay import LanguageModelSpec, SamplesSpec

    asked: list[str] = []

    def judge(text: str) -> str:
        asked.append(text)
        return graded(parts_of(text), text)

    write(tmp_path, "http://127.0.0.1:1", {})
    subjects = {
        "bot": LanguageModelSpec(instance=lambda text: "Paris, Rome, Tokyo"),
        "grader": LanguageModelSpec(instance=judge, template="not for judging: {input}"),
        "qa": SamplesSpec(path=str(tmp_path / "qa.jsonl")),
    }
    check = assay.check(
        "llm.judge", on="bot", data="qa", judge="grader", rubric="Is it right?", at_least=1
    )
    (result,) = assay.run([check], on=subjects).results
    assert result.measurements[0].value == pytest.approx((3 * 5 + 2) / 5)
    assert len(asked) == 5
    bad = assay.check("llm.judge", on="bot", data="qa", judge="qa", rubric="x", at_least=1)
    (result,) = assay.run([bad], on=subjects).results
    assert "`judge` must be a language model" in result.reason
