"""Transcripts in a real browser, from a file: found, filtered, opened by keyboard, and inert."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from tests.e2e.browsing import WIDTHS, emulate, evaluate, requests, resize, style
from tests.report.example_run import example_run
from tests.report.example_transcripts import example, group, hostile, many
from tests.report.hostile_run import PAYLOADS

from assay.core.exchange import Answer, Sample
from assay.core.transcript import Transcript, Transcripts
from assay.report.text import visible
from assay.report.write import write

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver import Chrome

pytestmark = pytest.mark.needs("chromium", "chromedriver")

IDS = "[...document.querySelectorAll('#transcripts-list .name')].map(e => e.textContent)"
TOLD = "document.getElementById('transcripts-told').textContent"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small report, a hostile one, and one with files beside it."""
    folder = tmp_path_factory.mktemp("reports")
    run = example_run([])
    unjudged = Transcripts("bare", "qa", (), 2, lambda: iter([_bare("a"), _bare("b")]))
    small = [group(example()), group(hostile(), data="<i>hostile</i>"), unjudged]
    write(run, folder / "small.html", transcripts=small)
    write(run, folder / "hostile.html", transcripts=[group(hostile(), data="<b>", model="<i>")])
    write(run, folder / "large #1?.html", transcripts=[many(3_500)])
    return folder


def _bare(name: str) -> Transcript:
    """A sample that was answered, and that no check scores."""
    return Transcript(Sample(id=name, input="Why?"), (Answer(unit=name, text="So."),))


def choose(browser: Chrome, name: str, value: str) -> None:
    """Choose an option by its words, as a person does."""
    from selenium.webdriver.support.ui import Select

    Select(browser.find_element("id", f"transcripts-{name}")).select_by_visible_text(value)


def told(browser: Chrome, words: str) -> str:
    """What is said, once it holds these words."""
    end = time.monotonic() + 20
    while words not in (said := str(evaluate(browser, TOLD))):
        assert time.monotonic() < end, said
        time.sleep(0.02)
    return said


def search(browser: Chrome, text: str) -> None:
    field = browser.find_element("id", "transcripts-text")
    field.clear()
    field.send_keys(text)


def test_a_person_finds_the_samples_of_a_kind(browser: Chrome, reports: Path) -> None:
    browser.get((reports / "small.html").as_uri())
    assert told(browser, "25 shown") == "25 shown; more follow. 25 of 60 samples looked at."
    assert evaluate(browser, IDS)[:3] == ["q0", "q1", "q2"]
    choose(browser, "state", "Falls short")
    assert told(browser, "of 60") == "19 of 60 samples."
    choose(browser, "state", "No answer")
    told(browser, "1 of 60")
    assert evaluate(browser, IDS) == ["q4"]
    choose(browser, "state", "Refused")
    told(browser, "1 of 60")
    assert evaluate(browser, IDS) == ["q1"]
    choose(browser, "state", "Cut off or filtered")
    told(browser, "1 of 60")
    assert evaluate(browser, IDS) == ["q2"]
    choose(browser, "state", "As good as can be")
    told(browser, "25 shown")
    choose(browser, "check", "bot@qa/llm.includes")
    choose(browser, "state", "Falls short")
    choose(browser, "facet", "region = north")
    assert told(browser, "of 60") == "10 of 60 samples."
    assert evaluate(browser, IDS) == [f"q{i}" for i in range(1, 20, 2)]
    search(browser, "NUMBER 13")
    told(browser, "1 of 60")
    assert evaluate(browser, IDS) == ["q13"]
    search(browser, "no such thing")
    told(browser, "None of 60 samples is like that.")


def test_a_sample_shows_all_that_is_known_of_it(browser: Chrome, reports: Path) -> None:
    browser.get((reports / "small.html").as_uri())
    told(browser, "25 shown")
    opened = "document.querySelectorAll('#transcripts-list > li > details')[{}]"

    def text(number: int) -> str:
        evaluate(browser, f"{opened.format(number)}.open = true")
        time.sleep(0.1)
        return str(evaluate(browser, f"{opened.format(number)}.innerText"))

    first = text(0)
    for part in (
        "Which town has the number 0?", "I think it is Atlantis.", "bot@qa/llm.groundedness",
        "the context says nothing of it", "town 0", "Town 0 is small.", "cluster", "doc-0",
        "0.25 s · first token after 0.1 s · 10 tokens in · 4 out · cost 0.000123",
    ):  # fmt: skip
        assert part in first, part
    assert "Refusal\nI cannot help with that." in text(1)
    assert "ended at the token limit" in text(2)
    assert 'Calls look_up\n{"n":3}' in text(3)
    assert "429: too many calls" in text(4)
    repeated = text(5)
    assert "Answer 1" in repeated
    assert "Town five, surely." in repeated
    assert "from the cache" in repeated
    assert "Looked up for answer 2\nA list of towns." in repeated
    assert "system\nAnswer briefly." in text(6)
    fold = browser.find_element("css selector", "#transcripts-list button.fold")
    before = fold.find_element("xpath", "..").size["height"]
    fold.send_keys("\n")
    assert fold.text == "Show less"
    assert fold.find_element("xpath", "..").size["height"] > 2 * before


