"""The queries over an experiment's assignments and events, as trees for DuckDB.

Three tables follow from each other: ``assigned`` has a row for each unit (its arm, when it was
assigned, its covariates and strata, and whether it may be analysed); ``outcomes`` the sums over the
events of each unit; moments by arm follow from both. Sums for each unit come first, because units,
not events, are what was drawn by lot. All of it spills to disk, so memory does not grow with units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from assay.core.errors import EngineError, SubjectError, no_column
from assay.core.expr import Column
from assay.core.schema import NUMERIC, TEMPORAL
from assay.engines.sql.expressions import Compiler
from assay.experiments.arm_sql import arm_of
from assay.experiments.terms import Needs, expression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.schema import Kind
    from assay.engines.duckdb.session import Session
    from assay.experiments.spec import ExperimentSpec
    from assay.experiments.terms import Term

ASSIGNMENTS, EVENTS = "assignments", "events"
"""Names that the tables of the file are attached under."""

ASSIGNED, OUTCOMES, REPEATED = "assay.assigned", "assay.outcomes", "assay.repeated"

KEPT, TWO_ARMS, NO_ARM, OUTSIDE, BY_HAND, UNDATED = range(6)
"""States of a unit: analysed; in two arms; in none that the experiment has; assigned before the
start or after the end; assigned by hand (an override); assigned nobody knows when."""


def sql(template: str, **parts: exp.Expr | float | int | str) -> exp.Expr:
    """A tree from constant SQL, with trees (or plain values) in place of ``:name``."""
    tree = sqlglot.parse_one(template, dialect="duckdb")
    given = {k: v if isinstance(v, exp.Expr) else exp.convert(v) for k, v in parts.items()}
    found: exp.Expr = exp.replace_placeholders(tree, **{k: v.copy() for k, v in given.items()})
    return found


def named(tree: exp.Expr, name: str) -> exp.Expr:
    """The tree under a name."""
    return exp.alias_(tree.copy(), name, quoted=True)


def column(name: str, table: str | None = None) -> exp.Column:
    """A column by its exact name."""
    return exp.column(name, table=table, quoted=True)


def table(name: str, alias: str) -> exp.Expr:
    """A table that is kept, under an alias."""
    return exp.Table(
        this=exp.to_identifier(name, quoted=True),
        alias=exp.TableAlias(this=exp.to_identifier(alias)),
    )


@dataclass(frozen=True, slots=True)
class Log:
    """The queries of one experiment.

    Attributes:
        careful: leave out values that are not finite, where a first look has found some.
        repeated: leave out events that occur again, likewise.
    """

    spec: ExperimentSpec
    needs: Needs
    careful: bool = False
    repeated: bool = False

    @property
    def has_events(self) -> bool:
        """Whether events are in a table of their own; else each row of the assignments is one."""
        return self.spec.events is not None

    @property
    def timed(self) -> bool:
        """Whether events can be told to have happened before their unit's assignment."""
        events, assignments = self.spec.events, self.spec.assignments
        return bool(events and events.time and assignments and assignments.time)

    def assigned(self, session: Session) -> exp.Query:
        """The table of units."""
        spec, given = self.spec, self.spec.assignments
        assert given is not None  # whoever analyses has looked
        compiler = _compiler(session, ASSIGNMENTS)
        unit = self._unit(session, ASSIGNMENTS, compiler)
        text = exp.cast(unit.copy(), "VARCHAR")
        arm = (
            arm_of(spec, text)
            if given.arm is None
            else exp.cast(
                compiler.compile(_column(compiler, given.arm, "arm")).tree.copy(), "VARCHAR"
            )
        )
        since: exp.Expr = exp.Null()
        if given.time is not None:
            since = compiler.number(_column(compiler, given.time, "time", _MOMENTS))
        rows = [named(unit, "unit"), named(arm, "arm"), named(since, "since")]
        for name in self.needs.covariates:
            tree = compiler.finite_number(_column(compiler, name, "covariate", _NUMBERS))
            rows.append(named(tree, self.needs.covariate(name)))
        for name in self.needs.strata:
            tree = exp.cast(compiler.key(_column(compiler, name, "strata")).copy(), "VARCHAR")
            rows.append(named(tree, self.needs.stratum(name)))
        raw = exp.Select(expressions=rows).from_(compiler.source())
        extras = [
            named(exp.Min(this=column(name)), name)
            for name in (
                *(self.needs.covariate(n) for n in self.needs.covariates),
                *(self.needs.stratum(n) for n in self.needs.strata),
            )
        ]
        grouped = (
            exp.select(
                column("unit"), *extras,
                named(sql("MIN(arm)"), "arm"), named(sql("MAX(arm)"), "other"),
                named(sql("CAST(MIN(since) AS DOUBLE)"), "since"),
            )
            .from_(raw.subquery("raw"))
            .where(sql("unit IS NOT NULL"))
            .group_by(column("unit"))
        )  # fmt: skip
        return exp.select("*", named(self._state(), "state")).from_(grouped.subquery("by_unit"))

    def _state(self) -> exp.Expr:
        """The state of a unit."""
        spec = self.spec
        case = exp.Case()
        by_hand = [exp.Literal.string(u) for u in (*spec.overrides, *sorted(spec.exclude))]
        if by_hand:
            text = exp.cast(column("unit"), "VARCHAR")
            case = case.when(exp.In(this=text, expressions=by_hand), exp.convert(BY_HAND))
        case = case.when(sql("arm <> other"), exp.convert(TWO_ARMS))
        arms = [exp.Literal.string(arm) for arm in spec.arms]
        known = exp.In(this=column("arm"), expressions=arms)
        case = case.when(sql("arm IS NULL OR NOT :known", known=known), exp.convert(NO_ARM))
        if spec.assignments and spec.assignments.time:
            case = case.when(sql("since IS NULL"), exp.convert(UNDATED))
            outside = _outside(spec, column("since"))
            if outside is not None:
                case = case.when(outside, exp.convert(OUTSIDE))
        return case.else_(exp.convert(KEPT))

    def events(self, session: Session, values: Sequence[exp.Expr]) -> exp.Select:
        """Events with their unit, moment (``at``) and values; those that occur again left out."""
        if not self.repeated:
            return self._events(session, values)
        names = [value.alias for value in values]
        order = [column(name) for name in ("at", "unit", *names)]
        known = exp.select("id").from_(table(REPEATED, "r"))
        once = (
            exp.select("*", named(_first(order), "turn"))
            .from_(self._events(session, values).subquery("e"))
            .where(exp.In(this=column("id"), query=known.copy().subquery()))
        )
        others = (
            exp.select("*", named(exp.convert(1), "turn"))
            .from_(self._events(session, values).subquery("e"))
            .where(sql("id IS NULL OR NOT :repeated",
                       repeated=exp.In(this=column("id"), query=known.subquery())))
        )  # fmt: skip
        both = exp.union(once, others, distinct=False)
        return exp.select("*").from_(both.subquery("all_events")).where(sql("turn = 1"))

    def _events(self, session: Session, values: Sequence[exp.Expr]) -> exp.Select:
        name = EVENTS if self.has_events else ASSIGNMENTS
        compiler = _compiler(session, name)
        given = self.spec.events
        at: exp.Expr = exp.cast(exp.Null(), "DOUBLE")
        if given is not None and given.time is not None:
            at = compiler.number(_column(compiler, given.time, "time", _MOMENTS))
        rows = [named(self._unit(session, name, compiler), "unit"), named(at, "at"), *values]
        if self.repeated and given is not None and given.id is not None:
            rows.append(named(compiler.compile(Column(given.id)).tree, "id"))
        return exp.Select(expressions=[r.copy() for r in rows]).from_(compiler.source())

    def kept(self, session: Session, values: Sequence[exp.Expr]) -> exp.Select:
        """Events that count, with ``arm`` and ``since`` of their unit; nothing selected yet."""
        found = (
            exp.Select()
            .from_(self.events(session, values).subquery("e"))
            .join(table(ASSIGNED, "a"), on=sql("e.unit = a.unit"), join_type="inner")
            .where(sql("a.state = :kept", kept=KEPT))
        )
        if self.timed:
            found = found.where(sql("e.at >= a.since"))
        outside = _outside(self.spec, column("at", "e")) if self._dated else None
        return found if outside is None else found.where(exp.not_(outside))

    @property
    def _dated(self) -> bool:
        return self.spec.events is not None and self.spec.events.time is not None

    def outcomes(self, session: Session) -> exp.Query:
        """The table of sums, for units that have an event."""
        values = [self.value(session, term, f"v{i}") for i, term in enumerate(self.needs.terms)]
        folds = [
            named(sql("MAX(:v)" if term.fold == "any" else "SUM(:v)", v=column(f"v{i}")), f"m{i}")
            for i, term in enumerate(self.needs.terms)
        ]
        times = named(sql("COUNT(*)"), "n")
        found = self.kept(session, values).select(column("unit", "e"), times, *folds)
        return found.group_by(column("unit", "e"))

    def value(self, session: Session, term: Term, name: str) -> exp.Expr:
        """A term's value of one event: null where the event does not count."""
        compiler = _compiler(session, EVENTS if self.has_events else ASSIGNMENTS)
        tree: exp.Expr = exp.cast(exp.convert(1), "DOUBLE")
        if term.value is not None:
            of = expression(term.value, compiler.schema)
            kind = compiler.compile(of).kind
            if kind not in _NUMBERS and kind != "null":
                raise EngineError(
                    f"The value {term.value!r} is of kind {kind}, not a number.",
                    hint="Name a column of numbers, or count events with `where`.",
                )
            tree = compiler.finite_number(of) if self.careful else compiler.number(of)
            if term.fold == "any":
                # NaN is above all numbers in DuckDB: what is not finite stays so, to be left out
                above = sql("CASE WHEN :v > 0 THEN 1.0 ELSE 0.0 END", v=tree)
                tree = sql("CASE WHEN NOT ISFINITE(:v) THEN :v ELSE :a END", v=tree, a=above)
        if term.where is not None:
            where = compiler.filter(expression(term.where, compiler.schema))
            tree = sql("CASE WHEN :counts THEN :v END", counts=where, v=tree)
        return named(tree, name)

    def units(self) -> exp.Select:
        """Units that are analysed, with the sums over their events; nothing selected yet."""
        found = exp.Select().from_(table(ASSIGNED, "a")).where(sql("a.state = :kept", kept=KEPT))
        return found.join(table(OUTCOMES, "o"), on=sql("a.unit = o.unit"), join_type="left")

    def _unit(self, session: Session, name: str, compiler: Compiler) -> exp.Expr:
        """The unit, as text where the two tables have it in different types."""
        tree = compiler.compile(_column(compiler, self.spec.unit, "unit")).tree
        kinds = {_unit_kind(session, ASSIGNMENTS, self.spec.unit)}
        if self.has_events:
            kinds.add(_unit_kind(session, EVENTS, self.spec.unit))
        return tree if len(kinds) == 1 else exp.cast(tree.copy(), "VARCHAR")


