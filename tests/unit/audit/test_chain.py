from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehand.audit.chain import START, ChainPosition, Link, link_hash, verify_chain
from chargehand.domain.ids import DEFAULT_ORGANIZATION
from chargehand.kit.canonical import digest_of
from chargehand.kit.clock import to_micros

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def chain(length: int) -> list[Link]:
    records: list[Link] = []
    previous = START.hash
    for seq in range(1, length + 1):
        bare = Link(seq, to_micros(NOW), "a:b:c", f"subject-{seq}", '{"n":1}', previous)
        previous = link_hash(DEFAULT_ORGANIZATION, bare)
        records.append(bare._replace(hash=previous))
    return records


def end_of(records: list[Link]) -> ChainPosition:
    return ChainPosition(records[-1].seq, records[-1].hash) if records else START


def problems(records: list[Link], original: list[Link]) -> dict[int, str]:
    end = end_of(original)
    found = verify_chain(DEFAULT_ORGANIZATION, records, head=end, checkpoints=[end])
    return {one.seq: one.problem for one in found.breaks}


@pytest.mark.parametrize("length", [0, 1, 7])
def test_untouched_chain_is_intact(length: int) -> None:
    records = chain(length)

    assert problems(records, records) == {}


@given(st.integers(0, 9), st.sampled_from(["body", "tag", "subject_id"]))
def test_edited_record_is_named(place: int, field: str) -> None:
    original = chain(10)
    edited = [*original]
    edited[place] = edited[place]._replace(**{field: "changed"})

    assert place + 1 in problems(edited, original)


@given(st.integers(0, 8))
def test_deleted_record_is_named(place: int) -> None:
    original = chain(10)
    without = [*original[:place], *original[place + 1 :]]

    assert problems(without, original)[place + 1].startswith(f"record {place + 1} is missing")


@given(st.integers(0, 8))
def test_swapped_contents_are_named(place: int) -> None:
    original = chain(10)
    swapped = [*original]
    left, right = original[place], original[place + 1]
    swapped[place] = left._replace(body=right.body, subject_id=right.subject_id)
    swapped[place + 1] = right._replace(body=left.body, subject_id=left.subject_id)

    assert {place + 1, place + 2} <= set(problems(swapped, original))


@given(st.integers(1, 9))
def test_cut_off_end_is_named_even_when_the_head_was_changed_too(kept: int) -> None:
    original = chain(10)
    cut = original[:kept]

    found = verify_chain(
        DEFAULT_ORGANIZATION, cut, head=end_of(cut), checkpoints=[end_of(original)]
    )

    assert [one.problem for one in found.breaks] == [f"records {kept + 1} to 10 were cut off"]


def test_rewritten_chain_differs_from_the_checkpoint() -> None:
    original = chain(3)
    forged: list[Link] = []
    previous = START.hash
    for record in original:
        bare = record._replace(body='{"n":2}', previous_hash=previous, hash="")
        previous = link_hash(DEFAULT_ORGANIZATION, bare)
        forged.append(bare._replace(hash=previous))

    found = verify_chain(
        DEFAULT_ORGANIZATION, forged, head=end_of(forged), checkpoints=[end_of(original)]
    )

    assert [one.problem for one in found.breaks] == ["differs from the checkpoint kept outside"]


@given(
    tag=st.text(),
    subject=st.text(),
    body=st.text(),
    seq=st.integers(1, 2**62),
    micros=st.integers(0, 4_000_000_000_000_000),
)
def test_link_is_made_of_canonical_json_whatever_a_record_holds(
    tag: str, subject: str, body: str, seq: int, micros: int
) -> None:
    link = Link(seq, micros, tag, subject, body, START.hash)

    content = [DEFAULT_ORGANIZATION, seq, micros, tag, subject, body, START.hash]
    assert link_hash(DEFAULT_ORGANIZATION, link) == digest_of(content)
