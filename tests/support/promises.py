"""What Podium promises, how far each promise is kept, and which tests show it.

To change how far a promise is, edit its one line in `STATUS`; then `pytest --update` writes
`docs/promises.md` anew. Must not know what the tests do, only which ids they cite.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BUILT = "built"
LATER = "later"

CHAPTERS = {
    "S": "Sessions",
    "T": "Sequential thinking",
    "P": "Plans",
    "K": "Tasks",
    "R": "Runs",
    "G": "Agents",
    "V": "Recovery from broken replies",
    "F": "Findings",
    "L": "Language server and editors",
    "M": "MCP server",
    "C": "Knowledge and contracts",
    "W": "State and its safety",
    "X": "Security",
    "Y": "Configuration, operation, scale",
}

PROMISES = {
    "S1": "Sessions are created, listed with filters, shown, renamed, tagged, described, nested.",
    "S2": "A session moves only along legal transitions; a refusal names the legal ones.",
    "S3": "Planning, execution, review and conversation sessions; plugins register more types.",
    "S4": "A session keeps focus, messages, artifacts, decisions; old ones shrink, never vanish.",
    "S5": "Resume by id or unique prefix; a history of sessions entered; context diagnostics.",
    "S6": "Sessions time out, are limited in number and cleaned up, all configurable, backed up.",
    "T1": "Numbered thoughts with revisions and branches survive restarts and read as a tree.",
    "T2": "The thinking depth sets how many thoughts a planning prompt asks for.",
    "T3": "A plan can be distilled from a session's thoughts.",
    "P1": "A plan comes from an agent, a host's model or given tasks; all its problems are named.",
    "P2": "Tasks have dependencies, priority, role, files, acceptance criteria and an estimate.",
    "P3": "Tasks are edited, reordered, added and dropped; each change is a version one can diff.",
    "P4": "Approval holds for one exact version; a changed plan is unapproved again.",
    "P5": "A readable plan.md, export and import as JSON, CSV and Markdown, a Mermaid graph.",
    "P6": "Estimates are summed; the critical path and what can run in parallel are known.",
    "P7": "A check tells what is still open, with the evidence for the rest, machine-readably.",
    "P8": "After a run the objective itself is judged: met, go on, hold for the person, or stop.",
    "K1": "The next task follows from dependencies and priority; starting it opens its session.",
    "K2": "Tasks are listed, shown, advanced, blocked, completed, failed, retried, dropped.",
    "K3": "Done needs evidence for every criterion; a word counts only from a person.",
    "K4": "Every change is recorded: who, through which face, when, what.",
    "R1": "Architect, person, executor, auditor and consultant follow one another, then tests.",
    "R2": "Runs are sequential, parallel up to a number, pipelined, or watch the files.",
    "R3": "Workflows in YAML: sequence, parallel, loops, conditions; errors carry line numbers.",
    "R4": "Every attempt has its own worktree and branch; the user's checkout is never touched.",
    "R5": "Tasks that would clash do not run together; results that clash are sorted out.",
    "R6": "A checkpoint before each task; task, run or file can go back; unsaved work is kept.",
    "R7": "A run survives kill -9 without repeating a finished call; pause, resume, cancel, retry.",
    "R8": "One failed task blocks its dependants only; a report says what landed.",
    "R9": "Gates after the executor: syntax, the project's own tests, custom commands.",
    "R10": "Conventional commit messages; never a commit on the user's branch unasked.",
    "R11": "Small similar tasks share a call; likely next tasks start early and may be discarded.",
    "R12": "Subagents and prompts are Markdown files of the project.",
    "R13": "Progress is live in the terminal, the editors and MCP.",
    "R14": "Hooks around init, plan, execute and audit, on completion, errors and file changes.",
    "R15": "A follow-up is recognised and carries the former context.",
    "R16": "A plan may span several repositories.",
    "G1": "One port for every agent: request in, events and a typed outcome out.",
    "G2": "Built in: command lines, ACP agents, HTTP APIs, the host's model and a playbook.",
    "G3": "The next agent of a chain steps in on failure; a failing agent rests.",
    "G4": "Rate limits are honoured: wait for the reset, or fall back, as configured.",
    "G5": "Only transient failures are retried, with growing, jittered pauses.",
    "G6": "An agent's whole process tree is limited in time, silence and output, and ended.",
    "G7": "Files in a reply are checked to lie in the workspace and written atomically.",
    "G8": "Replies may be cached, but never of calls that change something.",
    "G9": "Credentials come from the environment or a keyring and reach no log and no state.",
    "G10": "Third parties add agents through an entry point.",
    "V1": "After each step every changed file is parsed; new errors are named with their place.",
    "V2": "Cut, fenced, elided or hollowed replies are recognised.",
    "V3": "The consultant is asked to mend, with the exact place, a limited number of times.",
    "V4": "If mending fails, the attempt's files go back and the failed text is kept.",
    "V5": "The same check is one operation for any text, without a run.",
    "F1": "A finding has place, severity, category, message, suggestion, author and status.",
    "F2": "A finding moves with its code, or becomes stale; it is never shown elsewhere.",
    "F3": "Built-in auditors need no model; tools that write SARIF can be added.",
    "F4": "Agents' audits are validated; wrong places are refused.",
    "F5": "Findings are fixed, dismissed, audited again; a file can be reverted.",
    "F6": "Findings are exported as SARIF, JSON and Markdown.",
    "L1": "Findings are pushed as diagnostics, live, in open and closed files.",
    "L2": "Code actions fix, dismiss, audit again, revert, and open the task.",
    "L3": "Every operation a person uses is an editor command, with progress and approval.",
    "L4": "Plan and workflow files have diagnostics, hover, completion, definitions, lenses.",
    "L5": "Lenses and hovers tell which task last changed a function.",
    "L6": "A VS Code extension and a Neovim plugin.",
    "L7": "What the editor holds unsaved is what is checked.",
    "M1": "Few small tools with structured results and errors that teach.",
    "M2": "Resources with subscriptions, and prompts as slash commands.",
    "M3": "stdio and streamable HTTP, current and older revisions, approval by elicitation.",
    "M4": "Several hosts at once on one project lose nothing.",
    "C1": "What matters of wiki, skills and rules goes into the prompt, within a budget.",
    "C2": "The knowledge index is incremental, and its versions can be compared.",
    "C3": "When the way taken deviates from the plan, a note is proposed.",
    "C4": "API contracts of back and front ends are compared.",
    "C5": "A registry of shared models and who uses them.",
    "W1": "State is JSON that people read and git merges; no acknowledged write is ever lost.",
    "W2": "An append-only journal, an audit log that shows tampering, and retention.",
    "W3": "Rotated backups; corrupt files are found, explained, repaired or restored.",
    "W4": "Typed errors that say what, why and the next command.",
    "W5": "Migrations with a backup first; a newer store is refused politely.",
    "W6": "Ten thousand tasks stay quick.",
    "W7": "Full disks and read-only media: a clear error, nothing lost.",
    "X1": "Every path from outside must lie in the workspace; no shell strings; no secrets.",
    "X2": "Agents run with the least their role needs; approvals can be asked per action.",
    "X3": "HTTP faces listen on loopback, check origin and host, and need a token.",
    "X4": "State is private to the user; messages carry no secrets.",
    "X5": "Opening an untrusted repository runs nothing; its settings need trust once.",
    "Y1": "One YAML file per project and per user, the environment over both, line numbers.",
    "Y2": "doctor checks git, agents, versions, settings and the store.",
    "Y3": "Structured logs, metrics, traces, health, a profile report.",
    "Y4": "A web board and a terminal board.",
    "Y5": "One plan over several machines.",
    "Y6": "Containers and Kubernetes manifests with dashboards.",
    "Y7": "Events reach in-process handlers, webhooks and a stream.",
}

# How far: "built", or "partly: " and what is missing. What is not named here comes later.
STATUS = {
    "S1": "built",
    "S2": "built",
    "S3": "built",
    "S4": "built",
    "S5": "built",
    "T1": "built",
    "P1": "partly: the host's own model",
    "P2": "built",
    "P3": "built",
    "P4": "built",
    "P5": "built",
    "P6": "built",
    "P7": "built",
    "K1": "partly: the context of the opened session is small",
    "K2": "built",
    "K3": "built",
    "K4": "built",
    "R1": "built",
    "R2": "partly: pipeline and watch",
    "R4": "built",
    "R5": "partly: changed symbols are not compared yet",
    "R6": "partly: rolling back by command",
    "R7": "partly: retry of one task from another face",
    "R8": "built",
    "R9": "partly: the test command is configured, not detected",
    "R10": "partly: the template is fixed",
    "R13": "partly: terminal only",
    "G1": "built",
    "G2": "partly: playbook, Gemini CLI, Copilot and OpenCode",
    "G6": "built",
    "G10": "built",
    "V1": "built",
    "V2": "built",
    "V3": "built",
    "V4": "built",
    "V5": "built",
    "F3": "partly: contract mismatches",
    "F1": "built",
    "F4": "built",
    "F5": "built",
    "F6": "built",
    "M1": "built",
    "M2": "built",
    "M3": "partly: sampling, which hosts do not offer",
    "M4": "built",
    "L1": "built",
    "L2": "built",
    "L3": "built",
    "L4": "built",
    "L5": "built",
    "L6": "built",
    "L7": "built",
    "W1": "built",
    "W2": "built",
    "W4": "built",
    "W6": "built",
    "X1": "built",
    "X2": "partly: approvals per action",
    "X4": "built",
    "X3": "partly: the other HTTP faces",
    "X5": "built",
    "Y1": "partly: hot reload",
    "T2": "built",
    "G4": "partly: waits as asked before the next try; no buckets, no fallback",
    "G7": "partly: code blocks of a reply are read, not applied yet",
    "G9": "partly: no keyring, no `.env.local`",
    "W7": "built",
    "W5": "built",
    "S6": "built",
    "F2": "built",
    "W3": "built",
    "Y2": "partly: `--validate-only`",
}


@dataclass(frozen=True)
class Citation:
    """A place where a test cites a promise.

    Args:
        promise: the cited id.
        path: the test file, relative to the repository.
        line: where the marker stands.
    """

    promise: str
    path: str
    line: int


def status_of(promise: str) -> str:
    """Return `built`, `partly` or `later`."""
    return STATUS.get(promise, LATER).split(":")[0]


def citations(root: Path) -> list[Citation]:
    """Return every id that a marker `pytest.mark.promise(...)` below `root`/tests cites.

    Raises:
        AssertionError: a marker holds something else than literal texts.
    """
    return [
        Citation(promise, str(path.relative_to(root)), line)
        for path in sorted((root / "tests").rglob("*.py"))
        for promise, line in _cited_in(path)
    ]


def _cited_in(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.promise"):
            for each in node.args:
                match each:
                    case ast.Constant(value=str() as promise):
                        yield promise, node.lineno
                    case _:
                        raise AssertionError(f"{path}:{node.lineno}: cite by a literal text")


def render(cited: list[Citation]) -> str:
    """Return the page `docs/promises.md`."""
    counts = [sum(status_of(each) == word for each in PROMISES) for word in ("built", "partly")]
    lines = [
        "# What Podium promises",
        "",
        "Every line has an id; tests cite it (`@pytest.mark.promise`). This page is made from",
        "`tests/support/promises.py` by `pytest tests/test_promises.py --update`.",
        "",
        f"{len(PROMISES)} promises: {counts[0]} built, {counts[1]} partly built, "
        f"{len(PROMISES) - sum(counts)} to come.",
    ]
    for letter, title in CHAPTERS.items():
        lines += ["", f"## {letter} · {title}", "", *_table(letter, cited)]
    return "\n".join(lines) + "\n"


def _table(letter: str, cited: list[Citation]) -> list[str]:
    rows = ["| id | promise | status | shown by |", "|---|---|---|---|"]
    for promise, text in PROMISES.items():
        if promise[0] == letter:
            status = STATUS.get(promise, LATER).replace("partly: ", "partly; missing: ")
            paths = sorted({each.path for each in cited if each.promise == promise})
            shown = ", ".join(f"[{Path(path).stem}](../{path})" for path in paths)
            rows.append(f"| {promise} | {text} | {status} | {shown} |")
    return rows
