"""An ACP agent that does what a script says, also what no good agent does. Run as a program.

    python fake_acp_agent.py SCRIPT.json LOG.jsonl

The script is an object: `initialize`, `session` and `resume` replace those answers (an object with
`error` is an error), and `prompt` is a list of acts that are done in order when a prompt arrives:

    {"update": {…}}             send session/update
    {"ask": {…}}                send session/request_permission with this toolCall, wait
    {"call": [method, {…}]}     send any request, wait for the answer
    {"print": text}             print a line that is no message
    {"complain": text}          print a line of error output
    {"start": [argv]}           start a process in a session of its own and leave it
    {"run": [argv]}             run a process to its end
    {"run_if_allowed": [argv]}  the same, if the last request for permission was granted
    {"answer": {…}}             answer the prompt
    {"fail": {…}}               answer the prompt with an error
    {"exit": code}              end at once
    {"wait": "cancel"}          wait for session/cancel
    {"hang": true}              do nothing for ever, and ignore SIGTERM

Every message that comes in is a line of the log.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]
OPTIONS = [
    {"optionId": "always", "name": "Always", "kind": "allow_always"},
    {"optionId": "once", "name": "Once", "kind": "allow_once"},
    {"optionId": "no", "name": "No", "kind": "reject_once"},
    {"optionId": "never", "name": "Never", "kind": "reject_always"},
]
SESSION = "session-1"


class FakeAgent:
    def __init__(self, script: Json, log: Path) -> None:
        self._script = script
        self._log = log
        self._last_id = 0
        self._chosen = ""

    def serve(self) -> None:
        while (message := self._read()) is not None:
            match message.get("method"):
                case "initialize":
                    self._answer(message, self._script.get("initialize", {"protocolVersion": 1}))
                case "session/new":
                    self._answer(message, self._script.get("session", {"sessionId": SESSION}))
                case "session/resume":
                    self._answer(message, self._script.get("resume", {}))
                case "session/prompt":
                    self._play(message)
                case "session/set_mode" | "authenticate":
                    self._answer(message, {})
                case "session/set_config_option":
                    self._answer(message, {"configOptions": []})
                case _:
                    pass

    def _play(self, prompt: Json) -> None:
        for act in self._script["prompt"]:
            ((kind, value),) = act.items()
            match kind:
                case "update":
                    self._send_update(value)
                case "ask":
                    call = {"toolCallId": "call-1", "status": "pending"} | value
                    options = call.pop("options", OPTIONS)
                    told = {"sessionId": SESSION, "toolCall": call, "options": options}
                    answer = self._call("session/request_permission", told)
                    self._chosen = answer.get("result", {}).get("outcome", {}).get("optionId", "")
                case "call":
                    self._call(value[0], {"sessionId": SESSION} | value[1])
                case "print":
                    sys.stdout.write(value + "\n")
                    sys.stdout.flush()
                case "complain":
                    sys.stderr.write(value + "\n")
                    sys.stderr.flush()
                case "start":
                    subprocess.Popen(value, start_new_session=True)
                case "run":
                    subprocess.run(value, check=True)
                case "run_if_allowed":
                    if self._chosen == "once":
                        subprocess.run(value, check=True)
                case "answer":
                    self._answer(prompt, value)
                case "fail":
                    self._answer(prompt, {"error": value})
                case "exit":
                    os._exit(value)
                case "wait":
                    while (message := self._read()) is not None:
                        if message.get("method") == f"session/{value}":
                            break
                case "hang":
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    while True:
                        signal.pause()
                case _:
                    raise ValueError(f"unknown act {kind}")

    def _send_update(self, update: Json) -> None:
        self._send({"method": "session/update", "params": {"sessionId": SESSION, "update": update}})

    def _call(self, method: str, params: Json) -> Json:
        self._last_id += 1
        self._send({"id": self._last_id, "method": method, "params": params})
        while (message := self._read()) is not None:
            if message.get("id") == self._last_id and "method" not in message:
                return message
        return {}

    def _answer(self, request: Json, value: Json) -> None:
        body = value if set(value) == {"error"} else {"result": value}
        self._send({"id": request["id"]} | body)

    def _send(self, message: Json) -> None:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0"} | message) + "\n")
        sys.stdout.flush()

    def _read(self) -> Json | None:
        line = sys.stdin.readline()
        if not line:
            return None
        with self._log.open("a", encoding="utf-8") as log:
            log.write(line)
        message: Json = json.loads(line)
        return message


if __name__ == "__main__":
    FakeAgent(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])).serve()
