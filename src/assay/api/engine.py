"""Which engine a run uses: the suite's, or the one that the caller names or brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from assay.core.check import EngineName, EngineSpec
from assay.core.errors import SuiteError, did_you_mean

if TYPE_CHECKING:
    from contextlib import ExitStack
    from pathlib import Path

    from assay.core.check import Suite
    from assay.core.engine import Engine


def engine_for(
    suite: Suite, engine: Any, stack: ExitStack, *, temp_directory: str | Path | None = None
) -> Engine:
    """The engine of a run; one that is opened here is closed with the stack.

    Args:
        engine: None for the suite's; a name or an :class:`~assay.core.check.EngineSpec`; a
            SparkSession; or an engine. A session or an engine stays open: it is the caller's, and
            the engine forgets the suite's tables afterwards.

    Raises:
        SuiteError: there is no such engine, or it has no such setting.
        MissingExtraError: it is not installed.
        EngineError: it cannot be started.
    """
    from assay.engines.choosing import open_engine

    if engine is not None and all(hasattr(engine, name) for name in ("attach", "fold", "detach")):
        given: Engine = engine
        for name in suite.subjects:
            stack.callback(given.detach, name)
        return given
    session = None
    if type(engine).__module__.startswith("pyspark."):
        session, engine = engine, "spark"
    opened = open_engine(_spec(suite, engine), temp_directory=temp_directory, session=session)
    stack.callback(opened.close)
    return opened


def _spec(suite: Suite, engine: Any) -> EngineSpec:
    """What to open; a name that is the suite's own takes the settings from there."""
    if engine is None or engine == suite.engine.name:
        return suite.engine
    if isinstance(engine, EngineSpec):
        return engine
    known = get_args(EngineName)
    if engine in known:
        return EngineSpec(name=engine)
    if not isinstance(engine, str):
        raise SuiteError(
            f"An object of type {type(engine).__name__!r} is not an engine.",
            hint=f"Give one of {', '.join(map(repr, known))}, or a SparkSession.",
        )
    raise SuiteError(
        f"There is no engine {engine!r}.{did_you_mean(engine, known)}",
        hint=f"There are: {', '.join(known)}.",
    )
