"""From a server's refusal (a status, an error in the body) to what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from assay.core.errors import SubjectError
from assay.subjects.language.failures import LastingFailure, TemporaryFailure
from assay.subjects.language.hints import length, wait_hint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.subjects.language.text import Secrets

_QUOTA = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_STATUS_OF_CODE = {
    "rate_limit_exceeded": 429, "rate_limit_error": 429, "tokens": 429, "requests": 429,
    "invalid_api_key": 401, "authentication_error": 401, "model_not_found": 404,
    "invalid_request_error": 400, "context_length_exceeded": 400, "content_filter": 400,
    "permission_error": 403, "overloaded_error": 529, "server_error": 500, "api_error": 500,
    "not_found_error": 404, "request_too_large": 413, "billing_error": 402, "timeout_error": 504,
    "API_KEY_INVALID": 401, "throttlingException": 429, "validationException": 400,
    "modelTimeoutException": 408, "serviceUnavailableException": 503,
}  # fmt: skip
_WRONG_KEY = "API_KEY_INVALID"
"""Google's reason, beside a status of 400."""
_FILTERED = "content filtering policy"
"""Anthropic's words for an answer that its filter stopped, beside a status of 400."""
_TEMPORARY = {408, 409, 424, 425, 429}
_LASTING_SERVER = {501, 505}


class Told(NamedTuple):
    """What the body of a refusal says: a code (or type), words for people, seconds to wait."""

    code: str = ""
    words: str = ""
    wait_s: float | None = None


class Filtered(Exception):
    """The provider's filter refused the prompt: that is an answer, not a failure."""


def told(error: Any) -> Told:
    """What an error object says, in the forms that servers have for it."""
    if isinstance(error, str):
        return Told(words=error)
    if not isinstance(error, dict):
        return Told()
    nested = error.get("error")
    if isinstance(nested, dict | str) and nested:
        return told(nested)
    code = error.get("code")
    if code is None or code == "":
        code = error.get("type") or ""
    words = error.get("message") or error.get("detail") or ""
    reason, wait_s = _details(error.get("details"))
    code = reason if reason == _WRONG_KEY else code
    return Told(str(code), words if isinstance(words, str) else str(words), wait_s)


def _details(details: Any) -> tuple[str, float | None]:
    """The reason and the delay in Google's details of an error (ErrorInfo, RetryInfo)."""
    reason, wait_s = "", None
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict):
            reason = str(detail.get("reason") or "") or reason
            wait_s = length(str(detail.get("retryDelay") or "")) if wait_s is None else wait_s
    return reason, wait_s


def status_of(said: Told) -> int:
    """The status that an error in the body of a 200 amounts to; 500 where it does not say."""
    if said.code.isdecimal() and 400 <= int(said.code[:4]) <= 599:
        return int(said.code)
    return 429 if said.code in _QUOTA else _STATUS_OF_CODE.get(said.code, 500)


def failure(
    status: int, said: Told, headers: Mapping[str, str], *, place: str, model: str, secrets: Secrets
) -> Exception:
    """The exception for a refusal.

    Args:
        status: of the response, or what its body amounts to.
        place: the endpoint's address, without secrets.

    Returns:
        A failure of the call, a SubjectError where every call would fail, or :class:`Filtered`.
    """
    words = secrets.message(said.words)
    quoted = f": {words}" if words else ""
    if said.code == "content_filter" or (status == 400 and _FILTERED in said.words):
        return Filtered()
    status = 401 if said.code == _WRONG_KEY else status
    if status == 429 and said.code in _QUOTA:
        return SubjectError(f"The account at {place} has nothing left to spend{quoted}.")
    if status in _TEMPORARY or (status >= 500 and status not in _LASTING_SERVER):
        return TemporaryFailure(
            f"the server answered {status}{quoted}",
            cause="rate" if status == 429 else "server",
            wait_s=said.wait_s if (hint := wait_hint(headers)) is None else hint,
        )
    if 300 <= status < 400:
        return SubjectError(
            f"{place} redirects ({status}), which is not followed: a key goes to one host only.",
            hint="Write the address that it redirects to.",
        )
    if status == 401:  # no words of the server: they tend to repeat the key
        return SubjectError(
            f"{place} does not accept the key (401).",
            hint="Set `api_key: ${VARIABLE}`, and that variable in the environment.",
        )
    if status in (402, 403, 407):
        return SubjectError(f"{place} does not allow this ({status}){quoted}.")
    if status == 404 and not model:
        return SubjectError(f"There is nothing to ask at {place} (404){quoted}.")
    if status == 404:
        return SubjectError(
            f"{place} knows no model {model!r}, or there is no such address (404){quoted}.",
            hint="Is the `model` right, and does the address end as its documentation says (/v1)?",
        )
    if status == 405:
        return SubjectError(f"{place} is no address to send questions to (405){quoted}.")
    return LastingFailure(f"the server answered {status}{quoted}")
