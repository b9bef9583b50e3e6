"""Two engines as one; here both are embedded, and the first takes only what it is told to."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

from assay.core.check import EngineSpec
from assay.core.errors import EngineError, SuiteError
from assay.core.expr import Column, Member, call
from assay.core.source import Files, Grouped, Memory, Query, Source
from assay.engines.choosing import open_engine
from assay.engines.duckdb import DuckDBEngine
from assay.engines.federated import FederatedEngine
from assay.states import Count, CountState


class _OfMemory(DuckDBEngine):
    """Takes objects of this process only."""

    def accepts(self, source: Source) -> bool:
        return isinstance(source, Memory)


@pytest.fixture
def engine(tmp_path) -> Iterator[FederatedEngine]:
    (tmp_path / "there.csv").write_text("b\n1\n2\n3\n")
    both = FederatedEngine(_OfMemory(), DuckDBEngine())
    both.attach("here", Memory(pa.table({"a": [1, 2]})))
    both.attach("there", Files((str(tmp_path / "there.csv"),), "csv"))
    yield both
    both.close()


def test_each_table_is_where_it_can_be_read(engine: FederatedEngine) -> None:
    assert engine.fold("here", [Count()])[Count()][()] == CountState(2)
    assert engine.fold("there", [Count()])[Count()][()] == CountState(3)
    assert engine.schema("there").names == ("b",)
    [text] = engine.explain("there", [Count()])
    assert "read_csv" in text.lower()


def test_a_derived_table_is_where_its_tables_are(engine: FederatedEngine) -> None:
    engine.attach("groups", Grouped("there", (("b", Column("b")),)))
    engine.attach("some", Query("SELECT * FROM there WHERE b > 1"))
    assert engine.fold("groups", [Count()])[Count()][()] == CountState(3)
    assert engine.examples("some", call("gt", Column("b"), 2))[2] == 1


def test_tables_of_two_engines_do_not_meet(engine: FederatedEngine) -> None:
    with pytest.raises(EngineError, match="'here' and 'there': they are in different engines"):
        engine.attach("q", Query("SELECT * FROM here JOIN there ON a = b"))
    member = Member((Column("a"),), "there", ("b",))
    with pytest.raises(EngineError, match="looked up in 'there'"):
        engine.fold("here", [Count(where=member)])
    with pytest.raises(EngineError, match="looked up in 'there'"):
        engine.validate("here", [member])


def test_a_detached_table_is_forgotten(engine: FederatedEngine) -> None:
    engine.detach("there")
    with pytest.raises(Exception, match="no table 'there'"):
        engine.schema("there")


def test_settings_of_the_embedded_engine() -> None:
    engine = open_engine(EngineSpec(settings={"memory_limit": "300MB", "threads": "1"}))
    engine.attach("t", Memory(pa.table({"a": [1]})))
    assert engine.fold("t", [Count()])[Count()][()] == CountState(1)
    engine.close()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"memory": "1GB"}, "Did you mean 'memory_limit'"),
        ({"memory_limit": "much"}, "a size such as 2GB"),
        ({"threads": "0"}, "at least 1"),
    ],
)
def test_a_wrong_setting(settings: dict[str, str], says: str) -> None:
    with pytest.raises(SuiteError, match=says):
        open_engine(EngineSpec(settings=settings))
