"""Whether a model called the tools that it should have called."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from msgspec import Meta

from assay.core.scorer import Score, Scorer, scorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange, ToolCall


class _Call(NamedTuple):
    name: str
    arguments: Any
    """The decoded arguments; None where they are no JSON."""


@scorer(
    "tool_call",
    needs=("target",),
    binary=True,
    unit="share",
    formula="answers whose calls of tools are those of a target / answers",
    reference="as the AST evaluation of the Berkeley Function Calling Leaderboard, Patil et al. "
    "2025, ICML",
)
class ToolCalls(Scorer):
    """Share of answers that call the tools of a target, with its arguments.

    A target is JSON: ``{"name": "book", "arguments": {"seats": 2}}``, or a list of such, or ``[]``
    where no tool should be called. Of several targets any is right. Arguments are equal as JSON is:
    the order of names does not matter, 2 is 2.0, and "2" is not. A target of another form is an
    error of the samples: it is not scored. What the tools would answer is not looked at.
    """

    arguments: Annotated[
        Literal["equal", "subset", "ignored"],
        Meta(description="Equal, at least those of the target, or of no account."),
    ] = "equal"
    ordered: Annotated[bool, Meta(description="Calls must come in the target's order.")] = False
    extra: Annotated[bool, Meta(description="Further calls do no harm.")] = False

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        return [self._one(e.answer.tool_calls, e.sample.target) for e in exchanges]

    def _one(self, calls: Sequence[ToolCall], targets: Sequence[str]) -> Score:
        wanted = [read for target in targets if (read := _wanted(target)) is not None]
        if not wanted:
            return Score(None, "no target is a list of calls")
        given = [_Call(call.name, _decoded(call.arguments or "{}")) for call in calls]
        reasons = [self._refusal(given, target) for target in wanted]
        return Score(0.0, reasons[0]) if all(reasons) else Score(1.0)

    def _refusal(self, given: Sequence[_Call], wanted: Sequence[_Call]) -> str:
        """Why the calls are not those that were wanted; "" where they are."""
        if len(given) > len(wanted) and not self.extra:
            return f"{_counted(len(given))}, not {len(wanted)}"
        fits = [[self._fits(call, target) for call in given] for target in wanted]
        lacking = _first_unmatched(fits, ordered=self.ordered)
        if lacking is None:
            return ""
        target = wanted[lacking]
        if all(call.name != target.name for call in given):
            return f"no call of {target.name!r}"
        if any(fits[lacking]):
            return f"{target.name!r} is called too few times, or too early"
        return f"{target.name!r} is called with other arguments"

    def _fits(self, call: _Call, target: _Call) -> bool:
        if call.name != target.name:
            return False
        if self.arguments == "ignored":
            return True
        if not isinstance(call.arguments, dict):
            return False
        if self.arguments == "equal" and call.arguments.keys() != target.arguments.keys():
            return False
        return all(
            name in call.arguments and _same(call.arguments[name], value)
            for name, value in target.arguments.items()
        )


def _counted(calls: int) -> str:
    return "1 call" if calls == 1 else f"{calls} calls"


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _wanted(target: str) -> list[_Call] | None:
    """The calls that a target names; None where it is of another form."""
    read = _decoded(target)
    calls = [read] if isinstance(read, dict) else read
    if not isinstance(calls, list):
        return None
    found = []
    for call in calls:
        if not isinstance(call, dict) or not isinstance(call.get("name"), str):
            return None
        arguments = call.get("arguments", {})
        arguments = _decoded(arguments) if isinstance(arguments, str) else arguments
        if not isinstance(arguments, dict):
            return None
        found.append(_Call(call["name"], arguments))
    return found


def _same(one: Any, other: Any) -> bool:
    """Whether two values of JSON are equal: true is not 1, though Python says so."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    return bool(one == other)


def _first_unmatched(fits: Sequence[Sequence[bool]], *, ordered: bool) -> int | None:
    """A wanted call that no given call is left for; None where each has one of its own."""
    if ordered:
        at = 0
        for target, row in enumerate(fits):
            at = next((i + 1 for i in range(at, len(row)) if row[i]), -1)
            if at < 0:
                return target
        return None
    taken: dict[int, int] = {}
    for target in range(len(fits)):
        if not _matched(target, fits, taken, set()):
            return target
    return None


def _matched(
    target: int, fits: Sequence[Sequence[bool]], taken: dict[int, int], seen: set[int]
) -> bool:
    """Give a target a call, moving others to further calls that fit them (Kuhn 1955)."""
    for call, fit in enumerate(fits[target]):
        if fit and call not in seen:
            seen.add(call)
            if call not in taken or _matched(taken[call], fits, taken, seen):
                taken[call] = target
                return True
    return False
