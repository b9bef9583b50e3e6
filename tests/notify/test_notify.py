"""Whom a run tells, what it says, and what is kept of it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest
from tests.report.example_run import example_run, result, share

from assay.core.check import WebhookSpec
from assay.core.criterion import AtLeast
from assay.core.errors import Location
from assay.core.result import Score, SubjectRecord
from assay.notify.body import MOST_CHECKS, SCHEMA, notification, notification_schema
from assay.notify.notify import RECORD, keep, notify

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.notify.conftest import Receiver

    from assay.core.result import Run

    Start = Callable[..., Receiver]

PAGE = Path(__file__).parents[2] / "docs/reference/notification-json.md"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = notification_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def body(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(notification(run)))
    return found


def with_more(run: Run) -> Run:
    return msgspec.structs.replace(
        run,
        scores=[Score(dimension=None, value=0.97, checks=3, weight=3.0)],
        subjects=[
            *run.subjects,
            SubjectRecord(
                name="new", kind="table", description="d", fingerprint="", quarantined=12
            ),
        ],
    )


def test_the_body_is_what_the_schema_says(validator: jsonschema.Draft202012Validator) -> None:
    run = with_more(example_run())
    told = body(run)
    validator.validate(told)
    assert (told["schema"], told["type"]) == (SCHEMA, "assay.run.block")
    data = told["data"]
    assert data["run"] == run.run.id
    assert (data["suite"], data["decision"], data["exit_code"]) == (run.suite.name, "block", 1)
    assert data["reason"] == run.run.reason
    assert data["counts"] == run.counts()
    assert data["scores"] == [{"dimension": None, "value": 0.97, "checks": 3, "weight": 3.0}]
    assert data["quarantined"] == {"test": 31, "new": 12}
    told_ids = {check["id"] for check in data["failing"]}
    assert told_ids == {r.id for r in run.results if r.verdict not in ("pass", "not_applicable")}
    assert [check["severity"] for check in data["failing"]] == sorted(
        (check["severity"] for check in data["failing"]),
        key=("block", "warn", "info").index,
    )
    validator.validate({**told, "added": 1})
    assert not validator.is_valid({**told, "schema": "assay.notification/2"})
    assert not validator.is_valid({**told, "data": {**data, "failing": [{"id": "a"}]}})


def test_of_several_values_the_one_that_decided_without_its_name() -> None:
    found = result(
        "a", "completeness", AtLeast(0.9),
        [share(99, 100, city="Rome"), share(10, 100, city="Oslo"), share(98, 100, city="Bonn")],
        reason="It must be at least 0.9: city=Oslo is 0.1.",
    )  # fmt: skip
    told = body(example_run([found]))
    (check,) = told["data"]["failing"]
    assert check["value"]["value"] == 0.1
    assert (check["value"]["n"], check["value"]["of"]) == (100, 3)
    assert check["value"]["low"] < 0.1 < check["value"]["high"]
    assert check["criterion"] == "at least 0.9"
    text = json.dumps(told)
    for value in ("Rome", "Oslo", "Bonn"):
        assert value not in text


def test_no_row_no_path_no_reason_that_quotes_one() -> None:
    told = json.dumps(body(example_run()))
    run = example_run()
    for r in run.results:
        for m in r.measurements:
            for value in m.key.values():
                assert f'"{value}"' not in told
        for item in r.evidence:
            assert item.title not in told
    assert run.suite.file is not None
    assert run.suite.file not in told
    assert "suite.yaml" not in told


def test_a_long_list_is_cut(validator: jsonschema.Draft202012Validator) -> None:
    many = [
        result(f"check-{i:03}" + "x" * 150, "completeness", AtLeast(0.9), [share(1, 100)])
        for i in range(300)
    ]
    told = body(example_run(many))
    validator.validate(told)
    assert len(told["data"]["failing"]) == MOST_CHECKS
    assert told["data"]["failing_total"] == 300
    assert len(json.dumps(told)) < 30_000


def test_the_page_names_every_field_and_its_example_is_valid(
    validator: jsonschema.Draft202012Validator,
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, definition in notification_schema()["$defs"].items():
        for field in definition.get("properties", {}):
            assert f"`{field}`" in page, f"{name}.{field} is not in {PAGE.name}"
    validator.validate(json.loads(page.split("```json\n")[1].split("```")[0]))


def test_only_who_asks_for_the_decision_is_told(receiver: Start, tmp_path: Path) -> None:
    blocks, passes, broken = receiver(200), receiver(200), receiver(404)
    run = example_run()
    assert run.decision == "block"
    webhooks = (
        WebhookSpec(url=blocks.url, on=("warn", "block")),
        WebhookSpec(url=passes.url, on=("pass",)),
        WebhookSpec(url=broken.url, location=Location("suite.yaml", 7, 3)),
    )
    told = notify(webhooks, run)
    assert [(t.webhook, t.delivered, t.status) for t in told] == [
        ("1", True, 200), ("suite.yaml:7:3", False, 404),
    ]  # fmt: skip
    assert passes.got == []
    assert json.loads(blocks.got[0].body) == body(run)
    assert blocks.got[0].headers["webhook-id"] == f"msg_{run.run.id}"
    assert "." not in blocks.got[0].headers["webhook-id"]
    assert str(told[1]) == (
        "The webhook suite.yaml:7:3 was not told after 1 attempt: it answered with status 404."
    )
    keep(told, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [RECORD]
    kept = (tmp_path / RECORD).read_text()
    assert json.loads(kept)[1]["reason"] == "it answered with status 404"
    assert "127.0.0.1" not in kept


def test_a_slow_one_does_not_hold_up_the_others(receiver: Start) -> None:
    slow = [receiver(lambda handler: time.sleep(4)) for _ in range(4)]
    webhooks = [WebhookSpec(url=s.url, timeout_s=0.6, attempts=1) for s in slow]
    start = time.monotonic()
    assert not any(t.delivered for t in notify(webhooks, example_run()))
    assert time.monotonic() - start < 2.0
