"""Draw the pictures of the documentation from real runs: ``python scripts/pictures.py``.

``docs/images/terminal.svg`` is what ``assay run`` prints for the suite that the README shows;
``docs/images/report.png`` is the top of the mortgage suite's report in Chromium. The example is
trained and run in a temporary folder, so nothing of an earlier run gets into the pictures.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

import assay
from assay.report.terminal import print_run

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "mortgage"
IMAGES = ROOT / "docs" / "images"
COLUMNS = 84
WINDOW = "1100,860"
LIMIT = 150_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# As rich draws it, but for its web font: a picture must not call out.
SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def readme_suite() -> str:
    """The suite that the README shows."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(suite: .*?)```", text, flags=re.DOTALL)
    if found is None:
        raise SystemExit("README.md shows no suite")
    return found[1]


def terminal(suite: Path, target: Path) -> None:
    """Draw what ``assay run`` prints for the suite."""
    run = assay.run(assay.load(suite))
    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, highlight=False
    )
    console.print(Text(f"$ assay run {suite.name}"))
    print_run(run, console)
    svg = console.export_svg(title="assay", code_format=SVG, unique_id="assay")
    target.write_text(svg, encoding="utf-8")


def report(suite: Path, target: Path) -> None:
    """Draw the top of the suite's report."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise SystemExit(f"The report is drawn by Chromium: none of {', '.join(BROWSERS)} found.")
    page = assay.run(assay.load(suite)).write(suite.parent / "report.html")
    profile = suite.parent / "profile"
    subprocess.run(
        [
            browser,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={profile}",
            f"--window-size={WINDOW}",
            f"--screenshot={target}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
    )


def main() -> None:
    """Draw both pictures and say how large they are."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="assay-pictures-") as place:
        folder = Path(place) / "mortgage"
        for name in ("train.py", "suite.yaml", "data/hmda.csv"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(EXAMPLE / name, folder / name)
        subprocess.run([sys.executable, folder / "train.py"], check=True, capture_output=True)
        (folder / "release.yaml").write_text(readme_suite(), encoding="utf-8")
        terminal(folder / "release.yaml", IMAGES / "terminal.svg")
        report(folder / "suite.yaml", IMAGES / "report.png")
    for path in sorted(IMAGES.iterdir()):
        size = path.stat().st_size
        print(f"{path.relative_to(ROOT)}: {size:,} bytes")
        if size >= LIMIT:
            raise SystemExit(f"{path.name} is too large for a repository: at most {LIMIT:,} bytes.")


if __name__ == "__main__":
    main()
