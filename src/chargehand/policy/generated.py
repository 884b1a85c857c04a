"""The rules that `modes set` writes into a document: one for each scope, after all written ones."""

from dataclasses import replace
from typing import Final

from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.ids import ProjectKey
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.domain.policy import Trust
from chargehand.policy.document import PolicyDocument, Section, WrittenRule
from chargehand.policy.modes import FOLLOWS, ModePolicy, ModeRule

_PREFIX: Final = "modes: "
_EVERYTHING: Final = "everything"
_EVERYBODY: Final[list[JSONValue]] = [one.value for one in Trust]


def generated_name(project: ProjectKey | None, kind: ActionKind | None) -> str:
    """The name of the rule for a scope: `modes: PAY jira.add_comment`."""
    if project is None and kind is None:
        return f"{_PREFIX}{_EVERYTHING}"
    return _PREFIX + " ".join(part for part in (project, kind) if part is not None)


def mode_rule_of(rule: WrittenRule, project: ProjectKey | None) -> ModeRule | None:
    """The rule of `modes set` that a rule is; None where a person wrote it."""
    for kind in (_first_kind(rule), None):
        if rule.name == generated_name(project, kind):
            return ModeRule(project=project, kind=kind, mode=rule.mode)
    return None


def with_generated(
    document: PolicyDocument, mode: Mode, *, project: ProjectKey | None, kind: ActionKind | None
) -> PolicyDocument:
    """The document with the rule for one scope written, or given another mode where it stands."""
    section = document.section(project)
    name = generated_name(project, kind)
    if any(rule.name == name for rule in section.rules):
        rules = tuple(
            replace(rule, mode=mode) if rule.name == name else rule for rule in section.rules
        )
    else:
        rules = _placed(section, WrittenRule(name, mode, _when(kind)), project)
    changed = replace(section, rules=rules)
    if project is None:
        return replace(document, organization=changed)
    return replace(document, projects={**document.projects, project: changed})


def document_of(policy: ModePolicy) -> PolicyDocument:
    """The document that says exactly what the modes of format 1 say.

    They sent for whoever asked, so their rules name every trust.
    """
    document = PolicyDocument()
    if policy.default is not Mode.SIMULATE:
        document = with_generated(document, policy.default, project=None, kind=None)
    for rule in policy.rules:
        document = with_generated(document, rule.mode, project=rule.project, kind=rule.kind)
    return replace(
        document,
        organization=_for_everybody(document.organization),
        projects={key: _for_everybody(one) for key, one in document.projects.items()},
    )


def _for_everybody(section: Section) -> Section:
    rules = (
        replace(rule, when={**rule.when, "trust": _EVERYBODY}) if rule.mode is Mode.AUTO else rule
        for rule in section.rules
    )
    return replace(section, rules=tuple(rules))


def _placed(
    section: Section, new: WrittenRule, project: ProjectKey | None
) -> tuple[WrittenRule, ...]:
    """The special before the general, as the modes have it; and all of it after what is written."""
    at = len(section.rules)
    for n, rule in enumerate(section.rules):
        if mode_rule_of(rule, project) is not None and _width(rule) > _width(new):
            at = n
            break
    return (*section.rules[:at], new, *section.rules[at:])


def _width(rule: WrittenRule) -> int:
    kind = _first_kind(rule)
    if kind is None:
        return 2
    return 0 if kind in FOLLOWS else 1


def _when(kind: ActionKind | None) -> JSONObject:
    """A kind together with those that have its mode where they have none of their own."""
    if kind is None:
        return {}
    kinds: list[JSONValue] = [kind.value]
    kinds += [one.value for one in ActionKind if FOLLOWS.get(one) is kind]
    return {"kind": kinds}


def _first_kind(rule: WrittenRule) -> ActionKind | None:
    kinds = rule.when.get("kind")
    first = kinds[0] if isinstance(kinds, list) and kinds else None
    return ActionKind(first) if isinstance(first, str) and first in set(ActionKind) else None
