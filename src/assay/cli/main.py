"""The ``assay`` command: each subcommand lives in its own file and is imported when called."""

from __future__ import annotations

import errno
import gc
import sys
from importlib import import_module
from typing import NoReturn

import click

from assay import __version__
from assay.cli.leaving import leave
from assay.cli.pipes import outlive_readers
from assay.core.errors import AssayError

_COMMANDS = {
    "run": "Run a suite and judge it.",
    "resume": "Go on with an interrupted run.",
    "plan": "How many rows would decide each check, and what they cost.",
    "experiment": "Design, assign and analyse an experiment.",
    "show": "Show a stored run.",
    "compare": "Compare two stored runs, with intervals.",
    "init": "Look at data (and a model) and write a starter suite.",
    "profile": "Describe the columns of a table.",
    "drift": "Hold a table against a reference table, column by column.",
    "explain": "Explain a metric: formula, interval, parameters, cost, example.",
    "list": "List metrics, presets, runs or baselines.",
    "schema": "Print the JSON Schema of suite files or of run documents.",
    "export": "Write a stored run as HTML, JUnit, Markdown or JSON.",
    "import": "Make a suite of another tool's expectations, tests or schema.",
    "convert": "Write a suite for Great Expectations.",
    "samples": "Samples and answers from other tools, and for them.",
    "baseline": "Name a stored run, so that checks can be held against it.",
    "completion": "Print the completion script for a shell.",
}
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class _LazyGroup(click.Group):
    """Subcommands by name; the module of one is imported only to run it or show its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"assay.cli.{cmd_name}_command")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from assay.core.errors import did_you_mean

            raise click.UsageError(
                f"There is no command {args[0]!r}.{did_you_mean(args[0], _COMMANDS)}", ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="assay")
def assay() -> None:
    """The quality gate for everything a machine-learning team ships.

    Point it at data or a model, say in a suite file what is required, and get verdicts with their
    uncertainty: pass, fail, or inconclusive with the number of rows that would decide.

    Exit codes: 0 the gate passes, 1 it blocks, 2 the suite or the call is wrong,
    3 a defect of Assay, 130 interrupted (and resumable).
    """


def program() -> None:
    """Entry point of the process."""
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, int):
            leave(end.code)
        raise


def main() -> None:
    """Run the command and turn errors into one message and an exit code.

    Raises:
        SystemExit: always, with that code.
    """
    outlive_readers()
    # what is imported and parsed stays: to look for garbage after every 700 objects costs a tenth
    gc.set_threshold(50_000)
    try:
        code = assay.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except AssayError as error:
        click.echo(f"assay: {error}", err=True)
        sys.exit(2)
    except SystemExit:
        raise
    except OSError as error:
        if error.errno not in _FULL:
            _defect()
        click.echo(f"assay: the output cannot be written: {error.strerror}.", err=True)
        sys.exit(2)
    except BaseException:  # noqa: BLE001 - a defect
        _defect()
    sys.exit(code if isinstance(code, int) else 0)


def _defect() -> NoReturn:
    """Say so of the error at hand, with what is needed to report it."""
    import traceback

    click.echo(traceback.format_exc(), err=True)
    click.echo("assay: this is a defect of Assay, not of your suite. Please report it.", err=True)
    sys.exit(3)
