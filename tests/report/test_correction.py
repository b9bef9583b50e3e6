"""What is said of measurements that were judged together."""

from __future__ import annotations

import io
import re

import msgspec
import pytest
from rich.console import Console
from tests.report.example_run import example_run, result, share

from assay.core.criterion import AtLeast
from assay.core.result import Correction, Run
from assay.report.html import render
from assay.report.terminal import print_run

FAMILY = "slices of <b>model</b>@test"


@pytest.fixture
def run() -> Run:
    measurements = [share(80, 100, g="a"), share(95, 100, g="b")]
    found = msgspec.structs.replace(
        result("by slice", "classification.recall", AtLeast(0.9), measurements),
        family=FAMILY,
        correction=Correction(method="by", size=1234, level=0.9975),
    )
    return example_run([found])


def printed(run: Run, *, verbose: bool) -> str:
    file = io.StringIO()
    print_run(run, Console(file=file, width=80), verbose=verbose)
    return re.sub(r"\s+", " ", file.getvalue())


def test_the_terminal_says_it_in_detail(run: Run) -> None:
    said = (
        f"Judged with its family, {FAMILY}: Benjamini-Yekutieli over 1,234 measurements; "
        "intervals at up to 99.75 %."
    )
    assert said in printed(run, verbose=True)
    assert "Judged with its family" not in printed(run, verbose=False)


def test_the_page_says_it_beside_the_interval_and_in_the_details(run: Run) -> None:
    page = render(run)
    assert "95 % wilson, Benjamini-Yekutieli over 1,234" in page
    assert "Judged with its family, slices of &lt;b&gt;model&lt;/b&gt;@test:" in page
    assert "<b>model</b>" not in page


def test_nothing_is_said_of_what_stood_alone(run: Run) -> None:
    (alone,) = run.results
    single = example_run([msgspec.structs.replace(alone, correction=None)])
    assert "Judged with" not in render(single) + printed(single, verbose=True)
