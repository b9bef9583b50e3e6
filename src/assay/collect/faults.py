"""What is tried on a part of a language model, and what came of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from assay.collect.generation.telling import Teller
    from assay.subjects.language.tokenizer import Turn

T = TypeVar("T")


class Case(NamedTuple):
    """A sample as turns of text.

    Attributes:
        unit: its id; ``cluster`` is None where it is one of its own.
    """

    unit: str
    cluster: str | None
    turns: tuple[Turn, ...]


class Tried(NamedTuple):
    """One thing that was tried.

    Attributes:
        text: that was given; ``became`` is what came of it, where that can be shown.
        fault: what is wrong; None where nothing is.
        part: what of the model was tried: a control token, an invariant.
        deviation: between numbers that should be the same.
    """

    case: Case
    text: str = ""
    became: str = ""
    fault: str | None = None
    part: str = ""
    deviation: float | None = None


async def each(
    of: Sequence[T], trial: Callable[[T], Awaitable[Tried]], at_once: int, teller: Teller
) -> list[Tried]:
    """One trial of each, some at a time, in their order; the first error ends them."""
    todo = iter(enumerate(of))
    found: list[Tried | None] = [None] * len(of)

    async def worker() -> None:
        for place, one in todo:
            found[place] = await trial(one)
            teller.one()

    workers = [asyncio.ensure_future(worker()) for _ in range(min(at_once, len(of)))]
    try:
        await asyncio.gather(*workers)
    finally:
        for task in workers:
            task.cancel()
    return [one for one in found if one is not None]
