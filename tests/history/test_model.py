"""The store against a dictionary: whatever is done, in whatever order, both tell the same."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from assay.core.errors import HistoryError
from assay.history.store import History

_IDS = [f"202611{day:02}-120000-{n:06x}" for day in (1, 2) for n in range(4)]
NAMES = st.sampled_from(["main", "previous", "x/y"])


def machine(build):
    class Store(RuleBasedStateMachine):
        ids = Bundle("ids")

        def __init__(self) -> None:
            super().__init__()
            self.folder = Path(tempfile.mkdtemp(prefix="assay-test-"))
            self.history = History(self.folder / ".assay")
            self.runs: dict[str, object] = {}
            self.names: dict[str, str] = {}

        def teardown(self) -> None:
            shutil.rmtree(self.folder)

        @rule(target=ids, run_id=st.sampled_from(_IDS))
        def pick(self, run_id):
            return run_id

        @rule(
            run_id=ids,
            value=st.sampled_from([0.1, 0.2]),
            name=st.none() | NAMES,
            status=st.sampled_from(["finished", "interrupted"]),
        )
        def save(self, run_id, value, name, status):
            run = build(run_id, value=value, name=name, status=status)
            held = self.runs.get(run_id)
            if held is not None and held.run.status == "finished" and held != run:
                with pytest.raises(HistoryError, match="cannot be replaced"):
                    self.history.save(run)
                return
            self.history.save(run)
            self.runs[run_id] = run
            if name is not None and status == "finished":
                self.names[name] = run_id

        @rule(run_id=ids, name=NAMES)
        def point(self, run_id, name):
            if run_id in self.runs and self.runs[run_id].run.status == "finished":
                self.history.name(run_id, name)
                self.names[name] = run_id
            else:
                with pytest.raises(HistoryError):
                    self.history.name(run_id, name)

        @rule(name=NAMES)
        def unname(self, name):
            if self.names.pop(name, None):
                self.history.unname(name)
            else:
                with pytest.raises(HistoryError, match="No run is named"):
                    self.history.unname(name)

        @rule(run_id=ids)
        def delete(self, run_id):
            if run_id in self.runs and run_id not in self.names.values():
                self.history.delete(run_id)
                del self.runs[run_id]
            else:
                with pytest.raises(HistoryError):
                    self.history.delete(run_id)

        @rule(
            prefix=st.sampled_from(_IDS).flatmap(lambda i: st.integers(1, 22).map(lambda n: i[:n]))
        )
        def resolve(self, prefix):
            fitting = [i for i in self.runs if i.startswith(prefix)]
            if len(fitting) == 1:
                assert self.history.resolve(prefix) == fitting[0]
            else:
                with pytest.raises(HistoryError):
                    self.history.resolve(prefix)

        @invariant()
        def tells_the_same(self):
            listed = self.history.list()
            assert [r.id for r in listed] == sorted(self.runs, reverse=True)
            assert {r.id: r.status for r in listed} == {
                i: run.run.status for i, run in self.runs.items()
            }
            assert self.history.names() == self.names
            for name, run_id in self.names.items():
                assert self.history.get(name) == self.runs[run_id]
            finished = [i for i in sorted(self.runs) if self.runs[i].run.status == "finished"]
            latest = self.history.latest()
            assert (latest.run.id if latest else None) == (finished[-1] if finished else None)
            assert [p.run_id for p in self.history.series("auc")] == finished

    return Store


def test_the_store_behaves_as_a_dictionary(make_run):
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        machine(make_run), settings=settings(max_examples=25, stateful_step_count=20, deadline=None)
    )
