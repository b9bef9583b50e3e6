"""Other wordings of a sample: one family per file. Files are found by name.

What changes is the form of a question, never what is asked: the answers that were right stay so.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from assay.core.errors import SubjectError, did_you_mean
from assay.subjects.samples.variants.family import families

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.subjects.samples.variants.family import Family


def load_all() -> Mapping[str, Family]:
    """All families of variants by name."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return families()


def find(name: str) -> Family:
    """The family registered under a name.

    Raises:
        SubjectError: there is none; the message names the nearest.
    """
    known = load_all()
    if name not in known:
        raise SubjectError(
            f"There is no variant {name!r}.{did_you_mean(name, known)}",
            hint=f"There are: {', '.join(known)}.",
        )
    return known[name]
