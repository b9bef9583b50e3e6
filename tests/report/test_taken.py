"""Time, tokens and money in a report: figures against NumPy's, lines that rise, words for all."""

from __future__ import annotations

import math
import random
import re

import numpy as np
import pytest
from tests.report.example_run import example_run
from tests.report.example_transcripts import example, group
from tests.report.hostile_run import PAYLOADS

from assay.core.transcript import Taken
from assay.report.html.taken import quantile, taken
from assay.report.write import write


def drawn(n: int, seed: int = 1, scale: float = 1.0) -> tuple[float, ...]:
    draw = random.Random(seed)
    return tuple(sorted(scale * draw.lognormvariate(0, 1) for _ in range(n)))


@pytest.mark.parametrize("n", [1, 2, 19, 20, 21, 100, 1_000])
@pytest.mark.parametrize("p", [0.5, 0.95])
def test_quantiles_are_those_of_numpy(n: int, p: float) -> None:
    values = drawn(n)
    assert quantile(values, p) == np.quantile(values, p, method="inverted_cdf")


def row_of(text: str, name: str) -> list[str]:
    (row,) = re.findall(rf'<tr><th scope="row">{name}</th>(.*?)</tr>', text)
    return re.findall(r"<td[^>]*>(.*?)</td>", row)


def test_a_row_for_each_model() -> None:
    one = Taken(
        seconds=(0.1, 0.2, 0.3), first_token_s=(0.05, 0.06), prompt_tokens=(1_000.0, 200.0),
        completion_tokens=(5.0,), cost=0.5, answers=4, cached=2, failed=1,
    )  # fmt: skip
    text = str(taken([("bot on qa", one), ("other", Taken(answers=1))]))
    assert row_of(text, "bot on qa") == [
        "4", "2", "1", "0.2 s", "0.3 s", "0.06 s", "1,200", "5", "0.5", "125",
    ]  # fmt: skip
    assert row_of(text, "other") == ["1", "0", "0", *["–"] * 7]


def test_lines_rise_from_nothing_to_all() -> None:
    text = str(taken([("a", Taken(seconds=drawn(500), answers=500))]))
    (path,) = re.findall(r'<path class="rise series-1" d="([^"]*)"', text)
    xs = [float(x) for x in re.findall(r"H([\d.]+)", path)]
    ys = [float(y) for y in re.findall(r"V([\d.]+)", path)]
    assert xs == sorted(xs)
    assert ys == sorted(ys, reverse=True)
    assert ys[-1] == 12.0
    assert len(xs) == 160
    assert len(path) < 4_000


def test_a_long_tail_has_a_logarithmic_scale() -> None:
    wide, narrow = Taken(seconds=(0.01, 0.02, 9.0), answers=3), Taken(seconds=(1, 2), answers=2)
    assert "logarithmic scale" in str(taken([("a", wide)]))
    assert "logarithmic scale" not in str(taken([("a", narrow)]))
    assert "NaN" not in str(taken([("a", Taken(seconds=(0.0, 0.0, 5.0), answers=3))]))


def test_what_does_not_vary_has_no_picture() -> None:
    text = str(taken([("a", Taken(seconds=(1.0, 1.0), prompt_tokens=(3.0,), answers=2))]))
    assert "<figure" not in text


def test_models_differ_by_their_dashes_and_each_has_words() -> None:
    models = [(f"m{i}", Taken(seconds=drawn(50, i), answers=50)) for i in range(9)]
    text = str(taken(models))
    assert text.count('class="rise series-1" d=') == 2  # more than seven begin anew
    for name, one in models:
        assert f"{name}: half take at most {float(f'{quantile(one.seconds, 0.5):.3g}'):g} s" in text


def test_where_nothing_was_asked_there_is_no_section() -> None:
    assert taken([("a", Taken())]) is None
    assert taken([]) is None


def test_it_stands_in_the_report(tmp_path: object) -> None:
    path = write(example_run([]), f"{tmp_path}/a.html", transcripts=[group(example())])
    text = path.read_text(encoding="utf-8")
    assert 'href="#taken"' in text
    assert ".rises .rise" in text
    assert math.isclose(0.25, float(row_of(text, "bot on qa")[-2]))


def test_names_are_inert() -> None:
    text = str(taken([(p, Taken(seconds=(1, 2), answers=2)) for p in PAYLOADS]))
    assert "<script" not in text
    assert "\u202e" not in text
