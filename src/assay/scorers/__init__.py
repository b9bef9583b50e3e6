"""The open set of scorers: one, or one close family, per file. Files are found by name."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from assay.core.errors import SuiteError, did_you_mean
from assay.core.scorer import Scorer, find_scorer, scorers

if TYPE_CHECKING:
    from collections.abc import Mapping

_loaded: set[str] = set()


def load_all() -> Mapping[str, type[Scorer]]:
    """All scorers by name."""
    if not _loaded:
        for module in iter_modules(__path__):
            import_module(f"{__name__}.{module.name}")
        _loaded.add("own")
    return dict(scorers())


def find(name: str) -> type[Scorer]:
    """The scorer registered under a name.

    Raises:
        SuiteError: there is none; the message names the nearest.
    """
    found = find_scorer(name) or load_all().get(name)
    if found is None:
        raise SuiteError(f"There is no scorer {name!r}.{did_you_mean(name, load_all())}")
    return found
