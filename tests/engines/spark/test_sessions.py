"""The session itself: given or our own, left as it was, stopped, killed, or not to be had."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from assay.core.errors import EngineError, SubjectError, SuiteError
from assay.core.expr import Column, Sql
from assay.core.source import Database, Files, Memory
from assay.engines.spark import SparkEngine
from assay.engines.spark.opening import quiet_import
from assay.states import Count, Moments

java = pytest.mark.needs("java")


@java
def test_a_session_that_is_given_is_left_as_it_was(spark) -> None:
    with quiet_import():
        base = spark._opened._base
        user = base.newSession()
        user.conf.set("spark.sql.ansi.enabled", "false")
        user.conf.set("spark.sql.shuffle.partitions", "3")
        before = {row.key: row.value for row in user.sql("SET").collect()}
        with SparkEngine(session=user, settings={"spark.sql.shuffle.partitions": "2"}) as engine:
            engine.attach("t", Memory(pa.table({"a": [1, 2]})))
            assert engine.fold("t", [Count()])[Count()][()].n == 2
            assert engine._session.conf.get("spark.sql.shuffle.partitions") == "2"
        assert {row.key: row.value for row in user.sql("SET").collect()} == before
        assert user.sql("SELECT 1 / 0 AS x").collect()[0].x is None
        assert [t.name for t in user.catalog.listTables()] == []


@java
def test_engines_share_our_session_and_the_last_one_ends_it(spark) -> None:
    with SparkEngine() as second:
        assert second._opened._base is spark._opened._base
    spark.attach("t", Memory(pa.table({"a": [1]})))
    assert spark.fold("t", [Count()])[Count()][()].n == 1
    spark.detach("t")


@java
def test_another_master_than_the_one_that_runs(spark) -> None:
    with pytest.raises(EngineError, match=r"master local\[2\] runs in this process"):
        SparkEngine(settings={"master": "local[7]"})


@java
def test_what_it_says_of_itself(spark) -> None:
    assert spark.identity.startswith("spark 4.")
    assert spark.accepts(Memory(pa.table({"a": [1]})))
    assert spark.accepts(Database("spark", "", table="t"))
    assert spark.accepts(Files(("x.csv",), "csv"))
    assert not spark.accepts(Database("postgresql", "", table="t"))


@java
def test_a_table_that_is_not_attached(spark) -> None:
    spark.attach("orders", Memory(pa.table({"a": [1]})))
    with pytest.raises(SubjectError, match="Did you mean 'orders'"):
        spark.schema("order")
    spark.detach("orders")
    spark.detach("orders")
    with pytest.raises(SubjectError, match="no table 'orders'"):
        spark.fold("orders", [Count()])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"spark.jars.packages": "x:y:1"}, "cannot set 'spark.jars.packages'"),
        ({"spark.driver.extraJavaOptions": "-agentlib:x"}, "cannot set"),
        ({"spark.pyspark.python": "/tmp/x"}, "cannot set"),
        ({"spark.sql.shufle.partitions": "4"}, "Did you mean 'spark.sql.shuffle.partitions'"),
        ({"mastr": "local"}, "Did you mean 'master'"),
        ({"master": "local[2]; rm"}, "no value such as"),
    ],
)
def test_settings_that_a_suite_may_not_make(settings: dict[str, str], words: str) -> None:
    """Before anything starts, so that Java is not needed to tell."""
    with pytest.raises(SuiteError, match=words):
        SparkEngine(settings=settings)


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program of its own: what it does to the session concerns nobody else."""
    return subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-W",
            "ignore::ResourceWarning",
            "-c",
            textwrap.dedent(code),
        ],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


REPORT = """
    from assay.core.errors import AssayError
    from assay.engines.spark import SparkEngine
    try:
        SparkEngine(settings={"master": "local[1]", "memory": "1g"})
    except AssayError as error:
        print(type(error).__name__, error)
"""


def test_no_java_is_said_with_what_to_install(tmp_path: Path) -> None:
    done = run(REPORT, PATH=str(tmp_path), JAVA_HOME="")
    assert done.stdout.startswith(
        "EngineError Spark needs Java, and there is none. Install Java 17"
    )
    assert done.stderr == ""
    done = run(REPORT, JAVA_HOME=str(tmp_path))
    assert "which holds no Java" in done.stdout


def test_a_java_that_does_not_run(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\necho 'Error: UnsupportedClassVersionError, class 61.0' >&2\nexit 1\n"
    )
    program.chmod(0o755)
    done = run(REPORT, JAVA_HOME=str(tmp_path))
    assert "EngineError Spark does not start: Error: UnsupportedClassVersionError" in done.stdout
    assert "Java 17 or newer" in done.stdout
    assert done.stderr == ""


