"""Detects that a model repeats itself, so that a call does not continue until a time limit.

Some agents ask the model again and again; some models repeat a sentence or an action endlessly.
"""

from dataclasses import dataclass

_MOST_SAME_MESSAGES = 5
_MOST_SAME_ACTIONS = 25
_MOST_ACTIONS = 1000
_TAIL = 8000
_LONGEST_PERIOD = 400
_CHECK_EVERY = 2000


@dataclass
class Repetition:
    """Watches the texts and the actions of one turn."""

    _message: str = ""
    _last_message: str = ""
    _same_messages: int = 1
    _unchecked: int = 0
    _last_action: str = ""
    _same_actions: int = 1
    _actions: int = 0

    def add_text(self, text: str) -> str:
        """Record a part of a message; return a sentence if the message repeats itself."""
        self._message += text
        self._unchecked += len(text)
        if self._unchecked < _CHECK_EVERY:
            return ""
        self._unchecked = 0
        repeats = _is_periodic(self._message[-_TAIL:])
        return "the model repeats the same words endlessly" if repeats else ""

    def end_message(self) -> str:
        """Record the end of a message; return a sentence if it was sent too often in a row."""
        message, self._message = self._message.strip(), ""
        if not message:
            return ""
        same = message == self._last_message
        self._same_messages = self._same_messages + 1 if same else 1
        self._last_message = message
        if self._same_messages < _MOST_SAME_MESSAGES:
            return ""
        return f"the model sent the same message {self._same_messages} times"

    def add_action(self, action: str) -> str:
        """Record an action; return a sentence if it is repeated, or if there are too many."""
        self._actions += 1
        self._same_actions = self._same_actions + 1 if action == self._last_action else 1
        self._last_action = action
        if self._same_actions >= _MOST_SAME_ACTIONS:
            return f"the model did the same {self._same_actions} times in a row"
        if self._actions >= _MOST_ACTIONS:
            return f"the model used {self._actions} tools in one turn"
        return ""


def _is_periodic(tail: str) -> bool:
    """Return whether a text repeats a short part; one character may repeat, as in a ruler."""
    if len(tail) < _TAIL or len(set(tail)) == 1:
        return False
    return any(tail[period:] == tail[:-period] for period in range(1, _LONGEST_PERIOD))
