"""The Python interface: what the command line, pytest and notebooks call.

>>> import assay, pandas
>>> frame = pandas.DataFrame({"age": [34, None, 51]})
>>> run = assay.run([assay.check("completeness", column="age", at_least=0.9)], on=frame)
>>> run.results[0].verdict
'fail'
"""

from __future__ import annotations

from assay.api.checks import check, load, model
from assay.api.describe import Profile, init, profile
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

__all__ = [
    "GateBlockedError",
    "Interrupted",
    "Profile",
    "Run",
    "baselines",
    "check",
    "check_ids",
    "compare",
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
    "run",
    "runs",
    "stored_run",
]
