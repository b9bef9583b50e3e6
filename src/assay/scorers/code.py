"""Whether the code of an answer passes its tests."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.errors import UntrustedError
from assay.core.scorer import Score, Scorer, scorer
from assay.scorers.sandbox.running import Isolation, hold_ready, run_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange

_FENCE = re.compile(
    r"^[ \t]*```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE
)
_PYTHON = frozenset({"python", "py", "python3"})


@scorer(
    "code",
    binary=True,
    unit="share",
    formula="answers whose code passes its tests / answers",
    reference="Chen et al. 2021, Evaluating Large Language Models Trained on Code, "
    "arXiv 2107.03374",
    example={"check": "assert add(1, 2) == 3"},
)
class Code(Scorer):
    """Share of answers whose Python code passes the tests that come with the sample.

    The code is the first fenced block of Python, else the first block, else the whole answer. Tests
    are Python too: the sample's metadata ``tests`` and then ``check``, run with all names of the
    answer, whose module is ``answer``. They pass if they come to their end.

    Each answer runs in a process of its own with the standard library alone, without an
    environment, and with limits of time, memory, processes and files. On Linux it is shut in as
    well: no network, no files but Python's and its own, no other processes. The run must be
    allowed to run code (``--allow-code``) all the same. An answer that sets out to deceive its
    tests can, since both are one program.
    """

    check: Annotated[str, Meta(description="Tests of every answer, in Python.")] = ""
    field: Annotated[str, Meta(description="The metadata that holds a sample's tests.")] = "tests"
    timeout: Annotated[
        float, Meta(gt=0, le=600, description="Seconds for an answer and its tests.")
    ] = 5.0
    memory: Annotated[int, Meta(ge=64, description="MiB of memory for each of its processes.")] = (
        256
    )
    isolation: Annotated[
        Isolation,
        Meta(description="Shut in (Linux), or held by limits alone: with your files and network."),
    ] = "full"

    def opened(self, folder: str, *, allow_code: bool) -> Code:
        """Itself, where the run allows code to be run and this machine can shut it in."""
        if not allow_code:
            raise UntrustedError(
                "llm.code runs the code of answers.",
                hint="Run with --allow-code if you want that; see `assay explain llm.code`.",
            )
        hold_ready(self.isolation, self.memory << 20)
        return self

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        from concurrent.futures import ThreadPoolExecutor

        hold_ready(self.isolation, self.memory << 20)
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            return list(pool.map(self._one, exchanges))

    def _one(self, exchange: Exchange) -> Score:
        given = exchange.sample.metadata.get(self.field)
        own = "\n".join(map(str, given)) if isinstance(given, list) else given
        tests = "\n".join(part for part in (own, self.check) if isinstance(part, str) and part)
        if not tests.strip():
            return Score(None, f"no tests in {self.field!r}")
        code = code_of(exchange.answer.text)
        if not code.strip():
            return Score(0.0, "no code")
        found = run_code(
            code, tests, timeout_s=self.timeout, memory=self.memory << 20, isolation=self.isolation
        )
        return Score(float(found.passed), found.reason)


def code_of(text: str) -> str:
    """The first fenced block of Python, else the first block, else the text."""
    blocks: list[tuple[str, str]] = _FENCE.findall(text)
    python = [code for language, code in blocks if language.lower() in _PYTHON]
    return (python or [code for _, code in blocks] or [text])[0]
