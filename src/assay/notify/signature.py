"""Signatures of webhooks, by Standard Webhooks 1.0.0 (symmetric: HMAC-SHA256)."""

from __future__ import annotations

import base64
import hashlib
import hmac

from assay.core.webhook import signing_key


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature``: ``v1,`` and the MAC of ``id.timestamp.body`` in base64.

    Args:
        secret: base64, usually behind ``whsec_``.
        message_id: the same at every attempt, without a full stop.
        timestamp: of the attempt, seconds since 1970 UTC.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(signing_key(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
