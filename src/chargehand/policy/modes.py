"""Which mode an action gets: the most specific rule wins, and the first policy simulates all.

Precedence, most specific first: project and kind, project, kind, default.
A project is closer to people than a kind, so `simulate` for one project can not be undone by
switching a kind on for the whole organization.
"""

from dataclasses import dataclass, replace
from typing import Final

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.ids import MemberId, ProjectKey
from chargehand.domain.json import JSONObject
from chargehand.domain.member import DECIDERS
from chargehand.domain.policy import Approvers, PolicyQuestion, Ruling
from chargehand.policy.errors import PolicyInvalid

# A text that customers read, and a verdict on other people's work, is never sent by a rule that did
# not name it.
NAMED_ONLY = frozenset(
    {
        ActionKind.BITBUCKET_APPROVE,
        ActionKind.BITBUCKET_UNAPPROVE,
        ActionKind.GITHUB_APPROVE,
        ActionKind.GITHUB_DISMISS_APPROVAL,
        ActionKind.JIRA_REPLY_TO_CUSTOMER,
    }
)
# The bot's own words in a chat or a comment, however they are put there, and what it says without
# words: a kind without a rule of its own has the mode of posting.
FOLLOWS: Final = {
    ActionKind.BITBUCKET_UPDATE_COMMENT: ActionKind.BITBUCKET_ADD_COMMENT,
    ActionKind.GITHUB_UPDATE_COMMENT: ActionKind.GITHUB_ADD_COMMENT,
    ActionKind.JIRA_UPDATE_COMMENT: ActionKind.JIRA_ADD_COMMENT,
    ActionKind.SLACK_POST_EPHEMERAL: ActionKind.SLACK_POST_MESSAGE,
    ActionKind.SLACK_SEND_DIRECT_MESSAGE: ActionKind.SLACK_POST_MESSAGE,
    ActionKind.SLACK_UPDATE_MESSAGE: ActionKind.SLACK_POST_MESSAGE,
    ActionKind.SLACK_OPEN_MODAL: ActionKind.SLACK_POST_MESSAGE,
    ActionKind.SLACK_ADD_REACTION: ActionKind.SLACK_POST_MESSAGE,
    ActionKind.SLACK_REMOVE_REACTION: ActionKind.SLACK_POST_MESSAGE,
    ActionKind.DISCORD_EDIT_REPLY: ActionKind.DISCORD_POST_MESSAGE,
    ActionKind.DISCORD_FOLLOW_UP: ActionKind.DISCORD_POST_MESSAGE,
    ActionKind.DISCORD_EDIT_MESSAGE: ActionKind.DISCORD_POST_MESSAGE,
    ActionKind.DISCORD_SEND_DIRECT_MESSAGE: ActionKind.DISCORD_POST_MESSAGE,
    ActionKind.DISCORD_ADD_REACTION: ActionKind.DISCORD_POST_MESSAGE,
    ActionKind.DISCORD_REMOVE_REACTION: ActionKind.DISCORD_POST_MESSAGE,
}
# What decided where no rule did.
DEFAULT_RULE: Final = "default"
_KEYS = {"default", "rules"}
_RULE_KEYS = {"project", "kind", "mode"}


@dataclass(frozen=True, slots=True)
class ModeRule:
    """One rule; None means every project, or every kind."""

    project: ProjectKey | None
    kind: ActionKind | None
    mode: Mode

    @property
    def scope(self) -> tuple[ProjectKey | None, ActionKind | None]:
        """What the rule is about; a policy holds one rule for each scope."""
        return (self.project, self.kind)

    @property
    def name(self) -> str:
        """The scope in words: `PAY jira.add_comment`, `PAY` or `jira.add_comment`."""
        return " ".join(part for part in self.scope if part is not None)


