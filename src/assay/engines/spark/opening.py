"""A Spark session to work in: one that is there, or one of our own on this machine."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core.errors import EngineError, MissingExtraError, SuiteError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyspark.sql import SparkSession

# What makes values and texts those of the embedded engine, and one query one job.
_MEANING = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.variable.substitute": "false",  # ${…} in a text would be replaced
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.parser.quotedRegexColumnNames": "false",
    "spark.sql.mapKeyDedupPolicy": "LAST_WIN",
    "spark.sql.timeType.enabled": "true",
    "spark.sql.variant.allowDuplicateKeys": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.pyspark.jvmStacktrace.enabled": "false",
    "spark.sql.legacy.parquet.nanosAsLong": "true",  # else they cannot be read at all
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
}
_PLAN = {"spark.sql.adaptive.enabled": "false"}
_OWN = {
    "spark.app.name": "assay",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.driver.memory": "2g",
}
_LOCAL = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}

# What a suite may set: sizes and numbers. A suite may come from anybody, and other settings name
# classes, programs and packages that Spark would run.
_SHORT = {"master": "spark.master", "memory": "spark.driver.memory"}
_SETTINGS = (
    "spark.master", "spark.driver.memory", "spark.driver.cores", "spark.driver.maxResultSize",
    "spark.executor.memory", "spark.executor.cores", "spark.executor.instances", "spark.cores.max",
    "spark.default.parallelism", "spark.memory.fraction", "spark.task.maxFailures",
    "spark.sql.shuffle.partitions", "spark.sql.adaptive.enabled",
    "spark.sql.files.maxPartitionBytes", "spark.sql.autoBroadcastJoinThreshold",
    "spark.sql.broadcastTimeout", "spark.network.timeout",
)  # fmt: skip
_VALUE = re.compile(r"[A-Za-z0-9_.:,/\[\]*-]{1,200}")

_lock = threading.Lock()
_places: list[str] = []
_made: dict[int, int] = {}
"""Our own sessions by id, and how many engines use each."""


def checked(settings: Mapping[str, str]) -> dict[str, str]:
    """The settings by Spark's names.

    Raises:
        SuiteError: one is not among those that a suite may set, or has no such value.
    """
    found: dict[str, str] = {}
    for name, value in settings.items():
        full = _SHORT.get(name, name)
        if full not in _SETTINGS:
            known = (*_SHORT, *_SETTINGS)
            raise SuiteError(
                f"A suite cannot set {name!r} of Spark.{did_you_mean(name, known)}",
                hint="Put it into spark-defaults.conf, or give a session that has it.",
            )
        if not _VALUE.fullmatch(value):
            raise SuiteError(f"{name} has no value such as {value!r}.")
        found[full] = value
    return found


class Opened:
    """A session for us alone: its settings and views are not those of others.

    Args:
        session: to work beside; None takes the one of this process, or makes one.
        settings: by Spark's names; see :func:`checked`.
        spool: folder for what Spark puts aside.

    Raises:
        MissingExtraError: pyspark is not installed.
        EngineError: there is no Java, or Spark does not start.
    """

    def __init__(
        self, session: SparkSession | None, settings: Mapping[str, str], spool: str
    ) -> None:
        with _lock, quiet_import():
            self._base = session or _present(settings) or _start(settings, spool)
            self._ours = id(self._base) in _made
            if self._ours:
                _made[id(self._base)] += 1
        self.session = _beside(self._base)
        given = {k: v for k, v in settings.items() if k.startswith("spark.sql.")}
        for name, value in (_PLAN | given | _MEANING).items():
            if name in _PLAN or name in given or self.session.conf.isModifiable(name):
                self.session.conf.set(name, value)

    @property
    def is_local(self) -> bool:
        """Whether Spark runs in this machine alone."""
        return str(self._base.sparkContext.master).startswith("local")

    def close(self) -> None:
        """End the session if it is our own and nobody else uses it."""
        with _lock:
            if not self._ours:
                return
            self._ours = False
            _made[id(self._base)] -= 1
            if not _made[id(self._base)]:
                del _made[id(self._base)]
                _stop(self._base)


def _stop(session: Any) -> None:
    """End a session; one whose virtual machine died is forgotten, so that another can start."""
    from py4j.protocol import Py4JError
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    gateway: Any = SparkContext._gateway
    dead = gateway is None or (gateway.proc is not None and gateway.proc.poll() is not None)
    if not dead:
        try:
            session.stop()
            return
        except (Py4JError, OSError):  # it died just now, and its process is not reaped yet
            with suppress(Py4JError, OSError):
                gateway.shutdown()
    context: Any = SparkContext
    context._gateway = context._jvm = context._active_spark_context = None
    SparkSession._instantiatedSession = None


@contextmanager
def quiet_import() -> Iterator[None]:
    """Import pyspark, or do with it what warns of pandas 3, which we do not hand to it.

    Raises:
        MissingExtraError: pyspark is not installed.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support", FutureWarning)
        try:
            import pyspark.sql  # noqa: F401 - to find out
        except ModuleNotFoundError as error:
            raise MissingExtraError("pyspark", "spark") from error
        yield


