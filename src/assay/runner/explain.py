"""What a run would do, without doing it: what shares which scan, and what is kept already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from assay.core.collection import (
    Artefact,
    Component,
    Generations,
    Groups,
    Latency,
    Load,
    OfTable,
    Predictions,
    Rows,
    Scores,
    Selected,
)
from assay.core.errors import AssayError
from assay.core.expr import Member, Repeated
from assay.runner.cluster_counts import counts_of, not_counted
from assay.runner.derive import Deriving, NotApplicable
from assay.runner.draw_more import why_all, why_all_answers
from assay.runner.expand import expand
from assay.runner.hearing import trials_of
from assay.runner.levels import limits_of
from assay.runner.observe import wishes_of
from assay.runner.opening import open_subjects
from assay.runner.questions import nodes
from assay.runner.results import words_of
from assay.runner.run_plan import Collected, Files, RunPlan, Scan, TablePlan, Untried, Whole
from assay.runner.task import CAUGHT, Task
from assay.states import Quantiles, Sample
from assay.subjects.table import describe

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from assay.core.aggregate import Aggregate
    from assay.core.check import Check, Suite
    from assay.core.engine import Engine
    from assay.runner.kept_states import Store
    from assay.runner.opening import Opened

Wishes = dict["Aggregate[Any]", list[tuple[int, str]]]
"""Aggregates, each with the checks that want it: position in the suite, and id."""

_SHARED = "everything that one pass can fold"
_COUNTED = "first, how many different values there are: some metrics take only so many"
_MORE = "one query holds only so many aggregates"
_ROWS = "these need the rows themselves"
_SKETCHES = "sketches of quantiles, which merge, are built from the rows"


def explain(suite: Suite, engine: Engine, *, states: Store | None = None) -> RunPlan:
    """Plan a suite without running it: no row is read, and nothing is written.

    Of incremental tables, new files are hashed, to know them as new.

    Args:
        states: where those of incremental tables are kept.
    """
    opened = open_subjects(suite, engine, allow_code=False, states=states, explaining=True)
    expansion = expand(suite, opened.schemas)
    untried = [
        Untried(check=problem.check_id or spec.metric, reason=_reason(spec.on, opened, problem))
        for spec, problem in expansion.problems
    ]
    deriving = Deriving(opened, engine)
    tasks: list[Task] = []
    for check in expansion.checks:
        try:
            task = _task(check, opened, deriving)
            if task is not None:
                for table, schema in task.tables:
                    task.requests(table, schema)
                limits_of(task)
                tasks.append(task)
        except CAUGHT as error:  # a metric's own code: what would be the verdict of this check
            untried.append(Untried(check=check.id, reason=words_of(error)))
    counted = _counted(tasks, opened.growing)
    tables: list[TablePlan] = []
    for table, wishes in _wishes(tasks).items():
        made = next((t for t in tasks if t.derived and (table, t.schema) in t.tables), None)
        try:
            tables.append(
                _table(table, wishes, opened, engine, counted=counted.get(table, {}), made=made)
            )
        except AssayError as error:
            untried += [Untried(check=name, reason=str(error)) for name in _checks(wishes)]
    deriving.close()
    return RunPlan(
        suite=suite.name,
        engine=engine.identity,
        tables=tables,
        collected=_collected(suite, expansion.checks) + _judged(expansion.checks, opened),
        untried=untried,
    )


def _reason(on: str, opened: Opened, problem: Exception) -> str:
    return str(opened.errors.get(on, problem))


def _task(check: Check, opened: Opened, deriving: Deriving) -> Task | None:
    """The check as a task on a table; None where a model's observations are collected first.

    Raises:
        AssayError: a table of it cannot be read.
        NotApplicable: the message says why.
    """
    spec = check.spec
    opened.require(spec.on, spec.data, spec.against)
    collection = check.metric.collection()
    if not isinstance(collection, OfTable):
        return None
    if not isinstance(collection, Rows):
        return deriving.task(check)
    reference = opened.tables[spec.against].schema if spec.against else None
    task = Task(check, spec.on, opened.tables[spec.on].schema, spec.against, reference)
    for _, schema in task.tables:
        reason = check.metric.applicable(schema)
        if reason is not None:
            raise NotApplicable(reason)
    return not_counted(task, opened.cluster)


def _wishes(tasks: Iterable[Task]) -> dict[str, Wishes]:
    """What is wanted of each table, and by which checks."""
    found: dict[str, Wishes] = {}
    for position, task in enumerate(tasks):
        for table, schema in task.tables:
            wishes = found.setdefault(table, {})
            for aggregate in dict.fromkeys(task.requests(table, schema)):
                wishes.setdefault(aggregate, []).append((position, task.check.id))
    return found


def _counted(tasks: Iterable[Task], growing: Container[str]) -> dict[str, Wishes]:
    """What is counted of each table before anything else."""
    found: dict[str, Wishes] = {}
    for position, task in enumerate(tasks):
        wanted: list[tuple[str, Aggregate[Any]]] = [(task.table, a) for a in limits_of(task)]
        for table, schema in task.tables:
            if clusters := task.clusters_of(table):
                wanted += [(table, a) for a in counts_of(clusters.column, schema)]
        for table, aggregate in wanted:
            if table not in growing:
                wishes = found.setdefault(table, {})
                wishes.setdefault(aggregate, []).append((position, task.check.id))
    return found


def _table(
    table: str,
    wishes: Wishes,
    opened: Opened,
    engine: Engine,
    *,
    counted: Wishes,
    made: Task | None,
) -> TablePlan:
    """The plan of one table, which was ``made`` for that task or is one of the suite's."""
    scans = _scans(engine, table, counted, over="table", reason=_COUNTED)
    growing = opened.growing.get(table)
    files = None
    whole = wishes
    if made and (whose := opened.growing.get(made.check.spec.on)):
        every = Whole(reason="a group may have rows in several files", checks=_checks(wishes))
        files = Files(total=len(whose.files()), read=[], whole=[every])
    if growing is not None:
        apart = growing.apart(wishes)
        whole = {a: wishes[a] for a in apart}
        merged = {a: ids for a, ids in wishes.items() if a not in apart}
        new = growing.new(list(merged)) if merged else []
        reasons: dict[str, Wishes] = {}
        for aggregate, reason in apart.items():
            reasons.setdefault(reason, {})[aggregate] = wishes[aggregate]
        files = Files(
            total=len(growing.files()),
            read=[file.name for file in new],
            whole=[Whole(reason=r, checks=_checks(some)) for r, some in reasons.items()],
        )
        if new:
            with growing.attached(new[:1]):
                scans += _scans(engine, new[0].name, merged, over="files")
    scans += _scans(engine, table, whole, over="table")
    return TablePlan(
        table=made.check.spec.on if made else table,
        description=_made(made.check) if made else describe(opened.tables[table].spec.source),
        checks=_checks(wishes),
        scans=scans,
        files=files,
    )


