"""What a file of samples asks, as the text of a suite: a check each, and a comment for the rest."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from assay.subjects.samples.formats.promptfoo_asserts import JUDGE
from assay.suite.starter.parts import inert
from assay.suite.starter.yaml import WIDTH, WithVariables, dumped, inline, parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.subjects.samples.formats.foreign import Wanted

_LONGEST = 500
MODEL = {"llm": WithVariables("${LLM_URL}"), "model": WithVariables("${LLM_MODEL}")}
"""The model of a suite whose file has no answers: it is named when the suite is run."""


GRADER = {
    "llm": WithVariables("${JUDGE_URL}"), "model": WithVariables("${JUDGE_MODEL}"), "temperature": 0
}  # fmt: skip
"""The judge, where a check needs one; likewise."""


def needs_judge(wanted: Sequence[Wanted]) -> bool:
    """Whether a check asks another model what it thinks of the answers."""
    return any(one.metric and "judge" in one.params for one in wanted)


def said_variables(wanted: Sequence[Wanted], *, answered: bool) -> str:
    """The variables of the environment that the suite takes, before a command."""
    names = [] if answered else ["LLM_URL", "LLM_MODEL"]
    names += ["JUDGE_URL", "JUDGE_MODEL"] if needs_judge(wanted) else []
    return "".join(f"{name}=… " for name in names)


def language_suite_text(
    wanted: Sequence[Wanted],
    *,
    name: str,
    source: str,
    format: str,  # noqa: A002 - the option's name
    answered: bool,
) -> str:
    """The suite over ``samples.jsonl`` and, where there are some, ``answers.jsonl`` beside it.

    Args:
        name: of the suite.
        source: the file's name, for the heading.
        format: the tool that wrote it.
        answered: the file has answers.
    """
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    bot = parameters({"answers": "answers.jsonl"} if answered else MODEL)
    subjects = CommentedMap(bot=bot, qa=parameters({"samples": "samples.jsonl"}))
    judged = needs_judge(wanted)
    if judged:
        subjects[JUDGE] = parameters(GRADER)
    checks = CommentedSeq()
    pending: list[str] = []
    for one in wanted:
        if one.reason or not one.metric:
            word = f"{one.what}:" if one.metric else f"Not mapped: {one.what}:"
            pending += _comment(f"{inert(word, 200)} {inert(one.reason, _LONGEST)}.")
        if not one.metric:
            continue
        checks.append(_item(one))
        if pending:
            at = len(checks) - 1
            before = ("\n" if at else "") + "\n".join(pending)
            checks.yaml_set_comment_before_after_key(at, before=before, indent=2)
            pending = []
    root = CommentedMap(suite=inline(name), subjects=subjects, checks=checks)
    left = sum(not one.metric for one in wanted)
    heading = f"Imported from {inert(source)} ({format})"
    are = "is" if left == 1 else "are"
    heading += f"; {left} could not be mapped and {are} named below." if left else "."
    if not any(one.criterion for one in wanted if one.metric):
        heading += "\nIt only reports: write what you require, as `at_least: 0.9`."
    run = f"Run it: {said_variables(wanted, answered=answered)}assay run suite.yaml"
    root.yaml_set_start_comment("\n".join([*_comment(heading), *_comment(run)]))
    for key in ("subjects", "checks"):
        root.yaml_set_comment_before_after_key(key, before="\n")
    rest = "".join(f"  # {line}\n" for line in pending)
    return dumped(root) + (f"\n{rest}" if rest else "")


def _item(one: Wanted) -> Any:
    """A check; what the file holds each of its samples to speaks of these samples alone."""
    from ruamel.yaml.comments import CommentedMap

    params: dict[str, Any] = {"on": "bot", "data": "qa", **one.params}
    if one.where:
        params["where"] = one.where
    item = CommentedMap({one.metric: parameters(params)})
    if one.criterion is None:
        item["severity"] = "info"
        return item
    word, value = one.criterion
    item[word] = value
    item["claim"] = "batch"
    return item


def _comment(text: str) -> list[str]:
    return [line for part in text.splitlines() for line in wrap(part, WIDTH - 6)]
