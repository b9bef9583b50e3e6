"""What judges say of answers: their questions asked like any others, and the replies scored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from assay.core.exchange import Sample
from assay.core.judged import Case, Unreadable
from assay.core.scorer import Score

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from assay.core.exchange import Answer, Exchange
    from assay.core.judged import JudgedScorer, Question
    from assay.core.source import Files

LOUD = 0.1
"""Share of unreadable replies above which the judge is said to be unfit."""
_SHOWN = 200
_BYTES = 16

Rivals = dict[str, list["Answer"]]
"""Another model's answers, by sample, in the order of the repeats."""


@dataclass(frozen=True)
class Trial:
    """What one scorer asks of judges.

    Attributes:
        rivals: another model's answers, where the scorer compares with them.
    """

    scorer: JudgedScorer
    rivals: Rivals | None = None

    def case(self, exchange: Exchange) -> Case:
        """The exchange, beside the rival's answer to the same sample and repeat.

        Where the rival has fewer repeats, they are taken in turn.
        """
        sample, answer = exchange.sample, exchange.answer
        others = (self.rivals or {}).get(sample.id)
        return Case(sample, answer, others[answer.repeat % len(others)] if others else None)


def rivals_of(source: Files) -> Rivals:
    """A model's answers, by sample. They stand in memory."""
    from assay.collect.generation.layout import exchanges

    found: Rivals = {}
    for batch in exchanges(source):
        for exchange in batch:
            found.setdefault(exchange.sample.id, []).append(exchange.answer)
    for answers in found.values():
        answers.sort(key=lambda answer: answer.repeat)
    return found


@dataclass
class Spoken:
    """Replies of one judge, by the hash of the question; None where none came.

    What stands in memory is the text of the replies.
    """

    replies: dict[str, str | None] = field(default_factory=dict)

    def add(self, source: Files) -> None:
        """Take the replies of a pass."""
        from assay.collect.generation.layout import exchanges

        for batch in exchanges(source):
            for exchange in batch:
                answer = exchange.answer
                said = None if answer.error else answer.text or answer.refusal
                self.replies[exchange.sample.id] = said

    def of(self, questions: Iterable[Question]) -> dict[str, str] | None:
        """The replies to these, by their names, as far as they were asked; None where one of those
        did not come."""
        found = {}
        for question in questions:
            name = name_of(question)
            if name in self.replies:
                said = self.replies[name]
                if said is None:
                    return None
                found[question.name] = said
        return found


def name_of(question: Question) -> str:
    """Hash of what is asked: equal questions are one question, whoever asks."""
    text = question.text.encode("utf-8", "replace")
    return blake2b(text, digest_size=_BYTES).hexdigest()


def replies_to(
    scorer: JudgedScorer, case: Case, spoken: Spoken, *, all_of_them: bool = False
) -> dict[str, str] | None:
    """What the judge said so far of one answer; None where a reply did not come.

    Args:
        all_of_them: None, too, where a question was not asked.

    Raises:
        Unreadable: a reply leaves nothing to go on with.
    """
    found: dict[str, str] = {}
    for _ in range(scorer.rounds):
        questions = scorer.questions(case, found)
        more = spoken.of(questions)
        if more is None or (all_of_them and len(more) < len(questions)):
            return None
        found = more
    return found


def unasked(
    exchanges: Iterable[Exchange], trials: Sequence[Trial], spoken: Spoken
) -> Iterator[Sample]:
    """Questions that have no reply yet, each once, as samples for the judge."""
    seen: set[str] = set()
    for exchange in exchanges:
        for trial in trials:
            for question in _next(trial.scorer, trial.case(exchange), spoken):
                name = name_of(question)
                if name not in spoken.replies and name not in seen:
                    seen.add(name)
                    yield Sample(id=name, input=question.text)


def _next(scorer: JudgedScorer, case: Case, spoken: Spoken) -> Sequence[Question]:
    if _incomplete(scorer, case):
        return ()
    try:
        known = replies_to(scorer, case, spoken)
        return () if known is None else scorer.questions(case, known)
    except Unreadable:
        return ()


def _incomplete(scorer: JudgedScorer, case: Case) -> bool:
    """Whether an answer that is needed did not come."""
    if case.answer.error:
        return True
    return scorer.competes and (case.rival is None or bool(case.rival.error))


