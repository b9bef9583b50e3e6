"""``assay explain``."""

from __future__ import annotations

from dataclasses import MISSING, fields
from inspect import cleandoc
from typing import Any

import click

from assay.cli.options import json_option, print_json


@click.command(short_help="Explain a metric: formula, interval, parameters, cost, example.")
@click.argument("metric")
@json_option
def command(metric: str, as_json: bool) -> None:
    """Explain METRIC: formula, interval, reference, parameters, cost and an example.

    \b
    Example:
      assay explain classification.roc_auc
    """
    from assay.metrics import find

    facts = explain(find(metric))
    if as_json:
        print_json(facts)
        return
    click.echo(click.style(facts["metric"], bold=True))
    click.echo(facts["description"] + "\n")
    for name in ("formula", "interval", "claim", "better", "unit", "default", "cost", "reference"):
        if facts[name]:
            click.echo(f"{name.capitalize():<11}{_wrapped(facts[name], 11)}")
    if facts["parameters"]:
        click.echo("\nParameters")
        for p in facts["parameters"]:
            default = "required" if p["required"] else f"default {p['default']!r}"
            click.echo(f"  {p['name']} ({p['type']}, {default}) {p['doc']}".rstrip())
    click.echo("\nExample")
    click.echo("\n".join(f"  {line}" for line in facts["example"].splitlines()))


def _wrapped(text: str, indent: int) -> str:
    from textwrap import fill

    return fill(text, 80, initial_indent=" " * indent, subsequent_indent=" " * indent).lstrip()


def explain(metric: type[Any]) -> dict[str, Any]:
    """What there is to know of a metric, as plain data."""
    import msgspec

    hints = msgspec.inspect.type_info(metric)
    docs = {f.name: f.type for f in getattr(hints, "fields", ())}
    parameters = [
        {
            "name": f.name,
            "type": str(f.type).replace("'", ""),
            "required": f.default is MISSING and f.default_factory is MISSING,
            "default": None if f.default is MISSING else f.default,
            "doc": _doc(docs.get(f.name)),
        }
        for f in fields(metric)
    ]
    claims = {
        "batch": "these rows, as they are (a census); `claim: process` speaks of their source",
        "process": "the process behind the rows (a sampling interval); `claim: batch` of the rows",
    }
    better = {True: "higher", False: "lower", None: ""}
    return {
        "metric": metric.name,
        "description": cleandoc(metric.__doc__ or ""),
        "formula": metric.formula,
        "interval": metric.interval,
        "claim": claims[metric.claim],
        "better": better[metric.higher_is_better],
        "unit": metric.unit,
        "default": str(metric.default) if metric.default else "",
        "cost": cost(metric),
        "reference": metric.reference,
        "parameters": parameters,
        "example": example(metric),
    }


def _doc(info: Any) -> str:
    """The description of a field's ``msgspec.Meta``, where it has one."""
    schema = getattr(info, "extra_json_schema", None) or {}
    return str(schema.get("description", ""))


def cost(metric: type[Any]) -> str:
    """What a metric makes a run do, from the observations that it folds."""
    from assay.core.collection import Artefact, Latency, Predictions

    collection = metric(**metric.example).collection()
    if isinstance(collection, Predictions):
        return "one prediction for each row, shared by all checks of the model on these data"
    if isinstance(collection, Latency):
        return f"{collection.repeats + collection.warmup} calls of {collection.batch_size} row(s)"
    if isinstance(collection, Artefact):
        return "a look at the model's files"
    scans = "a scan of each table" if metric.compares else "the table's scan"
    return f"{scans}, shared by all checks"


def example(metric: type[Any]) -> str:
    """A check of a suite file that runs on the right subjects."""
    from assay.core.collection import Rows

    instance = metric(**metric.example)
    subject = (
        "on: current, against: reference" if metric.compares
        else "on: table" if isinstance(instance.collection(), Rows)
        else "on: model, data: test"
    )  # fmt: skip
    params = "".join(f", {name}: {_yaml(value)}" for name, value in metric.example.items())
    bound = metric.default
    if bound is None:
        bound_text = "at_least: 0.8" if metric.higher_is_better else "at_most: 0.1"
        if metric.higher_is_better is None:
            bound_text = "between: [0, 100]"
    else:
        kind, value = bound.__struct_config__.tag, next(iter(bound.__struct_fields__))
        bound_text = f"{kind}: {getattr(bound, value):g}"
    return f"- {metric.name}: {{{subject}{params}}}\n  {bound_text}"


def _yaml(value: Any) -> str:
    """A parameter in YAML's flow style, which JSON is."""
    import msgspec

    return msgspec.json.encode(value).decode()
