"""The Python interface: what the command line, pytest and notebooks call.

>>> import assay, pandas
>>> frame = pandas.DataFrame({"age": [34, None, 51]})
>>> run = assay.run([assay.check("completeness", column="age", at_least=0.9)], on=frame)
>>> run.results[0].verdict
'fail'

Names are imported when first used: to look at a table needs no runner.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.api.checks import check, load, model
    from assay.api.describe import Profile, init, profile
    from assay.api.drifting import Drift, drift
    from assay.api.outcome import GateBlockedError, Run
    from assay.api.planning import plan
    from assay.api.running import Interrupted, check_ids, explain, run
    from assay.api.stored import (
        baselines,
        compare,
        earlier_scores,
        interrupted_run,
        name_run,
        previous_run,
        runs,
        stored_run,
    )
    from assay.api.transcribing import rivals, transcripts

_HOMES = {
    "checks": ("check", "load", "model"),
    "describe": ("Profile", "init", "profile"),
    "drifting": ("Drift", "drift"),
    "outcome": ("GateBlockedError", "Run"),
    "planning": ("plan",),
    "running": ("Interrupted", "check_ids", "explain", "run"),
    "stored": (
        "baselines",
        "compare",
        "earlier_scores",
        "interrupted_run",
        "name_run",
        "previous_run",
        "runs",
        "stored_run",
    ),
    "transcribing": ("rivals", "transcripts"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Drift",
    "GateBlockedError",
    "Interrupted",
    "Profile",
    "Run",
    "baselines",
    "check",
    "check_ids",
    "compare",
    "drift",
    "earlier_scores",
    "explain",
    "init",
    "interrupted_run",
    "load",
    "model",
    "name_run",
    "plan",
    "previous_run",
    "profile",
    "rivals",
    "run",
    "runs",
    "stored_run",
    "transcripts",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'assay.api' has no attribute {name!r}")
    value = getattr(import_module(f"assay.api.{home}"), name)
    globals()[name] = value
    return value
