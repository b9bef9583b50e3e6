"""PostgreSQL's errors, in words for the person whose data or suite it is."""

from __future__ import annotations

import re
from typing import Any

from assay.core.errors import AssayError, EngineError, MissingExtraError, SubjectError

# out of range, division by zero, logarithm of zero, power of a negative number
_ARITHMETIC = {"22003", "22012", "2201E", "2201F"}
_NO_RIGHT, _WRITES, _STOPPED, _CONFLICT = "42501", "25006", "57014", "40001"
_NO_ENTRY = {"28000", "28P01"}
_LIMITS = {"53000", "53100", "53200", "53400", "54000", "54001", "54011", "54023"}
_GONE = ("server closed the connection", "connection to server was lost", "terminating connection",
         "no connection to the server", "could not receive data", "could not send data",
         "connection not open", "Connection reset", "Broken pipe", "shutting down")  # fmt: skip


class ArithmeticFailure(Exception):
    """An operation on numbers has no finite answer; careful arithmetic gives one.

    Attributes:
        error: what to say where careful arithmetic has none either.
    """

    def __init__(self, error: AssayError) -> None:
        super().__init__(str(error))
        self.error = error


def driver() -> Any:
    """The driver.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import adbc_driver_postgresql.dbapi as found
    except ImportError as error:
        raise MissingExtraError("adbc-driver-postgresql", "postgresql") from error
    return found


def failure(what: str, error: Exception, dsn: str) -> AssayError | ArithmeticFailure:
    """A query over ``what`` failed: it cannot be read, or the question makes no sense."""
    code, said = getattr(error, "sqlstate", None), words(error, dsn)
    if any(word in str(error) for word in _GONE):
        return SubjectError(
            f"The scan of {what} was cut off: the PostgreSQL server ended the connection.",
            hint="Look whether it runs, and run again.",
        )
    match code:
        case _ if code in _ARITHMETIC:
            return ArithmeticFailure(EngineError(f"The scan of {what} failed: {said}"))
        case "57014" if "statement timeout" in said:
            return EngineError(
                f"The scan of {what} took longer than statement_timeout allows.",
                hint="Raise statement_timeout, or measure less at once.",
            )
        case "57014":
            return EngineError(f"The scan of {what} was stopped.")
        case "42501":
            return SubjectError(
                f"{what} cannot be read: {said}", hint="Ask for the right to SELECT from it."
            )
        case "25006":
            return SubjectError(f"{what} cannot be read: {said}", hint="A query may only read.")
        case "40001":
            return EngineError(
                f"The scan of {what} failed: {said}",
                hint="A replica gives up long scans: see max_standby_streaming_delay there.",
            )
        case _ if code in _LIMITS:
            return EngineError(
                f"The scan of {what} needs more than the server has: {said}",
                hint="Measure fewer values or groups at once, or raise work_mem.",
            )
        case "42P01" | "42703" | "3F000" | "42601" | "0A000":
            return SubjectError(f"{what} cannot be read: {said}")
        case _:
            return EngineError(f"The scan of {what} failed: {said}")


def refused(error: Exception, dsn: str) -> SubjectError:
    """No connection came about. What libpq says of a malformed string may hold a password."""
    text = str(error)
    if getattr(error, "sqlstate", None) in _NO_ENTRY or "authentication failed" in text:
        return SubjectError(
            f"PostgreSQL refuses the connection: {words(error, dsn)}",
            hint="Check user and password, or the server's pg_hba.conf.",
        )
    if "connection to server" in text or "translate host name" in text:
        return SubjectError(
            f"PostgreSQL cannot be reached: {words(error, dsn)}",
            hint="Check host and port, and that the server runs.",
        )
    return SubjectError(
        "The connection string of PostgreSQL cannot be read.",
        hint="Write postgresql://user:password@host:port/database, or host=… dbname=… user=….",
    )


def words(error: Exception, dsn: str) -> str:
    """The message: neither the connection string, which drivers like to repeat, nor the query."""
    text = str(error).replace(dsn, "…")
    for secret in secrets(dsn):
        text = text.replace(secret, "…")
    text = re.split(r"\n\nQuery was:|\n(?:LINE|HINT|CONTEXT)\b|\.? ?SQLSTATE: ", text)[0]
    text = re.sub(r"^.*?\b(?:ERROR|FATAL): +|^[A-Z_]+: \[libpq\] ", "", text, flags=re.DOTALL)
    text = " ".join(text.split())[:400]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def secrets(dsn: str) -> list[str]:
    """Passwords in a connection string of either form, as written and as meant."""
    from urllib.parse import unquote

    found = re.findall(r"//[^:/@]*:(.*)@", dsn)
    found += re.findall(r"[?&]password=([^&]*)", dsn)
    found += [a or b for a, b in re.findall(r"password\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S+))", dsn)]
    return sorted({s for one in found for s in (one, unquote(one)) if s}, key=len, reverse=True)
