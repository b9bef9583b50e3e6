"""The HTML report in a real browser: nothing acts, nothing is loaded, everything can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.e2e.browsing import WIDTHS, emulate, evaluate, requests, resize, style
from tests.report.example_run import earlier_run, earlier_scores, example_run
from tests.report.hostile_run import hostile_run

from assay.report.write import write

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver import Chrome

pytestmark = pytest.mark.needs("chromium", "chromedriver")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Addresses of two reports: a real one and a hostile one."""
    folder: Path = tmp_path_factory.mktemp("reports")
    real = write(
        example_run(), folder / "real.html", previous=earlier_run(), earlier=earlier_scores()
    )
    hostile = write(hostile_run(), folder / "hostile.html", previous=example_run())
    return {"real": real.as_uri(), "hostile": hostile.as_uri()}


@pytest.mark.parametrize("name", ["real", "hostile"])
def test_nothing_acts_and_nothing_is_loaded(
    browser: Chrome, reports: dict[str, str], name: str
) -> None:
    browser.get(reports[name])
    for width in WIDTHS:
        resize(browser, width)
    # Open everything, touch everything: what waits for an event gets one.
    evaluate(browser, """(() => {
        for (const d of document.querySelectorAll('details')) d.open = true;
        for (const e of document.querySelectorAll('*'))
            for (const kind of ['mouseover', 'focus', 'load', 'error'])
                e.dispatchEvent(new Event(kind));
    })()""")  # fmt: skip
    assert evaluate(browser, "window.acted") == []
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]
    assert requests(browser) == []
    active = "script, img, iframe, object, embed, form, image, foreignObject, [onload], [onerror]"
    assert evaluate(browser, "document.querySelectorAll(arguments[0]).length", active) == 0
    assert evaluate(browser, "document.querySelectorAll('style').length") == 1
    assert evaluate(browser, "document.querySelectorAll('svg[role=img]').length") > 20


def test_the_policy_would_stop_what_the_escaping_let_through(
    browser: Chrome, reports: dict[str, str]
) -> None:
    browser.get(reports["real"])
    evaluate(browser, """(() => {
        document.body.insertAdjacentHTML('beforeend', '<img src="http://127.0.0.1:9/x.png">'
            + '<p style="color:red" id="styled" onclick="alert(1)">x</p>');
        const s = document.createElement('script'); s.textContent = 'window.ran = 1';
        document.body.append(s);
        document.getElementById('styled').click();
    })()""")  # fmt: skip
    browser.implicitly_wait(0.2)
    assert evaluate(browser, "window.ran") is None
    acted = evaluate(browser, "window.acted")
    assert any("img-src" in line for line in acted)
    assert any("script-src" in line or "default-src" in line for line in acted)
    assert not any(line.startswith("alert") for line in acted)