def _made(check: Check) -> str:
    """What a table is that was made for a check."""
    match check.metric.collection():
        case Groups(keys=keys, all_but=None):
            names = (name.removeprefix("assay.") for name, _ in keys)
            return f"its groups by {', '.join(names)}"
        case Groups():
            return "its groups of equal rows"
        case Selected(query=text):
            words = " ".join(text.split())
            return f"a query: {words if len(words) < 60 else words[:57] + '…'}"
        case _:
            return ""


def _scans(
    engine: Engine,
    name: str,
    wishes: Wishes,
    *,
    over: Literal["table", "files"],
    reason: str = _SHARED,
) -> list[Scan]:
    """The passes that fold these aggregates, each with what shares it."""
    mergeable = over == "files"
    kinds: dict[tuple[object, ...], Wishes] = {}
    for aggregate, ids in wishes.items():
        kind: tuple[object, ...] = (reason,)
        if isinstance(aggregate, Sample):
            kind = (_ROWS, aggregate.by, aggregate.where)
        elif mergeable and isinstance(aggregate, Quantiles):
            kind = (_SKETCHES, aggregate.by)
        kinds.setdefault(kind, {})[aggregate] = ids
    scans: list[Scan] = []
    for (why, *_), some in kinds.items():
        texts = engine.explain(name, list(some), mergeable=mergeable)
        if why in (_ROWS, _SKETCHES) and any(aggregate.by for aggregate in some):
            texts = texts[1:]  # which slices there are is found by the shared pass
        for position, text in enumerate(texts):
            scans.append(
                Scan(
                    over=over,
                    reason=_MORE if position and why == _SHARED else str(why),
                    checks=_checks(some),
                    aggregates=len(some),
                    also=_also(some, name),
                    sql=text,
                )
            )
    return scans


