"""Collect the observations that checks of a model need: once for all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from assay.core.check import ModelSpec
from assay.core.collection import (
    Artefact,
    Collection,
    Component,
    Latency,
    Load,
    Predictions,
    Scores,
)
from assay.core.errors import SuiteError, did_you_mean
from assay.core.metric import columns_of
from assay.core.source import Files
from assay.runner.provenance import check_seed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.collect.drawing import Drawing
    from assay.collect.prediction_pass import Collected
    from assay.core.check import Check, Suite
    from assay.core.engine import Engine
    from assay.core.progress import Progress
    from assay.core.schema import Schema
    from assay.runner.opening import Opened

_MADE_BY = {"original": "variants", "variant": "variants", "length": "needle", "depth": "needle"}
"""Columns of samples that a key of their subject makes."""

OBSERVATIONS = "observations"
"""The folder, in a run's own, of what was collected from models."""
_UNLABELLED = ":unlabelled"
_SCORES = re.compile(r":[^:]+\([0-9a-f]{12}\)$")


@dataclass(frozen=True)
class Observed:
    """Observations that the engine knows under the name ``table`` (``model@data`` or so).

    ``left_out`` counts rows of the data without a target, which are not among them.
    """

    table: str
    source: Files
    schema: Schema
    notes: tuple[str, ...] = ()
    left_out: int = 0


@dataclass(frozen=True)
class Wish:
    """Observations that some checks want: a model, its data ("" for none), and the kind."""

    model: str
    data: str
    collection: Collection

    @property
    def table(self) -> str:
        """Name under which the engine knows them, and runs are compared."""
        subject = f"{self.model}@{self.data}" if self.data else self.model
        match self.collection:
            case Latency(batch_size, repeats, warmup):
                return f"{subject}:latency({batch_size},{repeats},{warmup})"
            case Artefact():
                return f"{subject}:artefact"
            case Load():
                known = sha256(repr(self.collection).encode()).hexdigest()[:12]
                return f"{subject}:load-{known}"
            case Component(part):
                known = sha256(repr(self.collection).encode()).hexdigest()[:12]
                return f"{subject}:{part}-{known}"
            case Scores(scorer, params):
                # parameters may be long (a pattern), and the name is that of a folder too
                known = sha256(repr(params).encode()).hexdigest()[:12]
                return f"{subject}:{scorer}({known})"
            case _:
                return subject


def place_of(folder: Path, wish: Wish, part: str = "") -> Path:
    """The folder of observations within that of a run, or of a part that has a pass of its own."""
    return folder / OBSERVATIONS / quote(wish.table + part, safe="")


def wishes_of(check: Check) -> tuple[Wish, ...]:
    """What a check of a model wants to be observed: of its data, and of its reference.

    Equal for all checks that can share a pass, whatever else each wants of it.
    """
    spec, collection = check.spec, check.metric.collection()
    if not isinstance(collection, Predictions):
        return (Wish(spec.on, spec.data or "", collection),)
    tables = [spec.data, spec.against] if check.metric.compares else [spec.data]
    return tuple(Wish(spec.on, name or "", Predictions()) for name in tables)


def columns_needed(check: Check, schema: Schema, table: str | None = None) -> tuple[str, ...]:
    """Columns of the data that a check's observations must carry: slices, filters, parameters.

    Args:
        table: the data's name; None for the check's own.

    Raises:
        SuiteError: the data have no such column.
        EngineError: the filter is not a valid predicate over the data.
    """
    wanted = [*columns_of(check.metric), *(name for by in check.spec.by for name in by)]
    if check.spec.where:
        from sqlglot import exp

        from assay.engines.sql.predicates import confine

        tree = confine(check.spec.where, schema)
        wanted += [column.name for column in tree.find_all(exp.Column)]
    for name in wanted:
        if schema.find(name) is None:
            near = did_you_mean(name, schema.names)
            key = _MADE_BY.get(name) if isinstance(check.metric.collection(), Scores) else None
            raise SuiteError(
                f"{table or check.spec.data!r} has no column {name!r}.{near}",
                hint=f"Samples with `{key}:` have it." if key else None,
                check_id=check.id,
                location=check.spec.location,
            )
    return tuple(dict.fromkeys(wanted))


@dataclass(frozen=True)
class Collecting:
    """What is needed to collect: the run's subjects, its folder, and the columns to carry along.

    ``features`` carries those along, too, that the model is fed with.
    """

    suite: Suite
    opened: Opened
    engine: Engine
    folder: Path
    progress: Progress
    carry: Sequence[str]
    features: bool = False

    def place(self, wish: Wish, part: str = "") -> Path:
        """The folder of these observations, or of a part that has a pass of its own."""
        return place_of(self.folder, wish, part)

    def spec(self, wish: Wish) -> ModelSpec:
        """The model under test."""
        spec = self.suite.subjects[wish.model]
        assert isinstance(spec, ModelSpec)
        return spec


