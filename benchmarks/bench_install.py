"""What a core install adds to an environment that holds numpy, scipy, scikit-learn and pyarrow.

    python benchmarks/bench_install.py

Makes a virtual environment in a temporary folder, installs the four, then this project without
extras, and prints how many packages and megabytes (1024 * 1024 bytes, compiled modules included)
came along, and that none of the four changed its version.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HELD = ("numpy", "scipy", "scikit-learn", "pyarrow")
ROOT = Path(__file__).parents[1]


def installed(python: Path) -> dict[str, str]:
    """Versions by name; pip and setuptools belong to the environment, not to us."""
    listing = subprocess.run(
        [python, "-m", "pip", "list", "--format", "json"], check=True, capture_output=True
    )
    found = {entry["name"].lower(): entry["version"] for entry in json.loads(listing.stdout)}
    return {name: v for name, v in found.items() if name not in ("pip", "setuptools")}


def size(folder: Path) -> tuple[float, float]:
    """Megabytes of the files, and what they take on the disk in whole blocks."""
    found = [path.lstat() for path in folder.rglob("*")]
    return sum(f.st_size for f in found) / 1024**2, sum(f.st_blocks for f in found) / 2048


def main() -> int:
    """Install, measure, print; 1 where a target is missed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder, "bin", "python")
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        site = next(Path(folder, "lib").glob("python*")) / "site-packages"
        subprocess.run([*pip, *HELD], check=True)
        before, (held, held_blocks) = installed(python), size(site)
        subprocess.run([*pip, str(ROOT)], check=True)
        after, (now, now_blocks) = installed(python), size(site)
        # What a fresh environment gets: the project and all that it needs, without extras.
        needed = {n for n in after if n not in before} | {"numpy", "scipy", "pyarrow"}
    new = sorted(after.keys() - before.keys())
    moved = [name for name in before if before[name] != after[name]]
    print(f"packages of a core install: {len(needed)} ({', '.join(sorted(needed))})")
    added, on_disk = now - held, now_blocks - held_blocks
    print(f"added to the four: {len(new)} packages, {added:.1f} MB ({on_disk:.1f} MB in blocks)")
    print(f"versions changed: {', '.join(moved) or 'none'}")
    return 0 if len(needed) < 25 and added < 180 and not moved else 1


if __name__ == "__main__":
    raise SystemExit(main())
