"""Predictions of rows in a random order, round by round: as many as a verdict needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.collect.observations import present_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from assay.collect.prediction_pass import Collected, Pass
    from assay.core.progress import Progress


class Drawing:
    """Predictions of rows in a random order, as many as are asked for.

    Args:
        order: the place of each row in that order, shape (rows,).
    """

    def __init__(
        self,
        prediction: Pass,
        order: NDArray[np.int64],
        data_fingerprint: str,
        progress: Progress,
        task_name: str,
    ) -> None:
        self._pass = prediction
        self._order = order
        self._data = data_fingerprint
        self._progress = progress
        self._task = task_name
        self._done = 0

    @property
    def rows(self) -> int:
        """Rows of the data; those without a target are among them."""
        return len(self._order)

    @property
    def planned(self) -> int:
        """Rows that could be predicted in all: those with a target."""
        return self.rows - self._pass.survey.left_out

    @property
    def begun(self) -> int:
        """0: predictions of an interrupted pass are found part by part, at the same looks."""
        return 0

    def upto(self, n: int) -> Collected:
        """The first ``n`` rows of the order, less those without a target.

        The data are read once for each call; what was predicted before is not predicted again.
        """
        total = self.rows
        self._progress(self._task, self._done, total)
        seen = 0
        for present in self._drawn(min(n, total)):
            self._pass.predict(f"part-{len(self._pass.names):06d}.parquet", present, self._done)
            seen += present.num_rows
            self._progress(self._task, self._done + seen, total)
        self._done = min(n, total)
        return self._pass.finished(self._data, planned=self.planned)

    def finish(self) -> None:
        """Remove what a pass that was killed left beyond what is needed."""
        self._pass.journal.drop_others(tuple(self._pass.names))

    def _drawn(self, upto: int) -> Iterator[pa.Table]:
        """Rows from where the last call ended, in batches for the model."""
        import pyarrow as pa

        size = self._pass.spec.batch_size
        waiting: list[pa.Table] = []
        read = held = 0
        for batch, start in self._pass.batches():
            read = start + batch.num_rows
            places = self._order[start:read]
            chosen = (places >= self._done) & (places < upto)
            if not chosen.any():
                continue
            numbered = present_rows(batch, start, self._pass.spec.target, chosen=chosen)
            waiting.append(numbered)
            held += numbered.num_rows
            while held >= size:
                whole = pa.concat_tables(waiting)
                yield whole.slice(0, size)
                waiting, held = [whole.slice(size)], held - size
        self._pass.hold(read)
        if held:
            yield pa.concat_tables(waiting)


def order_of(rows: int, seed: int) -> NDArray[np.int64]:
    """The place of each row in a random order, shape (rows,)."""
    import numpy as np

    return np.random.default_rng(seed).permutation(rows)
