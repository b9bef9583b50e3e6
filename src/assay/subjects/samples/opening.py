"""Opening what a suite names as samples: a file, or a grid that is made; and its variants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.subjects.samples import reading

if TYPE_CHECKING:
    from assay.core.check import SamplesSpec
    from assay.subjects.samples.questions import Questions


def open_samples(spec: SamplesSpec, *, folder: str) -> Questions:
    """The samples that a suite names; nothing of them is read yet, but for telling the format.

    Args:
        folder: where relative paths start.

    Raises:
        SubjectError: there is no such file, or what is to be made of it makes no sense.
    """
    found: Questions
    if spec.needle is not None:
        from assay.subjects.samples.needle.grid import open_needles

        found = open_needles(spec.needle, folder=folder, seed=spec.seed)
    else:
        found = reading.open_samples(spec, folder=folder)
    if not spec.variants:
        return found
    from assay.subjects.samples.variants.varied import Varied

    return Varied(found, spec.variants, copies=spec.copies, seed=spec.seed)
