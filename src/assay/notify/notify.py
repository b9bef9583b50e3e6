"""Tell everyone whom a suite names of a run's decision, and keep how that went."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec

from assay.notify.body import notification
from assay.notify.webhook import Delivery, deliver

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from assay.core.check import WebhookSpec
    from assay.core.result import Run

RECORD = "notifications.json"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery, as it is kept in the run's folder: neither address nor secret.

    Attributes:
        webhook: ``file:line:column`` of the entry in the suite, or its number from 1.
        status: of the last answer; null where there was none.
        reason: why it was not delivered; "" where it was.
    """

    webhook: str
    delivered: bool
    attempts: int
    status: int | None
    reason: str

    def __str__(self) -> str:
        tries = "1 attempt" if self.attempts == 1 else f"{self.attempts} attempts"
        return f"The webhook {self.webhook} was not told after {tries}: {self.reason}."


def notify(webhooks: Sequence[WebhookSpec], run: Run) -> list[Told]:
    """Send the run's decision to the webhooks that ask for such; all at the same time.

    It takes no longer than the slowest of them, which is bounded (:mod:`assay.notify.webhook`).
    """
    asked = [(i, spec) for i, spec in enumerate(webhooks, 1) if run.decision in spec.on]
    if not asked:
        return []
    body = msgspec.json.encode(notification(run))
    message_id = f"msg_{run.run.id}"
    with ThreadPoolExecutor(len(asked), thread_name_prefix="assay-notify") as pool:
        futures = [pool.submit(deliver, spec, body, message_id=message_id) for _, spec in asked]
        return [_told(i, spec, f.result()) for (i, spec), f in zip(asked, futures, strict=True)]


def keep(told: Sequence[Told], folder: Path) -> None:
    """Write how it went beside the run's other files, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    temporary = folder / f"{RECORD}.tmp"
    temporary.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
    temporary.replace(folder / RECORD)


def _told(number: int, spec: WebhookSpec, delivery: Delivery) -> Told:
    return Told(
        webhook=str(spec.location or number),
        delivered=delivery.delivered,
        attempts=delivery.attempts,
        status=delivery.status,
        reason=delivery.reason,
    )
