"""A starter suite: from what a table (and a model) look like to requirements that they meet."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from assay.suite.starter.held import NOTHING_HELD
from assay.suite.starter.model import MODEL, model_groups
from assay.suite.starter.parts import inert
from assay.suite.starter.table import identifiers, table_groups
from assay.suite.starter.yaml import WIDTH, dumped, inline, parameters

if TYPE_CHECKING:
    from ruamel.yaml.comments import CommentedMap

    from assay.core.profile import TableProfile
    from assay.suite.starter.held import Held
    from assay.suite.starter.model import ModelFacts
    from assay.suite.starter.parts import Proposal

DATA = "data"
"""Name of the table in a starter suite."""

_ONE_LINE = 88
_NOTES = 24


def starter(
    profile: TableProfile,
    *,
    name: str,
    table: Any,
    file: str,
    now: float,
    model: ModelFacts | None = None,
    held: Held = NOTHING_HELD,
) -> str:
    """The text of a suite about a table, and about a model that predicts a column of it.

    Names and values are written by ruamel.yaml, which quotes them; comments repeat names only
    where nothing in them is invisible. A profile of no rows gives what is known without them.

    Args:
        name: the suite's.
        table: where the table is, as a suite says it.
        file: the suite's own name, for the comment that says how to run it.
        now: seconds since 1970 UTC, which dates count as recent from.
        held: what became of the proposals on rows that they were not estimated from.
    """
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    keys = identifiers(profile)
    subjects = CommentedMap()
    subjects[DATA] = parameters({"table": table} | ({"unit": keys[0]} if len(keys) == 1 else {}))
    sections = list(table_groups(profile, on=DATA, now=now, held=held))
    if model is not None:
        subjects[MODEL] = parameters(_model(model))
        sections += model_groups(model, profile, data=DATA)
    checks = CommentedSeq()
    pending = ""  # comments that wait for the check they stand before
    for title, groups in sections:
        if not groups:
            continue
        pending += ("\n" if pending else "") + f"\n---- {title} " + "-" * (WIDTH - 10 - len(title))
        for position, group in enumerate(groups):
            pending += ("\n\n" if position and pending else "\n") + _comment(group.reason)
            for proposal in group.checks:
                checks.append(_check(proposal))
                if pending:
                    at = len(checks) - 1
                    before = pending if at else pending.lstrip("\n")
                    checks.yaml_set_comment_before_after_key(at, before=before, indent=2)
                    pending = ""
    root = CommentedMap(suite=inline(name), subjects=subjects, checks=checks)
    root.yaml_set_start_comment(_heading(profile, file, held))
    for key in ("subjects", "checks"):
        root.yaml_set_comment_before_after_key(key, before="\n")
    return dumped(root) + "".join(
        f"  # {line}".rstrip() + "\n" if line else "\n" for line in pending.split("\n")[1:]
    )


def proposals(profile: TableProfile) -> list[Proposal]:
    """What would be proposed about the values of a table, to be checked on other rows."""
    sections = table_groups(profile, on=DATA, now=0.0)
    return [proposal for _, groups in sections for group in groups for proposal in group.checks]


def _heading(profile: TableProfile, file: str, held: Held) -> str:
    size = f"{profile.rows:,} row{'s' * (profile.rows != 1)}, {len(profile.columns):,} columns"
    return _comment(
        f"A first suite, from {inert(profile.source)} ({size}). Its bounds come from these rows, "
        "with room for chance: tighten what you know better, and delete what does not matter.\n"
        f"{held.split}{chr(10) if held.split else ''}"
        f"Run it: assay run {inert(file)}"
    )


def _model(facts: ModelFacts) -> dict[str, Any]:
    found: dict[str, Any] = {"model": facts.path, "task": facts.task, "target": facts.target}
    return found | ({"positive": facts.positive} if facts.positive is not None else {})


def _check(proposal: Proposal) -> CommentedMap:
    """An item of ``checks``: the metric's mapping on one line where it fits, and the note behind
    the criterion."""
    from ruamel.yaml.comments import CommentedMap

    params = proposal.params
    item = CommentedMap({proposal.metric: parameters(params)})
    if len(proposal.metric) + len(str(params).replace("'", "")) > _ONE_LINE:
        item[proposal.metric] = CommentedMap({key: inline(value) for key, value in params.items()})
    item.update(proposal.beside)
    if proposal.note and proposal.beside:
        first = next(iter(proposal.beside))
        item.yaml_add_eol_comment(inert(proposal.note, 200), first, column=_NOTES)
    return item


def _comment(text: str) -> str:
    """The text in lines that fit; its own line breaks are kept."""
    lines = (wrap(line, WIDTH - 6) for line in text.split("\n"))
    return "\n".join(part for several in lines for part in several)
