"""Transcripts as a run hands them over: real ones, hostile ones, many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.report.hostile_run import PAYLOADS

from assay.core.exchange import Answer, Message, Sample, Tokens, ToolCall
from assay.core.transcript import Judged, Taken, Transcript, Transcripts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHECKS = ("bot@qa/llm.includes", "bot@qa/llm.groundedness", "bot@qa/llm.length")


def group(items: Sequence[Transcript], *, data: str = "qa", model: str = "bot") -> Transcripts:
    """These transcripts, in this order."""
    taken = Taken(
        seconds=(0.1, 0.2, 0.4), first_token_s=(0.05, 0.1, 0.3), prompt_tokens=(9.0, 10.0, 11.0),
        completion_tokens=(2.0, 2.0, 90.0), cost=0.25, answers=3, cached=1, failed=2,
    )  # fmt: skip
    return Transcripts(model, data, CHECKS, len(items), lambda: iter(items), taken)


def transcript(number: int, *, wrong: bool, text: str | None = None) -> Transcript:
    """A question with an answer."""
    said = text or ("I think it is Atlantis." if wrong else f"It is town {number}.")
    value = 0.0 if wrong else 1.0
    return Transcript(
        Sample(
            id=f"q{number}", input=f"Which town has the number {number}?",
            target=(f"town {number}",), context=(f"Town {number} is small.",),
            cluster=f"doc-{number % 7}",
            metadata={"region": "north" if number % 2 else "south", "serial": number},
        ),
        (
            Answer(
                unit=f"q{number}", text=said, tokens=Tokens(prompt=10, completion=4), cost=0.000123,
                seconds=0.25, first_token_s=0.1,
            ),
        ),
        (
            Judged(value, "not in the answer" if wrong else "", 1 - value),
            Judged(0.5, "the context says nothing of it", 0.5) if wrong else Judged(1.0, "", 0.0),
            Judged(float(len(said))),
        ),
    )  # fmt: skip


def example(n: int = 60) -> list[Transcript]:
    """Of each kind that there is; the first third falls short."""
    items = [transcript(i, wrong=i < n // 3) for i in range(n)]
    items[1] = _with(items[1], text="", refusal="I cannot help with that.")
    items[2] = _with(items[2], text="Long. " * 3_000, finish="length")
    items[3] = _with(items[3], text="", tool_calls=(ToolCall(name="look_up", arguments='{"n":3}'),))
    items[4] = _with(items[4], error="429: too many calls", text="")
    again = items[5].answers[0]
    items[5] = Transcript(
        items[5].sample,
        (
            again,
            Answer(
                unit="q5",
                repeat=1,
                text="Town five, surely.",
                seconds=0.5,
                cached=True,
                context=("A list of towns.",),
            ),
        ),
        items[5].judged,
    )
    items[6] = Transcript(
        Sample(
            id="q6",
            messages=(
                Message(role="system", content="Answer briefly."),
                Message(role="user", content=[{"type": "text", "text": "What is on the picture?"},
                                              {"type": "image_url", "image_url": {"url": "x"}}]),
            ),
        ),
        items[6].answers,
        (None, None, items[6].judged[2]),
    )  # fmt: skip
    return items


def _with(item: Transcript, **fields: object) -> Transcript:
    from msgspec.structs import replace

    return Transcript(item.sample, (replace(item.answers[0], **fields),), item.judged)


def hostile() -> list[Transcript]:
    """Payloads wherever text can stand."""
    return [_hostile(i, text) for i, text in enumerate(PAYLOADS)]


def _hostile(number: int, text: str) -> Transcript:
    return Transcript(
        Sample(
            id=f"{number}{text}", input=text, target=(text,), context=(text, text), choices=(text,),
            messages=(Message(role="user", content=text, name=text),), cluster=text,
            metadata={text: text, "__proto__": text, "list": [text]},
        ),
        (
            Answer(unit="x", text=text, refusal=text, finish="other",
                   tool_calls=(ToolCall(name=text, arguments=text),)),
            Answer(unit="x", repeat=1, error=text),
        ),
        (Judged(0.0, text, 1.0), None, None),
    )  # fmt: skip


def many(n: int) -> Transcripts:
    """So many, made while they are read."""

    def read() -> Iterator[Transcript]:
        for number in range(n):
            yield transcript(number, wrong=number < n // 10)

    return Transcripts("bot", "qa", CHECKS, n, read)
