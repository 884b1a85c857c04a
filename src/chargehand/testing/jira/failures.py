"""Failures ordered in advance: a queue of rules, each meeting the next matching requests."""

import re
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from chargehand.domain.errors import Rejected

Cut: TypeAlias = Literal["before", "after"]


class FailureUnusable(Rejected):
    """A rule that could never do anything, or whose pattern is no regular expression."""

    code = "fake_jira_failure_unusable"
    template = "The failure can not be injected: {detail}."


@dataclass(frozen=True, slots=True)
class Failure:
    """What shall go wrong with matching requests.

    Shape: `method` and `path` are regular expressions matched against the whole of each;
    `status` answers without doing anything; `cut` drops the connection, before the request is
    processed or after its effect was stored; `delay_s` waits before either, and alone it makes a
    slow but true answer.
    Units: `delay_s` and `retry_after` (the header) in seconds; `times` counts requests.
    """

    method: str = ".*"
    path: str = ".*"
    status: int | None = None
    retry_after: int | None = None
    delay_s: float = 0.0
    cut: Cut | None = None
    times: int = 1


class FailureQueue:
    """The rules still to come, oldest first; a request meets at most one."""

    def __init__(self) -> None:
        self._rules: list[Failure] = []

    def add(self, failure: Failure) -> None:
        """Order a failure.

        Raises: FailureUnusable when it says nothing to do, or is no regular expression.
        """
        if failure.status is None and failure.cut is None and failure.delay_s <= 0:
            raise FailureUnusable(detail="name a status, a cut or a delay_s")
        if failure.times < 1:
            raise FailureUnusable(detail="times must be at least 1")
        try:
            re.compile(failure.method)
            re.compile(failure.path)
        except re.error as error:
            raise FailureUnusable(detail=f"no regular expression: {error}") from error
        self._rules.append(failure)

    def pending(self) -> tuple[Failure, ...]:
        """The rules not used up yet."""
        return tuple(self._rules)

    def clear(self) -> None:
        """Forget all rules."""
        self._rules.clear()

    def take(self, method: str, path: str) -> Failure | None:
        """The failure this request meets, used up by one; None for a request that goes well."""
        for number, rule in enumerate(self._rules):
            if re.fullmatch(rule.method, method) and re.fullmatch(rule.path, path):
                left = rule.times - 1
                self._rules[number : number + 1] = [replace(rule, times=left)] if left else []
                return rule
        return None
