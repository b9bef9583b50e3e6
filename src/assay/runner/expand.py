"""From checks as a person wrote them to checks that are ready to run. Pure: schemas in, checks out.

Metrics are bound, columns and wildcards spread, defaults settled, and every check gets an id. What
cannot be expanded becomes a problem with a reason and an id of its own; the rest goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from assay.core.binding import bind, parameter_types, spreads
from assay.core.check import (
    SUBJECT_WORDS,
    Check,
    LanguageModelSpec,
    ModelSpec,
    SamplesSpec,
    TableSpec,
)
from assay.core.collection import Artefact, OfLanguage, OfTable, Scores
from assay.core.errors import SuiteError, did_you_mean, no_column
from assay.core.identifier import segment
from assay.core.metric import columns_of
from assay.metrics import find
from assay.runner.families import default_family
from assay.runner.naming import Draft, name_checks
from assay.runner.results import words_of
from assay.runner.task import CAUGHT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assay.core.check import CheckSpec, SubjectSpec, Suite
    from assay.core.metric import Metric
    from assay.core.schema import Schema


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a suite's checks come to.

    Attributes:
        checks: ready to run, in the order of the suite, columns in table order; ids are unique.
        problems: specs that could not be expanded, and why. Each error's ``check_id`` is an id
            that no check and no other problem has.
        order: ids of both, in the order of the suite.
    """

    checks: tuple[Check, ...]
    problems: tuple[tuple[CheckSpec, SuiteError], ...]
    order: tuple[str, ...]


def expand(suite: Suite, schemas: Mapping[str, Schema]) -> Expansion:
    """Bind and spread all checks of a suite.

    Args:
        suite: as loaded, or built in Python.
        schemas: columns of the suite's tables by subject name; a table that could not be opened
            is missing, and the checks that need it become problems.
    """
    drafts = [draft for spec in suite.checks for draft in _drafts(spec, suite, schemas)]
    checks: list[Check] = []
    problems: list[tuple[CheckSpec, SuiteError]] = []
    named = list(name_checks(drafts))
    for draft, (name, fault) in zip(drafts, named, strict=True):
        error = draft.error or fault
        if error is not None or draft.metric is None:
            problems.append((draft.spec, _placed(error, draft.spec, name)))
        else:
            checks.append(_check(draft.spec, draft.metric, name, spread=draft.spread))
    return Expansion(tuple(checks), tuple(problems), tuple(name for name, _ in named))


def _placed(error: SuiteError | None, spec: CheckSpec, name: str) -> SuiteError:
    message, hint = (error.message, error.hint) if error is not None else ("", None)
    return SuiteError(message, location=spec.location, check_id=name, hint=hint)


def _check(spec: CheckSpec, metric: Metric, name: str, *, spread: bool) -> Check:
    return Check(
        id=name,
        metric=metric,
        spec=spec,
        criterion=spec.criterion if spec.criterion is not None else metric.default,
        claim=spec.claim or metric.claim,
        family=spec.family or default_family(spec, metric, name, spread=spread),
    )


def _drafts(spec: CheckSpec, suite: Suite, schemas: Mapping[str, Schema]) -> Iterator[Draft]:
    """One draft for each column of the spec, or one with the error."""
    try:
        cls = find(spec.metric)
        spec = _rival_named(spec, cls)
        tables = _tables(spec, cls, suite, schemas)
        spread = list(_spread(spec, cls, suite, tables))
    except SuiteError as error:
        yield Draft(spec, None, error)
        return
    for one in spread:
        try:
            metric = bind(cls, one.params)
            _subjects_fit(metric, one, suite)
            _columns_exist(metric, one, tables)
        except SuiteError as error:
            yield Draft(one, None, error)
        except CAUGHT as error:  # in the metric's own code
            said = f"{type(error).__name__}: {words_of(error)}"
            yield Draft(one, None, SuiteError(f"{one.metric} raised {said}."))
        else:
            yield Draft(one, metric, None, spread=len(spread) > 1)


def _rival_named(spec: CheckSpec, cls: type[Metric]) -> CheckSpec:
    """``against`` of a metric that compares models is a parameter of it."""
    if spec.against is None or "against" not in parameter_types(cls):
        return spec
    return replace(spec, params={**spec.params, "against": spec.against}, against=None)


def _tables(
    spec: CheckSpec, cls: type[Metric], suite: Suite, schemas: Mapping[str, Schema]
) -> dict[str, Schema]:
    """Schemas of the tables whose columns the check names: the one under test comes first."""
    for name in (spec.on, spec.data, spec.against):
        if name is not None and name not in suite.subjects:
            raise SuiteError(
                f"The suite has no subject {name!r}.{did_you_mean(name, suite.subjects)}"
            )
    if cls.compares and spec.against is None:
        raise SuiteError(f"{spec.metric} compares two tables: it needs `against`.")
    on = spec.on if isinstance(suite.subjects[spec.on], TableSpec) else spec.data
    names = [name for name in (on, spec.against if cls.compares else None) if name is not None]
    for name in names:
        if name not in schemas:
            raise SuiteError(f"{name!r} could not be read, so its columns are not known.")
    return {name: schemas[name] for name in names}


