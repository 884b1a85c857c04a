"""The digest an approval is bound to."""

from chargehand.domain.action import ProposedAction
from chargehand.domain.ids import OrganizationId
from chargehand.kit.canonical import digest_of

_VERSION = 1


def action_digest(organization_id: OrganizationId, action: ProposedAction) -> str:
    """SHA-256 over everything that decides what is sent and where; the preview is not in it.

    Source: docs/explanation/gate.md
    """
    return digest_of(
        {
            "v": _VERSION,
            "organization_id": organization_id,
            "project_id": action.project,
            "connection_id": action.connection_id,
            "kind": action.kind.value,
            "target": action.target,
            "params": action.params,
            "base": action.base,
        }
    )