def _also(wishes: Wishes, table: str) -> list[str]:
    """What a query over these reads beside one pass over the table."""
    found: dict[str, None] = {}
    for aggregate in wishes:
        for node in nodes(aggregate):
            if isinstance(node, Member):
                found[f"{node.table!r}, to look keys up"] = None
            elif isinstance(node, Repeated):
                found["the table once more, to find keys that occur again"] = None
    return list(found)


def _checks(wishes: Wishes) -> list[str]:
    """Ids of the checks that want these, in the order of the suite."""
    ids = {name: position for several in wishes.values() for position, name in several}
    return sorted(ids, key=ids.__getitem__)


def _collected(suite: Suite, checks: Sequence[Check]) -> list[Collected]:
    found: dict[str, list[str]] = {}
    groups: dict[tuple[str, str | None], list[Check]] = {}
    for check in checks:
        if isinstance(check.metric.collection(), Predictions):
            for wish in wishes_of(check):
                groups.setdefault((wish.model, wish.data), []).append(check)
        elif isinstance(check.metric.collection(), Generations | Scores):
            groups.setdefault((check.spec.on, check.spec.data), []).append(check)
    for check in checks:
        for what, table in _observed(check).items():
            group = groups.get((check.spec.on, table), [])
            if check in group and suite.gate.inconclusive == "draw_more":
                why = _why_all(suite, check, group, checks)
                what += f" ({why})" if why else ", in rounds until every verdict is decided"
            found.setdefault(what, []).append(check.id)
    return [Collected(what=what, checks=ids) for what, ids in found.items()]


def _why_all(
    suite: Suite, check: Check, group: Sequence[Check], checks: Sequence[Check]
) -> str | None:
    if isinstance(check.metric.collection(), Predictions):
        return why_all(group, checks)
    return why_all_answers(suite, check.spec.on, check.spec.data or "", group, checks)


def _judged(checks: Sequence[Check], opened: Opened) -> list[Collected]:
    """What judges are asked."""
    found = []
    for trials in trials_of(checks, opened):
        many = "" if trials.questions is None else f"{trials.questions:,} at most, "
        what = f"questions to the judge {trials.judge!r} about the answers of {trials.model!r}"
        found.append(
            Collected(
                what=f"{what} to {trials.data!r}",
                checks=trials.checks,
                then=f"{many}each asked once; the replies are then scored",
            )
        )
    return found


_PARTS = {
    "round_trip": "tokenizer", "special_tokens": "tokenizer and chat template",
    "template": "chat template", "invariants": "network",
}  # fmt: skip


def _observed(check: Check) -> dict[str, str | None]:
    """What is collected for a check of a model, and of which table; nothing for one of a table."""
    spec = check.spec
    match check.metric.collection():
        case Predictions():
            return {
                f"predictions of {spec.on!r} on {wish.data!r}, one for each row": wish.data
                for wish in wishes_of(check)
            }
        case Latency(batch_size=size, repeats=repeats, warmup=warmup):
            what = f"{repeats + warmup} timed calls of {spec.on!r}, {size} rows each"
            return {what: spec.data}
        case Artefact():
            return {f"the sizes of the files of {spec.on!r}": None}
        case Scores() as scores if scores.rival is not None:
            of = f"to {spec.data!r}, asked for once for all"
            return {f"answers of {name!r} {of}": None for name in (spec.on, scores.rival)}
        case Load(concurrency, rates, requests):
            levels = len(concurrency) + len(rates)
            return {f"{levels * requests:,} calls of {spec.on!r} at most, {levels} loads": None}
        case Component(part):
            return {f"the {_PARTS[part]} of {spec.on!r}; no answer is asked for": None}
        case Generations() | Scores():
            return {f"answers of {spec.on!r} to {spec.data!r}, asked for once for all": spec.data}
        case _:
            return {}