@pytest.mark.parametrize("name", ["real", "hostile"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_never_scrolls_sideways(
    browser: Chrome, reports: dict[str, str], name: str, width: int
) -> None:
    resize(browser, width)
    browser.get(reports[name])
    evaluate(browser, "document.querySelectorAll('details').forEach(d => { d.open = true })")
    beyond = """[...document.querySelectorAll('body *')].filter(e =>
        !e.closest('.scroll, pre, svg, .hidden, .skip, thead')
        && e.getBoundingClientRect().right > arguments[0] + 1)
        .map(e => e.outerHTML.slice(0, 80))"""
    assert evaluate(browser, beyond, width) == []
    # A page that overflows makes a mobile browser zoom out: its window is then wider.
    assert evaluate(browser, "window.innerWidth") == width
    assert evaluate(browser, "document.documentElement.scrollWidth") <= width


def test_light_and_dark(browser: Chrome, reports: dict[str, str]) -> None:
    emulate(browser, prefers_color_scheme="light")
    browser.get(reports["real"])
    grounds = {"light": "rgb(251, 250, 248)", "dark": "rgb(21, 24, 28)"}
    assert style(browser, "body", "backgroundColor") == grounds["light"]
    stroke = style(browser, "figure.chart path[stroke]", "stroke")
    emulate(browser, prefers_color_scheme="dark")
    assert style(browser, "body", "backgroundColor") == grounds["dark"]
    assert style(browser, "figure.chart path[stroke]", "stroke") != stroke
    for theme in ("light", "dark"):
        evaluate(browser, f"document.getElementById('theme-{theme}').click()")
        for preferred in ("light", "dark"):
            emulate(browser, prefers_color_scheme=preferred)
            assert style(browser, "body", "backgroundColor") == grounds[theme]


def test_the_keyboard_reaches_and_opens_everything(
    browser: Chrome, reports: dict[str, str]
) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get(reports["real"])
    focused = browser.switch_to.active_element
    focused.send_keys(Keys.TAB)
    skip = browser.switch_to.active_element
    assert skip.text == "Skip to the decision"
    assert skip.rect["x"] >= 0
    seen: list[str] = []
    closed = "details:not([open]) > summary"
    assert evaluate(browser, "document.querySelectorAll(arguments[0]).length", closed) > 10
    for _ in range(400):
        element = browser.switch_to.active_element
        if element.tag_name == "summary" and not evaluate(
            browser, "arguments[0].parentNode.open", element
        ):
            element.send_keys(Keys.ENTER)
            assert evaluate(browser, "arguments[0].parentNode.open", element) is True
        seen.append(element.tag_name)
        element.send_keys(Keys.TAB)
        if element.tag_name == "body":
            break
    assert evaluate(browser, "document.querySelectorAll(arguments[0]).length", closed) == 0
    assert {"a", "summary", "input", "div"} <= set(seen)
    outline = """(e => { e.focus(); return getComputedStyle(e).outlineStyle })(
        document.querySelector('summary'))"""
    assert evaluate(browser, outline) == "solid"


def test_the_filter_hides_rows_without_a_script(browser: Chrome, reports: dict[str, str]) -> None:
    resize(browser, 1280)
    browser.get(reports["real"])
    shown = """[...document.querySelectorAll('table.results tr.is-pass')]
        .filter(e => e.offsetHeight).length"""
    assert evaluate(browser, shown) == 31
    evaluate(browser, "document.getElementById('show-pass').click()")
    assert evaluate(browser, shown) == 0
    assert style(browser, "table.results tr.is-fail", "display") == "table-row"


def test_links_lead_to_the_details(browser: Chrome, reports: dict[str, str]) -> None:
    browser.get(reports["real"])
    missing = """[...document.querySelectorAll('a[href^="#"]')]
        .filter(a => !document.querySelector(a.getAttribute('href'))).length"""
    assert evaluate(browser, missing) == 0


def test_a_column_that_moved_leads_to_its_folded_detail(
    browser: Chrome, reports: dict[str, str]
) -> None:
    browser.get(reports["real"])
    links = browser.find_elements("css selector", "#moved a")
    assert len(links) == 9
    folded = "!document.querySelector(arguments[0]).closest('details').open"
    target = next(
        found
        for link in links
        if evaluate(browser, folded, found := "#" + str(link.get_attribute("href")).split("#")[1])
    )
    browser.find_element("css selector", f"#moved a[href='{target}']").send_keys("\n")
    assert not evaluate(browser, folded, target)
    top = "document.querySelector(arguments[0]).getBoundingClientRect().top"
    assert 0 < evaluate(browser, top, target) < 300


def test_print_shows_the_report_without_its_controls(
    browser: Chrome, reports: dict[str, str]
) -> None:
    browser.get(reports["real"])
    emulate(browser, media="print", prefers_color_scheme="dark")
    assert style(browser, "body", "backgroundColor") == "rgb(255, 255, 255)"
    assert style(browser, "body", "color") == "rgb(28, 32, 36)"
    for selector in ("fieldset.themes", "fieldset.filter", "nav.contents"):
        assert style(browser, selector, "display") == "none"
    # What is folded on the screen is printed.
    height = "document.querySelector('details:not([open]) .detail').getBoundingClientRect().height"
    assert evaluate(browser, height) > 20


def test_text_is_read_as_text(browser: Chrome, reports: dict[str, str]) -> None:
    browser.get(reports["hostile"])
    text = evaluate(browser, "document.body.textContent")
    assert "<script>alert('script')</script>" in text
    assert '"><img src=x onerror=alert("img")>' in text
    assert "\u202e" not in text
    assert r"\u202egnp.exe" in text
    assert evaluate(browser, "document.title").startswith("Blocked: <script>")