@dataclass
class Verdicts:
    """Scores of answers by a panel of judges (of one, mostly), and what is to be said of it.

    Attributes:
        trial: the scorer, which says what to ask and reads the replies.
        spoken: the replies of each judge, by its name.
        judged: answers that judges were asked about; ``lost`` are those without a reply.
        unreadable: answers about which a judge's reply could not be read, by judge; an ``example``
            of each.
        grades: of a panel, for each answer.
    """

    trial: Trial
    spoken: Mapping[str, Spoken]
    judged: int = 0
    lost: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)
    example: dict[str, str] = field(default_factory=dict)
    marks: Counter[str] = field(default_factory=Counter)
    grades: list[tuple[float, ...]] = field(default_factory=list)

    def __call__(self, exchanges: Sequence[Exchange]) -> Iterator[Score | None]:
        """A score for each exchange; None where an answer or a reply did not come."""
        for exchange in exchanges:
            yield self._of(self.trial.case(exchange))

    @property
    def scorer(self) -> JudgedScorer:
        """That of the trial."""
        return self.trial.scorer

    def _of(self, case: Case) -> Score | None:
        if case.answer.error:
            return None
        if _incomplete(self.scorer, case):
            self.lost += 1
            return None
        scores: list[tuple[str, Score]] = []
        self.judged += 1
        for name, spoken in self.spoken.items():
            try:
                replies = replies_to(self.scorer, case, spoken, all_of_them=True)
            except Unreadable as fault:
                scores.append((name, self._nonsense(name, case, spoken, fault)))
                continue
            if replies is None:
                self.lost += 1
                return None
            scores.append((name, self._read(name, case, spoken, replies)))
        return self._together(scores)

    def _read(self, name: str, case: Case, spoken: Spoken, replies: dict[str, str]) -> Score:
        try:
            score = self.scorer.judged(case, replies)
            self.marks.update(self.scorer.marks(replies))
        except Unreadable as fault:
            return self._nonsense(name, case, spoken, fault)
        return score

    def _nonsense(self, name: str, case: Case, spoken: Spoken, fault: Unreadable) -> Score:
        self.unreadable[name] += 1
        last = _last_reply(self.scorer, case, spoken)
        flat = " ".join(last.split())
        cut = flat if len(flat) <= _SHOWN else f"{flat[:_SHOWN]} …"
        said = f"the reply of {name!r} cannot be read: {fault}; it was {cut!r}"
        self.example.setdefault(name, f"to sample {case.sample.id!r}: {cut!r} ({fault})")
        return Score(None, said)

    def _together(self, scores: Sequence[tuple[str, Score]]) -> Score:
        """One score of a panel: of the judges that could be read, if they are more than half."""
        if len(scores) == 1:
            return scores[0][1]
        values = [(name, s) for name, s in scores if s.value is not None]
        known = [float(s.value) for _, s in values if s.value is not None]
        self.grades.append(tuple(float("nan") if s.value is None else s.value for _, s in scores))
        why = "; ".join(f"{name}: {s.reason}" for name, s in scores)
        if 2 * len(known) <= len(scores):
            return Score(None, f"half of the panel or more gave nothing to read: {why}")
        if self.scorer.panel == "mean":
            return Score(sum(known) / len(known), why)
        value, votes = Counter(known).most_common(1)[0]
        if 2 * votes <= len(scores):
            return Score(None, f"no majority: {why}")
        return Score(value, why)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the judges."""
        said = []
        if self.lost:
            said.append(
                f"Of {self.lost:,} answers a judge's reply, or the rival's answer, did not come, "
                "for reasons of the network, the server or the budget: they count as unknown."
            )
        for name, times in self.unreadable.items():
            share = times / self.judged
            words = (
                f"{times:,} of {self.judged:,} replies of the judge {name!r} could not be read "
                f"and count as unknown; one {self.example[name]}."
            )
            loud = f"The judge {name!r} is not fit for this task. " if share > LOUD else ""
            said.append(loud + words)
        said += self.scorer.remarks(self.marks)
        if (agreed := self._agreement()) is not None:
            said.append(agreed)
        return tuple(said)

    def _agreement(self) -> str | None:
        if not self.grades:
            return None
        import numpy as np

        from assay.inference.agreement.pooled import krippendorff
        from assay.inference.agreement.ratings import Ratings
        from assay.inference.undefined import Undefined

        try:
            found = krippendorff(Ratings.from_table(np.array(self.grades).T), "interval")
        except Undefined as why:
            return f"How far the judges agree beyond chance is not known: {why}."
        low, high, _ = found.interval(0.95)
        return (
            f"Agreement of the {len(self.spoken)} judges over {found.n:,} answers: Krippendorff's "
            f"alpha {found.value:.2f} [{low:.2f}, {high:.2f}] (1 is always, 0 as often as by "
            "chance)."
        )


def _last_reply(scorer: JudgedScorer, case: Case, spoken: Spoken) -> str:
    """The latest reply to a question about this answer."""
    found: dict[str, str] = {}
    for _ in range(scorer.rounds):
        try:
            more = spoken.of(scorer.questions(case, found))
        except Unreadable:
            break
        if more is None or len(more) <= len(found):
            break
        found = more
    return list(found.values())[-1] if found else ""