@dataclass(frozen=True, slots=True)
class ModePolicy:
    """The modes in force; `rules` are kept in a stable order, general before special."""

    version: int
    default: Mode = Mode.SIMULATE
    rules: tuple[ModeRule, ...] = ()

    def mode_for(self, project: ProjectKey, kind: ActionKind) -> Mode:
        """The mode an action of this kind gets in this project."""
        return self.explain(project, kind)[0]

    def rule_on(self, question: PolicyQuestion) -> Ruling:
        """What the policy says about one action: any one decider but the requester lets it pass."""
        mode, rule = self.explain(question.project, question.kind)
        return Ruling(
            mode=mode,
            approvers=Approvers(DECIDERS),
            version=self.version,
            rule=rule.name if rule is not None else DEFAULT_RULE,
        )

    def explain(self, project: ProjectKey, kind: ActionKind) -> tuple[Mode, ModeRule | None]:
        """The mode and the rule that gave it; None means the default did."""
        by_scope = {rule.scope: rule for rule in self.rules}
        followed = FOLLOWS.get(kind, kind)
        scopes = (
            *((project, kind), (project, followed), (project, None)),
            *((None, kind), (None, followed)),
        )
        for scope in scopes:
            rule = by_scope.get(scope)
            if rule is not None:
                return self._held_back(rule.mode, kind, is_named=rule.kind is not None), rule
        return self._held_back(self.default, kind, is_named=False), None

    def _held_back(self, mode: Mode, kind: ActionKind, *, is_named: bool) -> Mode:
        if mode is Mode.AUTO and kind in NAMED_ONLY and not is_named:
            return Mode.APPROVE
        return mode

    def modes_of(self, project: ProjectKey, kind: ActionKind) -> tuple[Mode, ...]:
        """The one mode that a kind can get."""
        return (self.mode_for(project, kind),)

    def rule_name(self, project: ProjectKey, kind: ActionKind) -> str:
        """The rule that gives a kind its mode, by its scope."""
        _, rule = self.explain(project, kind)
        return rule.name if rule is not None else DEFAULT_RULE

    def unless(self, _project: ProjectKey, _kind: ActionKind) -> tuple[str, ...]:
        """The rules that decide before that one in some cases; of modes by scope there are none."""
        return ()

    def cohort_of(self, _member_id: MemberId) -> str:
        """The cohort of a member; modes by scope know none."""
        return ""

    def with_mode(
        self, mode: Mode, *, project: ProjectKey | None, kind: ActionKind | None
    ) -> "ModePolicy":
        """The next version of the policy with one scope changed."""
        if project is None and kind is None:
            return replace(self, version=self.version + 1, default=mode)
        kept = [rule for rule in self.rules if rule.scope != (project, kind)]
        kept.append(ModeRule(project=project, kind=kind, mode=mode))
        kept.sort(key=lambda rule: (rule.project or "", rule.kind or ""))
        return replace(self, version=self.version + 1, rules=tuple(kept))

    def to_document(self) -> JSONObject:
        """The policy as the JSON that is stored and shown."""
        return {
            "default": self.default.value,
            "rules": [
                {"project": rule.project, "kind": rule.kind, "mode": rule.mode.value}
                for rule in self.rules
            ],
        }


def read_policy(version: int, document: JSONObject) -> ModePolicy:
    """The policy a stored document describes.

    Raises: PolicyInvalid naming the field and what is allowed there.
    """
    unknown = sorted(set(document) - _KEYS)
    if unknown:
        raise PolicyInvalid(field=unknown[0], found="an unknown key", allowed="default, rules")
    rules = document.get("rules", [])
    if not isinstance(rules, list | tuple):
        raise PolicyInvalid(field="rules", found=rules, allowed="a list")
    return ModePolicy(
        version=version,
        default=_mode("default", document.get("default", Mode.SIMULATE.value)),
        rules=tuple(_rule(f"rules[{n}]", rule) for n, rule in enumerate(rules)),
    )


def _rule(field: str, value: object) -> ModeRule:
    if not isinstance(value, dict):
        raise PolicyInvalid(field=field, found=value, allowed="a table of project, kind, mode")
    unknown = sorted(set(value) - _RULE_KEYS)
    if unknown:
        raise PolicyInvalid(
            field=f"{field}.{unknown[0]}", found="an unknown key", allowed="project, kind, mode"
        )
    project, kind = value.get("project"), value.get("kind")
    if project is not None and not isinstance(project, str):
        raise PolicyInvalid(field=f"{field}.project", found=project, allowed="a project key")
    return ModeRule(
        project=ProjectKey(project) if project is not None else None,
        kind=_kind(f"{field}.kind", kind) if kind is not None else None,
        mode=_mode(f"{field}.mode", value.get("mode")),
    )


def _mode(field: str, value: object) -> Mode:
    if isinstance(value, str) and value in set(Mode):
        return Mode(value)
    raise PolicyInvalid(field=field, found=value, allowed=", ".join(Mode))


def _kind(field: str, value: object) -> ActionKind:
    if isinstance(value, str) and value in set(ActionKind):
        return ActionKind(value)
    raise PolicyInvalid(field=field, found=value, allowed=", ".join(ActionKind))
