"""``assay experiment decide``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.options import home_option, json_option, print_json

if TYPE_CHECKING:
    from assay.experiments.rollout.steps import Step
    from assay.experiments.winner import Choice


def _moment(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no moment, such as 2026-03-01T12:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--do", "action", type=click.Choice(["pause", "resume", "advance", "rollback"]),
    help="What you decide yourself, in place of the rules; it needs --why.",
)  # fmt: skip
@click.option("--why", help="The reason, for the journal.")
@click.option(
    "--as-of", callback=_moment, metavar="TIME",
    help="Decide as at this moment (ISO 8601), by the data up to it; now without it.",
)  # fmt: skip
@home_option
@json_option
def decide(
    file: Path,
    action: str | None,
    why: str | None,
    as_of: datetime | None,
    home: Path,
    as_json: bool,
) -> int:
    """Decide what follows from FILE's data: the rollout's next step, or which arm to take.

    With a `rollout:` section, the first call begins the rollout; each later one analyses the
    present stage and goes on, holds, pauses or rolls back. The journal and the weights to assign
    by are in `rollouts/` of --home. It is safe to ask often, twice, and again after a crash.

    0: the rollout goes on (or is done), or an arm is to be taken. 1: it is paused or rolled back,
    or no arm is to be taken.
    """
    from assay.api import rollout

    if (action is None) != (why is None):
        raise click.UsageError("--do and --why belong together.")
    if why is not None and not why.strip():
        raise click.UsageError("--why must say something: it is kept in the journal.")
    found: Step | Choice
    if action is not None and why is not None:
        found = rollout.intervene(file, action, reason=why, home=home, as_of=as_of)  # type: ignore[arg-type]
    else:
        found = rollout.decide(file, home=home, as_of=as_of)
    from assay.experiments.winner import Choice

    if as_json:
        print_json(found)
    elif isinstance(found, Choice):
        _show_choice(found)
    else:
        _show_step(found, home)
    return 0 if found.goes_on else 1


_STEPS = {
    "start": ("▶", "begins", "green"), "hold": ("…", "stays as it is", "yellow"),
    "advance": ("▲", "goes on", "green"),
    "promote": ("✓", "is done: {arm} is promoted", "bold green"),
    "pause": ("⏸", "is paused", "bold red"), "resume": ("▶", "is resumed", "green"),
    "rollback": ("✗", "is rolled back", "bold red"),
}  # fmt: skip
_CHOICES = {
    "ship": ("✓", "Take {arm}", "bold green"),
    "keep_control": ("✗", "Keep {arm}", "bold red"),
    "undecided": ("?", "Not decided yet", "yellow"),
    "blocked": ("✗", "The data cannot be trusted", "bold red"),
}


def _show_step(step: Step, home: Path) -> None:
    from assay.experiments.rollout.journal import WEIGHTS, folder_of

    plan, state, event = step.plan, step.state, step.event
    mark, words, style = _STEPS[event.action]
    stage = f"stage {state.stage + 1} of {len(plan.stages)}, {plan.stages[state.stage].share:.0%}"
    where = {"promoted": "promoted", "rolled_back": "rolled back"}.get(
        state.status, f"{state.status}, {stage}"
    )
    _line((plan.experiment, "bold"), (f"  {plan.arm} against {plan.control} · {where}", ""))
    _line(("", ""))
    again = " (decided before; nothing new)" if step.repeated else ""
    by = " by a person" if event.by == "person" else ""
    _line((f"{mark} The rollout {words.format(arm=plan.arm)}{by}", style), (f"{again}.", ""))
    for reason in event.reasons:
        _line((reason, ""), indent=2)
    _line(("", ""))
    shares = ", ".join(f"{arm} {share:.0%}" for arm, share in step.weights.items())
    _line(("Assign by: ", "bold"), (shares, ""))
    _line((str(folder_of(home, plan.experiment) / WEIGHTS), "dim"), indent=2)


def _show_choice(choice: Choice) -> None:
    mark, words, style = _CHOICES[choice.decision]
    _line((choice.experiment, "bold"))
    _line(("", ""))
    _line((f"{mark} {words.format(arm=choice.arm)}", style), (".", ""))
    for reason in choice.reasons:
        _line((reason, ""), indent=2)


def _line(*parts: tuple[str, str], indent: int = 0) -> None:
    """A line of styled words, wrapped at the terminal's width."""
    from rich.console import Console
    from rich.text import Text

    from assay.report.text import visible

    console, text = Console(highlight=False), Text()
    for words, style in parts:
        text.append(visible(words), style)
    for wrapped in text.wrap(console, max(20, console.width - indent), overflow="fold"):
        wrapped.rstrip()
        console.print(Text(" " * indent) + wrapped, highlight=False, soft_wrap=True)
