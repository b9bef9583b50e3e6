"""Writing: the ending picks the format, and a file is whole or not there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.report.example_run import example_run, result, share

from assay.core.criterion import AtLeast
from assay.core.errors import AssayError
from assay.core.result import from_json
from assay.report import html, junit, markdown
from assay.report.write import ReportError, format_of, write

if TYPE_CHECKING:
    from assay.core.result import Run

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def small() -> Run:
    return example_run([result("a", "m", AtLeast(0.5), [share(9, 9)])])


def test_the_ending_picks_the_format(small: Run, tmp_path: Path) -> None:
    for ending, expected in (
        (".html", html.render(small)), (".HTM", html.render(small)),
        (".xml", junit.render(small)), (".md", markdown.render(small)),
    ):  # fmt: skip
        path = write(small, tmp_path / f"report{ending}")
        assert path.read_text(encoding="utf-8") == expected
    assert from_json(write(small, tmp_path / "a.json").read_bytes()) == small


def test_a_format_can_be_named_and_a_previous_run_given(small: Run, tmp_path: Path) -> None:
    path = write(small, tmp_path / "comment.txt", format="markdown")
    assert path.read_text(encoding="utf-8").startswith("## ✓ Passed")
    page = write(small, tmp_path / "r.html", previous=small).read_text(encoding="utf-8")
    assert "Every verdict and every value is as it was." in page


def test_missing_folders_are_made_and_nothing_else_is_left(small: Run, tmp_path: Path) -> None:
    path = write(small, tmp_path / "a" / "b" / "r.md")
    assert [p.name for p in path.parent.iterdir()] == ["r.md"]
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_a_link_keeps_pointing_where_it_does(small: Run, tmp_path: Path) -> None:
    target = tmp_path / "real.md"
    target.write_text("old")
    link = tmp_path / "link.md"
    link.symlink_to(target)
    write(small, link)
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8").startswith("## ")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("r.pdf", r"The ending '.pdf' of .* stands for no report.* Use one of .html"),
        ("r.htmll", "Did you mean '.html'"),
        ("report", "The missing ending of"),
    ],
)
def test_unknown_endings(small: Run, tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        write(small, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    assert issubclass(ReportError, AssayError)


def test_unknown_formats(small: Run, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"no report format 'htm1'. Did you mean 'html'"):
        write(small, tmp_path / "r.html", format="htm1")  # type: ignore[arg-type]


def test_a_folder_or_a_file_in_the_way(small: Run, tmp_path: Path) -> None:
    (tmp_path / "r.md").mkdir()
    with pytest.raises(ReportError, match="cannot be written"):
        write(small, tmp_path / "r.md")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ReportError, match="cannot be written"):
        write(small, tmp_path / "file" / "r.md")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "r.md"]


def test_a_read_only_folder(small: Run) -> None:
    with pytest.raises(ReportError, match=r"cannot be written to '/proc/r.md'"):
        write(small, "/proc/r.md")


def test_a_full_device(small: Run) -> None:
    with pytest.raises(ReportError, match="No space left on device"):
        write(small, "/dev/full", format="html")


FULL_DISK = """
import resource, sys
from assay.report.write import ReportError, write
from tests.report.example_run import example_run
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    write(example_run(), sys.argv[1])
except ReportError as error:
    print(error)
"""


def test_running_out_of_space_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("the report of yesterday")
    told = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    assert "cannot be written" in told.stdout
    assert "File too large" in told.stdout
    assert path.read_text() == "the report of yesterday"
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


@pytest.mark.parametrize(
    ("path", "format_"),
    [("a.html", "html"), ("b.xml", "junit"), ("c.md", "markdown"), ("d.json", "json")],
)
def test_formats_by_name(path: str, format_: str) -> None:
    assert format_of(Path(path)) == format_
