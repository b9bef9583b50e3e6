"""Tables that Spark's own catalogue knows, and queries over them."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.core.errors import EngineError, SubjectError, did_you_mean
from assay.engines.spark.dialect import SPARK
from assay.engines.spark.sources import Table
from assay.engines.sql.queries import parse_query

if TYPE_CHECKING:
    from assay.core.source import Database

# of Spark's own words, as SQLGlot reads them; none runs code, as reflect() and TRANSFORM do
_HARMLESS: frozenset[type[exp.Expr]] = frozenset({
    exp.TsOrDsToDate, exp.TsOrDsToTimestamp, exp.TsOrDsAdd, exp.TsOrDsDiff, exp.UnixToStr,
    exp.StrToUnix, exp.UnixDate, exp.UnixSeconds, exp.UnixMillis, exp.UnixMicros, exp.AddMonths,
    exp.MonthsBetween, exp.DateFromUnixDate, exp.Struct, exp.PropertyEQ, exp.Map, exp.MapKeys,
    exp.Explode, exp.Posexplode, exp.Lateral, exp.Dot, exp.SafeDivide, exp.MD5,
    exp.SHA2, exp.Hex, exp.Space, exp.Repeat, exp.Pad,
})  # fmt: skip
_PART = re.compile(r"`((?:[^`]|``)+)`|([\w$-]+)")
_NAME = re.compile(rf"(?:{_PART.pattern})(?:\.(?:{_PART.pattern}))*")
_PLAIN = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def open_table(source: Database) -> Table:
    """A table by its name, or the result of one SELECT.

    ``dsn`` is the catalogue or database in which unqualified names are looked for, or "".

    Raises:
        SubjectError: it is no name, or not one SELECT.
    """
    if (source.table is None) == (source.query is None):
        raise SubjectError("A table in Spark needs a name or a query, and not both.")
    if source.dsn and not _PLAIN.fullmatch(source.dsn):
        raise SubjectError(
            f"{source.dsn!r} is not the name of a database in Spark.",
            hint="Write {spark: sales, table: orders}.",
        )
    within = source.dsn.split(".") if source.dsn else []
    if source.query is not None:
        query = _confined(source.query, within)

        def selected(session: Any) -> Any:
            for table in query.find_all(exp.Table):
                _refresh(session, [part.name for part in table.parts])
            return session.sql(SPARK.print(query))

        return Table("the query in Spark", selected)
    parts = _parts(str(source.table))
    name = [*within, *parts]

    def opened(session: Any) -> Any:
        from pyspark.errors import AnalysisException

        _refresh(session, name)
        try:
            return session.table(_quoted(name))
        except AnalysisException as error:
            if error.getCondition() != "TABLE_OR_VIEW_NOT_FOUND":
                raise
            known = _names(session, name[:-1])
            raise SubjectError(
                f"Spark knows no table {'.'.join(name)!r}.{did_you_mean(name[-1], known)}",
                hint=f"It knows: {', '.join(map(repr, known[:8])) or 'none there'}.",
            ) from None

    return Table(f"table {_shown(parts)!r} in Spark", opened)


def _parts(name: str) -> list[str]:
    """The parts of ``sales.orders`` or ``parquet.`s3a://lake/orders```."""
    if not _NAME.fullmatch(name):
        raise SubjectError(
            f"{name!r} is not the name of a table in Spark.",
            hint="For example sales.orders, or parquet.`s3a://lake/orders`.",
        )
    return [quoted.replace("``", "`") or plain for quoted, plain in _PART.findall(name)]


def _quoted(name: list[str]) -> str:
    return ".".join(f"`{part.replace('`', '``')}`" for part in name)


def _refresh(session: Any, name: list[str]) -> None:
    """Forget which files the table had: another session may have written it anew."""
    from pyspark.errors import AnalysisException

    if "/" in name[-1]:  # an address: its files are looked for anew each time
        return
    # what is no table of the catalogue (a view, say) has nothing to forget
    with suppress(AnalysisException):
        session.catalog.refreshTable(_quoted(name))


def _shown(parts: list[str]) -> str:
    """The name for messages; of an address only the end, since the rest may hold a password."""
    return ".".join(part.rstrip("/").rsplit("/", 1)[-1] for part in parts)


def _names(session: Any, within: list[str]) -> list[str]:
    from pyspark.errors import PySparkException

    try:
        tables = session.catalog.listTables(".".join(within) if within else None)
    except PySparkException:
        return []
    return [table.name for table in tables]


def _confined(text: str, within: list[str]) -> exp.Query:
    """The tree of a query in Spark's words that does nothing but read tables.

    Raises:
        SubjectError: it is not one SELECT, or holds something that is not known to be harmless.
    """
    try:
        tree = parse_query(text, dialect="spark", qualified=True, also=_HARMLESS)
    except EngineError as error:
        raise SubjectError(error.message, hint=error.hint) from error
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if within and not table.db and table.name not in own:
            table.set("db", exp.to_identifier(within[-1], quoted=True))
            if len(within) > 1:
                table.set("catalog", exp.to_identifier(within[0], quoted=True))
    return tree
