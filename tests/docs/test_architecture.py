"""ARCHITECTURE.md and the guide name what there is: layers, exit codes, keys, verdicts."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, get_args

from assay.core.result import Verdict
from assay.gate.exit_codes import ExitCode
from assay.metrics import load_all
from assay.suite.presets import KEYS as PRESET_KEYS
from assay.suite.schema import json_schema
from assay.suite.schema_grammar import beside, criteria, gate, inside, named, subjects
from assay.suite.schema_language import language_model, samples
from tests.docs.blocks import ROOT

ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
GUIDE = ROOT / "docs" / "guide"


def _table(text: str, heading: str) -> list[list[str]]:
    """Rows of the first table below the heading, without its head."""
    below = text[text.index(f"{heading}\n") :]
    rows = re.search(r"((?:^\|.*\n)+)", below, flags=re.MULTILINE)
    assert rows
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows[1].splitlines()[2:]]


def _ticked(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_layers_are_those_that_are_enforced() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    enforced = [{part.strip() for part in layer.split("|")} for layer in layers]
    told = [set(_ticked(row[0])) for row in _table(ARCHITECTURE, "## Layers")]
    assert told == [layer for layer in enforced if layer != {"__main__"}]


def test_the_places_named_exist() -> None:
    source = ROOT / "src" / "assay"
    cells = [row[1] for row in _table(ARCHITECTURE, "## A run")]
    places = [place for cell in cells for place in _ticked(cell)]
    places += re.findall(
        r"`(core/\w+\.py|subjects/\w+\.py|report/\w+\.py|cli/\w+\.py)`", ARCHITECTURE
    )
    assert len(places) > 15
    missing = [p for p in places if not any((source / f"{p}{end}").exists() for end in ("", ".py"))]
    assert missing == []


def test_the_laws_have_their_tests() -> None:
    for folder in re.findall(r"`(tests/\w+)`", ARCHITECTURE):
        assert any((ROOT / folder).glob("test_*.py")), folder


def test_the_exit_codes_are_all_told() -> None:
    codes = {str(code.value) for code in ExitCode}
    for page, heading in (
        (ROOT / "README.md", "## Exit codes"),
        (GUIDE / "ci.md", "# Continuous integration"),
    ):
        told = {row[0] for row in _table(page.read_text(encoding="utf-8"), heading)}
        assert told == codes, page


def test_the_verdicts_are_all_told() -> None:
    text = (GUIDE / "verdicts.md").read_text(encoding="utf-8")
    told = [_ticked(row[0])[0] for row in _table(text, "# Verdicts")]
    assert set(told) == set(get_args(Verdict))


def _keys(shape: Any) -> set[str]:
    """Names of properties anywhere in a piece of JSON Schema."""
    if isinstance(shape, list):
        return {key for item in shape for key in _keys(item)}
    if not isinstance(shape, dict):
        return set()
    own = shape.get("properties", {})
    found = {name for name, value in own.items() if value is not False}
    return found | {key for value in shape.values() for key in _keys(value)}


def test_every_key_of_a_suite_is_told() -> None:
    text = (GUIDE / "suite-file.md").read_text(encoding="utf-8")
    keys = {*json_schema()["properties"], *PRESET_KEYS, "columns", "parameters"}
    keys |= {*inside(), *beside(), *named(), *criteria()}
    keys |= _keys(samples()) | _keys(gate()) | _keys(subjects()) | _keys(list(criteria().values()))
    assert len(keys) > 40
    told = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`[^`\n]+`", text))))
    assert keys - told == set()


def test_every_key_of_a_language_model_is_told() -> None:
    text = (GUIDE / "language-models.md").read_text(encoding="utf-8")
    told = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`[^`\n]+`", text))))
    assert _keys(language_model()) - told == set()


def test_the_guide_names_only_metrics_that_exist() -> None:
    metrics = set(load_all())
    asked = {
        name
        for page in GUIDE.glob("*.md")
        for name in re.findall(
            r"`((?:classification|regression|fairness|inference|model)\.[a-z_0-9]+)`",
            page.read_text(encoding="utf-8"),
        )
    }
    assert asked
    assert asked - metrics == set()


def test_every_page_of_the_guide_is_short() -> None:
    long = {p.name: n for p in GUIDE.glob("*.md") if (n := len(_lines(p))) > 260}
    assert long == {}


def _lines(page: Path) -> list[str]:
    return page.read_text(encoding="utf-8").splitlines()
