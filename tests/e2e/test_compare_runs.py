"""`assay compare` on two real models: margins, corrections, slices, and the page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.e2e.browsing import evaluate, resize

from assay.cli.main import main

SUITE = """
suite: release
subjects:
  test: {table: test.parquet, unit: application}
  model: {model: MODEL, task: binary, target: deny, positive: "yes"}
checks:
  - classification.roc_auc: {on: model, data: test}
    at_least: 0.75
  - classification.log_loss: {on: model, data: test}
    at_most: 0.4
  - classification.accuracy: {on: model, data: test, by: [single]}
    at_least: 0.8
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory, mortgage_example) -> Path:
    """Two stored runs: a model of eleven features, and one of four."""
    import pyarrow.parquet as pq
    import skops.io
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    import assay

    folder = tmp_path_factory.mktemp("runs")
    shutil.copy(mortgage_example / "data" / "test.parquet", folder)
    shutil.copy(mortgage_example / "models" / "approval.skops", folder)
    train = pq.read_table(mortgage_example / "data" / "train.parquet").to_pandas()
    small = make_pipeline(StandardScaler(), LogisticRegression())
    small.fit(train[["pirat", "lvrat", "chist", "mhist"]], train["deny"])
    skops.io.dump(small, folder / "small.skops")
    for name, model in (("main", "approval.skops"), ("small", "small.skops")):
        (folder / f"{name}.yaml").write_text(SUITE.replace("MODEL", model))
        assay.run(folder / f"{name}.yaml", home=folder / ".assay", name=name)
    return folder


@pytest.fixture
def compare(runs, tmp_path, monkeypatch, capsys):
    """Call ``assay compare main small`` with options: exit code, stdout and stderr."""

    def call(*options: str, a: str = "main", b: str = "small"):
        capsys.readouterr()
        home = str(runs / ".assay")
        monkeypatch.setattr("sys.argv", ["assay", "compare", a, b, "--home", home, *options])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return ended.value.code, printed.out, printed.err

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return call


def test_terminal(compare):
    code, out, _ = compare("--by", "single", "--margin", "0.02")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert "▼ worse  model@test/classification.roc_auc" in out
    assert "≥ no worse" in out
    assert "model@test/classification.log_loss by single" in out
    assert "The parts of all slices add up to that." in out.replace("\n  ", " ")
    assert "It is no mean over rows" in out


def test_json(compare):
    code, out, _ = compare("--by", "single", "--margin", "0.02", "--correction", "by", "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["margin"], found["correction"], found["level"]) == (0.02, "by", 0.95)
    loss = next(m for m in found["movements"] if m["metric"] == "classification.log_loss")
    assert sum(s["contribution"] for s in loss["slices"]) == pytest.approx(loss["change"])
    assert sum(s["share"] for s in loss["slices"]) == pytest.approx(1)


def test_a_wide_margin_lets_every_loss_be(compare):
    _, out, _ = compare("--margin", "0.5", "--json")
    verdicts = {d["verdict"] for d in json.loads(out)["differences"]}
    assert verdicts <= {"no_worse", "better"}


def test_page_and_document(compare, tmp_path):
    code, _, err = compare("--by", "single", "--report", "c.html", "--report", "c.json")
    assert code == 0
    assert "Report: c.html" in err
    page = (tmp_path / "c.html").read_text()
    assert "Content-Security-Policy" in page
    assert "<script" not in page
    for words in ("main → small", "What changed", "Which slices moved", "single=yes", "▼ 2 worse"):
        assert words in page
    document = json.loads((tmp_path / "c.json").read_text())
    assert [m["by"] for m in document["movements"]] == [["single"]] * 3


@pytest.mark.needs("chromium", "chromedriver")
@pytest.mark.parametrize("width", [1200, 420])
def test_the_page_fits_its_window(compare, tmp_path, browser, width):
    compare("--by", "single", "--margin", "0.02", "--report", "c.html")
    resize(browser, width)
    browser.get(f"file://{tmp_path / 'c.html'}")
    assert browser.title == "Comparison of main and small"
    assert evaluate(browser, "document.documentElement.scrollWidth") <= width
    assert not browser.get_log("browser")


def test_a_run_beside_itself(compare):
    code, out, _ = compare(b="main")
    assert code == 0
    assert "4 same" in out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--by", "singel"], ["'singel'", "Did you mean 'single'?", "They have: single."]),
        (["--by", ""], ["''"]),
        (["--margin", "-1"], ["--margin"]),
        (["--margin", "nan"], ["--margin", "finite"]),
        (["--margin", "inf"], ["--margin", "finite"]),
        (["--margin", "much"], ["--margin"]),
        (["--correction", "bonferoni"], ["--correction", "holm"]),
        (["--report", "c.xml"], [".html", ".json"]),
    ],
)
def test_bad_options(compare, options, words):
    code, out, err = compare(*options)
    assert (code, out) == (2, "")
    for word in words:
        assert word in err


def test_slices_of_identical_predictions_are_the_same_and_not_unknown(compare):
    code, out, err = compare("--by", "single", a="main", b="main")
    assert code == 0, err
    assert "same" in out
    code, out, err = compare("--by", "singel", a="main", b="main")
    assert code == 2
    assert "Did you mean 'single'?" in err


def test_two_experiments_are_not_compared_and_one_sentence_says_so(tmp_path, monkeypatch, capsys):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from assay.api import experiment

    units = {"user": list(range(400)), "arm": ["a", "b"] * 200, "x": [i % 7 for i in range(400)]}
    pq.write_table(pa.table(units), tmp_path / "users.parquet")
    (tmp_path / "e.yaml").write_text(
        "experiment: e\nunit: user\narms: {a: 0.5, b: 0.5}\n"
        "assignments: {table: users.parquet, arm: arm}\n"
        "metrics: {x: {kind: mean, value: x}, y: {kind: proportion, value: x}}\n"
    )
    for name in ("one", "two"):
        experiment.analyze(tmp_path / "e.yaml", home=tmp_path / "h", name=name)
    monkeypatch.setattr(
        "sys.argv", ["assay", "compare", "one", "two", "--home", str(tmp_path / "h")]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    out = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    assert out.count("Note:") == 1
    assert "Results of an experiment are differences between its arms" in out
    assert "There is no metric" not in out
