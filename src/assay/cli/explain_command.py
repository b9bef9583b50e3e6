"""``assay explain``."""

from __future__ import annotations

from dataclasses import MISSING, fields
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, get_type_hints

import click

from assay.cli.options import json_option, metrics_option, print_json

if TYPE_CHECKING:
    from assay.states import Sample


@click.command(short_help="Explain a metric: formula, interval, parameters, cost, example.")
@click.argument("metric")
@metrics_option
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
    for name in (
        "formula", "interval", "claim", "better", "unit", "dimension", "default", "cost",
        "reference",
    ):  # fmt: skip
        if facts[name]:
            click.echo(f"{name.capitalize():<11}{_wrapped(facts[name], 11)}")
    if facts["parameters"]:
        click.echo("\nParameters")
        for p in facts["parameters"]:
            click.echo(f"  {p['name']}: {p['type']} ({default_text(p)})")
            if p["doc"]:
                click.echo("    " + _wrapped(p["doc"], 4))
    click.echo("\nExample")
    click.echo("\n".join(f"  {line}" for line in facts["example"].splitlines()))


def default_text(parameter: dict[str, Any]) -> str:
    """Whether a parameter must be given, else what it is by default."""
    if parameter["required"]:
        return "required"
    return "optional" if parameter["default"] is None else f"default {_yaml(parameter['default'])}"


def _wrapped(text: str, indent: int) -> str:
    from textwrap import fill

    return fill(text, 80, initial_indent=" " * indent, subsequent_indent=" " * indent).lstrip()


def explain(metric: type[Any]) -> dict[str, Any]:
    """What there is to know of a metric, as plain data."""
    import msgspec.inspect

    hints = get_type_hints(metric, include_extras=True)
    parameters = []
    for f in fields(metric):
        kind = msgspec.inspect.type_info(hints[f.name])
        required = f.default is MISSING and f.default_factory is MISSING
        parameters.append(
            {
                "name": f.name,
                "type": _type_text(kind),
                "required": required,
                "default": None if required or f.default is MISSING else f.default,
                "doc": _doc(kind),
            }
        )
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
        "dimension": metric.dimension or "",
        "default": str(metric.default) if metric.default else "",
        "cost": cost(metric),
        "reference": metric.reference,
        "parameters": parameters,
        "example": example(metric),
    }


def _doc(kind: Any) -> str:
    """The description of a field's ``msgspec.Meta``, where it has one."""
    schema = getattr(kind, "extra_json_schema", None) or {}
    return str(schema.get("description", ""))


def _type_text(kind: Any) -> str:
    """A parameter's type in the words of a suite file."""
    import msgspec.inspect as types

    match kind:
        case types.Metadata():
            return _type_text(kind.type)
        case types.LiteralType():
            return "one of " + ", ".join(str(v) for v in kind.values)
        case types.UnionType():
            named = [t for t in kind.types if not isinstance(t, types.NoneType)]
            return " or ".join(dict.fromkeys(_type_text(t) for t in named))
        case types.VarTupleType() | types.ListType():
            return f"list of {_type_text(kind.item_type)}"
        case types.StructType():
            return "mapping of " + ", ".join(field.name for field in kind.fields)
        case types.DictType():
            return f"mapping of {_type_text(kind.key_type)} to {_type_text(kind.value_type)}"
        case types.BoolType():
            return "true or false"
        case types.IntType() | types.FloatType():
            word = "whole number" if isinstance(kind, types.IntType) else "number"
            least = kind.ge if kind.ge is not None else kind.gt
            most = kind.le if kind.le is not None else kind.lt
            ends = {
                (True, True): f" between {least} and {most}",
                (True, False): f" from {least}" if kind.ge is not None else f" above {least}",
                (False, True): f" up to {most}" if kind.le is not None else f" below {most}",
            }
            return word + ends.get((least is not None, most is not None), "")
        case _:
            return "text"


