"""Errors of the policy room.

Rejected
├── PolicyInvalid     a document that can not be a policy
├── ScopeUnknown      a project or action kind nobody knows
└── ModeNeedsKind     `auto` asked for in general where only a named kind may have it
"""

from chargehand.domain.errors import Rejected


class PolicyInvalid(Rejected):
    """A document that can not be a policy."""

    code = "policy_invalid"
    template = "The policy is not valid: {field} is {found!r}; allowed: {allowed}."


class ScopeUnknown(Rejected):
    """A project or action kind nobody knows."""

    code = "scope_unknown"
    template = "{field} {found!r} is not known; known: {allowed}."
