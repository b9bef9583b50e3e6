"""Work on many things at once of which some spoil it: the others must not be done one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")


def in_halves(
    items: Sequence[T],
    work: Callable[[Sequence[T]], R],
    *,
    caught: tuple[type[BaseException], ...] = (Exception,),
) -> Iterator[tuple[T, R | BaseException]]:
    """What work gives for as many items as can be done together; the error of an item alone.

    One item of n that fails costs two times the logarithm of n, and not n, pieces of work. Where
    all fail it is twice as many as one by one.

    Args:
        items: known to fail together, where there are several.
        caught: errors that belong to an item; others are raised.
    """
    if len(items) > 1:
        middle = len(items) // 2
        for half in (items[:middle], items[middle:]):
            yield from _together(half, work, caught)
    elif items:
        yield from _together(items, work, caught)


def _together(
    items: Sequence[T], work: Callable[[Sequence[T]], R], caught: tuple[type[BaseException], ...]
) -> Iterator[tuple[T, R | BaseException]]:
    try:
        done = work(items)
    except caught as error:
        if len(items) == 1:
            yield items[0], error
        else:
            yield from in_halves(items, work, caught=caught)
    else:
        for item in items:
            yield item, done
