"""An ACP agent of a few lines: it writes the file that its task names.

It imports nothing but `sys`, so it takes what the control's process takes.
"""

import sys

DONE = (
    '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":'
    '{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"done"}}}}\n'
)


def main() -> None:
    """Answer the messages on standard input until it ends."""
    folder = ""
    for line in sys.stdin:
        if '"initialize"' in line:
            _answer(line, '{"protocolVersion":1,"agentCapabilities":{}}')
        elif '"session/new"' in line:
            folder = _field(line, "cwd").strip('"')
            _answer(line, '{"sessionId":"s"}')
        elif '"session/prompt"' in line:
            # A warm worktree is not named after its task.
            name = line.partition(".txt")[0][-5:]
            with open(f"{folder}/{name}.txt", "w") as file:
                file.write(name)
            sys.stdout.write(DONE)
            _answer(line, '{"stopReason":"end_turn"}')


def _field(line: str, name: str) -> str:
    """Return the text of a field whose value has neither commas nor brackets."""
    value = line.partition(f'"{name}":')[2]
    return value.partition(",")[0].partition("}")[0].strip()


def _answer(line: str, result: str) -> None:
    sys.stdout.write(f'{{"jsonrpc":"2.0","id":{_field(line, "id")},"result":{result}}}\n')
    sys.stdout.flush()


if __name__ == "__main__":
    main()
