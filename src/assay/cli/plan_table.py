"""A plan of sample sizes, in the terminal."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import click

from assay.core.measurement import number_text
from assay.report.text import counted, short, visible
from assay.runner.planning.outlook import rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.runner.planning.record import CheckPlan, Outlook, Plan, Spending

_WIDTH = 80
_NAME = 46
_SHOWN = 8

_GROUPS: tuple[tuple[tuple[Outlook, ...], str, str], ...] = (
    (("cannot_decide",), "Cannot be decided by the rows on hand", "red"),
    (("on_the_bound",), "On the bound: no number of rows decides", "red"),
    (("unknown",), "Not known", "yellow"),
    (("depends",), "Depends on how far the value is from its bound", "yellow"),
    (("decides",), "Decided by the rows on hand", "green"),
    (("not_planned",), "Not measured", "yellow"),
)
_EXPLAINED = ("cannot_decide", "on_the_bound", "unknown", "not_planned")


def show_plan(plan: Plan) -> None:
    """The plan on stdout, 80 columns wide."""
    sampled = [p for p in plan.checks if p.outlook not in ("census", "reported", "not_planned")]
    census = [p for p in plan.checks if p.outlook == "census"]
    head = f"{counted(len(sampled), 'check')} by a sample, {len(census)} by all rows."
    click.echo(f"{click.style(visible(plan.suite), bold=True)}: {head} Nothing was judged.")
    how = f"Error rate {plan.alpha * 100:.4g} %"
    how += " a family" if plan.correction != "none" else " a measurement"
    assumed = f"; values: {plan.assumed}" if plan.assumed else ""
    click.echo(_wrapped(f"{how}, power {plan.power * 100:.4g} %{assumed}."))
    for outlooks, title, colour in _GROUPS:
        held = [p for p in plan.checks if p.outlook in outlooks]
        if held:
            _group(held, title, colour)
    if census:
        _names(census, "All rows are counted: no n", "dim")
    reported = [p for p in plan.checks if p.outlook == "reported"]
    if reported:
        _names(reported, "Only reported", "dim")
    if plan.collections:
        _collections(plan)
    if plan.notes:
        click.echo()
    for note in plan.notes:
        click.echo(_wrapped(f"- {note}", 0, hang=2))


def _group(plans: Sequence[CheckPlan], title: str, colour: str) -> None:
    columns = "" if plans[0].outlook == "not_planned" else _row("", "needs", "has", "decides")
    heading = f"{title} ({len(plans)})"
    click.echo("\n" + click.style(heading, bold=True, fg=colour) + columns[len(heading) :])
    alike = len(plans) > 1 and len({p.reason for p in plans}) == 1
    if alike:
        click.echo(_wrapped(plans[0].reason, 2))
    for plan in plans:
        name = f"  {short(plan.check, _NAME)}"
        if plan.outlook == "not_planned":
            click.echo(name)
        else:
            click.echo(_row(name, _needs(plan), _n(plan.n_on_hand), _distance(plan.detectable)))
        if not alike and _is_explained(plan) and _says_more(plan):
            click.echo(_wrapped(plan.reason, 6))


def _is_explained(plan: CheckPlan) -> bool:
    """Whether its reason is shown: also where no distance at all would be decided."""
    return plan.outlook in _EXPLAINED or (plan.outlook == "depends" and plan.detectable is None)


def _says_more(plan: CheckPlan) -> bool:
    """Whether its reason says more than the figures beside its name."""
    whole = plan.n_on_hand == plan.rows_on_hand and not any(k.key for k in plan.keys)
    return plan.n_needed is None or not whole


def _row(name: str, needs: str, has: str, decides: str) -> str:
    return f"{name:<{_NAME + 2}}{needs:>11}{has:>9}{decides:>12}".rstrip()


def _needs(plan: CheckPlan) -> str:
    """An exact n as it is, an extrapolated one with two digits."""
    n = plan.n_needed
    return _n(n if n is None or plan.basis == "binomial" else rounded(n))


def _n(n: int | None) -> str:
    if n is None:
        return "–"
    return f"{n:,}" if n < 10**7 else f"{n:.1e}"


def _distance(distance: float | None) -> str:
    return "–" if distance is None else f"±{number_text(distance)}"


def _names(plans: Sequence[CheckPlan], title: str, colour: str) -> None:
    click.echo(
        "\n" + click.style(f"{title} ({len(plans)})", bold=True, fg=None, dim=colour == "dim")
    )
    shown = [short(p.check, 60) for p in plans[:_SHOWN]]
    more = f" and {len(plans) - _SHOWN} more" if len(plans) > _SHOWN else ""
    click.echo(_wrapped(", ".join(shown) + more, 2))


def _collections(plan: Plan) -> None:
    priced = any(c.all.cost is not None for c in plan.collections)
    told = any(c.all.tokens is not None for c in plan.collections)
    heads = ("rows", "calls", "time", "cost" if priced else "", "tokens" if told else None)
    click.echo("\n" + click.style("Collected from models", bold=True) + _bill_row("", *heads)[21:])
    for one in plan.collections:
        _bill(short(one.what, 31 if told else 40), one.all, told)
        if one.enough is not None:
            _bill("  enough for what can be decided", one.enough, told)
    if plan.total is not None and len(plan.collections) > 1:
        _bill("in all", plan.total, told)
    if plan.pilot is not None:
        _bill("spent on the pilot", plan.pilot, told)


def _bill(name: str, spending: Spending, told: bool) -> None:
    """A line; with tokens where those of any collection are told."""
    most = "≤" if spending.at_most else ""
    cost = "" if spending.cost is None else most + number_text(spending.cost)
    tokens = "" if spending.tokens is None else f"{most}{rounded(spending.tokens):,}"
    rows, calls = f"{spending.rows:,}", f"{spending.calls:,}"
    time = _time(spending.seconds)
    click.echo(_bill_row(f"  {name}", rows, calls, time, cost, tokens if told else None))


def _bill_row(name: str, rows: str, calls: str, time: str, cost: str, tokens: str | None) -> str:
    if tokens is None:
        return f"{name:<42}{rows:>10}{calls:>8}{time:>10}{cost:>10}".rstrip()
    return f"{name:<33}{rows:>8}{calls:>8}{tokens:>11}{time:>8}{cost:>12}".rstrip()


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if seconds < 90:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def _wrapped(text: str, margin: int = 0, *, hang: int = 0) -> str:
    space = " " * margin
    return fill(
        visible(text), _WIDTH, initial_indent=space, subsequent_indent=space + " " * hang,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
