"""The ``rollout`` section of an experiment file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from assay.core.errors import SuiteError, SuiteErrors, did_you_mean
from assay.experiments.rollout.plan import SHARES, AtMaximum, Need, RolloutPlan, Stage
from assay.suite.nodes import Entries, Leaf
from assay.suite.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.experiments.spec import ExperimentSpec
    from assay.suite.nodes import Node

_STAGE_NUMBERS = ("min_hours", "max_hours")
_STAGE = ("needs", *_STAGE_NUMBERS, "min_units")
_NUMBERS = ("error", "sample_ratio")
_CHOICES = {
    "at_maximum": get_args(AtMaximum),
    "guardrails_need": ("no_harm", "non_inferior"),
}
KEYS = (
    "arm", "primary", "stages", *_STAGE, "margin", "relative_margin", *_NUMBERS, *_CHOICES,
)  # fmt: skip


def rollout_plan(spec: ExperimentSpec) -> RolloutPlan | None:
    """The plan of an experiment's rollout; None where its file has no such section.

    Raises:
        SuiteError: it is not one; everything that is wrong with it, with its place.
    """
    node = spec.sections.get("rollout")
    if node is None:
        return None
    reader = Reader()
    entries = reader.entries(node, "rollout", KEYS)
    if entries is None:
        raise reader.errors[-1]
    given = _given(reader, spec, entries)
    plan = None
    if not reader.errors:
        try:
            plan = RolloutPlan(**given)
        except ValueError as error:
            reader.note(entries.at, str(error))
    if plan is None:
        raise reader.errors[0] if len(reader.errors) == 1 else SuiteErrors(reader.errors)
    _can_be_followed(spec, entries)
    return plan


def _given(reader: Reader, spec: ExperimentSpec, entries: Entries) -> dict[str, Any]:
    items = entries.items
    primary = [m.name for m in spec.metrics if m.role == "primary"]
    given: dict[str, Any] = {
        "experiment": spec.name,
        "control": spec.control,
        "arm": _one_of(reader, entries, "arm", spec.treatments),
        "primary": _one_of(reader, entries, "primary", primary),
        "guardrails": tuple(m.name for m in spec.metrics if m.role == "guardrail"),
    }
    for key in ("margin", "relative_margin"):
        if key in items:
            given |= {"margin": reader.number(items[key], key), "relative": key != "margin"}
    if "margin" in items and "relative_margin" in items:
        reader.note(entries.keys["margin"], "Give `margin` or `relative_margin`, not both.")
    given |= {key: reader.number(items[key], key) for key in _NUMBERS if key in items}
    given |= {
        key: reader.choice(items[key], key, options)
        for key, options in _CHOICES.items()
        if key in items
    }
    common = {"needs": "non_inferior" if given.get("margin") else "superior"}
    common |= _stage_rules(reader, items)
    given["stages"] = _stages(reader, items.get("stages"), common, at=entries)
    return given


def _one_of(reader: Reader, entries: Entries, key: str, known: Any) -> str:
    """The name that is given, or the only one that there is."""
    node = entries.items.get(key)
    if node is None:
        if len(known) == 1:
            return str(known[0])
        there = f"It has {', '.join(known)}." if known else "It has none."
        what = "treatment arm" if key == "arm" else "primary metric"
        reader.note(
            entries.at, f"rollout must say its {key!r}: the experiment has not just one {what}.",
            there,
        )  # fmt: skip
        return ""
    name = reader.text(node, key) or ""
    if name and name not in known:
        reader.note(
            node.at, f"{name!r} cannot be the {key} of a rollout.{did_you_mean(name, known)}",
            f"One of {', '.join(known)}.",
        )  # fmt: skip
    return name


def _stage_rules(reader: Reader, items: Mapping[str, Node]) -> dict[str, Any]:
    """What is said of a stage, or of all of them."""
    given: dict[str, Any] = {}
    if "needs" in items:
        given["needs"] = reader.choice(items["needs"], "needs", get_args(Need))
    for key in _STAGE_NUMBERS:
        node = items.get(key)
        if isinstance(node, Leaf) and node.value is None and key == "max_hours":
            given[key] = None
        elif node is not None:
            given[key] = reader.number(node, key)
    if "min_units" in items:
        given["min_units"] = reader.whole(items["min_units"], "min_units", least=0)
    return given


def _stages(
    reader: Reader, node: Node | None, common: dict[str, Any], *, at: Entries
) -> tuple[Stage, ...]:
    """Stages: shares, or mappings with a share and rules of their own."""
    listed = [] if node is None else list(reader.items(node, "stages") or ())
    made: list[Stage] = []
    for item in listed:
        rules, share = dict(common), None
        if isinstance(item, Entries):
            entries = reader.entries(item, "A stage", ("share", *_STAGE)) or item
            rules |= _stage_rules(reader, entries.items)
            if "share" in entries.items:
                share = reader.number(entries.items["share"], "share")
            else:
                reader.note(item.at, "A stage needs a 'share'.", "For example {share: 0.05}.")
        else:
            share = reader.number(item, "each stage")
        if share is not None and None not in (rules["needs"], rules.get("min_hours", 0)):
            _add(reader, made, item, share=share, rules=rules)
    if node is None:
        for share in SHARES:
            _add(reader, made, at, share=share, rules=common)
    return tuple(made)


def _add(
    reader: Reader, made: list[Stage], at: Node, *, share: float, rules: dict[str, Any]
) -> None:
    try:
        made.append(Stage(share=share, **rules))
    except (TypeError, ValueError) as error:
        reader.note(at.at, str(error))


def _can_be_followed(spec: ExperimentSpec, entries: Entries) -> None:
    """Each stage is judged by what happened in it, so the tables must say when things did."""
    given, events = spec.assignments, spec.events
    if given is None:
        fault, hint = "assignments", "Add `assignments:`, the table of the units."
    elif given.time is None and given.arm is not None:
        fault = "the time of assignments"
        hint = "Name the column: assignments: {table: …, arm: …, time: assigned_at}."
    elif given.time is None and (events is None or events.time is None):
        fault = "the time of events or of assignments"
        hint = "Name the column: events: {table: …, time: at}."
    else:
        return
    raise SuiteError(
        f"A rollout needs {fault}: each stage is judged by what happened in it.",
        location=entries.at,
        hint=hint,
    )
