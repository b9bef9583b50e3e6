"""What the process ends with: the contract with shells and CI systems."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command.

    A gate that only warns ends with ``PASSED``: a warning never stops a pipeline.
    """

    PASSED = 0
    """The gate passed, or only warned."""
    BLOCKED = 1
    """The gate blocked: a requirement is not met, or was not shown to be met."""
    USAGE = 2
    """The command line, the suite or a subject is wrong; nothing was judged."""
    INTERNAL = 3
    """A defect of Assay."""
    INTERRUPTED = 130
    """Stopped by the user (128 + SIGINT); the run can be resumed."""
