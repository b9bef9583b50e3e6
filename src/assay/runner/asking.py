"""Ask a language model what checks need to know: once for all of them; then score the answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from assay.core.check import LanguageModelSpec
from assay.core.collection import Generations, Scores
from assay.core.errors import SubjectError, SuiteError
from assay.core.scorer import GroupScorer
from assay.core.source import Files
from assay.runner.hearing import Hearing, exchanges_of, scorer_of
from assay.runner.observe import Wish, columns_needed, known_as, place_of
from assay.runner.task import given, tried

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from assay.collect.generation.collecting import Generated
    from assay.core.check import Check, Suite
    from assay.core.engine import Engine
    from assay.core.exchange import Sample
    from assay.core.progress import Progress
    from assay.core.schema import Kind
    from assay.runner.observe import Observed
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
            scorer = scorer_of(wanted)
            spec = opened.suite.subjects[self.model]
            given = isinstance(spec, LanguageModelSpec) and spec.may_give_context
            for need in scorer.needs:
                if need in survey.lacking and not (need == "context" and given):
                    raise SuiteError(
                        f"The sample {survey.lacking[need]!r} of {self.data!r} has no {need!r}, "
                        f"which {check.metric.name} needs.",
                        check_id=check.id,
                        location=check.spec.location,
                    )
            if isinstance(scorer, GroupScorer) and isinstance(spec, LanguageModelSpec):
                _hold_to_repeats(check, spec)
        self.carried.update(dict.fromkeys(columns_needed(check, survey.schema, self.data)))
        self.wishes.setdefault(Wish(self.model, self.data, wanted), []).append(check)

    @property
    def checks(self) -> list[Check]:
        """All of them, each once."""
        held = {check.id: check for checks in self.wishes.values() for check in checks}
        return list(held.values())

    def columns(self, samples: OpenSamples) -> dict[str, Kind]:
        """What is carried along, with its kinds."""
        return {name: samples.survey.columns[name] for name in sorted(self.carried)}


def _hold_to_repeats(check: Check, spec: LanguageModelSpec) -> None:
    """Refuse to compare the answers to a sample where there is one.

    Raises:
        SuiteError: the model is asked once.
    """
    if spec.repeats < 2 and spec.answers is None:
        raise SuiteError(
            f"{check.metric.name} compares several answers to each sample, and "
            f"{check.spec.on!r} gives one.",
            hint=f"Give {check.spec.on!r} `repeats: 5`.",
            check_id=check.id,
            location=check.spec.location,
        )


@dataclass(frozen=True)
class Means:
    """What is needed to ask: the run's subjects, its folder, and the file of cached answers.

    ``askings`` are all there are, by model and data; ``taken`` are answers collected so far.
    """

    suite: Suite
    opened: Opened
    engine: Engine
    folder: Path
    progress: Progress
    cache: Path | None = None
    askings: Mapping[tuple[str, str], Asking] = field(default_factory=dict)
    taken: dict[tuple[str, str], Generated | BaseException] = field(default_factory=dict)

    def answers(self, model: str, data: str) -> Generated:
        """The answers of a model to samples: collected once in a run.

        Raises:
            Exception: they cannot be collected (the same error at every call).
        """
        pair = model, data
        if pair not in self.taken:
            asking = self.askings.get(pair, Asking(*pair))
            self.taken[pair] = tried(lambda: _generated(asking, self))
        return given(self.taken[pair])


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
    generated = tried(lambda: by.answers(asking.model, asking.data))
    if isinstance(generated, BaseException):
        return dict.fromkeys(wishes, generated)
    return observed(asking, wishes, generated, by)


def observed(
    asking: Asking, wishes: Sequence[Wish], generated: Generated, by: Means
) -> dict[Wish, Observed | BaseException]:
    """Score answers, and make the engine know them; what could not be scored is its error.

    Raises:
        StorageError: observations cannot be written.
    """
    samples = by.opened.samples[asking.data]
    carried = asking.columns(samples)
    hearing = Hearing(
        asking.model, asking.data, list(asking.wishes), generated, by.opened, by.folder, by.cache,
        by.progress, by.answers,
    )  # fmt: skip
    return {
        wish: tried(partial(_observed, wish, generated, samples, carried, by, hearing))
        for wish in wishes
    }


def _spec(asking: Asking, suite: Suite) -> LanguageModelSpec:
    spec = suite.subjects[asking.model]
    assert isinstance(spec, LanguageModelSpec)
    return spec


def _generated(asking: Asking, by: Means) -> Generated:
    from assay.collect.generation.stored import collect_stored

    wish = Wish(asking.model, asking.data, Generations())
    spec = _spec(asking, by.suite)
    samples = by.opened.samples[asking.data]
    carried = asking.columns(samples)
    if spec.answers is not None:
        return collect_stored(
            samples.samples, by.opened.stored(asking.model), spec,
            folder=place_of(by.folder, wish), clustered=samples.survey.clusters is not None,
            carry=carried, data_fingerprint=samples.fingerprint, total=samples.survey.samples,
            progress=by.progress, task_name=f"answers {asking.model}@{asking.data}",
        )  # fmt: skip
    return generate(
        asking, by, samples.samples, fingerprint=samples.fingerprint, total=samples.survey.samples
    )


def generate(
    asking: Asking, by: Means, some: Iterable[Sample], *, fingerprint: str, total: int
) -> Generated:
    """The model's answers to these samples.

    Args:
        fingerprint: of these very samples; ``total`` is their number.

    Raises:
        AssayError: the model cannot be asked, or its answers cannot be written.
    """
    from assay.collect.generation.collecting import collect_generations

    samples = by.opened.samples[asking.data]
    return collect_generations(
        iter(some), by.opened.language(asking.model), _spec(asking, by.suite),
        folder=place_of(by.folder, Wish(asking.model, asking.data, Generations())),
        cache=by.cache, clustered=samples.survey.clusters is not None,
        carry=asking.columns(samples), data_fingerprint=fingerprint, total=total,
        progress=by.progress, task_name=f"answers {asking.model}@{asking.data}",
    )  # fmt: skip


def _observed(
    wish: Wish,
    generated: Generated,
    samples: OpenSamples,
    carried: dict[str, Kind],
    by: Means,
    hearing: Hearing,
) -> Observed:
    if isinstance(wish.collection, Generations):
        source, notes = generated.source, generated.notes
    else:
        assert isinstance(wish.collection, Scores)
        source, notes = _scored(
            wish, wish.collection, generated, samples, carried, by, hearing
        )  # fmt: skip
    return known_as(wish.table, source, notes, by.engine)


def _scored(
    wish: Wish,
    wanted: Scores,
    generated: Generated,
    samples: OpenSamples,
    carried: dict[str, Kind],
    by: Means,
    hearing: Hearing,
) -> tuple[Files, tuple[str, ...]]:
    from assay.collect.scoring import collect_scores

    heard = hearing.verdicts(wish) if wanted.judges else None
    scorer = scorer_of(wanted).opened(by.suite.folder, allow_code=by.opened.allow_code)
    scored = collect_scores(
        exchanges_of(generated), scorer, folder=place_of(by.folder, wish),
        repeats=generated.repeats, clustered=samples.survey.clusters is not None, carry=carried,
        verdicts=heard.verdicts if heard else None, judges=heard.fingerprints if heard else (),
    )  # fmt: skip
    said = heard.notes() if heard else ()
    if heard and scored.samples and scored.samples == scored.unanswered + scored.unscorable:
        raise SubjectError(f"No answer has a grade. {' '.join((*said, *scored.notes))}")
    return scored.source, (*generated.notes, *scored.notes, *said)
