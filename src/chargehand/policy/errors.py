"""Errors of the policy room.

Rejected
├── PolicyInvalid     a document that can not be a policy
└── PolicyChangedMeanwhile   somebody wrote the next version first
"""

from chargehand.domain.errors import Rejected


class PolicyInvalid(Rejected):
    """A document that can not be a policy."""

    code = "policy_invalid"
    template = "The policy is not valid: {field} is {found!r}; allowed: {allowed}."


class PolicyChangedMeanwhile(Rejected):
    """Somebody wrote the next version first."""

    code = "policy_changed_meanwhile"
    template = "Policy version {version} was just written by somebody else; look at it and retry."