def _present(settings: Mapping[str, str]) -> Any:
    """The session of this process, if there is one."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    context: Any = SparkContext._active_spark_context
    if context is None or context._jsc is None:
        return None
    master = settings.get("spark.master", context.master)
    if master != context.master:
        raise EngineError(
            f"A Spark session with the master {context.master} runs in this process already.",
            hint=f"Stop it before asking for {master}.",
        )
    found = SparkSession._instantiatedSession
    return found if found is not None else SparkSession.builder.getOrCreate()


def _start(settings: Mapping[str, str], spool: str) -> Any:
    from pyspark.sql import SparkSession

    master = settings.get("spark.master") or os.environ.get("MASTER") or "local[*]"
    wanted = _OWN | {"spark.master": master, "spark.local.dir": _place(spool)}
    if master.startswith("local"):
        cores = re.match(r"local\[(\d+)", master)
        count = int(cores[1]) if cores else os.cpu_count() or 1
        wanted |= _LOCAL | {"spark.sql.shuffle.partitions": str(max(4, 2 * count))}
    wanted |= settings
    _launch(wanted)
    before = signal.getsignal(signal.SIGINT)
    try:
        made = SparkSession.builder.config(map=dict(wanted)).getOrCreate()
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, before)  # Spark puts a handler of its own there
    if master.startswith("local") and "PYSPARK_PYTHON" not in os.environ:
        made.sparkContext.pythonExec = sys.executable
    _made[id(made)] = 0
    return made


def _place(spool: str) -> str:
    """Where the virtual machine puts aside what does not fit in memory.

    It stays with its first choice as long as it lives, which is as long as this process.
    """
    if _places:
        return _places[0]
    _places.append(tempfile.mkdtemp(prefix="assay-spark-", dir=os.path.dirname(spool)))
    atexit.register(shutil.rmtree, _places[0], ignore_errors=True)
    return _places[0]


def _launch(settings: Mapping[str, str]) -> None:
    """Start the virtual machine, what it says going to a file.

    Raises:
        EngineError: there is no Java, or it does not start.
    """
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway

    context: Any = SparkContext
    gateway = context._gateway
    if gateway is not None or "PYSPARK_GATEWAY_PORT" in os.environ:
        return
    _find_java()
    conf = SparkConf(loadDefaults=False).setAll(list(settings.items()))
    log = Path(settings["spark.local.dir"]) / "spark.log"
    with open(log, "wb") as file:
        try:
            made = launch_gateway(  # type: ignore[no-untyped-call]
                conf, popen_kwargs={"stderr": file, "stdout": file}
            )
        except (PySparkException, OSError) as error:
            raise EngineError(
                f"Spark does not start: {_said(log) or str(error).splitlines()[0]}",
                hint="Spark 4 needs Java 17 or newer: see `java -version` and JAVA_HOME.",
            ) from None
    context._ensure_initialized(gateway=made)


def _find_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / ("java.exe" if os.name == "nt" else "java")).is_file():
        return
    if home:
        raise EngineError(
            f"JAVA_HOME names {home!r}, which holds no Java.",
            hint="Unset it, or let it name the folder of Java 17 or newer.",
        )
    if shutil.which("java") is None:
        raise EngineError(
            "Spark needs Java, and there is none.",
            hint="Install Java 17 or newer (on Debian: apt-get install openjdk-17-jre-headless), "
            "or set JAVA_HOME.",
        )


def _said(log: Path) -> str:
    """The first line of a log that tells of a failure."""
    lines = log.read_text("utf-8", "replace").splitlines()
    telling = [line for line in lines if "rror" in line or "xception" in line] or lines
    return telling[0].strip()[:300] if telling else ""


def _beside(base: Any) -> Any:
    """A session with the tables and views of another, and settings of its own."""
    if not hasattr(base, "_jsparkSession"):
        raise EngineError(
            "A session of Spark Connect cannot be used.",
            hint="Give a session of this process, or let Assay make one.",
        )
    return type(base)(base.sparkContext, base._jsparkSession.cloneSession())
