"""Settings of the server that a suite may state, for the engine's transactions only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assay.core.errors import SuiteError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS = {  # the form of each, and an example
    "statement_timeout": (r"[0-9]+ ?(ms|s|min|h)", "10min"),
    "lock_timeout": (r"[0-9]+ ?(ms|s|min|h)", "5s"),
    "work_mem": (r"[0-9]+ ?(kB|MB|GB)", "256MB"),
    "max_parallel_workers_per_gather": (r"[0-9]{1,4}", "4"),
}


def checked(settings: Mapping[str, str]) -> dict[str, str]:
    """The settings, each of a name and a form that is known.

    Raises:
        SuiteError: there is no such setting, or not of this value.
    """
    for name, value in settings.items():
        if name not in SETTINGS:
            raise SuiteError(
                f"The engine postgresql has no setting {name!r}.{did_you_mean(name, SETTINGS)}",
                hint=f"It has {', '.join(SETTINGS)}.",
            )
        form, example = SETTINGS[name]
        if not re.fullmatch(form, value):
            raise SuiteError(f"{name} cannot be {value!r}.", hint=f"Write it as {example}.")
    return dict(settings)
