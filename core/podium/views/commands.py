"""The command line of each operation, for texts that name the next command; pure."""

from collections.abc import Mapping

from podium.views.steps import Step

COMMANDS: Mapping[str, str] = {
    "project.init": "init",
    "project.trust": "trust",
    "plan.create": "plan",
    "plan.show": "show {plan}",
    "plan.list": "plans",
    "plan.update": "edit {plan}",
    "plan.approve": "approve {plan}",
    "plan.reset": "reset {plan}",
    "plan.export": "export {plan}",
    "plan.check": "check {plan}",
    "task.list": "tasks",
    "task.show": "task {task}",
    "task.next": "next {plan}",
    "task.claim": "claim {plan}",
    "task.update": "task {task}",
    "task.complete": "done {task}",
    "session.list": "sessions",
    "session.show": "session {session}",
    "thought.add": "think",
    "run.start": "run {plan}",
    "run.status": "status {run}",
    "run.pause": "pause {run}",
    "run.resume": "continue {run}",
    "run.cancel": "cancel {run}",
    "run.report": "report {run}",
    "work.land": "land {plan}",
    "finding.list": "findings",
    "finding.show": "finding {finding}",
    "finding.dismiss": "dismiss {finding}",
    "config.show": "config",
}
"""By operation; `{name}` stands for a parameter and is left out when it has no value."""


class _Given(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return ""


def command_line(step: Step) -> str:
    """Return the command that carries out a step."""
    words = COMMANDS[step.operation].format_map(_Given(step.params))
    return f"podium {words}".rstrip()


def operations_of(verb: str) -> tuple[str, ...]:
    """Return the operations that a verb of the command line stands for."""
    return tuple(each for each, words in COMMANDS.items() if words.split()[0] == verb)