def test_the_keyboard_is_enough(browser: Chrome, reports: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get((reports / "small.html").as_uri())
    told(browser, "25 shown")
    browser.find_element("id", "transcripts-text").send_keys(Keys.TAB)
    first = browser.switch_to.active_element
    assert first.tag_name == "summary"
    first.send_keys(Keys.ENTER)
    assert evaluate(browser, "arguments[0].parentNode.open", first) is True
    evaluate(browser, "document.getElementById('transcripts-more').focus()")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    told(browser, "50 shown")
    focused = browser.switch_to.active_element
    assert focused.tag_name == "summary"
    assert "q25" in focused.text
    labels = """[...document.querySelectorAll('#transcripts-browse :is(select, input)')]
        .filter(e => !e.labels.length).length"""
    assert evaluate(browser, labels) == 0
    assert style(browser, "#transcripts-told", "display") != "none"
    assert evaluate(browser, "document.getElementById('transcripts-told').role") == "status"


def test_another_model_is_a_choice(browser: Chrome, reports: Path) -> None:
    browser.get((reports / "small.html").as_uri())
    told(browser, "25 shown")
    choose(browser, "group", "bot on <i>hostile</i>")
    told(browser, f"{len(PAYLOADS)} ")
    choose(browser, "group", "bare on qa")
    told(browser, "2 of 2 samples.")
    evaluate(browser, "document.querySelector('#transcripts-list details').open = true")
    assert evaluate(browser, IDS) == ["a", "b"]
    choose(browser, "state", "Falls short")
    told(browser, "None of 2")
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_pages_beside_the_file_are_loaded_when_they_are_needed(
    browser: Chrome, reports: Path
) -> None:
    browser.get((reports / "large #1?.html").as_uri())
    told(browser, "25 of 3,500 samples looked at")
    search(browser, "number 3499")
    assert told(browser, "1 of") == "1 of 3,500 samples."
    assert evaluate(browser, IDS) == ["q3499"]
    search(browser, "town 200")  # 200, and 2000 to 2009
    assert told(browser, "11 of") == "11 of 3,500 samples."
    assert evaluate(browser, "window.acted") == []
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]
    assert evaluate(browser, "document.querySelectorAll('head script').length") == 0


def test_where_the_folder_is_gone_the_page_says_so(browser: Chrome, reports: Path) -> None:
    alone = reports / "alone.html"
    alone.write_bytes(
        (reports / "large #1?.html").read_bytes().replace(b"large #1?_files", b"gone")
    )
    browser.get(alone.as_uri())
    told(browser, "25 shown")
    search(browser, "number 3499")
    said = told(browser, "is not beside this page")
    assert said.startswith("0 shown. The file gone/transcripts-")


@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_its_window(browser: Chrome, reports: Path, width: int) -> None:
    resize(browser, width)
    browser.get((reports / "hostile.html").as_uri())
    told(browser, "samples.")
    evaluate(
        browser, "document.querySelectorAll('#transcripts details').forEach(d => d.open = true)"
    )
    time.sleep(0.2)
    beyond = """[...document.querySelectorAll('#transcripts *')].filter(e =>
        !e.closest('.scroll, .hidden, .brief > *, script')
        && e.getBoundingClientRect().right > arguments[0] + 1)
        .map(e => e.outerHTML.slice(0, 120))"""
    assert evaluate(browser, beyond, width) == []
    assert evaluate(browser, "document.documentElement.scrollWidth") <= width


def test_hostile_texts_are_text(browser: Chrome, reports: Path) -> None:
    browser.get((reports / "hostile.html").as_uri())
    told(browser, "samples.")
    evaluate(
        browser,
        """(() => {
        for (const d of document.querySelectorAll('#transcripts details')) d.open = true; })()""",
    )
    time.sleep(0.3)
    shown = str(evaluate(browser, "document.getElementById('transcripts-list').textContent"))
    for payload in PAYLOADS:
        if len(payload) < 200:
            assert visible(payload, lines=True).replace("\r", "") in shown.replace("\r", "")
    assert "\u202e" not in shown
    active = "script, img, iframe, object, embed, form, svg, a, style, link, [onload], [onerror]"
    inside = "document.querySelectorAll('#transcripts-list :is(' + arguments[0] + ')').length"
    assert evaluate(browser, inside, active) == 0
    assert evaluate(browser, "Object.getPrototypeOf({})") == {}
    assert evaluate(browser, "window.acted") == []
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]
    assert requests(browser) == []


@pytest.mark.parametrize("name", ["small.html", "large #1?.html"])
def test_the_policy_would_stop_a_script_that_is_not_ours(
    browser: Chrome, reports: Path, name: str
) -> None:
    (reports / "other.js").write_text("window.ran = 'a file'")
    page = (reports / name).read_text(encoding="utf-8")
    planted = "<script>window.ran = 'inline'</script><script src='other.js'></script>"
    planted += "<p onclick='window.ran = 1' id='planted'>x</p></body>"
    other = reports / f"planted {name}"
    other.write_text(page.replace("</body>", planted), encoding="utf-8")
    browser.get(other.as_uri())
    told(browser, "25 shown")
    evaluate(browser, "document.getElementById('planted').click()")
    assert evaluate(browser, "window.ran") is None
    acted = evaluate(browser, "window.acted")
    assert sum(line.startswith("policy: script-src") for line in acted) == 3, acted


def test_dark_and_printed(browser: Chrome, reports: Path) -> None:
    browser.get((reports / "small.html").as_uri())
    told(browser, "25 shown")
    emulate(browser, prefers_color_scheme="dark")
    assert style(browser, "#transcripts-text", "backgroundColor") == "rgb(29, 33, 38)"
    emulate(browser, media="print", prefers_color_scheme="dark")
    for selector in (".browse", "#transcripts-more"):
        assert style(browser, selector, "display") == "none"
