"""Put a language model under load, once for all checks that want the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assay.core.check import LanguageModelSpec
from assay.core.collection import Load
from assay.core.errors import SubjectError
from assay.runner.observe import known_as, place_of
from assay.runner.provenance import check_seed
from assay.runner.task import tried

if TYPE_CHECKING:
    from pathlib import Path

    from assay.core.check import Suite
    from assay.core.engine import Engine
    from assay.core.progress import Progress
    from assay.runner.observe import Observed, Wish
    from assay.runner.opening import Opened


def load(
    wish: Wish, suite: Suite, opened: Opened, engine: Engine, *, folder: Path, progress: Progress
) -> Observed | BaseException:
    """Make the engine know the timed calls; or why there are none.

    Raises:
        StorageError: they cannot be written.
    """
    return tried(lambda: _loaded(wish, suite, opened, engine, folder, progress))


def _loaded(
    wish: Wish, suite: Suite, opened: Opened, engine: Engine, folder: Path, progress: Progress
) -> Observed:
    from assay.collect.load import MOST_IN_FLIGHT, collect_load
    from assay.subjects.language.model import open_language_model

    spec, wanted = suite.subjects[wish.model], wish.collection
    assert isinstance(spec, LanguageModelSpec)
    assert isinstance(wanted, Load)
    if spec.answers is not None:
        raise SubjectError("These answers exist already: there is no model to put under load.")
    most = MOST_IN_FLIGHT if wanted.rates else max(wanted.concurrency)
    model = open_language_model(
        replace(spec, concurrency=most), folder=suite.folder, allow_code=opened.allow_code
    )
    found = collect_load(
        opened.samples[wish.data].samples, model, spec, wanted, folder=place_of(folder, wish),
        seed=check_seed(suite.seed, wish.table), progress=progress,
        task_name=f"load {wish.model}@{wish.data}",
    )  # fmt: skip
    return known_as(wish.table, found.source, found.notes, engine)
