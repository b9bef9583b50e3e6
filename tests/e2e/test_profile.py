"""``assay profile`` as a program: terminal, page, JSON, databases; and the page in a browser."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.e2e.browsing import WIDTHS, emulate, evaluate, resize, style

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

HMDA = Path(__file__).resolve().parents[2] / "examples" / "mortgage" / "data" / "hmda.csv"
TOOL = Path(sys.executable).with_name("assay")
NAME = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


def _call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TOOL, "profile", *words], cwd=folder, capture_output=True, text=True, check=False
    )


def _read(text: str) -> Any:
    """JSON but for the last digits: threads add numbers up in another order each time."""
    return json.loads(text, parse_float=lambda number: f"{float(number):.12g}")


def test_what_it_prints_and_writes(tmp_path: Path) -> None:
    done = _call(tmp_path, str(HMDA), "--report", "out/p.html", "--report", "p.json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("hmda.csv: 2,380 rows, 14 columns")
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    assert done.stderr.splitlines() == ["Report: out/p.html", "Report: p.json"]
    document = _read((tmp_path / "p.json").read_text())
    assert document["schema"] == "assay.profile/2"
    assert (tmp_path / "out" / "p.html").read_text().startswith("<!doctype html>")
    again = _call(tmp_path, str(HMDA), "--json")
    assert _read(again.stdout) == document
    assert again.stderr == ""


def test_an_ending_is_refused_before_the_work(tmp_path: Path) -> None:
    done = _call(tmp_path, "nowhere.parquet", "--report", "p.pdf")
    assert done.returncode == 2
    assert "does not end like a profile" in done.stderr


def test_a_table_of_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (id INTEGER, note TEXT)")
        connection.executemany("INSERT INTO orders VALUES (?, ?)", [(i, "x") for i in range(300)])
    connection.close()
    place = "{sqlite: '${SHOP}', table: orders}"
    missing = _call(tmp_path, place)
    assert missing.returncode == 2
    assert "variable SHOP is not set" in missing.stderr
    monkeypatch.setenv("SHOP", "shop.db")
    done = _call(tmp_path, place)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("sqlite table orders: 300 rows, 2 columns")
    wrote = subprocess.run(
        [TOOL, "init", place], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert wrote.returncode == 0, wrote.stderr
    text = (tmp_path / "suite.yaml").read_text()
    assert 'sqlite: "${SHOP}"' in text
    ran = subprocess.run([TOOL, "run", "suite.yaml"], cwd=tmp_path, check=False)
    assert ran.returncode == 0


def test_a_password_is_not_written_into_a_suite(tmp_path: Path) -> None:
    place = "{postgresql: 'postgresql://me:hunter2@127.0.0.1:1/x', table: t}"
    done = subprocess.run(
        [TOOL, "init", place], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "holds a password" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout
    assert not (tmp_path / "suite.yaml").exists()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Addresses of two pages: of real data, and of a table with hostile names and values."""
    folder: Path = tmp_path_factory.mktemp("reports")
    rng = np.random.default_rng(0)
    names = [NAME, "\u202ename\x1b[31m", "w" * 200, *(f"n{i}" for i in range(45))]
    table = pa.table(
        {n: rng.normal(size=300) for n in names} | {"text": [NAME] * 150 + ["x"] * 150}
    )
    pq.write_table(table, folder / "hostile.parquet")
    for name, data in (("real", HMDA), ("hostile", folder / "hostile.parquet")):
        done = _call(folder, str(data), "--report", f"{name}.html")
        assert done.returncode == 0, done.stderr
    return {name: (folder / f"{name}.html").as_uri() for name in ("real", "hostile")}


@pytest.mark.needs("chromium", "chromedriver")
@pytest.mark.parametrize("name", ["real", "hostile"])
def test_nothing_acts_and_it_never_scrolls_sideways(
    browser: Chrome,
    pages: dict[str, str],
    name: str,
) -> None:
    browser.get(pages[name])
    evaluate(browser, "document.querySelectorAll('details').forEach(d => { d.open = true })")
    for width in WIDTHS:
        resize(browser, width)
        assert evaluate(browser, "document.documentElement.scrollWidth") <= width
        assert evaluate(browser, "window.innerWidth") == width
    assert evaluate(browser, "window.acted") == []
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]
    active = "script, img, iframe, object, embed, form, image, foreignObject, [onload], [onerror]"
    assert evaluate(browser, "document.querySelectorAll(arguments[0]).length", active) == 0
    text = evaluate(browser, "document.body.textContent")
    assert ("<img src=x" in text) == (name == "hostile")
    assert "\u202e" not in text


@pytest.mark.needs("chromium", "chromedriver")
def test_light_dark_and_print(browser: Chrome, pages: dict[str, str]) -> None:
    emulate(browser, prefers_color_scheme="light")
    browser.get(pages["real"])
    fill = style(browser, ".spark path", "fill")
    emulate(browser, prefers_color_scheme="dark")
    assert style(browser, ".spark path", "fill") != fill
    emulate(browser, media="print")
    shut = "details.column:not([open]) .detail"
    assert evaluate(browser, f"document.querySelector('{shut}').getBoundingClientRect().height") > 9


@pytest.mark.needs("chromium", "chromedriver")
def test_the_keyboard_opens_a_column(browser: Chrome, pages: dict[str, str]) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    browser.get(pages["real"])
    column = browser.find_element(By.CSS_SELECTOR, "#column-2 > summary")
    assert not evaluate(browser, "document.getElementById('column-2').open")
    column.send_keys(Keys.ENTER)
    assert evaluate(browser, "document.getElementById('column-2').open")
    assert browser.find_element(By.CSS_SELECTOR, "#column-2 figure.histogram svg").is_displayed()
