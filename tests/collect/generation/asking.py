"""Short ways to collect answers in tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from assay.collect.generation.collecting import Generated, collect_generations
from assay.collect.generation.layout import exchanges
from assay.core.check import LanguageModelSpec
from assay.core.exchange import Answer, Sample
from assay.subjects.language.model import open_language_model

DEFAULTS: dict[str, Any] = {"model": "m", "concurrency": 5, "timeout_s": 10}


def questions(n: int) -> list[Sample]:
    """So many samples, each with its own question."""
    return [Sample(id=f"s{i}", input=f"question {i}", target=("x",)) for i in range(n)]


def collect(
    url: str, samples: Iterable[Sample], folder: Path, *, how: dict[str, Any] | None = None,
    **more: Any,
) -> Generated:  # fmt: skip
    """Collect from the server at ``url``; ``how`` it is asked, ``more`` of the collection."""
    spec = LanguageModelSpec(**({"url": url} | DEFAULTS | (how or {})))
    model = open_language_model(spec, folder=".", allow_code=False)
    return collect_generations(samples, model, spec, folder=folder, **more)


def answers(generated: Generated) -> dict[tuple[str, int], Answer]:
    """Every answer, by unit and repeat; no two may be of the same."""
    found = [e.answer for batch in exchanges(generated.source) for e in batch]
    by = {(a.unit, a.repeat): a for a in found}
    assert len(by) == len(found) == generated.totals.rows
    return by


def column(generated: Generated, name: str) -> list[Any]:
    """One column of the collected files."""
    return [v for path in generated.source.paths for v in pq.read_table(path)[name].to_pylist()]
