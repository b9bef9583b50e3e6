"""What a report says of language models beyond the results: gathered before it is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from assay.core.comparison import Comparison
    from assay.core.transcript import Taken
    from assay.report.transcripts.paging import Paged


class Spoken(NamedTuple):
    """What was asked and answered.

    Attributes:
        paged: the transcripts.
        folder: name of the folder of files beside the page.
        taken: what the answers of each model to each data set took, with its title.
        rivals: models held against each other.
    """

    paged: Paged
    folder: str = ""
    taken: tuple[tuple[str, Taken], ...] = ()
    rivals: tuple[Comparison, ...] = ()
