"""Ask the judges that checks name about a model's answers: each question once for all of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from assay.core.check import LanguageModelSpec
from assay.core.collection import Scores
from assay.core.errors import SubjectError
from assay.core.judged import JudgedScorer
from assay.runner.observe import OBSERVATIONS, Wish
from assay.runner.task import given, tried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from assay.collect.generation.collecting import Generated
    from assay.collect.judging import Spoken, Trial, Verdicts
    from assay.core.check import Check, Suite
    from assay.core.exchange import Exchange
    from assay.core.progress import Progress
    from assay.core.scorer import Scorer
    from assay.runner.opening import Opened

_SELF = (
    "The judge {judge!r} is the model that it judges, {model!r}: models tend to prefer their own "
    "answers (Panickssery et al. 2024, NeurIPS)."
)


@dataclass(frozen=True)
class Heard:
    """What the judges of one check said.

    Attributes:
        verdicts: makes scores of it.
        fingerprints: of the judges, as they were asked.
        told: what a person should know of asking them.
    """

    verdicts: Verdicts
    fingerprints: tuple[str, ...]
    told: tuple[str, ...]

    def notes(self) -> tuple[str, ...]:
        """What a person should know, once all was scored."""
        return (*self.verdicts.notes, *self.told)


@dataclass(frozen=True)
class _Asked:
    """One judge, asked: its replies, and what that took."""

    spoken: Spoken
    fingerprint: str
    notes: tuple[str, ...]


@dataclass
class Hearing:
    """The judges of all checks of one model's answers to one set of samples.

    Attributes:
        model, data: names of the subjects.
        wishes: what checks want; those that judges are needed for are among them.
        generated: the answers.
        opened: the run's subjects; ``folder`` is the run's, ``cache`` the file of cached answers.
        answers: the answers of another model to samples, collected once.
    """

    model: str
    data: str
    wishes: Sequence[Wish]
    generated: Generated
    opened: Opened
    folder: Path
    cache: Path | None
    progress: Progress
    answers: Callable[[str, str], Generated]
    _asked: dict[str, _Asked | BaseException] = field(default_factory=dict)
    _trials: dict[Wish, Trial] = field(default_factory=dict)

    def verdicts(self, wish: Wish) -> Heard:
        """What the judges that this one names say.

        Raises:
            Exception: a judge, or the model that is compared with, cannot be asked.
        """
        from assay.collect.judging import Verdicts

        assert isinstance(wish.collection, Scores)
        trial = self._trial(wish)
        heard = {name: self._judge(name) for name in wish.collection.judges}
        told = tuple(chain.from_iterable(one.notes for one in heard.values()))
        told += (f"Prompts: llm.{trial.scorer.name}, version {trial.scorer.version}.",)
        verdicts = Verdicts(trial, {name: one.spoken for name, one in heard.items()})
        return Heard(verdicts, tuple(one.fingerprint for one in heard.values()), told)

    def _trial(self, wish: Wish) -> Trial:
        from assay.collect.judging import Trial, rivals_of

        if wish not in self._trials:
            assert isinstance(wish.collection, Scores)
            scorer, rival = scorer_of(wish.collection), wish.collection.rival
            assert isinstance(scorer, JudgedScorer)
            answers = None
            if rival is not None:
                answers = rivals_of(self.answers(rival, self.data).source)
            self._trials[wish] = Trial(scorer, answers)
        return self._trials[wish]

    def _trials_of(self, judge: str) -> list[Trial]:
        """What is asked of this judge; a check whose rival gave no answers asks nothing."""
        found = []
        for wish in self.wishes:
            if isinstance(wish.collection, Scores) and judge in wish.collection.judges:
                trial = tried(partial(self._trial, wish))
                if not isinstance(trial, BaseException):  # else told where that check is scored
                    found.append(trial)
        return found

    def _judge(self, name: str) -> _Asked:
        if name not in self._asked:
            self._asked[name] = tried(lambda: self._ask(name))
        return given(self._asked[name])

    def _ask(self, name: str) -> _Asked:
        """Ask one judge all questions, round by round.

        Raises:
            SubjectError: it cannot be asked.
        """
        from assay.collect.generation.budget import Spent
        from assay.collect.generation.collecting import collect_generations
        from assay.collect.judging import Spoken, unasked

        spec = self.opened.suite.subjects[name]
        assert isinstance(spec, LanguageModelSpec)
        if spec.answers is not None:
            raise SubjectError(f"{name!r} cannot judge: its answers are those of a file.")
        judge = self.opened.language(name)
        trials = self._trials_of(name)
        spoken, passes = Spoken(), []
        tokens, money = 0, 0.0
        for number in range(1, max((t.scorer.rounds for t in trials), default=0) + 1):
            questions = unasked(exchanges_of(self.generated), trials, spoken)
            first = next(questions, None)
            if first is None:
                break
            # Its own template is made for questions of another kind.
            done = collect_generations(
                chain([first], questions), judge, replace(spec, repeats=1, template=None),
                folder=self._place(name, number), cache=self.cache,
                spent=Spent(tokens, money), progress=self.progress,
                task_name=f"judgements {name}: {self.model}@{self.data}",
            )  # fmt: skip
            spoken.add(done.source)
            passes.append(done)
            tokens += done.totals.prompt_tokens + done.totals.completion_tokens
            money += done.totals.cost or 0.0
        return _Asked(spoken, judge.fingerprint, self._notes(name, spec, passes))

    def _place(self, judge: str, number: int) -> str:
        name = f"{self.model}@{self.data}:judge {judge} {number}"
        return str(self.folder / OBSERVATIONS / quote(name, safe=""))

    def _notes(
        self, name: str, spec: LanguageModelSpec, passes: Sequence[Generated]
    ) -> tuple[str, ...]:
        wanted = [w.collection for w in self.wishes if isinstance(w.collection, Scores)]
        asking = sum(name in collection.judges for collection in wanted)
        said = [_took(name, passes, asking)] if passes else []
        said += [f"Judge {name!r}: {note}" for done in passes for note in done.notes]
        rivals = {c.rival for c in wanted if c.rival is not None and name in c.judges}
        for model in dict.fromkeys((self.model, *sorted(rivals))):
            if same_model(self.opened.suite, name, model):
                said.append(_SELF.format(judge=name, model=model))
        if spec.repeats > 1:
            said.append(f"The judge {name!r} was asked once: its `repeats` are for its own tests.")
        if spec.temperature is None and spec.url is not None:
            said.append(f"The judge {name!r} has no `temperature: 0`: it may grade by chance.")
        return tuple(said)


def _took(name: str, passes: Sequence[Generated], asking: int) -> str:
    """What a judge was asked, and what that took; together, where several checks asked."""
    totals = [done.totals for done in passes]
    rows = sum(t.rows for t in totals)
    tokens = sum(t.prompt_tokens + t.completion_tokens for t in totals)
    costs = [t.cost for t in totals if t.cost is not None]
    what = [f"{tokens:,} tokens"] if tokens else []
    what += [f"{sum(costs):,.4f} of money"] if costs else []
    took = f", which took {' and '.join(what)}, apart from the answers" if what else ""
    together = f" by {asking} checks together" if asking > 1 else ""
    return (
        f"The judge {name!r} was asked {rows:,} question{'s' if rows != 1 else ''}{together}{took}."
    )


def same_model(suite: Suite, a: str, b: str) -> bool:
    """Whether two subjects are one model, however it is asked."""
    first, second = suite.subjects[a], suite.subjects[b]
    assert isinstance(first, LanguageModelSpec)
    assert isinstance(second, LanguageModelSpec)
    if a == b:
        return True
    if first.answers is not None or second.answers is not None:
        return False
    return (first.url, first.call, first.instance, first.model) == (
        second.url, second.call, second.instance, second.model,
    )  # fmt: skip


def exchanges_of(generated: Generated) -> Iterator[Exchange]:
    """Samples and answers, as they were collected."""
    from assay.collect.generation.layout import exchanges

    for batch in exchanges(generated.source):
        yield from batch


def scorer_of(wanted: Scores) -> Scorer:
    """The scorer with its parameters."""
    from assay import scorers

    return scorers.find(wanted.scorer)(**dict(wanted.params))


class Trials(NamedTuple):
    """What one judge is asked about one model's answers, before it is asked.

    Attributes:
        judge, model, data: names of the subjects.
        checks: ids of those that want it.
        questions: at most; None where the samples are not known.
    """

    judge: str
    model: str
    data: str
    checks: list[str]
    questions: int | None


def trials_of(checks: Sequence[Check], opened: Opened) -> list[Trials]:
    """How much judges are asked for these checks: equal questions are counted once each."""
    wanted: dict[tuple[str, str, str], dict[Scores, list[str]]] = {}
    for check in checks:
        collection = check.metric.collection()
        if isinstance(collection, Scores):
            for judge in collection.judges:
                pair = judge, check.spec.on, check.spec.data or ""
                wanted.setdefault(pair, {}).setdefault(collection, []).append(check.id)
    found = []
    for (judge, model, data), several in wanted.items():
        spec, samples = opened.suite.subjects[model], opened.samples.get(data)
        assert isinstance(spec, LanguageModelSpec)
        ids = [name for names in several.values() for name in names]
        most = None
        if samples is not None:
            calls = sum(_calls(collection) for collection in several)
            most = calls * samples.survey.samples * spec.repeats
        found.append(Trials(judge, model, data, ids, most))
    return found


def _calls(wanted: Scores) -> int:
    scorer = scorer_of(wanted)
    assert isinstance(scorer, JudgedScorer)
    return scorer.calls
