"""Assay: the quality gate for everything a machine-learning team ships.

Whatever is under test is a subject; collecting from it yields a table of observations. A metric
folds observations into a mergeable state and estimates a measurement: value, interval, n, unit.
A check holds a metric against a criterion and gives a verdict; a gate turns verdicts into a
decision.

Public names are imported when first used, so that ``import assay`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from assay.api import (
        Drift,
        GateBlockedError,
        Interrupted,
        Profile,
        Run,
        check,
        drift,
        init,
        load,
        model,
        plan,
        profile,
        run,
    )
    from assay.core.check import (
        Budget,
        CheckSpec,
        GatePolicy,
        LanguageModelSpec,
        ModelSpec,
        SamplesSpec,
        Suite,
        TableSpec,
    )
    from assay.core.criterion import AtLeast, AtMost, Between, Equals, NoWorseThan, OneOf
    from assay.core.errors import AssayError, SuiteError
    from assay.core.measurement import Estimation, Measurement, Unmeasured
    from assay.core.metric import Metric, metric
    from assay.core.result import Result

_HOMES = {
    "assay.api": (
        "Drift",
        "GateBlockedError",
        "Interrupted",
        "Profile",
        "Run",
        "check",
        "drift",
        "init",
        "load",
        "model",
        "plan",
        "profile",
        "run",
    ),
    "assay.core.check": (
        "Budget",
        "CheckSpec",
        "GatePolicy",
        "LanguageModelSpec",
        "ModelSpec",
        "SamplesSpec",
        "Suite",
        "TableSpec",
    ),
    "assay.core.criterion": ("AtLeast", "AtMost", "Between", "Equals", "NoWorseThan", "OneOf"),
    "assay.core.errors": ("AssayError", "SuiteError"),
    "assay.core.measurement": ("Estimation", "Measurement", "Unmeasured"),
    "assay.core.metric": ("Metric", "metric"),
    "assay.core.result": ("Result",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AssayError",
    "AtLeast",
    "AtMost",
    "Between",
    "Budget",
    "CheckSpec",
    "Drift",
    "Equals",
    "Estimation",
    "GateBlockedError",
    "GatePolicy",
    "Interrupted",
    "LanguageModelSpec",
    "Measurement",
    "Metric",
    "ModelSpec",
    "NoWorseThan",
    "OneOf",
    "Profile",
    "Result",
    "Run",
    "SamplesSpec",
    "Suite",
    "SuiteError",
    "TableSpec",
    "Unmeasured",
    "check",
    "drift",
    "init",
    "load",
    "metric",
    "model",
    "plan",
    "profile",
    "run",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'assay' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