def draw(wish: Wish, by: Collecting) -> Drawing:
    """Predictions to be collected in rounds, over the rows in a random order.

    Raises:
        AssayError: the model cannot be opened, or does not fit the data.
    """
    from assay.collect.predictions import draw_predictions

    opened = by.opened
    return draw_predictions(
        by.engine, wish.data, opened.model(wish.model), by.spec(wish), folder=by.place(wish),
        seed=check_seed(by.suite.seed, wish.table), unit=opened.unit(wish.data),
        cluster=opened.cluster(wish.data), carry=by.carry,
        data_fingerprint=opened.fingerprints.get(wish.data, ""), progress=by.progress,
        task_name=f"predictions {wish.table}",
    )  # fmt: skip


def known_as(table: str, source: Files, notes: tuple[str, ...], engine: Engine) -> Observed:
    """The engine knows these observations from now on, in place of those that it knew before."""
    engine.detach(table)
    engine.attach(table, source)
    return Observed(table, source, engine.schema(table), notes)


def attached(engine: Engine, wish: Wish, collected: Collected) -> Observed:
    """The engine knows these predictions from now on, in place of those that it knew before."""
    engine.detach(wish.table)
    engine.attach(wish.table, collected.source)
    schema = replace(engine.schema(wish.table), prediction=collected.prediction)
    return Observed(
        wish.table, collected.source, schema, collected.notes, left_out=collected.left_out
    )


def observe(wish: Wish, by: Collecting) -> Observed:
    """Collect what is wished for, or take it from the run's folder where it is finished.

    Raises:
        AssayError: the model cannot be opened, failed, or does not fit the data.
    """
    opened, engine, spec = by.opened, by.engine, by.spec(wish)
    predictor, place = opened.model(wish.model), by.place(wish)
    match wish.collection:
        case Predictions():
            from assay.collect.predictions import collect_predictions

            collected = collect_predictions(
                engine, wish.data, predictor, spec, folder=place, unit=opened.unit(wish.data),
                cluster=opened.cluster(wish.data), carry=by.carry, features=by.features,
                data_fingerprint=opened.fingerprints.get(wish.data, ""), progress=by.progress,
                task_name=f"predictions {wish.table}",
            )  # fmt: skip
            return attached(engine, wish, collected)
        case Latency():
            from assay.collect.latency import collect_latency

            source = collect_latency(
                engine, wish.data, predictor, spec, wish.collection, folder=place,
                unit=opened.unit(wish.data), cluster=opened.cluster(wish.data),
                progress=by.progress, task_name=f"latency {wish.table}",
            )  # fmt: skip
        case Artefact():
            from assay.collect.artefact import collect_artefact

            source = collect_artefact(predictor, folder=place)
        case _:
            raise TypeError(f"{wish.collection!r} is not collected from a model")
    engine.attach(wish.table, source)
    return Observed(wish.table, source, engine.schema(wish.table))


def observe_unlabelled(wish: Wish, by: Collecting, labelled: Observed | None) -> Observed:
    """Predictions of every row: those with a target, and those without, which have their own pass.

    Args:
        labelled: the predictions of rows with a target; None where the data lack its column.

    Raises:
        AssayError: the model cannot be opened, failed, or does not fit the data.
    """
    from assay.collect.predictions import collect_predictions

    if labelled is not None and not labelled.left_out:
        return labelled
    opened, name = by.opened, f"{wish.table}{_UNLABELLED}"
    rest = collect_predictions(
        by.engine, wish.data, opened.model(wish.model), by.spec(wish),
        folder=by.place(wish, _UNLABELLED), unit=opened.unit(wish.data),
        cluster=opened.cluster(wish.data), carry=by.carry, features=by.features, labelled=False,
        data_fingerprint=opened.fingerprints.get(wish.data, ""), progress=by.progress,
        task_name=f"predictions {name}",
    )  # fmt: skip
    own = labelled.source.paths if labelled is not None else ()
    source = Files((*own, *rest.source.paths), "parquet")
    by.engine.detach(name)
    by.engine.attach(name, source)
    schema = replace(by.engine.schema(name), prediction=rest.prediction)
    return Observed(name, source, schema, rest.notes)


def kept_observations(folder: Path) -> dict[str, Files]:
    """Predictions and scores kept in a run's folder, by table name, for comparing runs."""
    found: dict[str, Files] = {}
    root = folder / OBSERVATIONS
    for place in sorted(root.iterdir()) if root.is_dir() else []:
        parts = sorted(str(path) for path in place.glob("part-*.parquet"))
        if parts and (":" not in unquote(place.name) or _SCORES.search(unquote(place.name))):
            found[unquote(place.name)] = Files(tuple(parts), "parquet")
    return found
