"""`replay --model` and `--prompt`: a model asked anew about what was recorded, and paid."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from chargehand.domain.budget import ReservationRecord
from chargehand.testing.models import (
    CallTool,
    Fail,
    ModelContract,
    ModelScript,
    decide,
    serving,
)
from tests.acceptance.talking import KEY, QUESTION, provider
from tests.cli.terminal import Ended, Terminal, on_a_terminal
from tests.house import Doubles, House, house_settings, open_house

pytestmark = [pytest.mark.anyio, pytest.mark.contract]
OTHER = "openai"
_MONEY = {"reservations", "budget_periods"}
THEN = decide("PAY-7 waits for PAY-12.", confidence=0.83)


@dataclass
class Desk:
    """The house, the model it asked, another one to try, and the command line."""

    house: House
    then: ModelScript
    other: ModelScript
    terminal: Terminal

    async def run(self, *arguments: str) -> Ended:
        """Run a command while the models' servers go on in this loop."""
        return await asyncio.to_thread(self.terminal.run, *arguments)

    async def ask(self, question: str = QUESTION) -> str:
        """Ask something no rule understands, and name the decision about it."""
        before = {one.id for one in self.house.decisions}
        await self.house.ask(question)
        self.house.clock.advance(60)
        [new] = [one.id for one in self.house.decisions if one.id not in before]
        return new

    @property
    def paid(self) -> list[ReservationRecord]:
        """What the replays reserved, oldest first; the house itself pays elsewhere."""
        ids = [row[0] for row in self._rows("SELECT reservation_id FROM reservations")]
        found = self.house.stores.database.read(lambda tx: tx.reservations.find_all(set(ids)))
        return sorted(found.values(), key=lambda one: one.reserved_at)

    def stored(self) -> dict[str, int]:
        """How many rows every table has, those of the budgets apart."""
        counted = {}
        for [table] in self._rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
            if table not in _MONEY:
                [[counted[table]]] = self._rows(f'SELECT count(*) FROM "{table}"')
        return counted

    def _rows(self, statement: str) -> list[Any]:
        with self.house.stores.database.engine.connect() as connection:
            return list(connection.execute(text(statement)).fetchall())


@pytest.fixture
async def desk(
    data_dir: Path, config: Path, model_contract: ModelContract, anyio_backend: str
) -> AsyncIterator[Desk]:
    then = ModelScript([CallTool("look_up_work_item", {"key": "PAY-12"}), THEN], otherwise=THEN)
    other = ModelScript(contract=model_contract)
    async with serving(then) as then_url, serving(other) as other_url:
        providers = [provider(then_url), provider(other_url, OTHER)]
        model = {"consent": {"PAY": "local"}}
        _configure(config, providers)
        settings = house_settings(data_dir, providers=providers, model=model)
        async with open_house(settings, Doubles()) as house:
            yield Desk(house, then, other, Terminal(config, house.clock))


def _shown(script: ModelScript, number: int) -> str:
    """What a request shows of people's texts: the first words of the user."""
    [first, *_] = [one for one in script.received[number].body["messages"] if one["role"] == "user"]
    return _text(first["content"])


def _looked_up(script: ModelScript, number: int) -> str:
    """What a request answers the model's last call of a tool with, in either vendor's shape."""
    last = script.received[number].body["messages"][-1]
    content = last["content"]
    return _text(content if last["role"] == "tool" else content[0]["content"])


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(one["text"] for one in content)


def _configure(config: Path, providers: list[dict[str, Any]]) -> None:
    tables = "\n".join(f"[[providers]]\n{_toml(one)}\n" for one in providers)
    config.write_text(f'{config.read_text()}\n{tables}\n[model.consent]\nPAY = "local"\n')


def _exchange(config: Path, before: str, after: str) -> str:
    """Change the configuration; as it was."""
    whole = config.read_text()
    assert before in whole
    config.write_text(whole.replace(before, after))
    return whole


