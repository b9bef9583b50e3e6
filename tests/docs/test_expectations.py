"""The guide to data checks names every metric of data, under its dimension, with its default."""

from __future__ import annotations

import re

from assay.core.metric import Metric, registered
from assay.metrics import load
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "guide" / "data-checks.md").read_text(encoding="utf-8")
HEADINGS = {
    "completeness": "## Is anything missing?",
    "validity": "## Is each value valid?",
    "uniqueness": "## Is the same thing there twice?",
    "consistency": "## Does it fit together?",
    "timeliness": "## Is it recent?",
    "accuracy": "## Are the figures right?",
}
REQUIRES = {
    "": None, "all": "at least 1", "none": "at most 0", "0": "equal to 0", "yes": "equal to 1",
}  # fmt: skip


def _metrics() -> dict[str, type[Metric]]:
    load("data")
    return {
        name: cls for name, cls in registered() if cls.__module__.startswith("assay.metrics.data.")
    }


def _told(dimension: str) -> dict[str, str]:
    """What the tables below a dimension's heading say that each metric requires."""
    text = PAGE[PAGE.index(HEADINGS[dimension]) + 3 :]
    section = text[: text.index("\n## ")]
    return {
        name: row.rsplit("|", 2)[1].strip()
        for row in re.findall(r"^\| `.*\|$", section, flags=re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }


def test_every_metric_of_data_is_told_under_its_dimension() -> None:
    known = {name: cls for name, cls in _metrics().items() if "." not in name}
    assert len(known) > 50
    for dimension in HEADINGS:
        assert set(_told(dimension)) == {n for n, c in known.items() if c.dimension == dimension}
    assert {cls.dimension for cls in known.values()} == set(HEADINGS)


def test_what_a_metric_requires_by_itself_is_told() -> None:
    known = _metrics()
    for dimension in HEADINGS:
        for name, requires in _told(dimension).items():
            default = known[name].default
            told = REQUIRES.get(requires, requires)
            assert told == (None if default is None else str(default)), name
