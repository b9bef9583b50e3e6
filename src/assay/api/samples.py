"""Samples and answers from other tools, and for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from assay.api.writing import writable, write
from assay.core.check import LanguageModelSpec, SamplesSpec
from assay.core.errors import SubjectError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from assay.core.exchange import Answer
    from assay.subjects.samples.formats.exporting import Answered, Record
    from assay.subjects.samples.formats.foreign import ForeignFile, Wanted

_FILES = ("samples.jsonl", "answers.jsonl", "suite.yaml")


@dataclass(frozen=True, kw_only=True)
class ImportedSamples:
    """Samples that were made of another tool's file.

    Attributes:
        format: the tool that wrote it.
        samples, answers: how many.
        wanted: what the file asks of the answers: a check each, or why there is none.
        files: what was written.
    """

    format: str
    samples: int
    answers: int
    wanted: tuple[Wanted, ...]
    files: tuple[Path, ...]


def prompt_sets() -> dict[str, str]:
    """The sets of prompts that come with Assay: what each asks, by the name that a suite uses."""
    from assay.subjects.samples.sets.library import PREFIX, sets

    return {f"{PREFIX}{name}": found.title for name, found in sets().items()}


def import_samples(
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002 - the word of the command line
    fields: Mapping[str, str] | None = None,
    folder: str | Path = ".",
    force: bool = False,
) -> ImportedSamples:
    """Make samples, answers and a suite of another tool's file.

    Args:
        path: a file or folder of promptfoo, Inspect, lm-evaluation-harness, OpenAI evals,
            DeepEval, ragas, or a data set of Hugging Face.
        format: None finds it, where the file tells it.
        fields: of a data set, the columns that hold our fields of samples and answers.
        folder: where ``samples.jsonl``, ``answers.jsonl`` and ``suite.yaml`` go; made if missing.
        force: overwrite files that are there.

    Raises:
        SubjectError: the file cannot be read, or which format it has is not clear.
        SuiteError: a file cannot be written.
    """
    from assay.subjects.language.answer_record import ANSWER_FIELDS
    from assay.subjects.samples.formats.exporting import answer_record, sample_record
    from assay.subjects.samples.formats.finding import FORMATS, open_foreign
    from assay.subjects.samples.reading import Samples
    from assay.subjects.samples.record import FIELDS
    from assay.suite.exchange.language_text import language_suite_text
    from assay.suite.load import loads

    source, target = Path(path), Path(folder)
    if not source.exists():
        raise SubjectError(f"There is no file {str(path)!r}.")
    named = dict(fields or {})
    foreign = open_foreign(str(source), str(path), format, renamed=bool(named))
    if foreign is None:
        raise SubjectError(
            f"{source.name!r} does not tell which tool wrote it.",
            hint=f"Say it with --from: {', '.join(FORMATS)}.",
        )
    unknown = next((name for name in named if name not in (*FIELDS, *ANSWER_FIELDS)), None)
    if unknown is not None:
        raise SubjectError(f"There is no field {unknown!r}.{did_you_mean(unknown, FIELDS)}")
    of_samples = {ours: theirs for ours, theirs in named.items() if ours in FIELDS}
    target.mkdir(parents=True, exist_ok=True)
    places = [target / name for name in _FILES]
    for place in places:
        writable(place, force=force)
    samples = [sample_record(sample) for sample in Samples(foreign, of_samples)]
    answers = [answer_record(answer) for answer in _answers(foreign, named)]
    wanted = tuple(_usable(one) for one in foreign.wanted())
    text = language_suite_text(
        wanted, name=_name(source), source=source.name, format=foreign.name, answered=bool(answers)
    )
    written = [(places[0], _lines(samples))]
    if answers:
        written.append((places[1], _lines(answers)))
    if any(one.metric for one in wanted):
        written.append((places[2], text))
    for place, content in written:
        write(place, content, force=force)
    if written[-1][0] == places[2]:  # what is written must be a suite
        address = "http://127.0.0.1/v1"
        environ = {"LLM_URL": address, "LLM_MODEL": "m", "JUDGE_URL": address, "JUDGE_MODEL": "m"}
        loads(text, file=str(places[2]), folder=str(target), environ=environ)
    return ImportedSamples(
        format=foreign.name, samples=len(samples), answers=len(answers), wanted=wanted,
        files=tuple(place for place, _ in written),
    )  # fmt: skip


def _answers(foreign: ForeignFile, named: Mapping[str, str]) -> Iterator[Answer]:
    """The answers of a file that has some; of a data set, where its column is named."""
    from assay.subjects.language.answer_record import ANSWER_FIELDS
    from assay.subjects.language.stored import StoredAnswers
    from assay.subjects.samples.formats.foreign import NoAnswers

    if not foreign.answered or (foreign.name == "datasets" and "output" not in named):
        return
    fields = {ours: theirs for ours, theirs in named.items() if ours in ANSWER_FIELDS}
    spec = LanguageModelSpec(answers=foreign.written, answers_fields=fields)
    try:
        yield from StoredAnswers(foreign, spec)
    except NoAnswers:
        return


def export_samples(
    format: str,  # noqa: A002 - the word of the command line
    output: str | Path,
    *,
    data: str | Path | None = None,
    data_format: str | None = None,
    home: str | Path = ".assay",
    run: str | None = None,
    subject: str | None = None,
    force: bool = False,
) -> tuple[int, tuple[str, ...]]:
    """Write samples, or the answers and scores of a run, as a file of another tool.

    Args:
        format: ``jsonl`` (our own), ``openai-evals``, ``inspect``, ``deepeval`` or ``promptfoo``.
        output: the file.
        data: a file of samples; None takes those of ``run``.
        data_format: the tool that wrote ``data``; None finds it.
        home, run: where a stored run is, and its name or id.
        subject: ``bot@qa``, where a run asked several models or samples.

    Returns:
        How many samples were written, and why others were not.

    Raises:
        SubjectError: the samples cannot be read, or none can be written.
        HistoryError: there is no such run.
        SuiteError: the file cannot be written.
    """
    from assay.subjects.samples.formats.exporting import NotWritable, document, written

    target = Path(output)
    writable(target, force=force)
    every = _of_file(str(data), data_format) if data is not None else _of_run(home, run, subject)
    records: list[Record] = []
    left: list[str] = []
    for one in every:
        try:
            records.append(written(format, one))
        except NotWritable as error:
            left.append(f"{one.sample.id!r}: {error}")
    if not records:
        raise SubjectError(
            f"None of the samples can be written for {format}" + (f" ({left[0]})." if left else ".")
        )
    write(target, document(format, records).decode(), force=force)
    return len(records), tuple(left)


def _of_file(path: str, format: str | None) -> Iterator[Answered]:  # noqa: A002
    from assay.subjects.samples.formats.exporting import Answered
    from assay.subjects.samples.reading import open_samples

    for sample in open_samples(SamplesSpec(path=path, format=format), folder=""):
        yield Answered(sample)


def _of_run(home: str | Path, run: str | None, subject: str | None) -> Iterator[Answered]:
    """Samples of a stored run with their answers and scores."""
    from assay.api.stored import stored_run
    from assay.runner.answers import answered

    stored = stored_run(home, run or "latest")
    yield from answered(Path(home) / "runs" / stored.run.id, subject)


def _usable(one: Wanted) -> Wanted:
    """What is asked, held to the metrics that there are, and to what they take."""
    from assay.metrics import load_all
    from assay.suite.exchange.entries import Draft
    from assay.suite.exchange.usable import refusal

    if not one.metric:
        return one
    if one.metric not in load_all():
        return replace(one, metric="", reason=f"there is no check {one.metric}")
    reason = refusal(Draft(metric=one.metric, params=dict(one.params)))
    return one if reason is None else replace(one, metric="", reason=reason)


def _name(source: Path) -> str:
    name = source.name.split(".")[0]
    return name if name.strip() and name.isprintable() else "imported"


def _lines(records: Iterable[Record]) -> str:
    return "".join(msgspec.json.encode(record).decode() + "\n" for record in records)
