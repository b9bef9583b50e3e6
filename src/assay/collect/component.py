"""What a part of a language model does with samples: observations on the disk, without an answer.

A tokenizer, a chat template and a network are tried by themselves. What fails there shows in every
answer, and is found here without one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from assay.collect.atomic import make_folder, write_parquet
from assay.collect.faults import Case, Tried
from assay.collect.generation.loop import run_to_end
from assay.collect.generation.telling import Teller
from assay.collect.rendering import template
from assay.collect.tokenization import round_trip, special_tokens
from assay.core.errors import SubjectError
from assay.core.progress import Progress, silent
from assay.core.schema import BECAME, CLUSTER, DEVIATION, FAULT, PART, TEXT, UNIT
from assay.core.source import Files
from assay.subjects.language.failures import CallFailure
from assay.subjects.language.formats.parts import text_of
from assay.subjects.language.opening_tokenizer import open_tokenizer
from assay.subjects.language.tokenizer import Turn
from assay.subjects.language.turns import turns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

    from assay.core.check import LanguageModelSpec
    from assay.core.collection import Component
    from assay.core.exchange import Message, Sample


@dataclass(frozen=True, slots=True)
class Examined:
    """What was tried, on the disk.

    Attributes:
        source: a Parquet file, one row for each thing that was tried: ``assay.unit`` (the sample's
            id), ``assay.cluster``, ``assay.part`` (a control token, or an invariant; else ""),
            ``assay.text``, ``assay.became``, ``assay.fault`` (what is wrong; null where nothing
            is), ``assay.deviation`` (of numbers that should be the same; null where there are
            none).
        notes: what a person should know.
    """

    source: Files
    notes: tuple[str, ...] = ()


def collect_component(
    samples: Iterable[Sample],
    spec: LanguageModelSpec,
    wish: Component,
    *,
    suite_folder: str,
    folder: str | os.PathLike[str],
    progress: Progress = silent,
    task_name: str = "component",
) -> Examined:
    """Try the part on the samples.

    Args:
        suite_folder: where the paths of weights start.

    Raises:
        SubjectError: the model does not show this part, nobody is there, or there is nothing to
            try.
        MissingExtraError: a library is not installed.
        StorageError: the observations cannot be written.
        KeyboardInterrupt: Ctrl-C was pressed.
    """
    cases, notes = _cases(samples, spec, wish)
    teller = Teller(progress, task_name, None)
    if wish.part == "invariants":
        from assay.collect.invariants import invariants

        rows = invariants(cases, spec, wish, folder=suite_folder, teller=teller)
    else:
        rows = run_to_end(_asked(cases, spec, wish, suite_folder, teller))
    teller.tell()
    make_folder(str(folder))
    path = os.path.join(folder, "part-000000.parquet")
    write_parquet(path, _table(rows), {})
    return Examined(Files((path,), "parquet"), notes)


async def _asked(
    cases: Sequence[Case],
    spec: LanguageModelSpec,
    wish: Component,
    folder: str,
    teller: Teller,
) -> list[Tried]:
    ways = {"round_trip": round_trip, "special_tokens": special_tokens, "template": template}
    try:
        async with open_tokenizer(spec, folder=folder) as tokenizer:
            return await ways[wish.part](tokenizer, cases, spec.concurrency, teller)
    except CallFailure as failure:
        raise SubjectError(f"The tokenizer refuses what it is asked: {failure}.") from None


def _cases(
    samples: Iterable[Sample], spec: LanguageModelSpec, wish: Component
) -> tuple[list[Case], tuple[str, ...]]:
    """The samples as turns of text, and what of them could not be.

    Raises:
        SubjectError: none is left.
    """
    found: list[Case] = []
    left_out, more = 0, False
    for sample in islice(samples, wish.samples + 1):
        if len(found) + left_out == wish.samples:
            more = True
            break
        messages = turns_of(sample, spec)
        if not messages or any(map(_more_than_text, messages)):
            left_out += 1
            continue
        turns = tuple(Turn(message.role, text_of(message)) for message in messages)
        found.append(Case(sample.id, sample.cluster, turns))
    notes = []
    if left_out:
        notes.append(f"{left_out:,} samples with images or tool calls were left out.")
    if more:
        notes.append(f"The first {wish.samples:,} samples were tried.")
    if not found:
        raise SubjectError("There is no sample of plain text to try this on.")
    return found, tuple(notes)


def _more_than_text(message: Message) -> bool:
    content = message.content
    pictured = isinstance(content, list) and any(part.get("type") != "text" for part in content)
    return pictured or bool(message.tool_calls) or message.role == "tool"


def _table(rows: Sequence[Tried]) -> pa.Table:
    import pyarrow as pa

    text = pa.string()
    columns = {
        UNIT: pa.array([row.case.unit for row in rows], text),
        PART: pa.array([row.part for row in rows], text),
        TEXT: pa.array([row.text for row in rows], text),
        BECAME: pa.array([row.became for row in rows], text),
        FAULT: pa.array([row.fault for row in rows], text),
        DEVIATION: pa.array([row.deviation for row in rows], pa.float64()),
    }
    if any(row.case.cluster is not None for row in rows):
        columns[CLUSTER] = pa.array([row.case.cluster for row in rows], text)
    return pa.table(columns)
