"""Errors of the policy room.

Rejected
├── PolicyInvalid     a document that can not be a policy
├── PolicyChangedMeanwhile   somebody wrote the next version first
├── PolicyRefused     the team could not live with it
└── PolicyVersionUnknown   no version of that number
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


class PolicyRefused(Rejected):
    """A policy that can be read, and that the team could not live with."""

    code = "policy_refused"
    template = "The policy is refused: {finding}"


class PolicyVersionUnknown(Rejected):
    """There is no version of that number."""

    code = "policy_version_unknown"
    template = "There is no policy version {version}; the newest is {newest}."
