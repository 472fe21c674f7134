"""The part of the VS Code extension's `package.json` that follows from elsewhere; pure.

Commands follow from the table of operations, settings from the server's, the version from the
package. What is written by hand there stays; see `Manifest.completed`.
"""

from collections.abc import Mapping
from typing import Any

import podium
from podium.operations.table import OPERATION_IDS
from podium_lsp.commands.names import OWN, command_of
from podium_lsp.session.settings import schema

Json = dict[str, Any]

NOT_IN_THE_PALETTE = {
    "plan.update": "its edits are a structure; a person edits the plan's files",
    "task.claim": "assistants take tasks with it",
    "task.complete": "assistants hand tasks in with it",
    "finding.settle": "a person fixes, dismisses or reopens",
    "syntax.check": "the editor checks while one types",
}
"""Operations that no person asks for by name, and why; lenses and actions may use them all the
same."""

EXTENSION_ONLY: Mapping[str, tuple[str, str]] = {
    "podium.menu": ("Show Menu", "menu"),
    "podium.refresh": ("Refresh", "refresh"),
    "podium.restart": ("Restart Server", "debug-restart"),
    "podium.showLog": ("Show Log", "output"),
    "podium.choose": ("Choose the Program…", "folder-opened"),
    "podium.install": ("Install the Program", "cloud-download"),
    "podium.openItem": ("Open", "go-to-file"),
    "podium.openFile": ("Open File", "go-to-file"),
    "podium.openReport": ("Show Report", "output"),
    "podium.openLog": ("Show Agent's Log", "terminal"),
    "podium.retry": ("Retry Task", "debug-restart"),
}
"""The extension's own commands: title and icon."""

IN_UNTRUSTED = {"podium.menu", "podium.showLog", "podium.choose"}
"""Commands that run nothing of a workspace."""

NEEDS_A_ROW = (
    "podium.openItem",
    "podium.openFile",
    "podium.openReport",
    "podium.openLog",
    "podium.retry",
)
"""Commands that only the tree can ask for."""

_TITLES = {
    "project.init": "Make This a Project",
    "project.trust": "Trust This Project's Settings…",
    "plan.create": "Create Plan…",
    "plan.approve": "Approve Plan…",
    "plan.reject": "Reject Plan…",
    "plan.check": "Check What Is Open in Plan",
    "task.next": "Show Next Tasks",
    "run.start": "Run Plan",
    "run.status": "Show Run",
    "run.report": "Show Run Report",
    "run.preview": "Show What a Run Would Do",
    "usage.show": "Show Usage",
    "run.cancel": "Cancel Run…",
    "work.land": "Land Work on Your Branch…",
    "audit.run": "Audit Project",
    "work.blame": "Show Which Task Wrote This File",
    "finding.export": "Export Findings…",
    "plan.export": "Export Plan…",
    "plan.import": "Import Plan…",
    "finding.dismiss": "Dismiss Finding…",
    "finding.add": "Add Finding Here…",
    "file.revert": "Revert File…",
    "thought.tree": "Show Thoughts",
    "session.history": "Show Session History",
    "session.context": "Show Session Context",
    "store.recover": "Recover Store",
    "store.snapshots": "List Snapshots",
    "store.restore": "Restore Snapshot…",
    "store.migrate": "Migrate Store",
    "store.audit": "Verify Audit Log",
    "store.gc": "Clean Up",
    "config.show": "Show Settings",
    "doctor.check": "Check This Machine",
    "agent.policy": "Show What Follows When an Agent Fails",
    "agent.rest": "Let Agent Rest…",
}

_ICONS = {
    "project": "repo",
    "agent": "robot",
    "session": "comment-discussion",
    "thought": "lightbulb",
    "finding": "checklist",
    "store": "database",
    "plan": "list-tree",
    "task": "tasklist",
    "run": "play",
    "file": "discard",
    "audit.run": "search",
    "work.land": "git-merge",
    "config.show": "settings-gear",
    "doctor.check": "pulse",
    "plan.create": "add",
    "plan.approve": "thumbsup",
    "plan.reject": "thumbsdown",
    "plan.export": "export",
    "plan.reset": "discard",
    "plan.check": "checklist",
    "project.trust": "workspace-trusted",
    "run.pause": "debug-pause",
    "run.resume": "debug-continue",
    "run.cancel": "debug-stop",
    "run.report": "output",
    "run.status": "pulse",
    "finding.fix": "wrench",
    "finding.dismiss": "close",
    "finding.reopen": "issue-reopened",
    "finding.add": "add",
    "finding.export": "export",
}


def palette() -> list[str]:
    """Return the operations that the palette offers."""
    return [each for each in OPERATION_IDS if each not in NOT_IN_THE_PALETTE]


def commands() -> list[Json]:
    """Return what `contributes.commands` has to be."""
    rows = [_command(command_of(each), title_of(each), _icon(each)) for each in palette()]
    own = [_command(name, title, icon) for name, (title, icon) in EXTENSION_ONLY.items()]
    return [*rows, *own]


def title_of(operation_id: str) -> str:
    """Return what a person reads: `plan.show` is "Show Plan"."""
    if operation_id in _TITLES:
        return _TITLES[operation_id]
    noun, verb = operation_id.split(".")
    plural = "s" if verb == "list" else ""
    return f"{verb.capitalize()} {noun.capitalize()}{plural}"


def _icon(operation_id: str) -> str:
    noun = operation_id.partition(".")[0]
    return _ICONS.get(operation_id) or _ICONS.get(noun, "tools")


def _command(name: str, title: str, icon: str) -> Json:
    row: Json = {"command": name, "title": title, "category": "Podium", "icon": f"$({icon})"}
    if name not in IN_UNTRUSTED:
        row["enablement"] = "isWorkspaceTrusted"
    return row


def settings() -> Json:
    """Return what `contributes.configuration.properties` has to be."""
    program: Json = {
        "description": (
            "The program podium; if empty, the extension tries $PODIUM_PROGRAM, the PATH, "
            "~/.local/bin and its own installation. ${workspaceFolder} and ~ are expanded."
        ),
        "default": "",
        "type": "string",
        # A repository must not choose what is run.
        "scope": "machine",
    }
    others = {name: {**field, "scope": "window"} for name, field in schema()["properties"].items()}
    return {"podium.path": program, **others}


def completed(manifest: Json) -> Json:
    """Return a manifest with everything in it that follows from elsewhere."""
    contributes: Json = manifest["contributes"]
    hidden = [{"command": name, "when": "false"} for name in NEEDS_A_ROW]
    return {
        **manifest,
        "version": podium.__version__,
        "contributes": {
            **contributes,
            "commands": commands(),
            "configuration": {"title": "Podium", "properties": settings()},
            "menus": {**contributes["menus"], "commandPalette": hidden},
        },
    }


def used(manifest: Json) -> set[str]:
    """Return the commands that menus, welcome texts and the walkthrough name."""
    contributes: Json = manifest["contributes"]
    in_menus = {row["command"] for rows in contributes["menus"].values() for row in rows}
    texts = [row["contents"] for row in contributes["viewsWelcome"]]
    texts += [step["description"] for each in contributes["walkthroughs"] for step in each["steps"]]
    linked = {
        part.partition(")")[0].partition("?")[0]
        for text in texts
        for part in text.split("](command:")[1:]
    }
    return in_menus | linked


def known() -> set[str]:
    """Return every command of ours that exists in a window of VS Code."""
    return {*map(command_of, OPERATION_IDS), *OWN, *EXTENSION_ONLY}