def _restore(config: Path, whole: str) -> None:
    config.write_text(whole)


def _toml(values: dict[str, Any]) -> str:
    return "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items())


async def test_another_model_is_asked_about_what_was_recorded_and_only_the_money_is_kept(
    desk: Desk,
) -> None:
    decided = await desk.ask()
    desk.other.turns.extend(
        [
            CallTool("look_up_work_item", {"key": "PAY-12"}),
            CallTool("look_up_work_item", {"key": "PAY-9"}),
            decide("Not before PAY-12 is through.", confidence=0.71),
        ]
    )
    vendor, asked_then, before = (
        len(desk.house.jira.requests),
        len(desk.then.received),
        desk.stored(),
    )

    ended = await desk.run("replay", decided, "--model", f"{OTHER}:gpt-4o-mini", "--yes", "--json")

    assert ended.code == 0, ended
    changes = {one["field"]: (one["before"], one["after"]) for one in ended.json["changes"]}
    assert changes["confidence"] == (0.83, 0.71)
    assert "-PAY-7 waits for PAY-12." in json.dumps(ended.json["changes"])
    assert "+Not before PAY-12 is through." in json.dumps(ended.json["changes"])
    assert changes["model"][1] == {
        "provider": OTHER,
        "model": "gpt-4o-mini",
        "prompt_version": "decision-3",
    }
    assert ended.json["asked"]["not_recorded"] == ["PAY-9"]
    # The same data, the same fact for what was read then, and a plain word for what was not.
    assert _shown(desk.other, 0) == _shown(desk.then, 0)
    assert _looked_up(desk.other, 1) == _looked_up(desk.then, 1)
    assert "not recorded" in _looked_up(desk.other, 2)
    assert (len(desk.house.jira.requests), len(desk.then.received)) == (vendor, asked_then)
    assert desk.stored() == before
    paid = desk.paid
    assert [(one.purpose, one.state.value, one.subject_id) for one in paid] == [
        ("replay", "settled", decided)
    ] * 3
    cost = sum(one.cost_micro_usd for one in paid)
    assert Decimal(ended.json["asked"]["cost_usd"]) * 1_000_000 == cost > 0
    [line] = desk.terminal.done("budget", "report", "--by", "decision", "--json").json["subjects"]
    assert (line["purpose"], line["decision_id"], line["requests"]) == ("replay", decided, 3)
    told = desk.terminal.done("budget", "show", "--json").json
    assert Decimal(told["budgets"][0]["spent_usd"]) * 1_000_000 == cost


async def test_another_prompt_goes_out_masked_to_who_was_asked_then(
    desk: Desk, tmp_path: Path
) -> None:
    decided = await desk.ask()
    sent = len(desk.then.received)
    prompt = tmp_path / "prompt.txt"
    prompt.write_text(f"Answer in French.\nThe password: hunter2 and {KEY}.\n")
    for name, content in {"empty": b" \n", "latin": b"\xe9", "long": b"x" * 70_000}.items():
        (tmp_path / name).write_bytes(content)

    ended = await desk.run("replay", decided, "--prompt", str(prompt), "--yes")
    bad = [
        (await desk.run("replay", decided, "--prompt", str(tmp_path / one), "--yes")).err
        for one in ("empty", "latin", "long", "none", "")
    ]

    assert ended.code == 0, ended
    [received] = desk.then.received[sent:]
    system = json.dumps(received.body["system"])
    assert "Answer in French." in system
    assert "You are chargehand" not in system
    assert "hunter2" not in received.raw.decode()
    assert KEY not in received.raw.decode()
    assert received.tools == desk.then.received[0].tools
    assert _shown(desk.then, sent) == _shown(desk.then, 0)
    assert '"prompt_version": "decision-3"' in ended.out
    assert '"prompt_version": "file-' in ended.out
    assert "answered: 1 request, " in ended.out
    assert f"Asks claude-haiku-5-5 of anthropic at {received_at(desk)}" in ended.err
    assert ["it is empty" in bad[0], "UTF-8" in bad[1], "at most 65536" in bad[2]] == [True] * 3
    assert "No such file" in bad[3]
    assert "can not be tried" in bad[4]


