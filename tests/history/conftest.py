"""Runs to store, and a process without the rights of root."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assay.core.criterion import AtLeast
from assay.core.measurement import Measurement
from assay.core.result import Environment, Result, Run, RunRecord, SuiteRecord
from assay.history.run_id import new_run_id
from assay.history.store import History


def build_run(
    run_id: str | None = None,
    *,
    suite: str = "mortgage",
    name: str | None = None,
    status: str = "finished",
    value: float = 0.9,
    started: str = "2026-11-23T14:15:02Z",
    text: str = "suite: mortgage\n",
) -> Run:
    measurement = Measurement(
        value=value, low=value - 0.01, high=value + 0.01, level=0.95, method="delong", n=714
    )
    by_group = [
        Measurement(
            value=value,
            low=None,
            high=None,
            level=0.95,
            method="wilson",
            n=100,
            key={"afam": group},
        )
        for group in ("no", "yes")
    ]
    common = {"severity": "block", "reason": "for the test", "evidence": [], "on": "model"}
    return Run(
        run=RunRecord(
            id=run_id or new_run_id(),
            name=name,
            seed=0,
            status=status,
            exit_code=0,
            reason="Passed: 1 requirement is met.",
        ),
        suite=SuiteRecord(name=suite, file="suite.yaml", fingerprint="sha256:00", text=text),
        decision="pass",
        started=started,
        duration_s=1.5,
        environment=Environment(python="3.11.2", platform="linux-x86_64", packages={}),
        subjects=[],
        results=[
            Result(
                id="auc",
                metric="classification.roc_auc",
                params={},
                verdict="pass",
                criterion=AtLeast(0.8),
                criterion_text="at least 0.8",
                measurements=[measurement],
                **common,
            ),
            Result(
                id="recall",
                metric="classification.recall",
                params={},
                verdict="inconclusive",
                criterion=AtLeast(0.8),
                criterion_text="at least 0.8",
                measurements=by_group,
                **common,
            ),
        ],
    )


@pytest.fixture
def make_run() -> Callable[..., Run]:
    return build_run


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / ".assay")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may enter (pytest's own belong to its user alone)."""
    folder = Path(tempfile.mkdtemp(prefix="assay-test-"))
    folder.chmod(0o777)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(stat.S_IRWXU)
    shutil.rmtree(folder)


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Without the right of root to write everywhere, for the time of the test."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
