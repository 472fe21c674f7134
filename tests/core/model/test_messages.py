"""Older messages are put aside, compressed, and never lost."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.model.sessions import (
    CARRIED_BYTES,
    Context,
    Message,
    OlderMessages,
    split_context,
    unpacked,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def message(number: int, length: int) -> Message:
    at = NOON + timedelta(minutes=number)
    return Message(role="person", text=f"{number}: " + "x" * length, at=at)


@pytest.mark.promise("S4.messages", "S4.summary")
@given(st.lists(st.integers(0, 40_000), max_size=40))
def test_whatever_is_said_the_context_stays_short_and_every_message_is_kept(
    lengths: list[int],
) -> None:
    context, aside = Context(), list[OlderMessages]()
    said = [message(number, length) for number, length in enumerate(lengths)]
    for each in said:
        grown = context.model_copy(update={"messages": (*context.messages, each)})
        context, older = split_context(grown)
        aside += [older] if older else []
        carried = sum(len(one.model_dump_json()) for one in context.messages)
        assert carried <= CARRIED_BYTES or len(context.messages) == 1
    kept = [one for older in aside for one in unpacked(older)]
    assert [*kept, *context.messages] == said
    assert all(older.count == len(unpacked(older)) for older in aside)
    assert len(context.summary) <= 2000


@pytest.mark.promise("S4.summary")
def test_the_summary_tells_how_older_messages_began_the_newest_in_any_case() -> None:
    said = tuple(message(number, 3000) for number in range(40))
    context, older = split_context(Context(messages=said))
    assert older
    assert context.messages == said[-5:]
    assert (older.first, older.last) == (said[0].at, said[34].at)
    lines = context.summary.splitlines()
    assert lines[-1] == "person: 34: " + "x" * 95 + "…"
    assert len(lines) == 18


def test_a_damaged_document_says_so() -> None:
    damaged = OlderMessages(count=1, first=NOON, last=NOON, packed="AAAA")
    with pytest.raises(ValueError, match="unpacked"):
        unpacked(damaged)
