"""The tree refreshes the rows that differ, and no others.

While VS Code refreshes a row, it collapses again what a person expands below it.
"""

from typing import Any

import pytest

from tests.editors.modules import run_module
from tests.support.editor_tools import NODE

# Looks at every row once, as an editor that shows them all, then refreshes at each later state.
SCRIPT = """
const server = { isRunning: true, ask: async (_, { node }) => server.rows[node] ?? [] };
const tree = new module.Tree(server);
const show = async (row) => {
  for (const each of await tree.getChildren(row)) {
    await show(each);
  }
};
result = [];
tree.onDidChangeTreeData((rows) => {
  const texts = rows?.map(({ label, description }) => `${label} ${description}`.trim());
  result.push(texts ?? 'everything');
});
const [first, ...later] = told;
server.rows = first;
await show();
for (const rows of later) {
  server.isRunning = rows !== null;
  server.rows = rows;
  await tree.refresh();
}
"""

pytestmark = [
    pytest.mark.editors,
    pytest.mark.skipif(not NODE.is_there, reason="no node; `make editors` installs it"),
]

Rows = dict[str, list[dict[str, Any]]]


def row(name: str, description: str = "") -> dict[str, Any]:
    texts = {"id": name, "kind": "task.ready", "label": name, "description": description}
    return texts | {"tooltip": "", "parent": True, "expanded": False, "arguments": {}}


PLAN, FINDINGS = row("plan", "running"), row("findings", "1 open")
T1, T2, T1_DONE = row("t1", "ready"), row("t2", "pending"), row("t1", "done")
START: Rows = {"": [PLAN, FINDINGS], "plan": [T1, T2], "findings": [row("too long")]}


@pytest.mark.parametrize(
    ("later", "refreshed"),
    [
        pytest.param([START], [], id="nothing changed"),
        pytest.param([START | {"plan": [T1_DONE, T2]}], [["t1 done"]], id="one task"),
        pytest.param([START | {"plan": [T1_DONE, T2]}] * 2, [["t1 done"]], id="only once"),
        pytest.param(
            [START | {"": [row("plan", "done"), FINDINGS], "plan": [T1_DONE, T2]}],
            [["plan done", "t1 done"]],
            id="a task and its plan",
        ),
        pytest.param(
            [START | {"findings": [row("too long"), row("empty")]}],
            [["findings 1 open"]],
            id="one row more",
        ),
        pytest.param([START | {"plan": [T2, T1]}], [["plan running"]], id="another order"),
        pytest.param([START | {"": [FINDINGS]}], ["everything"], id="a plan is gone"),
        pytest.param([START, None], ["everything"], id="the server stopped"),
        pytest.param([None, START], ["everything", "everything"], id="the server restarted"),
    ],
)
def test_what_differs_is_refreshed(later: list[Rows | None], refreshed: list[Any]) -> None:
    assert run_module("tree", SCRIPT, [START, *later]) == refreshed
