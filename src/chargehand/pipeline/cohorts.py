"""Which cohort an ask or an action goes back to, as the policy in force sorts people."""

from dataclasses import replace

from chargehand.domain.ask import Ask
from chargehand.domain.policy import Cause
from chargehand.domain.switches import Subject
from chargehand.pipeline.barriers import subject_of_ask
from chargehand.pipeline.causing import cause_of_ask, requesting_member
from chargehand.pipeline.modes import policy_in_force
from chargehand.pipeline.ruling import Rulings
from chargehand.storage.transaction import Reading, Writing


def cohort_of(rulings: Rulings, cause: Cause) -> str:
    """The cohort of whoever a cause goes back to; empty where they are in none."""
    member_id = requesting_member(cause)
    return rulings.policy.cohort_of(member_id) if member_id is not None else ""


def subject_asked(tx: Reading | Writing, ask: Ask, connector: str) -> Subject:
    """What an ask is, as stops and flags are asked about it, with its asker's cohort."""
    rulings = Rulings(tx, policy_in_force(tx))
    cohort = cohort_of(rulings, cause_of_ask(tx, ask))
    return replace(subject_of_ask(ask, connector), cohort=cohort)