def cost(metric: type[Any]) -> str:
    """What a metric makes a run do, from the observations that it folds."""
    from assay.core.binding import bind
    from assay.core.collection import (
        Artefact,
        Component,
        Generations,
        Groups,
        Latency,
        Load,
        Predictions,
        Scores,
        Selected,
    )

    collection = bind(metric, metric.example).collection()
    if isinstance(collection, Generations | Scores):
        said = "an answer to each sample, asked for once for all checks of the model on these data"
        return said + _judges(collection)
    if isinstance(collection, Load):
        return "calls under each load, made for this, shared by all checks of the same loads"
    if isinstance(collection, Component):
        return "a look at a part of the model; no answer is asked for"
    if isinstance(collection, Predictions):
        both = " of both tables" if metric.compares else ""
        return f"one prediction for each row{both}, shared by all checks of the model on these data"
    if isinstance(collection, Latency):
        return f"{collection.repeats + collection.warmup} calls of {collection.batch_size} row(s)"
    if isinstance(collection, Artefact):
        return "a look at the model's files"
    if isinstance(collection, Groups):
        return "a scan that groups the table's rows, shared by checks that group alike"
    if isinstance(collection, Selected):
        return "the query, once for all checks that ask it"
    samples = _samples(metric)
    if any(sample.most is None for sample in samples):
        return "a scan that brings its columns into memory, 8 bytes a value"
    if samples:
        both = " of each table" if metric.compares else ""
        return f"two scans{both}, which draw some rows by lot"
    scans = "a scan of each table" if metric.compares else "the table's scan"
    return f"{scans}, shared by all checks"


def _judges(collection: Any) -> str:
    """What judges are asked, for a metric that needs one."""
    from assay import scorers
    from assay.core.collection import Scores
    from assay.core.judged import JudgedScorer

    if not isinstance(collection, Scores) or not collection.judges:
        return ""
    scorer = scorers.find(collection.scorer)
    assert issubclass(scorer, JudgedScorer)
    times = "a question" if scorer.calls == 1 else f"{scorer.calls} questions"
    rival = ", and the other model's answers" if scorer.competes else ""
    return f"; {times} about it to each judge{rival}"


def _samples(metric: type[Any]) -> list[Sample]:
    """The rows themselves that it folds, of a table whose columns are numbers."""
    from assay.core.binding import bind
    from assay.core.metric import columns_of
    from assay.core.schema import ColumnInfo, Schema
    from assay.states import Sample

    bound = bind(metric, metric.example)
    numbers = Schema(tuple(ColumnInfo(name, "float", "DOUBLE") for name in columns_of(bound)))
    return [a for a in bound.aggregates(numbers) if isinstance(a, Sample)]


_BOUNDS = {"bytes": "at_most: 10000000", "s": "at_most: 0.1", "rows": "at_least: 100"}


def example(metric: type[Any]) -> str:
    """A check of a suite file that runs on the right subjects."""
    from assay.core.binding import bind
    from assay.core.collection import Artefact, OfLanguage, OfTable, Predictions

    collection = bind(metric, metric.example).collection()
    if isinstance(collection, OfLanguage):
        subject = "on: bot, data: qa"
    elif metric.compares and isinstance(collection, Predictions):
        subject = "on: model, data: current, against: reference"
    elif metric.compares:
        subject = "on: current, against: reference"
    elif isinstance(collection, OfTable):
        subject = "on: table"
    else:
        subject = "on: model" if isinstance(collection, Artefact) else "on: model, data: test"
    params = "".join(f", {name}: {_yaml(value)}" for name, value in metric.example.items())
    return f"- {metric.name}: {{{subject}{params}}}\n  {_bound(metric)}"


def _bound(metric: type[Any]) -> str:
    """A criterion of the right direction and size."""
    if metric.default is not None:
        value = next(iter(metric.default.__struct_fields__))
        return f"{metric.default.__struct_config__.tag}: {getattr(metric.default, value):g}"
    if metric.unit in _BOUNDS:
        return _BOUNDS[metric.unit]
    if metric.higher_is_better is None:
        return "between: [0, 100]"
    return "at_least: 0.8" if metric.higher_is_better else "at_most: 0.1"


def _yaml(value: Any) -> str:
    """A parameter in YAML's flow style, which JSON is."""
    import msgspec

    return msgspec.json.encode(value).decode()
