"""Calls of AWS, signed with the credentials of its own configuration (Signature Version 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assay.core.endpoint import AWS
from assay.core.errors import MissingExtraError, SubjectError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.credentials import Credentials

_SERVICE = "bedrock"


class Signer:
    """Signs calls to one host of Bedrock's, and to no other.

    Credentials come from where AWS's own tools take them: variables of the environment, profiles,
    roles of the machine. They are refreshed as they expire. What is sent is a signature, never the
    secret key.

    Args:
        url: whole, of the calls.

    Raises:
        MissingExtraError: botocore, which finds credentials and signs, is not installed.
        SubjectError: the host is none of AWS's, or there are no credentials.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        region = AWS.fullmatch(parts.hostname or "")
        if region is None or parts.scheme != "https":
            raise SubjectError("Credentials of AWS are sent to its own hosts alone, over https.")
        try:
            import botocore.session
        except ImportError:
            raise MissingExtraError("botocore", "bedrock") from None
        from botocore.exceptions import BotoCoreError

        self._url, self._region = url, region[1]
        try:
            found = botocore.session.Session().get_credentials()
        except BotoCoreError as error:
            raise SubjectError(f"The credentials of AWS cannot be read: {error}.") from None
        if found is None:
            raise SubjectError(
                "There are no credentials of AWS.",
                hint="Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
                "AWS_BEARER_TOKEN_BEDROCK.",
            )
        self._credentials: Credentials = found

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that must not be seen."""
        frozen = self._credentials.get_frozen_credentials()
        return tuple(v for v in (frozen.access_key, frozen.secret_key, frozen.token) if v)

    def headers(self, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers of one call, signed.

        Args:
            body: of the call.
            headers: that the call would have without a signature.

        Raises:
            SubjectError: the credentials have expired, and there are no others.
        """
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError

        request: Any = AWSRequest("POST", self._url, headers=dict(headers), data=body)
        try:
            frozen = self._credentials.get_frozen_credentials()
        except BotoCoreError as error:
            raise SubjectError(f"The credentials of AWS cannot be renewed: {error}.") from None
        SigV4Auth(frozen, _SERVICE, self._region).add_auth(request)
        return dict(request.headers.items())