def test_pyspark_that_is_not_installed(tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['pyspark'] = None\n"
    done = run(hidden + textwrap.dedent(REPORT))
    assert "MissingExtraError" in done.stdout
    assert "pip install 'assay[spark]'" in done.stdout


@java
def test_our_own_session_is_silent_and_leaves_nothing(tmp_path: Path) -> None:
    done = run(
        f"""
        import signal
        import pyarrow as pa
        from assay.core.expr import Column, call
        from assay.core.source import Memory
        from assay.engines.spark import SparkEngine
        from assay.states import Count
        before = signal.getsignal(signal.SIGINT)
        settings = {{"master": "local[1]", "memory": "1g"}}
        engine = SparkEngine(settings=settings, temp_directory={str(tmp_path)!r})
        assert signal.getsignal(signal.SIGINT) is before
        engine.attach("t", Memory(pa.table({{"s": ["a@b.org", "x"]}})))
        wanted = Count(where=call("matches", Column("s"), "[^@]+@[^@]+[.][a-z]+"))
        print(engine.fold("t", [wanted])[wanted][()].n)
        try:
            engine.fold("t", [Count(where=Column("nope"))])
        except Exception as error:
            print(error.message)
        engine.close()
        engine.close()
        from pyspark import SparkContext
        print(SparkContext._active_spark_context)
        with SparkEngine(settings=settings) as again:  # in the same virtual machine
            again.attach("t", Memory(pa.table({{"s": ["a"]}})))
            print(again.fold("t", [Count()])[Count()][()].n)
        """
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["1", "There is no column 'nope'.", "None", "1"]
    assert list(tmp_path.iterdir()) == []


@java
def test_a_virtual_machine_that_is_killed_in_mid_scan(tmp_path: Path) -> None:
    done = run(
        """
        import os, signal, threading, time
        from assay.core.errors import EngineError
        from assay.core.source import Memory
        from assay.core.expr import Column, Sql
        from assay.engines.spark import SparkEngine
        from assay.states import Count, Moments
        engine = SparkEngine(settings={"master": "local[1]", "memory": "1g"})
        frame = engine._opened._base.range(10**12)
        engine.attach("t", Memory(frame))
        engine.schema("t")
        pid = engine._session.sparkContext._gateway.proc.pid
        threading.Timer(4, os.kill, (pid, signal.SIGKILL)).start()
        for _ in range(2):
            try:
                engine.fold("t", [Count(where=Sql("sqrt(id) > 5"))])
            except EngineError as error:
                print(error)
        engine.close()
        with SparkEngine(settings={"master": "local[1]", "memory": "1g"}) as again:
            again.attach("t", Memory(again._session.range(3)))
            print(again.fold("t", [Count()])[Count()][()].n)
        """
    )
    *lines, counted = done.stdout.splitlines()
    assert len(lines) == 2, done.stdout + done.stderr
    assert counted == "3"  # a new engine starts a new one
    for line in lines:
        assert line.startswith("The Spark session ended while the DataFrame was read.")
    assert "Traceback" not in done.stderr


SLOW = [Count(where=Sql("sqrt(id) + ln(id + 1) > 5")), Moments(of=Column("id"), order=4)]


def far(spark: Any) -> Memory:
    """Rows enough for minutes."""
    with quiet_import():
        return Memory(spark._opened._base.range(10**12))


@java
@pytest.mark.parametrize("work", ["fold", "examples", "batches"])
def test_interrupting_stops_a_scan_of_another_thread(spark, work: str) -> None:
    spark.attach("t", far(spark))
    spark.schema("t")
    failures: list[Exception] = []

    def scan() -> None:
        try:
            if work == "fold":
                spark.fold("t", SLOW)
            elif work == "examples":
                spark.examples("t", Sql("sqrt(id) < -1"))
            else:
                for _ in spark.batches("t", batch_size=1000):
                    pass
        except EngineError as error:
            failures.append(error)

    thread = threading.Thread(target=scan)
    thread.start()
    time.sleep(2)
    assert thread.is_alive()
    start = time.monotonic()
    spark.interrupt()
    thread.join(30)
    assert not thread.is_alive()
    assert time.monotonic() - start < 20
    assert [str(error) for error in failures] == ["The scan of the DataFrame was stopped."]
    spark.detach("t")
    # and the engine goes on
    spark.attach("t", Memory(pa.table({"a": [1]})))
    assert spark.fold("t", [Count()])[Count()][()].n == 1
    spark.detach("t")


@java
def test_ctrl_c_stops_a_scan_of_the_main_thread(tmp_path: Path) -> None:
    done = run(
        """
        import os, signal, threading
        from assay.core.source import Memory
        from assay.core.expr import Column
        from assay.engines.spark import SparkEngine
        from assay.states import Moments
        engine = SparkEngine(settings={"master": "local[1]", "memory": "1g"})
        engine.attach("t", Memory(engine._opened._base.range(10**12)))
        engine.schema("t")
        threading.Timer(4, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            engine.fold("t", [Moments(of=Column("id"), order=4)])
        except KeyboardInterrupt:
            print("stopped")
        tracker = engine._session.sparkContext.statusTracker()
        import time
        for _ in range(100):
            if not tracker.getActiveJobsIds():
                break
            time.sleep(0.1)
        print(len(tracker.getActiveJobsIds()))
        engine.close()
        """
    )
    assert done.stdout.splitlines() == ["stopped", "0"], done.stdout + done.stderr
