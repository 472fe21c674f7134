"""Writes a copyright notice at the top of the files that a task names."""

from pathlib import Path

from podium.model.agents import AgentReply, AgentRequest, AgentSpec, Availability, Note, Outcome
from podium.ports.agent import CallContext

_COMMENTS = {".py": "#", ".sh": "#", ".js": "//", ".go": "//", ".rs": "//"}


class NoticeAgent:
    """An agent without a model."""

    def describe(self) -> AgentSpec:
        """Return the agent's description; cheap, does not start a process."""
        return AgentSpec(
            name="notice",
            title="Notice",
            summary="Writes a copyright notice at the top of the files that a task names.",
            options={"holder": "the copyright holder"},
            required_options=("holder",),
        )

    def available(self, options: dict[str, str]) -> Availability:
        """Return whether the agent can be used here."""
        if not options.get("holder"):
            return Availability(available=False, reason="the option `holder` is not set")
        return Availability(available=True)

    async def run(self, request: AgentRequest, context: CallContext) -> AgentReply:
        """Write the notices and return a summary."""
        if not request.permissions.write:
            return AgentReply(outcome=Outcome.REFUSED, detail="this role may not write files")
        changed: list[str] = []
        for name in request.files:
            if _add_notice(Path(request.folder, name), request.options.get("holder", "")):
                context.sink.emit(Note(text=f"wrote {name}"))
                changed.append(name)
        return AgentReply(outcome=Outcome.COMPLETED, text=f"Changed {', '.join(changed) or '-'}.")


def _add_notice(path: Path, holder: str) -> bool:
    mark = _COMMENTS.get(path.suffix)
    if mark is None or not path.is_file():
        return False
    notice = f"{mark} Copyright {holder}\n"
    text = path.read_text("utf-8")
    if notice in text:
        return False
    # The interpreter line of a script has to remain the first line.
    first, rest = ("", text)
    if text.startswith("#!"):
        first, newline, rest = text.partition("\n")
        first += newline
    path.write_text(f"{first}{notice}{rest}", "utf-8")
    return True


agent = NoticeAgent()
