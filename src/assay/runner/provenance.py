"""What a run rests on: versions, fingerprints, seeds. No host name, no user, no path."""

from __future__ import annotations

import hashlib
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from assay.core.result import Environment

# Recorded where they are installed and took part: what can change a figure.
_PACKAGES = {
    "duckdb": "duckdb",
    "numpy": "numpy",
    "scipy": "scipy",
    "pyarrow": "pyarrow",
    "sqlglot": "sqlglot",
    "datasketches": "datasketches",
    "scikit-learn": "sklearn",
    "skops": "skops",
    "onnxruntime": "onnxruntime",
    "pandas": "pandas",
    "polars": "polars",
}


def environment() -> Environment:
    """Versions of Python, Assay and the libraries imported so far."""
    packages = {}
    for distribution in ("assay", *(d for d, module in _PACKAGES.items() if module in sys.modules)):
        try:
            packages[distribution] = version(distribution)
        except PackageNotFoundError:  # imported from a path without metadata
            packages[distribution] = "unknown"
    return Environment(
        python=platform.python_version(),
        platform=f"{platform.system()}-{platform.machine()}".lower(),
        packages=packages,
    )


def text_fingerprint(text: str) -> str:
    """``sha256:…`` of a text."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def check_seed(seed: int, check_id: str) -> int:
    """A seed of its own for each check, the same in every run: order and resume do not matter."""
    digest = hashlib.sha256(f"{seed}\0{check_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
