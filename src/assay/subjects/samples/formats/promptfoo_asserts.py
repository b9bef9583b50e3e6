"""What tests of promptfoo assert, as checks: one for each kind, over the samples that ask it.

After https://www.promptfoo.dev/docs/configuration/expected-outputs.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from assay.subjects.samples.decoding import from_json
from assay.subjects.samples.formats.foreign import Wanted
from assay.subjects.samples.formats.shape import items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

JUDGE = "grader"
"""The subject that judges, in the suite that is written."""
Case = tuple[int, int]
"""Number of a test, and of the combination of its listed variables."""

_TARGETED: dict[str, tuple[str, dict[str, Any], str]] = {
    "equals": ("llm.exact_match", {}, "white space at the ends does not matter here"),
    "contains": ("llm.includes", {"ignore_case": False, "words": False}, ""),
    "icontains": ("llm.includes", {"words": False}, ""),
    "contains-any": ("llm.includes", {"ignore_case": False, "words": False}, ""),
    "icontains-any": ("llm.includes", {"words": False}, ""),
    "contains-all": ("llm.includes", {"ignore_case": False, "words": False, "every": True}, ""),
    "icontains-all": ("llm.includes", {"words": False, "every": True}, ""),
    "rouge-n": ("llm.rouge", {"n": 1}, "the mean is held to the threshold, not each answer"),
    "bleu": ("llm.bleu", {}, "the mean is held to the threshold, not each answer"),
    "meteor": ("llm.meteor", {}, "the mean is held to the threshold, not each answer"),
    "factuality": ("llm.factuality", {"judge": JUDGE}, "it is judged by another prompt"),
    "context-recall": ("llm.context_recall", {"judge": JUDGE}, "it is judged by another prompt"),
}
"""Asserts whose value is the target of their sample."""
_ANYWHERE = ("contains", "icontains", "contains-any", "icontains-any")
_THRESHOLDS = {"rouge-n": 0.75, "bleu": 0.5, "meteor": 0.5, "context-recall": 0.5}
"""What holds there where a test says nothing."""
_CODE = ("javascript", "python", "ruby", "webhook")
_RUBRICS = ("llm-rubric", "model-graded-closedqa", "g-eval")
_BY_JUDGE = {
    "answer-relevance": "llm.answer_relevance",
    "context-faithfulness": "llm.faithfulness",
}
_JUDGED = (
    *_RUBRICS, "context-relevance", "conversation-relevance", "select-best", "search-rubric",
    "agent-rubric", "max-score", "pi",
)  # fmt: skip
_NOT_RE2 = re.compile(r"\(\?[=!]|\(\?<[=!]|\\[1-9]|\\k<")


class _Kind(NamedTuple):
    """Asserts that one check stands for."""

    name: str
    metric: str
    params: str
    criterion: tuple[str, Any]
    reason: str


class Asserts:
    """Collects asserts of all tests.

    Args:
        cases: how many samples a prompt has.

    Attributes:
        targets: of each case, the texts that are right.
        flags: of each case, metadata that tell which checks are about it.
    """

    def __init__(self, cases: int) -> None:
        self._cases = cases
        self.targets: dict[Case, list[str]] = {}
        self.flags: dict[Case, list[str]] = {}
        self._targeted: dict[Case, str] = {}
        self._kinds: dict[_Kind, set[Case]] = {}
        self._left: Counter[tuple[str, str]] = Counter()

    def add(self, case: Case, asked: dict[str, Any], value: Any) -> None:
        """One assert of a case; ``value`` is its value, filled in."""
        kind = str(asked.get("type"))
        if kind == "assert-set":
            held = asked.get("assert")
            if asked.get("threshold") is None:
                for one in items(held, "assert"):
                    inner = mapping(one, "assert")
                    self.add(case, inner, inner.get("value"))
                return
            self.leave(asked, "a share of several asserts has no counterpart")
            return
        threshold = asked.get("threshold")
        if not isinstance(threshold, int | float | None) or not math.isfinite(threshold or 0):
            self.leave(asked, "its threshold is no number")
            return
        negated = kind.startswith("not-")
        plain = kind.removeprefix("not-")
        if plain in _TARGETED:
            self._target(case, asked, plain, value, negated=negated)
            return
        found = _untargeted(plain, asked, value)
        if isinstance(found, str):
            self.leave(asked, found)
            return
        metric, params, criterion, reason = found
        if negated and metric in ("llm.cost", "llm.latency"):
            self.leave(asked, "the opposite of a bound has no counterpart")
            return
        self._note(
            case, kind, metric, params, _opposite(criterion) if negated else criterion, reason
        )

    def leave(self, asked: dict[str, Any], reason: str) -> None:
        """Note an assert that no check stands for."""
        self._left[str(asked.get("type")), reason] += 1

    def wanted(self) -> Iterator[Wanted]:
        """A check for each kind; then what has none."""
        for number, (kind, cases) in enumerate(self._kinds.items()):
            yield Wanted(
                what=kind.name, metric=kind.metric, params=msgspec.json.decode(kind.params),
                criterion=kind.criterion, reason=kind.reason,
                where="" if len(cases) == self._cases else flag(number, kind.name),
            )  # fmt: skip
        for (name, reason), n in self._left.items():
            yield Wanted(what=f"{name} (×{n})" if n > 1 else name, reason=reason)

    def _target(
        self, case: Case, asked: dict[str, Any], plain: str, value: Any, *, negated: bool
    ) -> None:
        texts = _texts(value, split=plain.endswith(("-any", "-all")))
        kind = str(asked.get("type"))
        if texts is None:
            self.leave(asked, "its value is no text")
            return
        metric, params, reason = _TARGETED[plain]
        held = self._targeted.setdefault(case, kind)
        if self.targets.setdefault(case, texts) != texts:
            if plain not in _ANYWHERE:
                self.leave(
                    asked,
                    f"a sample has one target, and `{held}` of the same test has another value",
                )
                return
            # What stands anywhere is found by a pattern as well, which needs no target.
            metric = "llm.matches"
            params = {"pattern": "|".join(re.escape(text) for text in texts)}
            params |= {"ignore_case": True} if plain.startswith("i") else {}
        least = 1.0
        if plain in _THRESHOLDS:
            least = float(asked.get("threshold") or _THRESHOLDS[plain])
        criterion = ("at_least", least) if not negated else _opposite(("at_least", least))
        self._note(case, kind, metric, params, criterion, reason)

    def _note(
        self, case: Case, name: str, metric: str, params: dict[str, Any],
        criterion: tuple[str, Any], reason: str,
    ) -> None:  # fmt: skip
        written = msgspec.json.encode(params, order="deterministic").decode()
        kind = _Kind(name, metric, written, criterion, reason)
        self._kinds.setdefault(kind, set()).add(case)
        mark = flag(list(self._kinds).index(kind), name)
        if mark not in self.flags.setdefault(case, []):
            self.flags[case].append(mark)


def flag(number: int, name: str) -> str:
    """The metadata field that tells which samples a check is about."""
    return f"assert_{number + 1}_{re.sub(r'[^a-z0-9]+', '_', name.lower())}"


def _opposite(criterion: tuple[str, Any]) -> tuple[str, Any]:
    """Of an assert that must not hold."""
    word, value = criterion
    return ("at_most", 0.0) if word == "at_least" and value == 1.0 else ("at_most", value)


def _untargeted(
    plain: str, asked: dict[str, Any], value: Any
) -> tuple[str, dict[str, Any], tuple[str, Any], str] | str:
    """Metric, parameters, criterion and what differs; or why there is no metric."""
    every = ("at_least", 1.0)
    if plain == "is-json":
        return _json(value)
    if plain == "word-count" and (bounds := _bounds(value)):
        return "llm.within_length", bounds, every, ""
    if plain in _RUBRICS and isinstance(value, str) and value.strip():
        least = ("at_least", float(asked.get("threshold") or 1.0))
        params = {"judge": JUDGE, "rubric": value, "scale": [0, 1]}
        return "llm.judge", params, least, "it is judged by another prompt"
    if plain in _BY_JUDGE:
        least = ("at_least", float(asked.get("threshold") or 0.0))
        reason = "it is judged by another prompt, and the mean is held to the threshold"
        return _BY_JUDGE[plain], {"judge": JUDGE}, least, reason
    if plain == "similar":
        return "it needs an embedder: write `llm.similarity` with one"
    if plain == "is-refusal":
        return "llm.refusal", {}, every, "found by other phrases"
    if plain == "regex" and isinstance(value, str):
        if _NOT_RE2.search(value):
            return "RE2 has no lookaround and no backreferences"
        return "llm.matches", {"pattern": f"(?-s){value}"}, every, ""
    if plain == "starts-with" and isinstance(value, str):
        return "llm.matches", {"pattern": f"^{re.escape(value)}"}, every, ""
    threshold = asked.get("threshold")
    if plain == "cost" and isinstance(threshold, int | float):
        return (
            "llm.cost", {}, ("at_most", float(threshold)),
            "the mean is held to the threshold, not each answer",
        )  # fmt: skip
    if plain == "latency" and isinstance(threshold, int | float):
        return (
            "llm.latency", {"quantile": 0.95}, ("at_most", float(threshold) / 1000),
            "the 95th percentile is held to the threshold, not each answer; seconds, not ms",
        )  # fmt: skip
    if plain in _CODE:
        return "it is code, which is not executed"
    if plain in _JUDGED:
        return "it needs a judge: name one, and its rubric, in a check of your own"
    return "it has no counterpart"


def _json(value: Any) -> tuple[str, dict[str, Any], tuple[str, Any], str] | str:
    """JSON, held to a schema where there is one: a mapping, or its text."""
    schema = value
    if isinstance(value, str):
        try:
            schema = from_json(value)
        except ValueError:
            return "its schema is no JSON"
    if schema is None:
        return "llm.is_json", {}, ("at_least", 1.0), ""
    if not isinstance(schema, dict):
        return "its schema is no mapping"
    return "llm.json_schema", {"schema": schema}, ("at_least", 1.0), ""


def _bounds(value: Any) -> dict[str, int]:
    """The fewest and the most words; none where the value is neither."""
    if isinstance(value, int):
        value = {"min": value, "max": value}
    held = value if isinstance(value, dict) else {}
    named = {"least": held.get("min"), "most": held.get("max")}
    return {name: bound for name, bound in named.items() if isinstance(bound, int)}


def _texts(value: Any, *, split: bool) -> list[str] | None:
    """The texts of a value; a list may be written as one text with commas."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")] if split else [value]
    if isinstance(value, list):
        return [str(one) for one in value]
    if isinstance(value, int | float | bool):
        return [msgspec.json.encode(value).decode()]
    return None
