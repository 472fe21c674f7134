"""The command line of each operation, for messages that name the next command."""

from collections.abc import Mapping

from podium.views.steps import Step

COMMANDS: Mapping[str, str] = {
    "project.init": "init",
    "project.trust": "trust",
    "plan.create": 'plan "what to do"',
    "plan.show": "show {plan}",
    "plan.list": "plans",
    "plan.update": "edit {plan} --help",
    "plan.approve": "approve {plan}",
    "plan.reset": "reset {plan}",
    "plan.export": "export {plan}",
    "plan.check": "check {plan}",
    "task.list": "tasks",
    "task.show": "task {task}",
    "task.next": "next {plan}",
    "task.claim": "claim {plan}",
    "task.update": "task {task} --state {state}",
    "task.update criterion": 'task {task} --criterion {criterion} --word "…"',
    "task.complete": "done {task}",
    "session.list": "sessions",
    "session.show": "session {session}",
    "session.update": 'note {session} --message "…"',
    "thought.add": "think",
    "run.start": "run {plan}",
    "run.status": "status {run}",
    "run.pause": "pause {run}",
    "run.resume": "continue {run}",
    "run.cancel": "cancel {run}",
    "run.report": "report {run}",
    "run.preview": "run {plan} --dry-run",
    "usage.show": "usage",
    "question.list": "questions",
    "question.answer": "answer {question} {choice}",
    "question.revoke": "questions revoke {question}",
    "work.land": "land {plan}",
    "finding.list": "findings {where}",
    "finding.show": "finding {finding}",
    "finding.dismiss": "dismiss {finding}",
    "finding.fix": "fix {finding}",
    "finding.fix consultant": "fix {finding} --consultant",
    "finding.reopen": "reopen {finding}",
    "audit.run": "audit",
    "file.revert": "revert {path}",
    "store.restore": "restore {sequence}",
    "store.gc": "gc",
    "store.gc take_back": "gc --unarchive {take_back}",
    "config.show": "config",
    "agent.list": "agents",
    "agent.test": "agents test {agent}",
    "agent.wake": "agents wake {agent}",
    "agent.add": "agents add {entry}",
    "agent.remove": "agents remove {agent}",
}
"""Command lines by operation, and by a parameter that changes the command; `{name}` stands for a
parameter."""


class _Given(dict[str, object]):
    """The parameters of a step; parameters without a value are omitted from the command."""

    def __missing__(self, name: str) -> str:
        return ""


def command_line(step: Step) -> str:
    """Return the command for a step."""
    special = (f"{step.operation} {name}" for name in step.params)
    template = next((COMMANDS[each] for each in special if each in COMMANDS), None)
    words = (template or COMMANDS[step.operation]).format_map(_Given(step.params))
    return f"podium {words}".rstrip()


def operations_of(verb: str) -> tuple[str, ...]:
    """Return the operations behind a command-line verb."""
    named = (each for each, words in COMMANDS.items() if words.split()[0] == verb)
    return tuple(dict.fromkeys(each.split()[0] for each in named))
