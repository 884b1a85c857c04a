"""The conditions of policy rules, from the table the rules are read with."""

from chargehand.domain.action import ActionKind
from chargehand.policy.conditions import CONDITIONS
from chargehand.policy.risks import RISK_OF
from tools.reference.markdown import page, table

_INTRO = """\
Every condition that a rule of a [policy](../howto/write-a-policy.md) can set under `when`.
All conditions of a rule must hold, and of the values of one condition any.
A condition on something that is not known does not hold."""


def policy_page() -> str:
    """Every condition, and the risk of every kind of action."""
    rows = [
        [
            f"`{one.name}`",
            one.does,
            one.allowed,
            f"`{one.example}`",
            "always" if one.is_always_known else "not always",
        ]
        for one in CONDITIONS
    ]
    risks = [[f"`{kind.value}`", f"`{RISK_OF[kind].value}`"] for kind in ActionKind]
    return page(
        "Conditions of a policy",
        _INTRO,
        table(["condition", "holds for", "allowed", "example", "known"], rows)
        + "\n## The risk of each kind\n\n"
        + table(["kind", "risk"], risks),
    )
