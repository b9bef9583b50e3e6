"""``assay samples``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assay.cli.options import home_option, json_option, print_json

if TYPE_CHECKING:
    from assay.api.samples import ImportedSamples

_FORMATS = ("promptfoo", "inspect", "lm-eval", "openai-evals", "deepeval", "ragas", "datasets")
_WRITTEN = ("jsonl", "openai-evals", "inspect", "deepeval", "promptfoo")


@click.group(short_help="Samples and answers from other tools, and for them.")
def command() -> None:
    """Read questions and answers of other tools for language models, and write them.

    Each of the commands below has options of its own, and --json.
    """


def _fields(
    _context: click.Context, _option: click.Parameter, texts: tuple[str, ...]
) -> dict[str, str]:
    """Names of columns, by our fields."""
    found = {}
    for text in texts:
        ours, equals, theirs = text.partition("=")
        if not equals or not ours or not theirs:
            raise click.BadParameter(f"{text!r} is not written FIELD=COLUMN, as input=question.")
        found[ours] = theirs
    return found


@command.command("import", short_help="Make samples, answers and a suite of another tool's file.")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--from", "format_", type=click.Choice(_FORMATS), help="Found where the file tells it."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The folder to write to; made if missing.",
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="FIELD=COLUMN",
    callback=_fields,
    help="Of a data set: the column that holds input, target, output … Repeatable.",
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@json_option
def import_(
    file: Path,
    format_: str | None,
    output: Path,
    fields: dict[str, str],
    force: bool,
    as_json: bool,
) -> None:
    """Write samples.jsonl, answers.jsonl where there are some, and a suite that asks the same.

    FILE is a configuration of promptfoo, a log of Inspect, samples logged by
    lm-evaluation-harness, data of OpenAI evals, goldens of DeepEval, a data set of ragas, or one
    of Hugging Face on the disk. What has no check is named. Nothing in FILE is executed.

    \b
    Examples:
      assay samples import promptfooconfig.yaml -o quality
      assay samples import logs/capitals.eval -o capitals
      assay samples import squad/ --field input=question --field target=answers
    """
    from assay.api.samples import import_samples
    from assay.suite.exchange.language_text import said_variables
    from assay.suite.starter.parts import inert

    imported = import_samples(file, format=format_, fields=fields, folder=output, force=force)
    for one in imported.wanted:
        if one.reason or not one.metric:
            word = "differs" if one.metric else "not mapped"
            said = f"{word}: {inert(one.what, 200)}: {inert(one.reason, 500)}."
            click.echo(said, err=True)
    if as_json:
        print_json(_facts(imported))
        return
    for path in imported.files:
        click.echo(f"Wrote {click.format_filename(path)}{_counted(imported, path)}.")
    if imported.files[-1].suffix == ".yaml":
        variables = said_variables(imported.wanted, answered=bool(imported.answers))
        name = click.format_filename(imported.files[-1])
        click.echo(f"Read it, and run it: {variables}assay run {name}")
    else:
        click.echo("It asks nothing that there is a check for: write a suite of your own.")


@command.command("export", short_help="Write samples, or a run's answers, for another tool.")
@click.argument("data", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--to", "format_", required=True, type=click.Choice(_WRITTEN))
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write.",
)  # fmt: skip
@click.option("--run", help="Name or id of a stored run, in place of DATA: answers and scores too.")
@click.option("--subject", metavar="MODEL@SAMPLES", help="Which, where the run asked several.")
@click.option("--from", "read_as", type=click.Choice(_FORMATS), help="The tool that wrote DATA.")
@click.option("--force", is_flag=True, help="Overwrite the file where there is one.")
@home_option
@json_option
def export(
    data: Path | None,
    format_: str,
    output: Path,
    run: str | None,
    subject: str | None,
    read_as: str | None,
    force: bool,
    home: Path,
    as_json: bool,
) -> None:
    """Write the samples of DATA, or those of a run with answers and scores, as another tool's file.

    \b
    Examples:
      assay samples export qa.jsonl --to promptfoo -o promptfooconfig.json
      assay samples export --run latest --to deepeval -o goldens.json
      assay samples export --run main --to jsonl -o answered.jsonl
    """
    from assay.api.samples import export_samples
    from assay.subjects.samples.formats.exporting import LOSES

    if (data is None) == (run is None):
        raise click.UsageError("Name either a file of samples, or a run with --run.")
    n, left = export_samples(
        format_, output, data=data, data_format=read_as, home=home, run=run, subject=subject,
        force=force,
    )  # fmt: skip
    for reason in left[:10]:
        click.echo(f"not written: {reason}.", err=True)
    if len(left) > 10:
        click.echo(f"… and {len(left) - 10:,} more were not written.", err=True)
    if format_ in LOSES:
        click.echo(f"No place there have {LOSES[format_]}.", err=True)
    if as_json:
        print_json({"file": str(output), "format": format_, "samples": n, "left_out": list(left)})
    else:
        click.echo(f"Wrote {click.format_filename(output)}: {n:,} sample{'s' * (n != 1)}.")


def _counted(imported: ImportedSamples, path: Path) -> str:
    checks = sum(bool(one.metric) for one in imported.wanted)
    n, word = {
        "samples.jsonl": (imported.samples, "sample"),
        "answers.jsonl": (imported.answers, "answer"),
    }.get(path.name, (checks, "check"))
    return f": {n:,} {word}{'s' * (n != 1)}"


def _facts(imported: ImportedSamples) -> dict[str, Any]:
    return {
        "format": imported.format,
        "samples": imported.samples,
        "answers": imported.answers,
        "files": [str(path) for path in imported.files],
        "checks": [
            {"what": one.what, "metric": one.metric or None, "reason": one.reason or None}
            for one in imported.wanted
        ],
    }