async def test_nobody_is_asked_where_consent_flags_stops_or_the_record_forbid_it(
    desk: Desk, config: Path
) -> None:
    decided = await desk.ask()
    by_rule = await desk.ask("@bot when is it due?")
    sent = len(desk.then.received)
    tried = ("--model", "anthropic", "--yes")

    def why(ended: Ended) -> str:
        assert ended.code == 1, ended
        return ended.out.partition("can not be made again: ")[2]

    rule = why(await desk.run("replay", by_rule, *tried))
    whole = _exchange(config, 'PAY = "local"', 'PAY = "off"')
    consent = why(await desk.run("replay", decided, *tried))
    _exchange(config, 'PAY = "off"', 'PAY = "local"')
    _exchange(config, 'base_url = "http://127.0.0.1', 'base_url = "https://models.example.com')
    elsewhere = why(await desk.run("replay", decided, *tried))
    _restore(config, whole)
    desk.terminal.done("flags", "set", "model_decisions", "off")
    flag = why(await desk.run("replay", decided, *tried))
    desk.terminal.done("flags", "set", "model_decisions", "on")
    desk.terminal.done("stop", "--project", "PAY")
    stop = await desk.run("replay", decided, *tried, "--json")
    desk.terminal.done("resume", "--project", "PAY")
    desk.house.sql("DELETE FROM contents")
    gone = await desk.run("replay", decided, *tried, "--json")

    assert "no model was asked then" in rule
    assert "texts may not go to that model" in consent
    assert "texts may not go to that model" in elsewhere
    assert "a flag keeps models" in flag
    assert (stop.code, stop.json["why_not_asked"], stop.json["asked"]) == (1, "stopped", None)
    assert (gone.code, gone.json["why_not"], gone.json["asked"]) == (1, "gone", None)
    assert len(desk.then.received) == sent
    assert desk.paid == []


async def test_money_is_agreed_to_first_and_budgets_hold(desk: Desk, config: Path) -> None:
    decided = await desk.ask()
    sent = len(desk.then.received)

    unasked = await desk.run("replay", decided, "--model", "anthropic")
    unknown = await desk.run("replay", decided, "--model", "claude-opus-9", "--yes")
    unpriced = await desk.run("replay", decided, "--model", "anthropic:claude-opus-9", "--yes")
    code, screen = await asyncio.to_thread(
        on_a_terminal, config, "replay", decided, "--model", "anthropic", typed=b"n\n"
    )
    desk.terminal.done("budget", "set", "0.001")
    refused = await desk.run("replay", decided, "--model", "anthropic", "--yes")
    free = len(desk.then.received) - sent, list(desk.paid)
    desk.terminal.done("budget", "set", "5")
    desk.then.turns.append(Fail(500))
    failed = await desk.run("replay", decided, "--model", "anthropic", "--yes", "--json")

    assert unasked.code == 2
    assert "Somebody's yes to at most 0." in unasked.err
    assert "give --yes" in unasked.err
    assert unknown.code == unpriced.code == 2
    assert "there are: anthropic:claude-haiku-5-5, openai:gpt-4o-mini" in unknown.err
    assert "What claude-opus-9 costs at anthropic is not known" in unpriced.err
    assert code == 1
    assert "it may cost at most 0." in screen
    assert "Spend it?" in screen
    assert refused.code == 1
    assert "gave no plan (budget_exceeded): 0 requests" in refused.out
    assert "`chargehand budget show` says how full each is" in refused.out
    assert free == (0, [])
    assert (failed.code, failed.json["asked"]["outcome"]) == (1, "unavailable")
    assert [(one.purpose, one.cost_micro_usd > 0) for one in desk.paid] == [("replay", True)]


