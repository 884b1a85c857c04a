"""A stored policy of either format, ready to be asked; each version is made ready once."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeAlias

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.ids import ProjectKey
from chargehand.domain.json import JSONObject
from chargehand.policy.compiled import CompiledPolicy
from chargehand.policy.document import PolicyDocument
from chargehand.policy.errors import PolicyInvalid
from chargehand.policy.generated import document_of
from chargehand.policy.modes import ModePolicy, read_policy
from chargehand.policy.reading import read_document

# What every process asks: modes by scope, as the first format has them, or a whole document.
Policy: TypeAlias = ModePolicy | CompiledPolicy
_FORMAT: Final = "format"


def policy_of(version: int, document: JSONObject) -> Policy:
    """The policy that a stored document describes; without a format it is of modes by scope.

    Raises: PolicyInvalid naming the field and what is allowed there.
    """
    if _FORMAT not in document:
        return read_policy(version, document)
    read, problems = read_document(document)
    if problems:
        first = problems[0]
        raise PolicyInvalid(field=first.field, found=first.found, allowed=first.allowed)
    return CompiledPolicy(version, read)


@lru_cache(maxsize=512)
def policy_of_text(version: int, text: str) -> Policy:
    """The same, from the text it is stored as; asked for again it is there at once.

    Raises: PolicyInvalid; ValueError where the text is no JSON object.
    """
    document = json.loads(text)
    if not isinstance(document, dict):
        message = "a policy is stored as an object"
        raise ValueError(message)  # noqa: TRY004 - like every text that is no policy.
    return policy_of(version, document)


def as_document(policy: Policy) -> PolicyDocument:
    """The document of a policy, for people to read and to go on from."""
    return document_of(policy) if isinstance(policy, ModePolicy) else policy.document


def changed_at(
    versions: Sequence[tuple[Policy, datetime]], project: ProjectKey, kind: ActionKind
) -> datetime | None:
    """When the modes a kind can get in this project last became others; None if they never did.

    Shape: `versions` with their times, oldest first.
    """
    last: datetime | None = None
    before: tuple[Mode, ...] | None = None
    for policy, created_at in versions:
        modes = policy.modes_of(project, kind)
        if before is not None and modes != before:
            last = created_at
        before = modes
    return last
