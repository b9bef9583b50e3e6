"""Ask a language model in rounds: samples in a random order, until every verdict is decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.check import LanguageModelSpec
from assay.core.collection import Generations
from assay.runner.admit import admit
from assay.runner.asking import generate, observed
from assay.runner.draw_more import Rounds, results_of
from assay.runner.observe import Observed, Wish, place_of
from assay.runner.provenance import check_seed
from assay.runner.sample_columns import attach_metadata
from assay.runner.sample_order import places_of
from assay.runner.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assay.collect.generation.collecting import Generated
    from assay.core.check import Check
    from assay.core.exchange import Sample
    from assay.core.result import Result
    from assay.runner.asking import Asking, Means
    from assay.runner.judging import Judging


@dataclass(frozen=True)
class Answers:
    """Answers to so many samples (``rows``)."""

    generated: Generated
    rows: int


class SamplesInRounds:
    """The answers of a model to samples in a random order, whole clusters at a time.

    Variants of one question are a cluster: what compares them finds all or none.
    """

    def __init__(self, asking: Asking, by: Means) -> None:
        self._asking, self._by = asking, by
        self._samples = by.opened.samples[asking.data]
        seed = check_seed(by.suite.seed, f"{asking.model}@{asking.data}")
        self._places = places_of(self._samples, seed)

    @property
    def rows(self) -> int:
        """Samples in all."""
        return len(self._places)

    @property
    def planned(self) -> int:
        """All of them: none is left out."""
        return self.rows

    @property
    def begun(self) -> int:
        """Samples whose answers an interrupted run holds."""
        from assay.collect.generation.store import held_in

        spec = self._by.suite.subjects[self._asking.model]
        assert isinstance(spec, LanguageModelSpec)
        wish = Wish(self._asking.model, self._asking.data, Generations())
        return min(held_in(str(place_of(self._by.folder, wish))) // spec.repeats, self.rows)

    def upto(self, n: int) -> Answers:
        """Answers to the first ``n`` of the order, and to the rest of the last one's cluster.

        Raises:
            AssayError: the model cannot be asked.
        """
        many = sum(place < n for place in self._places)
        whole = self._samples.fingerprint
        fingerprint = whole if many == self.rows else f"{whole}:{many}"
        done = generate(self._asking, self._by, self._upto(n), fingerprint=fingerprint, total=many)
        return Answers(done, many)

    def finish(self) -> None:
        """Nothing is left behind: answers are kept as they come."""

    def _upto(self, n: int) -> Iterator[Sample]:
        for sample, place in zip(self._samples.samples, self._places, strict=True):
            if place < n:
                yield sample


@dataclass(frozen=True)
class AskInRounds:
    """A model that is asked in rounds, and the checks that are judged on its answers.

    Attributes:
        checks: still to be judged; all of a family are among them.
        seen: where the observations are noted for others (comparisons, evidence).
    """

    asking: Asking
    checks: Sequence[Check]
    by: Means
    seen: dict[str, Observed]

    def results(self, judging: Judging, now: float) -> dict[str, Result]:
        """Results by check id, once all are decided or the budget has ended.

        Raises:
            StorageError: observations cannot be written.
        """
        suite, data = self.by.suite, self.asking.data
        spec = suite.subjects[self.asking.model]
        assert isinstance(spec, LanguageModelSpec)

        def begun() -> Rounds:
            attach_metadata(data, self.checks, self.by.opened, self.by.engine)
            return Rounds(
                engine=self.by.engine, drawing=SamplesInRounds(self.asking, self.by),
                group=self.checks, attach=self._attach, judge=judging.family, data=data,
                target=None, seed=suite.seed, now=now, budget=suite.gate.budget,
                repeats=spec.repeats,
            )  # fmt: skip

        return results_of(self.checks, begun)

    def _attach(
        self, answers: Answers, checks: Sequence[Check]
    ) -> tuple[list[Task], dict[str, BaseException]]:
        waiting = {check.id for check in checks}
        wishes = {
            wish: mine
            for wish, held in self.asking.wishes.items()
            if (mine := [check for check in held if check.id in waiting])
        }
        tasks: list[Task] = []
        failures: dict[str, BaseException] = {}
        found = observed(self.asking, list(wishes), answers.generated, self.by)
        for wish, seen in found.items():
            if isinstance(seen, Observed):
                self.seen[seen.table] = seen
                tasks += [Task(check, seen.table, seen.schema) for check in wishes[wish]]
            else:
                failures.update((check.id, seen) for check in wishes[wish])
        admitted, refused = admit(tasks, self.by.opened, self.by.engine)
        return admitted, failures | refused
