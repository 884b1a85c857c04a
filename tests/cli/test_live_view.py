import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from chargehand.cli.live_view import LiveView, Stage
from chargehand.cli.seen import (
    AnswerUnreadable,
    SeenAction,
    SeenAsk,
    SeenDecision,
    SeenEvent,
    SeenSource,
    read_trace,
)
from chargehand.cli.stages import action_stage, decision_stage, event_stage, late_stage

NOON = datetime(2026, 11, 19, 12, 0, tzinfo=UTC)


def drawn(stage: Stage, *, width: int = 60) -> str:
    written = io.StringIO()
    LiveView(Console(file=written, width=width, highlight=False)).stage(stage)
    return written.getvalue()


def test_stage_is_drawn_with_time_name_and_frame() -> None:
    stage = Stage("action", "a comment", ("why",), box="Due **Friday**.", after=("ask",), at_ms=12)

    assert drawn(stage) == (
        "    12 ms action    a comment\n"
        "                    why\n"
        "                    +--------------------------------------+\n"
        "                    | Due **Friday**.                      |\n"
        "                    +--------------------------------------+\n"
        "                    ask\n"
    )


@pytest.mark.parametrize("width", [40, 57, 100, 300], ids=str)
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    stage = Stage("action", "word " * 40, ("x" * 150,), box="日本語 " * 60)

    assert max(len(line) for line in drawn(stage, width=width).splitlines()) <= min(width, 100)


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param("\x1b[2J\x1b]0;title\x07", id="escape"),
        pytest.param("\u202egnp.exe", id="bidi"),
        pytest.param("[bold]not markup[/bold] :smile:", id="markup"),
    ],
)
def test_texts_of_others_only_ever_show(hostile: str) -> None:
    text = drawn(Stage("event", hostile, (hostile,), box=hostile), width=100)

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "not markup" not in hostile or "[bold]not markup[/bold] :smile:" in text


def test_event_shows_names_instead_of_account_ids() -> None:
    event = SeenEvent(
        id="evt_1",
        kind="comment.created",
        project="PAY",
        work_item="PAY-7",
        actor_name="Mei Tanaka",
        occurred_at=NOON,
        recorded_at=NOON + timedelta(milliseconds=8),
        text="@712020:abc when is it due?",
        data={},
    )

    stage = event_stage(event, since=NOON, names={"712020:abc": "Chargehand"})

    assert stage.headline == "comment.created on PAY-7 by Mei Tanaka"
    assert stage.lines == ("“@Chargehand when is it due?”",)
    assert stage.at_ms == 8


def test_decision_shows_reason_sources_and_what_was_withheld() -> None:
    decision = SeenDecision(
        id="dec_1",
        should_respond=True,
        reason="answered_from_facts",
        reasoning="The question was answered from facts.",
        decided_by="rule",
        confidence=0.9,
        sources=tuple(SeenSource(f"PAY-{n}", f"http://x/PAY-{n}") for n in range(8)),
        withheld=("one comment",),
    )

    stage = decision_stage(decision)

    assert stage.headline == "respond, by rule, 90% sure"
    assert stage.lines[:2] == (
        "The question was answered from facts.",
        "source: PAY-0  http://x/PAY-0",
    )
    assert stage.lines[-2:] == ("and 2 more sources", "withheld: one comment")


def test_simulated_action_says_that_it_is_never_sent() -> None:
    action = SeenAction(
        id="act_1",
        kind="jira.add_comment",
        target="PAY-7",
        params={},
        preview="Due Friday.",
        mode="simulate",
        state="simulated",
        problem="",
    )

    stage = action_stage(action)

    assert stage.box == "Due Friday."
    assert stage.after == ("mode simulate: recorded, never sent",)


def test_late_ask_says_how_old_and_where_it_waits() -> None:
    ask = SeenAsk(id="ask_1", state="late", asked_at=NOON, problem="")

    stage = late_stage(ask, answer_within=timedelta(minutes=90))

    assert "Thu 2026-11-19 12:00 UTC: over 1.5 h ago" in stage.lines[0]
    assert "chargehand asks late" in stage.lines[1]


def test_answer_without_what_it_must_hold_is_an_error_that_names_it() -> None:
    with pytest.raises(AnswerUnreadable, match="event"):
        read_trace({"deliveries": [], "ask": None, "decisions": [], "actions": []})
