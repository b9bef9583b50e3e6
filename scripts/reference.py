"""``make docs``: write ``docs/reference/metrics.md`` from the metrics themselves.

Formula, interval, parameters and example come from the registration that the code runs by, so the
page cannot say anything else. ``--check`` writes nothing and ends with 1 where the page is out of
date (the tests call it).
"""

from __future__ import annotations

import argparse
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

from assay.cli.explain_command import explain
from assay.metrics import load_all

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "metrics.md"
HEAD = """# Metrics

Written by `make docs` from the code; `assay explain METRIC` prints the same for one metric.
"""
FACTS = ("formula", "interval", "claim", "better", "unit", "default", "cost", "reference")


def question(name: str) -> str:
    """The part of the name before the dot: the quality question; plain names are about data."""
    return name.partition(".")[0] if "." in name else "data"


def cell(text: object) -> str:
    """Text inside a Markdown table."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def section(name: str, facts: dict[str, Any]) -> str:
    """One metric."""
    lines = [f"### `{name}`", "", facts["description"], "", "| | |", "| --- | --- |"]
    lines += [f"| {fact} | {cell(facts[fact])} |" for fact in FACTS if facts[fact]]
    if facts["parameters"]:
        lines += ["", "| parameter | type | default | |", "| --- | --- | --- | --- |"]
    for p in facts["parameters"]:
        default = "required" if p["required"] else f"`{p['default']!r}`"
        row = (f"`{p['name']}`", f"`{cell(p['type'])}`", cell(default), cell(p["doc"]))
        lines.append(f"| {' | '.join(row)} |".replace("|  |", "| |"))
    return "\n".join([*lines, "", "```yaml", facts["example"], "```", ""])


def page() -> str:
    """The whole page."""
    metrics = load_all()
    names = sorted(metrics, key=lambda name: (question(name), name))
    parts = [HEAD]
    for title, group in groupby(names, question):
        parts += [f"## {title}\n", *(section(name, explain(metrics[name])) for name in group)]
    return "\n".join(parts)


def main() -> int:
    """Write or check the page; the exit code."""
    parser = argparse.ArgumentParser(description="Write the reference page of all metrics.")
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    text = page()
    if parser.parse_args().check:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
        if not current:
            print(f"{PAGE} is out of date: run `make docs`.", file=sys.stderr)
        return 0 if current else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    print(f"Written: {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
