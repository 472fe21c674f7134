"""What a syntax gate says about the files that it could not parse."""

from collections.abc import Iterable

from podium.syntax.values import Status, SyntaxReport

_MOST_NAMED = 3


def unchecked_files(reports: Iterable[SyntaxReport]) -> str:
    """Return the files that were not parsed with their reasons, for a summary; may be empty.

    A refused file is a problem of its own. A file that was parsed may also have a remark, for
    instance on its encoding.
    """
    named = [
        f"{each.path} ({each.reason})"
        for each in reports
        if each.reason and each.status is not Status.REFUSED
    ]
    if not named:
        return ""
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return f"; not parsed as usual: {', '.join(named[:_MOST_NAMED])}{more}"
