"""Data of OpenAI's evals registry: JSON lines with ``input`` (turns, or a text) and ``ideal``.

After docs/build-eval.md of https://github.com/openai/evals (3.0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.subjects.samples.formats.foreign import ForeignFile, Record, Wanted
from assay.subjects.samples.records import RecordFile

if TYPE_CHECKING:
    from collections.abc import Iterator


class OpenAiEvals(ForeignFile):
    """Questions with their ideal answers; what else a line holds are metadata."""

    name = "openai-evals"
    place = "line"

    def samples(self) -> Iterator[tuple[int, Record]]:
        lines = RecordFile(
            self.path, self.written, shape="it must be a mapping with 'input' and 'ideal'",
            example='{"input": [{"role": "user", "content": …}], "ideal": …}',
        )  # fmt: skip
        for line, record in lines.records():
            asked = record.get("input")
            if not isinstance(asked, str | list) or not asked:
                raise self.fault(line, "it has no 'input', neither turns nor a text")
            found: Record = {"messages": asked} if isinstance(asked, list) else {"input": asked}
            rest = {k: v for k, v in record.items() if k not in ("input", "ideal", "id")}
            found |= {"id": record.get("id"), "target": record.get("ideal"), "metadata": rest}
            yield line, found

    def wanted(self) -> Iterator[Wanted]:
        yield Wanted(
            what="ideal", metric="llm.includes",
            reason="the data do not say how answers are held to it (match, includes, fuzzy match)",
        )  # fmt: skip
