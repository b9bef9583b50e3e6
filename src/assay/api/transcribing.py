"""What language models were asked and answered in a stored run, for its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.core.comparison import Comparison
    from assay.core.result import Run
    from assay.core.transcript import Transcripts


def transcripts(home: str | Path, run: Run) -> tuple[Transcripts, ...]:
    """What the language models of a stored run were asked and answered, for its HTML report.

    Args:
        home: folder of the history that keeps the run.

    Raises:
        StorageError: what was kept cannot be read.
    """
    from assay.runner.transcripts import transcripts_of

    return transcripts_of(run, Path(home) / "runs" / run.run.id)


def rivals(home: str | Path, run: Run) -> tuple[Comparison, ...]:
    """The language models of a stored run held against each other, for its HTML report.

    Of each pair that the same checks were put to, on the same samples: the second model against
    the first, paired by sample. At most three pairs.

    Args:
        home: folder of the history that keeps the run.

    Raises:
        SubjectError: kept scores cannot be read.
        EngineError: they cannot be folded.
    """
    from assay.runner.rivals import compare_models, pairs_in

    pairs = pairs_in(run)
    if not pairs:
        return ()
    from tempfile import TemporaryDirectory

    from assay.engines.duckdb import DuckDBEngine
    from assay.runner.observe import kept_observations
    from assay.runner.side import Side

    side = Side(run, kept_observations(Path(home) / "runs" / run.run.id))
    with TemporaryDirectory(prefix="assay-") as spill:
        engine = DuckDBEngine(temp_directory=spill)
        try:
            return tuple(compare_models(side, side, pair, engine) for pair in pairs)
        finally:
            engine.close()
