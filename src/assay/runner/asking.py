"""Ask a language model what checks need to know: once for all of them; then score the answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assay.core.check import LanguageModelSpec
from assay.core.collection import Generations, Scores
from assay.core.errors import StorageError, SuiteError
from assay.core.source import Files
from assay.runner.observe import Observed, Wish, columns_needed, place_of
from assay.runner.task import CAUGHT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from assay.collect.generation.collecting import Generated
    from assay.core.check import Check, Suite
    from assay.core.engine import Engine
    from assay.core.exchange import Exchange
    from assay.core.progress import Progress
    from assay.core.schema import Kind
    from assay.core.scorer import Scorer
    from assay.runner.opening import Opened, OpenSamples


@dataclass
class Asking:
    """What checks want to know of one language model, asked one set of samples.

    Attributes:
        model, data: names of the subjects.
        wishes: answers, and scores of them, with the checks that want each.
        carried: metadata of the samples that the observations hold, for slices and filters.
    """

    model: str
    data: str
    wishes: dict[Wish, list[Check]] = field(default_factory=dict)
    carried: dict[str, None] = field(default_factory=dict)

    def add(self, check: Check, opened: Opened) -> None:
        """Note what a check wants.

        Raises:
            AssayError: the samples could not be read, or lack a column or what a scorer needs.
        """
        survey = opened.samples[self.data].survey
        wanted = check.metric.collection()
        if isinstance(wanted, Scores):
            scorer = _scorer(wanted)
            for need in scorer.needs:
                if need in survey.lacking:
                    raise SuiteError(
                        f"The sample {survey.lacking[need]!r} of {self.data!r} has no {need!r}, "
                        f"which {check.metric.name} needs.",
                        check_id=check.id,
                        location=check.spec.location,
                    )
        self.carried.update(dict.fromkeys(columns_needed(check, survey.schema, self.data)))
        self.wishes.setdefault(Wish(self.model, self.data, wanted), []).append(check)


@dataclass(frozen=True)
class Means:
    """What is needed to ask: the run's subjects, its folder, and the file of cached answers."""

    suite: Suite
    opened: Opened
    engine: Engine
    folder: Path
    progress: Progress
    cache: Path | None = None


def ask(asking: Asking, pending: set[str], by: Means) -> dict[Wish, Observed | BaseException]:
    """Ask, score, and make the engine know both; what could not be observed is its error.

    Args:
        pending: ids of the checks still to do: what only others want is not scored again.

    Raises:
        StorageError: observations cannot be written.
    """
    wishes = [w for w, checks in asking.wishes.items() if pending & {c.id for c in checks}]
    if not wishes:
        return {}
    opened = by.opened
    samples = opened.samples[asking.data]
    carried = {name: samples.survey.columns[name] for name in sorted(asking.carried)}
    try:
        generated = _generated(asking, samples, carried, by)
    except StorageError:
        raise
    except CAUGHT as error:  # the verdict of these checks alone
        return dict.fromkeys(wishes, error)
    found: dict[Wish, Observed | BaseException] = {}
    for wish in wishes:
        try:
            found[wish] = _observed(wish, generated, samples, carried, by)
        except StorageError:
            raise
        except CAUGHT as error:
            found[wish] = error
    return found


def _spec(asking: Asking, suite: Suite) -> LanguageModelSpec:
    spec = suite.subjects[asking.model]
    assert isinstance(spec, LanguageModelSpec)
    return spec


def _generated(
    asking: Asking, samples: OpenSamples, carried: dict[str, Kind], by: Means
) -> Generated:
    from assay.collect.generation.collecting import collect_generations

    wish = Wish(asking.model, asking.data, Generations())
    return collect_generations(
        iter(samples.samples), by.opened.language(asking.model), _spec(asking, by.suite),
        folder=place_of(by.folder, wish), cache=by.cache,
        clustered=samples.survey.clusters is not None, carry=carried,
        data_fingerprint=samples.fingerprint, total=samples.survey.samples,
        progress=by.progress, task_name=f"answers {asking.model}@{asking.data}",
    )  # fmt: skip


def _observed(
    wish: Wish, generated: Generated, samples: OpenSamples, carried: dict[str, Kind], by: Means
) -> Observed:
    if isinstance(wish.collection, Generations):
        source, notes = generated.source, generated.notes
    else:
        assert isinstance(wish.collection, Scores)
        source, notes = _scored(wish, wish.collection, generated, samples, carried, by)
    by.engine.detach(wish.table)
    by.engine.attach(wish.table, source)
    return Observed(wish.table, source, by.engine.schema(wish.table), notes)


def _scored(
    wish: Wish,
    wanted: Scores,
    generated: Generated,
    samples: OpenSamples,
    carried: dict[str, Kind],
    by: Means,
) -> tuple[Files, tuple[str, ...]]:
    from assay.collect.scoring import collect_scores

    spec = by.suite.subjects[wish.model]
    assert isinstance(spec, LanguageModelSpec)
    scored = collect_scores(
        _exchanges(generated), _scorer(wanted), folder=place_of(by.folder, wish),
        repeats=spec.repeats, clustered=samples.survey.clusters is not None, carry=carried,
    )  # fmt: skip
    return scored.source, (*generated.notes, *scored.notes)


def _exchanges(generated: Generated) -> Iterator[Exchange]:
    from assay.collect.generation.layout import exchanges

    for batch in exchanges(generated.source):
        yield from batch


def _scorer(wanted: Scores) -> Scorer:
    from assay import scorers

    return scorers.find(wanted.scorer)(**dict(wanted.params))
