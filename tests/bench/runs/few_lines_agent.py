"""An ACP agent of a few lines: it writes one file, named like the task of its worktree."""

import json
import sys
from pathlib import Path


def main() -> None:
    """Answer the messages on standard input until it ends."""
    folder = Path()
    for line in sys.stdin:
        message = json.loads(line)
        params = message.get("params", {})
        result: dict[str, object] = {}
        match message.get("method"):
            case "initialize":
                result = {"protocolVersion": 1, "agentCapabilities": {}}
            case "session/new":
                folder = Path(params["cwd"])
                result = {"sessionId": "s"}
            case "session/prompt":
                name = folder.name.rsplit("-", 1)[0]
                (folder / f"{name}.txt").write_text(name)
                text = {"sessionUpdate": "agent_message_chunk", "content": _text("done")}
                _send(method="session/update", params={"sessionId": "s", "update": text})
                result = {"stopReason": "end_turn"}
            case _:
                pass
        if "id" in message:
            _send(id=message["id"], result=result)


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _send(**fields: object) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **fields}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
