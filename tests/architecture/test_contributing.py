"""What CONTRIBUTING.md shows is the code as it is."""

from __future__ import annotations

import re

from tests.architecture.guards import ROOT, SOURCE

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_metric_shown_is_the_real_one() -> None:
    shown = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    real = (SOURCE / "metrics" / "data" / "completeness.py").read_text(encoding="utf-8")
    assert len(shown) == 1
    assert real.endswith(shown[0])


def test_the_packages_named_are_those_there_are() -> None:
    table = TEXT[TEXT.index("| packages in") : TEXT.index("`tests/architecture` holds")]
    named = {
        name
        for line in table.splitlines()[2:]
        if line.startswith("|")
        for name in re.findall(r"`([a-z.]+)`", line.split("|")[1])
    }
    packages = {p.name for p in SOURCE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    modules = {p.name for p in SOURCE.glob("*.py") if not p.name.startswith("__")}
    assert named == packages | modules


def test_the_commands_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {word for words in re.findall(r"`make ([a-z ]+)", TEXT) for word in words.split()}
    assert named - {"alone"} <= targets
    assert {"test", "lint", "types", "docs", "bench"} <= named
