"""One use of the engine: a read-only transaction that sees the tables at one instant."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.core.errors import AssayError, EngineError, SubjectError, did_you_mean
from assay.core.schema import ColumnInfo, Schema
from assay.core.source import Database
from assay.engines.catalogue import find_table
from assay.engines.postgresql.failures import ArithmeticFailure, driver, failure, refused
from assay.engines.postgresql.kinds import Type, from_driver
from assay.engines.sql.derived import relation
from assay.engines.waiting import patiently

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from assay.core.schema import Kind
    from assay.core.source import Grouped, Query
    from assay.engines.postgresql.dialect import PostgreSQLDialect

    Attached = Database | Grouped | Query

OLDEST = 16
"""The oldest version with pg_input_is_valid and IS JSON."""

_BEGIN = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
# rows in the order they lie; text as DuckDB writes it; no compiling, which costs a wide query more
# than its scan
_SETTINGS = {
    "timezone": "UTC", "datestyle": "ISO, YMD", "intervalstyle": "postgres",
    "extra_float_digits": "1", "standard_conforming_strings": "on", "synchronize_seqscans": "off",
    "client_encoding": "UTF8", "jit": "off",
}  # fmt: skip
_WORK_MEM = "64MB"  # enough to count some 100,000 groups without a sort
_ABOUT = (
    "SELECT current_setting('server_version_num')::int, current_setting('server_version'), "
    "EXISTS (SELECT FROM pg_collation c JOIN pg_database d ON d.datname = current_database() "
    "WHERE c.collname = 'pg_c_utf8' AND d.encoding = pg_char_to_encoding('UTF8')), "
    "pg_size_bytes(current_setting('work_mem'))"
)
_TABLES = (
    "SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n "
    "ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') "
    "AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' "
    "ORDER BY array_position(current_schemas(false), n.nspname), 1, 2"
)
_COLUMNS = (
    "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull, t.typtype::text, "
    "CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE '' END "
    "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
    "JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid "
    "WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped "
    "ORDER BY a.attnum"
)
_SORTS = (
    "SELECT t.typname::text, t.oid::bigint, t.typtype::text FROM pg_type t WHERE t.typtype <> 'b'"
)


class Link:
    """A connection, used by one session at a time.

    Raises:
        SubjectError: no connection comes about, or the server is too old.
    """

    def __init__(self, dsn: str) -> None:
        found = driver()
        self.dsn = dsn
        fault = None
        try:
            self.connection = found.connect(dsn)
        except found.Error as error:
            fault = refused(error, dsn)
        if fault is not None:  # outside of the handler, so that nothing holds what the driver said
            raise fault
        with self.connection.cursor() as cursor:
            cursor.execute(_ABOUT)
            [(number, self.version, unicode, work_mem)] = cursor.fetchall()
        self.small_letters = "pg_c_utf8" if unicode else "default"
        self.connection.rollback()
        self.settings = _SETTINGS | ({"work_mem": _WORK_MEM} if work_mem < 64 << 20 else {})
        if number < OLDEST * 10_000:
            self.close()
            raise SubjectError(
                f"The PostgreSQL server has version {self.version}; the engine postgresql needs "
                f"{OLDEST} or later.",
                hint="Run the suite on the engine duckdb: it reads the rows from the server.",
            )

    def close(self) -> None:
        """End the connection, if the server has not."""
        with suppress(driver().Error):
            self.connection.close()


class Session:
    """A transaction over attached tables; use it as a context.

    Args:
        described: columns of tables by name, kept between sessions.
    """

    def __init__(
        self,
        link: Link,
        tables: Mapping[str, Attached],
        described: dict[str, Described],
        dialect: PostgreSQLDialect,
        settings: Mapping[str, str],
    ) -> None:
        self.dialect = dialect
        self._link = link
        self._cursor = link.connection.cursor()
        self._dsn = link.dsn
        self._tables = tables
        self._described = described
        self._settings = settings
        self._within: list[str] = []
        self._stopped = threading.Event()

    def begin(self) -> None:
        """Begin the transaction.

        Raises:
            SubjectError: the connection is gone.
        """
        with self._reported("the database"):
            self._cursor.execute(_BEGIN)
            values = [
                exp.func(
                    "set_config", exp.Literal.string(name), exp.Literal.string(value), exp.true()
                )
                for name, value in {**self._link.settings, **self._settings}.items()
            ]
            self._fetch(exp.Select(expressions=values))

    def end(self) -> bool:
        """End the transaction; whether the connection still stands."""
        try:
            self._cursor.close()
            self._link.connection.rollback()
        except driver().Error:
            return False
        return not self._stopped.is_set()

    def interrupt(self) -> None:
        """Stop what runs; called from another thread."""
        self._stopped.set()
        found = driver()
        try:
            self._link.connection.adbc_cancel()
        except found.Error:
            return  # nothing runs

    @contextmanager
    def _reported(self, what: str) -> Iterator[None]:
        """The driver's errors as ours."""
        if self._stopped.is_set():
            raise EngineError(f"The scan of {what} was stopped.")
        found = driver()
        fault: AssayError | ArithmeticFailure | None = None
        try:
            yield
        except found.Error as error:
            fault = failure(what, error, self._dsn)
        if fault is not None:
            raise fault

    def what(self, table: str) -> str:
        """How to speak of a table."""
        match self._tables.get(table):
            case Database(table=str(name)):
                return f"table {name!r} in PostgreSQL"
            case Database():
                return "the query in PostgreSQL"
            case _:
                return repr(table)

    def relation(self, table: str) -> exp.Expr:
        """The ``FROM`` item for one scan of an attached table; its columns have types we know."""
        raw = self._raw(table)
        described = self._describe(table)
        if described.plain:
            return raw
        columns = [
            exp.alias_(
                type_.read(exp.column(exp.to_identifier(name, quoted=True))), name, quoted=True
            )
            for name, type_ in described.types
        ]
        return _subquery(exp.Select(expressions=columns).from_(raw))

    def schema(self, table: str) -> Schema:
        """Columns of a table.

        Raises:
            SubjectError: it cannot be read.
        """
        return self._describe(table).schema

    def kind_of(self, table: str, tree: exp.Expr) -> Kind:
        """The kind of value that a tree over the table's columns gives.

        Raises:
            EngineError: the tree does not fit the table.
        """
        query = exp.Select(expressions=[tree.copy()]).from_(self.relation(table))
        try:
            [(_, type_, _)] = self._types(query, self.what(table))
        except SubjectError as error:
            raise EngineError(error.message, hint=error.hint) from None
        return type_.kind

    def check(self, query: exp.Expr, what: str) -> None:
        """Plan a query without running it.

        Raises:
            AssayError: it does not make sense.
        """
        with self._reported(what), self._link.connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
            cursor.execute(f"EXPLAIN {self.dialect.print(query)}")
            cursor.fetchall()

    def rows(self, query: exp.Expr, what: str) -> list[tuple[Any, ...]]:
        """All rows of a query.

        Raises:
            AssayError: it failed.
        """
        with self._reported(what):
            return patiently(lambda: self._fetch(query), self.interrupt)

    def batches(self, query: exp.Expr, what: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query as a stream, in the order that the table has.

        Raises:
            AssayError: it failed, at once or while it is read.
        """
        with self._reported(what):
            serial = exp.func(
                "set_config", exp.Literal.string("max_parallel_workers_per_gather"),
                exp.Literal.string("0"), exp.true(),
            )  # fmt: skip
            self._fetch(exp.Select(expressions=[serial]))
            text = self.dialect.print(query)
            patiently(lambda: self._cursor.execute(text), self.interrupt)
            # not fetch_record_batch(): that reader's errors lack their SQLSTATE
            reader = self._cursor._results.reader
            with suppress(StopIteration):
                while True:
                    yield patiently(reader.read_next_batch, self.interrupt)

    def _fetch(self, query: exp.Expr) -> list[tuple[Any, ...]]:
        self._cursor.execute(self.dialect.print(query))
        table = self._cursor.fetch_arrow_table()
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

    def _raw(self, table: str) -> exp.Expr:
        """The ``FROM`` item with the columns as the server has them."""
        source = self._tables.get(table)
        if source is None:
            raise SubjectError(
                f"There is no table {table!r}.{did_you_mean(table, self._tables)}",
                hint=f"Tables: {', '.join(map(repr, self._tables)) or 'none'}.",
            )
        if isinstance(source, Database):
            if source.query is not None:
                return _subquery(exp.Var(this=source.query.strip().rstrip("; \n") + "\n"))
            schema, name = self._describe(table).at
            return exp.table_(name, db=schema, quoted=True)
        if table in self._within:
            raise EngineError(f"The query {table!r} reads itself.")
        self._within.append(table)
        try:
            return relation(source, self, list(self._tables))
        finally:
            self._within.pop()

    def _describe(self, table: str) -> Described:
        known = self._described.get(table)
        if known is None:
            source = self._tables.get(table)
            if isinstance(source, Database) and source.table is not None:
                known = self._table(source.table, self.what(table))
            else:
                query = exp.select("*").from_(self._raw(table))
                known = Described(self._types(query, self.what(table)))
            self._described[table] = known
        return known

    def _table(self, name: str, what: str) -> Described:
        with self._reported(what):
            self._cursor.execute(_TABLES)
            schema, table = find_table(name, self._cursor.fetchall(), "The database")
            self._cursor.execute(_COLUMNS, (schema, table))
            found = self._cursor.fetchall()
        columns = [
            (column, Type(native, sort, base), not required)
            for column, native, required, sort, base in found
        ]
        return Described(columns, (schema, table))

    def _types(self, query: exp.Expr, what: str) -> list[tuple[str, Type, bool]]:
        """Name, type and whether it may be null, of each column of a query, which is not run."""
        with self._reported(what):
            schema = self._cursor.adbc_execute_schema(self.dialect.print(query))
            names = [field.name for field in schema]
            if len(set(names)) < len(names):
                raise SubjectError(f"{what} has two columns of one name.", hint="Rename one.")
            natives = [_native(field) for field in schema]
            unknown = any(Type(native).kind == "other" for native in natives)
            self._cursor.execute(_SORTS) if unknown else None
            sorts = self._cursor.fetchall() if unknown else []
        known = {name: (name, sort) for name, _, sort in sorts}
        known |= {f"unnamed<oid:{oid}>": (name, sort) for name, oid, sort in sorts}
        return [
            (name, Type(*known.get(native, (native, "b"))), True)
            for name, native in zip(names, natives, strict=True)
        ]


class Described:
    """What is known of a table: its columns, and where it is."""

    def __init__(
        self, columns: Sequence[tuple[str, Type, bool]], at: tuple[str, str] = ("", "")
    ) -> None:
        self.at = at
        self.types = [(name, type_) for name, type_, _ in columns]
        self.schema = Schema(
            tuple(ColumnInfo(name, t.kind, t.native, null) for name, t, null in columns)
        )
        sample = exp.column("x")
        self.plain = all(type_.read(sample) is sample for _, type_ in self.types)


def _subquery(query: exp.Expr) -> exp.Expr:
    return exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier("t")))


def _native(field: pa.Field) -> str:
    told = field.metadata or {}
    name = told.get(b"POSTGRESQL:type", b"text").decode()
    return from_driver(name, int(told.get(b"POSTGRESQL:typmod", b"-1")))
