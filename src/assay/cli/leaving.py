"""The end of the process: without taking apart, object by object, what the system frees at once.

That takes the interpreter a twentieth of a second, more than many a command. mypy ends likewise.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End the process as ``sys.exit`` would: threads are waited for, what was registered with
    ``atexit`` runs (temporary folders are removed there), and output is flushed.

    Raises:
        SystemExit: the interpreter must end it: it is watched by a profiler or debugger that
            writes at the end, or output cannot be written, of which it tells.
    """
    if sys.gettrace() is not None or sys.getprofile() is not None:
        sys.exit(code)
    # what the interpreter itself calls, in its order: there are no public names
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        sys.exit(code)
    os._exit(code)
