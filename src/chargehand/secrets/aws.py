"""Reads secrets from AWS Secrets Manager, by AWS's own library (`chargehand[aws]`).

Who we are there is found as AWS's tools find it: environment, shared files, the role of the
machine or container. Source: docs.aws.amazon.com/secretsmanager/latest/apireference.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chargehand.kit.redact import redact_text
from chargehand.plugins.secret import (
    SecretReference,
    SecretSourceAway,
    SecretSourceUnusable,
    SecretText,
    SecretUnreadable,
)

_ATTEMPTS: Final = 2
_REFUSALS: Final = {
    "ResourceNotFoundException": (
        "there is no such secret in this region",
        "Look at the name after aws: and at aws.region.",
    ),
    "AccessDeniedException": (
        "AWS refuses it",
        "The role needs secretsmanager:GetSecretValue on it, and kms:Decrypt on a key of your own.",
    ),
    "InvalidRequestException": (
        "it is marked for deletion or has no value yet",
        "Restore it, or give it a value.",
    ),
    "DecryptionFailure": ("its key can not decrypt it", "The role needs kms:Decrypt on its key."),
}
_PASSING: Final = {"InternalServiceError", "ThrottlingException", "RequestTimeout"}


@dataclass(frozen=True, slots=True)
class AWSConfig:
    """How to reach Secrets Manager.

    Shape: None for what AWS's own tools would choose.
    """

    timeout_s: float
    region: str | None = None
    endpoint_url: str | None = None


class AWSSource:
    """Reads one secret after the other; each is asked for once."""

    def __init__(self, config: AWSConfig) -> None:
        self._config = config
        self._client: Any = None
        self._known: dict[str, tuple[str, datetime | None]] = {}

    def read(self, reference: SecretReference) -> SecretText:
        """The secret.

        Raises: SecretUnreadable, SecretSourceUnusable, SecretSourceAway.
        """
        if reference.path not in self._known:
            self._known[reference.path] = self._ask(reference)
        text, expires_at = self._known[reference.path]
        return SecretText(_chosen(reference, text), expires_at)

    def _ask(self, reference: SecretReference) -> tuple[str, datetime | None]:
        try:
            # lazy: an optional extra, and hardly anybody needs it.
            from botocore.exceptions import (  # type: ignore[import-untyped] # it ships no types.
                BotoCoreError,
                ClientError,
            )
        except ImportError as error:
            raise SecretSourceUnusable(
                setting=reference.setting,
                reference=str(reference),
                detail="AWS's library is not installed",
                cure="Install it: pip install 'chargehand[aws]'.",
            ) from error
        try:
            client = self._opened()
            text = client.get_secret_value(SecretId=reference.path).get("SecretString")
        except ClientError as error:
            raise _refused(reference, str(error.response["Error"].get("Code", ""))) from error
        except BotoCoreError as error:
            raise _away(reference, redact_text(str(error))) from error
        if not isinstance(text, str) or not text:
            raise SecretUnreadable(
                setting=reference.setting,
                reference=str(reference),
                detail="it holds bytes and no text",
                cure="Store it as SecretString.",
            )
        try:
            told = client.describe_secret(SecretId=reference.path).get("NextRotationDate")
        except (ClientError, BotoCoreError):
            # Telling when it is replaced needs a right of its own, and is not worth failing for.
            told = None
        return text, told if isinstance(told, datetime) else None

    def _opened(self) -> Any:
        if self._client is None:
            # lazy: as above.
            import boto3  # type: ignore[import-untyped] # as above.
            from botocore.config import Config  # type: ignore[import-untyped] # as above.

            timeout_s = self._config.timeout_s
            self._client = boto3.client(
                "secretsmanager",
                region_name=self._config.region,
                endpoint_url=self._config.endpoint_url,
                config=Config(
                    connect_timeout=timeout_s,
                    read_timeout=timeout_s,
                    retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
                ),
            )
        return self._client


def _chosen(reference: SecretReference, text: str) -> str:
    if not reference.field:
        return text
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    found = fields.get(reference.field) if isinstance(fields, dict) else None
    if isinstance(found, str) and found:
        return found
    names = ", ".join(sorted(fields)) if isinstance(fields, dict) and fields else "none"
    raise SecretUnreadable(
        setting=reference.setting,
        reference=str(reference),
        detail=f"it has no field {reference.field} with a text (fields: {names})",
        cure="Correct the field after #, or leave #field out when the whole text is the secret.",
    )


def _refused(
    reference: SecretReference, code: str
) -> SecretUnreadable | SecretSourceAway | SecretSourceUnusable:
    if code in _PASSING:
        return _away(reference, code)
    if code in _REFUSALS:
        detail, cure = _REFUSALS[code]
        return SecretUnreadable(
            setting=reference.setting,
            reference=str(reference),
            detail=f"{detail} ({code})",
            cure=cure,
        )
    return SecretSourceUnusable(
        setting=reference.setting,
        reference=str(reference),
        detail=f"AWS answers with {code or 'an error without a code'}",
        cure="Look at aws.region and at the credentials AWS's own tools would use here.",
    )


def _away(reference: SecretReference, detail: str) -> SecretSourceAway:
    return SecretSourceAway(
        setting=reference.setting,
        reference=str(reference),
        detail=detail,
        cure="Are aws.region and the credentials set, and is AWS reachable from here?",
    )
