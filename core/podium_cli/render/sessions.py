"""Draws sessions and thoughts."""

from rich.padding import Padding
from rich.text import Text
from rich.tree import Tree

from podium.model.sessions import Context, ThoughtBranch, ThoughtNode
from podium.operations.next_command import next_command
from podium.operations.session.context import ContextView
from podium.operations.session.history import SessionHistory
from podium.operations.session.list import SessionList
from podium.operations.session.views import SessionRow, SessionView
from podium.operations.thought.add import ThoughtAdded
from podium.operations.thought.tree import ThoughtTree
from podium.words import counted
from podium_cli.render.style import (
    console,
    escaped,
    print_next,
    sign,
    state_label,
    table,
    when,
)


def session_list(result: SessionList) -> None:
    """Draw sessions, newest first."""
    if not result.sessions:
        console().print("[quiet]No sessions match.[/]")
        return
    console().print(_rows(result.sessions))
    if result.total > len(result.sessions):
        console().print(f"[quiet]{result.total - len(result.sessions)} more: --limit[/]")


def session_show(view: SessionView) -> None:
    """Draw one session."""
    session = view.session
    console().print(Text(session.title, style="head"))
    console().print(
        Text(f"{session.id}  ", style="id"),
        state_label(session.state),
        Text(f"  {session.type}  {when(session.created_at)}", style="quiet"),
        Text(f"  {' '.join('#' + tag for tag in session.tags)}", style="busy"),
        sep="",
    )
    for name, value in (
        ("plan", session.plan_id),
        ("task", session.task_id),
        ("parent", session.parent_id),
    ):
        if value:
            console().print(f"[quiet]{name}[/] [id]{escaped(value)}[/]")
    if session.description:
        console().print(Padding(Text(session.description), (1, 0, 0, 2)))
    _context(session.context)
    if view.thoughts:
        console().print(f"\n[quiet]{counted(view.thoughts, 'thought')}: podium thoughts[/]")
    if view.children:
        console().print("\n[quiet]children[/]")
        console().print(_rows(view.children))


def session_create(view: SessionView) -> None:
    """Draw a new session."""
    session_show(view)
    print_next(next_command("session.create", view))


def session_update(view: SessionView) -> None:
    """Draw a session after a change."""
    session_show(view)


def session_resume(view: SessionView) -> None:
    """Draw a resumed session."""
    session_show(view)


def session_history(result: SessionHistory) -> None:
    """Draw the visits to sessions."""
    grid = table("when", "session", "what", "who", "")
    for visit in result.visits:
        grid.add_row(
            when(visit.at),
            Text(visit.session_id, style="id"),
            visit.what,
            Text(visit.by.called, style="quiet"),
            Text(visit.message),
        )
    console().print(grid if result.visits else "[quiet]No visits yet.[/]")


def session_context(view: ContextView) -> None:
    """Draw a session's context."""
    console().print(f"[head]{escaped(view.title)}[/]  [id]{view.session_id}[/]")
    _context(view.context)
    if view.sizes:
        console().print("\n[quiet]sizes[/]")
        for name, value in view.sizes.model_dump().items():
            console().print(f"  [quiet]{name.replace('_', ' ')}[/]  {escaped(str(value))}")


def thought_add(added: ThoughtAdded) -> None:
    """Draw a new thought."""
    thought = added.thought
    console().print(
        f"[id]{added.session_id}[/] [good]{thought.number}[/][quiet]/{thought.total}[/] "
        f"{escaped(thought.text)}"
    )


def thought_tree(result: ThoughtTree) -> None:
    """Draw a session's thoughts as a tree."""
    tree = Tree(
        Text.assemble((result.title, "head"), (f"  {result.session_id}", "id")), guide_style="quiet"
    )
    _branch(tree, result.root)
    console().print(tree if result.count else "[quiet]No thoughts yet.[/]")


def _branch(tree: Tree, branch: ThoughtBranch) -> None:
    for node in branch.nodes:
        inner = tree.add(_thought(node))
        for each in node.branches:
            _branch(inner.add(Text(f"branch {each.name}", style="busy")), each)


def _thought(node: ThoughtNode) -> Text:
    thought = node.thought
    text = Text.assemble((f"{thought.number}/{thought.total} ", "id"), thought.text)
    if thought.revises:
        text.append(f"  revises {thought.revises}", style="warn")
    if node.revised_by:
        text.stylize("strike dim")
        text.append(f"  revised by {', '.join(map(str, node.revised_by))}", style="warn")
    return text


def _rows(rows: tuple[SessionRow, ...]) -> object:
    grid = table("", "session", "type", "state", "created", "tags", "title")
    for row in rows:
        grid.add_row(
            sign(row.state),
            Text(row.id, style="id"),
            row.type,
            row.state,
            row.created_at[:16].replace("T", " "),
            Text(" ".join(row.tags), style="busy"),
            Text(row.title),
        )
    return grid


def _context(context: Context) -> None:
    if context.focus:
        console().print(f"\n[quiet]focus[/]  {escaped(context.focus)}")
    if context.summary:
        console().print(Padding(Text(context.summary, style="quiet"), (1, 0, 0, 2)))
    if context.decisions:
        console().print("\n[quiet]decisions[/]")
    for decision in context.decisions:
        why = f" [quiet]because {escaped(decision.reason)}[/]" if decision.reason else ""
        whose = f" [quiet]({escaped(decision.by.called)})[/]" if decision.by else ""
        console().print(f"  [good]●[/] {escaped(decision.text)}{why}{whose}")
    if context.artifacts:
        console().print("\n[quiet]artifacts[/]")
    for artifact in context.artifacts:
        console().print(f"  [id]{escaped(artifact.reference)}[/]")
    if context.messages:
        console().print("\n[quiet]messages[/]")
    for message in context.messages:
        console().print(f"  [quiet]{when(message.at)} {message.role}[/]")
        console().print(Padding(Text(message.text), (0, 0, 0, 4)))
