"""Look at a part of a language model by itself, once for all checks that want the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.check import LanguageModelSpec
from assay.core.collection import Component
from assay.runner.observe import known_as, place_of
from assay.runner.task import tried

if TYPE_CHECKING:
    from pathlib import Path

    from assay.core.check import Suite
    from assay.core.engine import Engine
    from assay.core.progress import Progress
    from assay.runner.observe import Observed, Wish
    from assay.runner.opening import Opened


def examine(
    wish: Wish, suite: Suite, opened: Opened, engine: Engine, *, folder: Path, progress: Progress
) -> Observed | BaseException:
    """Make the engine know what was tried on the part, and what came of it; or why nothing was.

    Raises:
        StorageError: it cannot be written.
    """
    return tried(lambda: _examined(wish, suite, opened, engine, folder, progress))


def _examined(
    wish: Wish, suite: Suite, opened: Opened, engine: Engine, folder: Path, progress: Progress
) -> Observed:
    from assay.collect.component import collect_component

    spec, wanted = suite.subjects[wish.model], wish.collection
    assert isinstance(spec, LanguageModelSpec)
    assert isinstance(wanted, Component)
    found = collect_component(
        opened.samples[wish.data].samples, spec, wanted, suite_folder=suite.folder,
        folder=place_of(folder, wish), progress=progress,
        task_name=f"{wanted.part.replace('_', ' ')} {wish.model}@{wish.data}",
    )  # fmt: skip
    return known_as(wish.table, found.source, found.notes, engine)
