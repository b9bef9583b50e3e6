"""A real browser, driven: what a page does, what it asks for, how it looks."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

WIDTHS = (320, 400, 800, 1280)
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
)  # fmt: skip
# Runs before anything of the page: what the page tries to do is written down.
WATCH = """
window.acted = [];
for (const name of ['alert', 'confirm', 'prompt', 'open', 'fetch'])
  window[name] = (...a) => { window.acted.push(name + ': ' + a.join(' ')); };
document.addEventListener('securitypolicyviolation',
  e => window.acted.push('policy: ' + e.violatedDirective + ' ' + e.blockedURI));
window.addEventListener('error',
  e => { if (e.isTrusted) window.acted.push('error: ' + e.message); }, true);
"""


@contextmanager
def browsing(program: str, driver: str, profile: Path) -> Iterator[Chrome]:
    """A fresh Chromium with a log of its console and of every request."""
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = Chrome(service=Service(driver), options=options)
    try:
        opened.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
        yield opened
    finally:
        opened.quit()


def resize(browser: Chrome, width: int) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def emulate(browser: Chrome, media: str = "", **features: str) -> None:
    named = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": named})


def evaluate(browser: Chrome, script: str, *arguments: Any) -> Any:
    return browser.execute_script(f"return {script}", *arguments)


def style(browser: Chrome, selector: str, name: str) -> str:
    script = "getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    return str(evaluate(browser, script, selector, name))


def requests(browser: Chrome) -> list[str]:
    """Addresses that pages asked for: none but the reports themselves and the browser's own."""
    entries = browser.get_log("performance")  # type: ignore[no-untyped-call]
    messages = [json.loads(entry["message"])["message"] for entry in entries]
    sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    addresses = [parameters["request"]["url"] for parameters in sent]
    ours = ("data:", "chrome:", "chrome-untrusted:")  # its own new tab
    return [url for url in addresses if not url.startswith(ours) and "/reports" not in url]