def _spread(
    spec: CheckSpec, cls: type[Metric], suite: Suite, tables: Mapping[str, Schema]
) -> Iterator[CheckSpec]:
    """One spec for each value of ``column`` that ``columns`` stands for."""
    params = dict(spec.params)
    given = "columns" in params and spreads(cls)
    everything = cls.compares and spreads(cls) and "column" not in params
    if not given and not everything:
        yield spec
        return
    if not tables:
        raise SuiteError(f"{spec.metric} needs a table to feed the model with, as `data`.")
    if "column" in params:
        raise SuiteError("Give either 'column' or 'columns', not both.")
    patterns = params.pop("columns", None)
    names = _common(suite, tables) if patterns is None else _matching(_patterns(patterns), tables)
    several = len(names) > 1 and spec.id is not None
    for name in names:
        yield replace(
            spec,
            params={"column": name, **params},
            id=f"{spec.id}/{segment(name)}" if several else spec.id,
        )


def _patterns(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
        raise SuiteError("'columns' must be a list of column names.")
    if not value:
        raise SuiteError("'columns' must name at least one column.")
    return tuple(value)


def _common(suite: Suite, tables: Mapping[str, Schema]) -> list[str]:
    """Columns that all tables have, in the order of the first, but for those that name rows."""
    specs = [s for n in tables if isinstance(s := suite.subjects[n], TableSpec)]
    units = {name for s in specs for name in (s.unit, s.cluster)}
    first, *others = tables.values()
    names = [
        name
        for name in first.names
        if name not in units and all(other.find(name) for other in others)
    ]
    if not names:
        raise SuiteError(f"The tables {' and '.join(map(repr, tables))} have no column in common.")
    return names


def _matching(patterns: tuple[str, ...], tables: Mapping[str, Schema]) -> list[str]:
    """The columns that any pattern names, in table order; literal names stay as they are."""
    (table, schema), *others = tables.items()
    known = [name for name in schema.names if all(other.find(name) for _, other in others)]
    chosen: set[str] = set()
    absent: list[str] = []  # literal names that are not there: each becomes its own problem
    for pattern in patterns:
        if schema.find(pattern) is not None or not _is_glob(pattern):
            (chosen.add if schema.find(pattern) else absent.append)(pattern)
            continue
        found = [name for name in known if fnmatchcase(name, pattern.replace("[", "[[]"))]
        if not found:
            near = did_you_mean(pattern.strip("*?"), schema.names)
            raise SuiteError(f"No column of {table!r} matches {pattern!r}.{near}")
        chosen.update(found)
    return [name for name in schema.names if name in chosen] + list(dict.fromkeys(absent))


def _is_glob(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern


def _subjects_fit(metric: Metric, spec: CheckSpec, suite: Suite) -> None:
    """Hold each subject against the kind that the metric works on (for suites built in Python)."""
    collection = metric.collection()
    of_language = isinstance(collection, OfLanguage)
    on: type[SubjectSpec] = LanguageModelSpec if of_language else ModelSpec
    data: type[SubjectSpec] = SamplesSpec if of_language else TableSpec
    if isinstance(collection, OfTable):
        on = TableSpec
    wanted = {"on": (spec.on, on), "data": (spec.data, data)}
    if metric.compares:
        wanted["against"] = (spec.against, TableSpec)
    for key, (name, kind) in wanted.items():
        if name is not None and not isinstance(suite.subjects[name], kind):
            word = SUBJECT_WORDS[kind]
            raise SuiteError(f"{spec.metric}: `{key}` must be a {word}, and {name!r} is not one.")
    if isinstance(collection, Scores):
        rival = () if collection.rival is None else (collection.rival,)
        for key, names in {"judge": collection.judges, "against": rival}.items():
            for name in names:
                _language_model(spec, key, name, suite)
    if of_language and spec.data is None:
        raise SuiteError(f"{spec.metric} needs samples to ask, as `data`.")
    if on is ModelSpec and spec.data is None and not isinstance(collection, Artefact):
        raise SuiteError(f"{spec.metric} needs a table to feed the model with, as `data`.")


def _language_model(spec: CheckSpec, key: str, name: str, suite: Suite) -> None:
    """Hold a parameter to a language model of the suite."""
    if name not in suite.subjects:
        near = did_you_mean(name, suite.subjects)
        raise SuiteError(f"{spec.metric}: the suite has no subject {name!r} as `{key}`.{near}")
    if not isinstance(suite.subjects[name], LanguageModelSpec):
        word = SUBJECT_WORDS[LanguageModelSpec]
        raise SuiteError(f"{spec.metric}: `{key}` must be a {word}, and {name!r} is not one.")


def _columns_exist(metric: Metric, spec: CheckSpec, tables: Mapping[str, Schema]) -> None:
    slicing = [name for columns in spec.by for name in columns]
    for table, schema in tables.items():
        for name in (*columns_of(metric), *slicing):
            if schema.find(name) is None:
                message, hint = no_column(f"The table {table!r}", name, schema.names)
                raise SuiteError(message, hint=hint)
