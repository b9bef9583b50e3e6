"""One bad check among many costs a few scans more, and its own verdict."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.runner.kept_runs import check

from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.runner.fold import Folded, Scans
from assay.runner.halving import in_halves
from assay.runner.task import Task


class Counting(DuckDBEngine):
    """The real engine, which notes what it is asked."""

    def __init__(self) -> None:
        super().__init__(threads=1)
        self.asked: list[int] = []

    def fold(self, name: str, aggregates: Any, **how: Any) -> Any:
        self.asked.append(len(aggregates))
        return super().fold(name, aggregates, **how)


@pytest.mark.parametrize("bad", [(0,), (17,), (39,), (3, 30), ()])
def test_the_culprits_are_found_in_few_scans(bad):
    table = pa.table({"x": np.arange(100.0), "text": ["1", "two"] * 50})
    checks = [
        check("mean", name=f"c{i}", params={"column": "x"},
              where="CAST(text AS INTEGER) = 1" if i in bad else f"x > {i}")
        for i in range(40)
    ]  # fmt: skip
    with Counting() as engine:
        engine.attach("t", Memory(table))
        schema = engine.schema("t")
        scans = Scans(engine, [Task(c, "t", schema) for c in checks], seed=0, now=0.0)
        scans.scan("t")
        scans.settle()
        for i, one in enumerate(checks):
            found = scans.folded[one.id]
            if i in bad:
                assert "two" in str(found)
            else:
                assert isinstance(found, Folded)
                assert found.estimate(0.95)[0].value == np.arange(i + 1, 100).mean()
        assert len(engine.asked) <= 1 + 12 * len(bad)


def test_all_that_fail_are_named():
    def work(items):
        if any(item < 0 for item in items):
            raise ValueError(len(items))
        return sum(items)

    assert dict(in_halves([5], work)) == {5: 5}
    assert dict(in_halves([], work)) == {}
    found = dict(in_halves([1, -2, 3, 4, -5], work))
    assert isinstance(found[-2], ValueError)
    assert isinstance(found[-5], ValueError)
    assert {key: found[key] for key in (1, 3, 4)} == {1: 1, 3: 3, 4: 7 - 3}
    with pytest.raises(ValueError, match="1"):
        list(in_halves([-1, 1], work, caught=(KeyError,)))
