"""Scorers that a file of a person defines become checks, and change with the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assay.core.exchange import Answer, Exchange, Sample
from assay.metrics import find, load_file

TEXT = '''
from assay.core.scorer import Score, Scorer, scorer


@scorer("shouting_of_a_test", formula="f", reference="r")
class Shouting(Scorer):
    """Share of answers that shout."""

    def score(self, exchanges):
        return [Score(float("!" * {n} in e.answer.text)) for e in exchanges]
'''


def scored(text: str) -> float | None:
    cls: Any = find("llm.shouting_of_a_test")
    exchange = Exchange(Sample(id="q", input="?"), Answer(unit="q", text=text))
    value: float | None = cls.scorer().score([exchange])[0].value
    return value


def test_a_scorer_in_a_file_is_a_check_and_follows_the_file(tmp_path: Path) -> None:
    from assay.core import metric, scorer

    file = tmp_path / "shouting.py"
    try:
        file.write_text(TEXT.format(n=1))
        load_file(file)
        assert scored("No!") == 1
        file.write_text(TEXT.format(n=2))
        load_file(file)
        assert scored("No!") == 0
    finally:  # other tests look at all metrics
        metric._registry.pop("llm.shouting_of_a_test", None)
        scorer._registry.pop("shouting_of_a_test", None)
