"""``make demo``: train the mortgage model, put it before the gate, and say what CI would have seen.

It ends with 0 where the gate could judge, whatever it decided: a blocked model is what the example
shows, not a failure of the demonstration. ``report.html`` is written into the current folder.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "mortgage"
ASSAY = Path(sys.executable).with_name("assay")
JUDGED = (0, 1)  # passed, blocked; anything else means that nothing was judged


def main() -> int:
    """Run the demonstration; the exit code."""
    parser = argparse.ArgumentParser(description="Train the mortgage model and judge it.")
    parser.add_argument("--example", type=Path, default=EXAMPLE, help="folder of the example")
    parser.add_argument("--report", type=Path, default=Path("report.html"), help="where to write")
    asked = parser.parse_args()

    print("== Train", flush=True)
    subprocess.run([sys.executable, asked.example / "train.py"], check=True)

    print("\n== Judge", flush=True)
    command = [ASSAY, "run", asked.example / "suite.yaml", "--report", asked.report]
    code = subprocess.run(command, check=False).returncode
    if code not in JUDGED:
        print(f"The run ended with exit code {code}: nothing was judged.", file=sys.stderr)
        return code
    run = json.loads(subprocess.check_output([ASSAY, "show", "--json"]))

    print(f"\nThe gate's decision: {run['decision']}. CI would have seen exit code {code}.")
    print(f"Look at the report: {asked.report.resolve().as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