def _unit_kind(session: Session, name: str, unit: str) -> str:
    info = session.schema(name).find(unit)
    if info is None:
        message, hint = no_column(f"The table of {name}", unit, session.schema(name).names)
        raise SubjectError(message, hint=hint)
    if info.kind not in ("integer", "string"):
        raise SubjectError(
            f"The unit {unit!r} of the {name} is of type {info.native}.",
            hint="Units are known by text or whole numbers: the hash must be the same everywhere.",
        )
    return info.kind


def _compiler(session: Session, name: str) -> Compiler:
    return Compiler(name, session.schema(name), session)


_NUMBERS: frozenset[Kind] = frozenset({*NUMERIC, "boolean"})
_MOMENTS: frozenset[Kind] = TEMPORAL | NUMERIC


def _column(
    compiler: Compiler, name: str, role: str, kinds: frozenset[Kind] | None = None
) -> Column:
    """A column of the table, of one of these kinds."""
    info = compiler.schema.find(name)
    if info is None:
        message, hint = no_column(
            f"The table of {compiler.table}", name, compiler.schema.names, role=f"its {role}"
        )
        raise SubjectError(message, hint=hint)
    if kinds is not None and info.kind not in kinds:
        wanted = "a date, a time or seconds since 1970" if kinds is _MOMENTS else "a number"
        raise SubjectError(
            f"The column {name!r} of the {compiler.table}, its {role}, is of type {info.native}, "
            f"not {wanted}."
        )
    return Column(name)


def _outside(spec: ExperimentSpec, moment: exp.Expr) -> exp.Expr | None:
    """Whether a moment lies before the start, or at the end or later; None where there is none."""
    parts = []
    if spec.start is not None:
        parts.append(sql(":at < :began", at=moment, began=spec.start.timestamp()))
    if spec.end is not None:
        parts.append(sql(":at >= :over", at=moment, over=spec.end.timestamp()))
    return exp.or_(*parts) if parts else None


def _first(order: Sequence[exp.Expr]) -> exp.Expr:
    """The turn of an event among those of its id."""
    return exp.Window(
        this=exp.RowNumber(),
        partition_by=[column("id")],
        order=exp.Order(expressions=[exp.Ordered(this=o.copy()) for o in order]),
    )
