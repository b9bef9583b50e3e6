"""What is collected from models, and how much of it decides what can be decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.check import LanguageModelSpec, ModelSpec
from assay.core.collection import Generations, Latency, Predictions, Scores
from assay.runner.observe import Wish, wishes_of
from assay.runner.planning.asking import Asks, asked
from assay.runner.planning.judging import judgements_of
from assay.runner.planning.pilot import pace_name
from assay.runner.planning.record import CollectionPlan
from assay.runner.planning.spending import spent, usable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.collect.generation.store import Totals
    from assay.core.check import Check
    from assay.runner.opening import Opened
    from assay.runner.planning.record import CheckPlan


def collections_of(
    checks: Sequence[Check],
    plans: Mapping[str, CheckPlan],
    opened: Opened,
    sizes: Mapping[str, int],
    paces: Mapping[str, float],
    answers: Mapping[str, Totals],
) -> list[CollectionPlan]:
    """What is collected from models, each once for all checks that want it.

    Args:
        answers: what earlier passes over language models came to, by the name of the observations.
    """
    suite = opened.suite
    wishes: dict[Wish, list[str]] = {}
    asking: dict[Wish, list[str]] = {}
    for check in checks:
        if isinstance(check.metric.collection(), Asks) and check.spec.data in opened.samples:
            pair = Wish(check.spec.on, check.spec.data, Generations())
            asking.setdefault(pair, []).append(check.id)
            if isinstance(scores := check.metric.collection(), Scores) and scores.rival:
                rival = Wish(scores.rival, check.spec.data, Generations())
                asking.setdefault(rival, []).append(check.id)
        if isinstance(check.metric.collection(), Predictions | Latency):
            for wish in wishes_of(check):
                wishes.setdefault(wish, []).append(check.id)
    found: list[CollectionPlan] = []
    for wish, ids in wishes.items():
        spec = suite.subjects[wish.model]
        assert isinstance(spec, ModelSpec)
        rows = usable(wish.collection, sizes.get(wish.data, 0), suite.gate) or 0
        pace = paces.get(pace_name(wish))
        enough = _enough([plans[name] for name in ids], rows)
        found.append(
            CollectionPlan(
                what=_what(wish),
                model=wish.model,
                data=wish.data,
                checks=ids,
                all=spent(wish.collection, rows, spec, pace),
                enough=spent(wish.collection, enough, spec, pace)
                if enough is not None and isinstance(wish.collection, Predictions)
                else None,
            )
        )
    for wish, ids in asking.items():
        of = opened.samples[wish.data]
        model = suite.subjects[wish.model]
        assert isinstance(model, LanguageModelSpec)
        known, pace = answers.get(wish.table), paces.get(pace_name(wish))
        rows = usable(wish.collection, of.survey.samples, suite.gate) or 0
        enough = _enough([plans[name] for name in ids], rows)
        found.append(
            CollectionPlan(
                what=_what(wish), model=wish.model, data=wish.data, checks=ids,
                all=asked(of, rows, model, known=known, pace=pace),
                enough=None if enough is None
                else asked(of, enough, model, known=known, pace=pace),
            )
        )  # fmt: skip
    return found + judgements_of(checks, opened, answers)


def _what(wish: Wish) -> str:
    match wish.collection:
        case Latency(batch_size=size, repeats=repeats, warmup=warmup):
            each = "1 row" if size == 1 else f"{size:,} rows"
            return f"{repeats + warmup:,} timed calls of {wish.model!r}, {each} each"
        case Generations():
            return f"answers of {wish.model!r} to {wish.data!r}"
        case _:
            return f"predictions of {wish.model!r} on {wish.data!r}"


def _enough(plans: Sequence[CheckPlan], rows: int) -> int | None:
    """Rows that decide every check which can be decided; None where that is all, or not known."""
    wanted: list[int] = []
    for plan in plans:
        if plan.outlook in ("cannot_decide", "on_the_bound", "reported", "not_planned"):
            continue  # more rows do not help, or none are asked for
        if plan.rows_needed is None:
            return None
        wanted.append(plan.rows_needed)
    most = max(wanted, default=0)
    return most if 0 < most < rows else None
