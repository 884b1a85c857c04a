"""What the figures of a shadow report speak for, by one rule that is printed with them."""

from collections.abc import Mapping
from dataclasses import dataclass

from chargehand.domain.action import COMMENTS, ActionKind, Mode
from chargehand.domain.ids import ProjectKey
from chargehand.domain.policy import Risk
from chargehand.domain.shadow import Recommendation, ShadowOutcome, ShadowRule
from chargehand.policy.modes import NAMED_ONLY
from chargehand.policy.risks import RISK_OF

_FOR_AUTO = (Risk.READ, Risk.REVERSIBLE)


@dataclass(frozen=True, slots=True)
class Recommended:
    """What is recommended, if anything, and why in a sentence."""

    recommendation: Recommendation | None
    why: str


def agreement_of(kind: ActionKind, counts: Mapping[ShadowOutcome, int]) -> tuple[int, float | None]:
    """How many cases count for or against a kind, and the share of them that agreed.

    Shape: that nobody did anything counts against a change; of words, where an answer by a person
    may have said the same or not, only what people let through or refused is judged.
    Units: the share in percent, to one place.
    """
    judged = counts[ShadowOutcome.AGREED] + counts[ShadowOutcome.DIFFERED]
    if kind not in COMMENTS:
        judged += counts[ShadowOutcome.NOBODY]
    return judged, round(100 * counts[ShadowOutcome.AGREED] / judged, 1) if judged else None


def recommend(
    project: ProjectKey,
    kind: ActionKind,
    *,
    mode: Mode,
    counts: Mapping[ShadowOutcome, int],
    refused: int,
    rule: ShadowRule,
) -> Recommended:
    """The mode that the figures speak for, one that is stricter than it may be rather than laxer.

    Shape: the rule is: `auto` with enough judged cases of which enough agreed, none refused by a
    person, for a kind that can be undone; else `approve` instead of `simulate` with enough known
    cases in which people did enough; else nothing.
    """
    judged, percent = agreement_of(kind, counts)
    known = sum(counts.values()) - counts[ShadowOutcome.UNKNOWN]
    share = f"{counts[ShadowOutcome.AGREED]} of {judged} agreed" if judged else "nothing was judged"
    if mode is Mode.AUTO:
        return Recommended(None, f"It is auto already; {share}.")
    why_not_auto = _why_not_auto(kind, judged, percent, refused, rule)
    if not why_not_auto:
        return _to(Mode.AUTO, project, kind, f"{share}, nobody said no.")
    if mode is Mode.APPROVE:
        return Recommended(None, f"It stays at approve: {why_not_auto}.")
    acted = counts[ShadowOutcome.AGREED]
    acted += counts[ShadowOutcome.ANSWERED] if kind in COMMENTS else 0
    if known < rule.least_cases:
        return Recommended(None, f"Too little is known: {known} of {rule.least_cases} cases.")
    if 100 * acted < rule.percent_for_approve * known:
        did = "answered or agreed" if kind in COMMENTS else "did the same"
        return Recommended(None, f"People {did} in only {acted} of {known} cases.")
    return _to(Mode.APPROVE, project, kind, f"{acted} of {known} known cases speak for it.")


def _why_not_auto(
    kind: ActionKind, judged: int, percent: float | None, refused: int, rule: ShadowRule
) -> str:
    """What keeps a kind from auto; empty when nothing does."""
    if kind in NAMED_ONLY or RISK_OF[kind] not in _FOR_AUTO:
        return "what can hardly be undone is never recommended for auto"
    if refused:
        return f"people said no {refused} time(s)"
    if judged < rule.least_cases or percent is None:
        return f"{judged} of {rule.least_cases} judged cases"
    if percent < rule.percent_for_auto:
        return f"{percent} % agreed, {rule.percent_for_auto} % are needed"
    return ""


def _to(mode: Mode, project: ProjectKey, kind: ActionKind, why: str) -> Recommended:
    place = f" --project {project}" if project else ""
    command = f"chargehand modes set {mode.value}{place} --kind {kind.value}"
    return Recommended(Recommendation(mode, command), why)
