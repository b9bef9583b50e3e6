"""Two language models of one run, held against each other by sample."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.servers.behaviours import says
from tests.servers.endpoint import serving

import assay
from assay import api
from assay.core.errors import SuiteError

if TYPE_CHECKING:
    from assay.core.result import Run

SUITE = """
suite: numbers
subjects:
  bot: {{llm: '{url}', model: one}}
  other: {{llm: '{url}', model: two}}
  lone: {{llm: '{url}', model: three}}
  qa: {{samples: qa.jsonl}}
checks:
  - llm.includes: {{on: bot, data: qa}}
    at_least: 0.1
  - llm.includes: {{on: other, data: qa}}
    at_least: 0.2
    id: mine
  - llm.exact_match: {{on: lone, data: qa}}
    at_least: 0.1
"""


def answer(body: dict[str, Any], _number: int) -> Any:
    """One is wrong at 0 to 4, two at 4 to 19."""
    asked = int(body["messages"][-1]["content"].split()[-1])
    wrong = asked < 5 if body["model"] == "one" else 4 <= asked < 20
    return says("No idea." if wrong else f"It is {asked}.")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history with one run."""
    folder: Path = tmp_path_factory.mktemp("rivals")
    lines = [{"id": f"q{i}", "input": f"Say {i}", "target": f"is {i}."} for i in range(60)]
    (folder / "qa.jsonl").write_text("\n".join(map(json.dumps, lines)))
    with serving(answer) as served:
        (folder / "suite.yaml").write_text(SUITE.format(url=served.url))
        assay.run(folder / "suite.yaml", home=folder / "home", name="main")
    return folder / "home"


@pytest.fixture(scope="module")
def run(home: Path) -> Run:
    return api.stored_run(home, "main")


def test_models_with_the_same_check_are_paired_by_sample(home: Path, run: Run) -> None:
    (found,) = api.rivals(home, run)
    assert (found.a.name, found.b.name) == ("bot", "other")
    (difference,) = found.differences
    assert difference.id == "qa/llm.includes"
    assert (difference.paired, difference.n_common) == (True, 60)
    assert difference.a.value == pytest.approx(55 / 60)
    assert difference.b.value == pytest.approx(44 / 60)
    assert difference.difference.value == pytest.approx(-11 / 60)
    # The paired interval for 15 lost and 4 won of 60 (Wald: Agresti 2002, 10.1.1) for comparison.
    half = 1.96 * ((15 + 4 - 11**2 / 60) ** 0.5) / 60
    low, high = difference.difference.low, difference.difference.high
    assert low is not None
    assert high is not None
    assert high - low == pytest.approx(2 * half, rel=0.2)
    (flips,) = found.flips
    assert (flips.n_lost, flips.n_won, flips.between) == (15, 4, ("bot", "other"))
    assert {f.unit for f in flips.won} == {"q0", "q1", "q2", "q3"}
    assert not any("both runs" in note for note in found.notes)


def test_they_are_compared_the_other_way_round_too(home: Path) -> None:
    found = api.compare(home, "main", "main", models=("other", "bot"))
    assert found.differences[0].difference.value == pytest.approx(11 / 60)
    assert found.flips[0].ways[0].title == "other right, bot wrong"


def test_models_with_nothing_in_common_have_no_difference(home: Path) -> None:
    found = api.compare(home, "main", "main", models=("bot", "lone"))
    assert found.differences == []
    assert found.only_in_a == ["qa/llm.includes"]
    assert found.only_in_b == ["qa/llm.exact_match"]


def test_a_model_that_is_not_there_is_named(home: Path) -> None:
    with pytest.raises(SuiteError, match=r"no results of a language model 'bto'.*Did you mean"):
        api.compare(home, "main", "main", models=("bot", "bto"))


def test_the_report_of_the_run_shows_them(home: Path, run: Run, tmp_path: Path) -> None:
    page = run.write(tmp_path / "report.html", home=home).read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert "Models side by side" in page
    assert "other − bot" in page
    assert "bot right, other wrong" in page
    assert "It is <del>4</del>" not in page  # nothing in common with "No idea.": left unmarked
    assert page.count("Answer of other · score 0") == 15