async def test_suggestions_are_judged_by_recorded_facts_or_said_to_be_unknown(
    desk: Desk, tmp_path: Path
) -> None:
    move = {"kind": "transition", "work_item": "PAY-7", "to": "In Review"}
    give = {"kind": "assign", "work_item": "PAY-7", "to": "Tom Berg"}
    desk.then.turns.clear()
    desk.then.turns.append(decide("I propose that.", suggested_actions=[move]))
    decided = await desk.ask("@bot this one could now go where things get looked at, thanks")
    desk.other.turns.extend(
        [
            decide("I propose that.", suggested_actions=[move, give]),
            decide("Nothing to change.", suggested_actions=[]),
        ]
    )
    policy = tmp_path / "policy.toml"
    policy.write_text(
        'format = 2\n[[rules]]\nname = "moves"\n'
        'when = { kind = ["jira.transition_issue"] }\nmode = "approve"\n'
    )
    tried = ("replay", decided, "--model", "gpt-4o-mini", "--policy", str(policy), "--yes")

    both = await desk.run(*tried)
    none = await desk.run(*tried)

    assert "jira.transition_issue on PAY-7: simulate -> approve, by moves" in both.out
    assert "It suggests 'assign PAY-7 Tom Berg'; whether that would be proposed is not" in both.out
    assert "jira.assign_issue" not in both.out
    assert "would not be proposed: " in none.out
    assert desk.house.approvals == ()


async def test_stretch_is_summed_up_bounded_and_ends_with_the_money(desk: Desk) -> None:
    ids = [await desk.ask(), *[await desk.ask(f"{QUESTION} ({one})") for one in "abc"]]
    await desk.ask("@bot when is it due?")
    said = [decide("Not yet.", confidence=0.8), decide("Who knows.", confidence=0.1)]
    desk.other.turns.extend(said)
    tried = ("replay", "--from", "2026-11-19", "--model", OTHER, "--yes")

    two = await desk.run(*tried, "--at-most", "2", "--json")
    spent = sum(one.cost_micro_usd for one in desk.paid)
    text = await desk.run(*tried, "--limit", "1")
    # Room for one more request and its answer, and not for the worst case of another.
    worst = max(one.reserved_micro_usd for one in desk.paid)
    desk.terminal.done("budget", "set", f"{(spent + worst + 1000) / 1_000_000:.6f}")
    desk.other.turns.extend([decide("Not yet.", confidence=0.8)] * 4)
    ended = await desk.run(*tried)
    before = len(desk.other.received)
    desk.terminal.done("budget", "set", "9")
    desk.other.turns.clear()
    failing = await desk.run(*tried, "--json")

    assert two.code == 0, two
    assert (two.json["asked"], two.json["not_asked"]) == (2, {"no_model_then": 1})
    assert two.json["replays"]["changed"]["confidence"] == 2
    assert two.json["replays"]["examples"]["confidence"] == [ids[3], ids[2]]
    assert two.json["replays"]["is_cut"]
    assert Decimal(two.json["cost_usd"]) * 1_000_000 == spent > 0
    assert Decimal(two.json["worst_usd"]) > Decimal(two.json["cost_usd"])
    assert "about 2 decisions; it may cost at most " in two.err
    assert "replay: 2 of 2 asked" in two.err
    assert "1 not asked: no model was asked then" in text.out
    assert "left out after the last one ended in: budget_exceeded" in ended.out
    assert before < 2 + 4
    assert (failing.json["ended_by"], failing.json["left_out"]) == ("unavailable", 1)
    assert failing.json["failures"] == {"unavailable": 3}


def received_at(desk: Desk) -> str:
    """Where the model that was asked then is."""
    return str(desk.house.settings.providers[0].address)
