"""A model that repeats itself is noticed; one that works on is not."""

import pytest

from podium_adapters.repetition import Repetition


@pytest.mark.promise("G6")
def test_the_same_words_over_and_over_are_noticed() -> None:
    watch = Repetition()
    found = [watch.add_text("I am sorry, I will try again. ") for _ in range(500)]
    assert "repeats the same words endlessly" in "".join(found)


@pytest.mark.parametrize("text", ["-", "row {number}\n"])
def test_a_ruler_and_a_table_are_no_repetition(text: str) -> None:
    watch = Repetition()
    assert not any(watch.add_text(text.format(number=number)) for number in range(20_000))


@pytest.mark.promise("G6")
def test_the_same_message_is_noticed_at_the_fifth_time() -> None:
    watch = Repetition()
    found: list[str] = []
    for _ in range(5):
        watch.add_text("Let me look.")
        found.append(watch.end_message())
    assert found == ["", "", "", "", "the model sent the same message 5 times"]


def test_empty_messages_do_not_count() -> None:
    watch = Repetition()
    assert not any(watch.end_message() for _ in range(100))


@pytest.mark.promise("G6")
def test_the_same_action_is_noticed() -> None:
    watch = Repetition()
    found = [watch.add_action("execute: ls") for _ in range(25)]
    assert found[23:] == ["", "the model did the same 25 times in a row"]


def test_different_actions_are_work_up_to_a_limit() -> None:
    watch = Repetition()
    found = [watch.add_action(f"edit: {number}.py") for number in range(1000)]
    assert found[998:] == ["", "the model used 1000 tools in one turn"]
