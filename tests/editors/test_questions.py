"""What a person typed for a command is offered again until the command succeeds."""

import pytest

from tests.editors.modules import run_module
from tests.support.editor_tools import NODE

pytestmark = [
    pytest.mark.editors,
    pytest.mark.skipif(not NODE.is_there, reason="no node; `make editors` installs it"),
]

SCRIPT = """
const vscode = await import('vscode');
const offered = [];
vscode.window.showInputBox = async (options) => {
  offered.push(options.value);
  options.validateInput(told.typed);
  return undefined;
};
const question = { name: 'reason', prompt: 'Why', kind: 'text', choices: [], optional: false };
const server = { ask: async () => ({ title: '', effect: 'write', accepts: [], question }) };
for (const step of told.steps) {
  if (step.succeeded) {
    module.forgetTyped(step.succeeded);
  } else {
    await module.completed(server, step.run, {});
  }
}
result = offered;
"""

REJECT, RESET = "podium.plan.reject", "podium.plan.reset"


@pytest.mark.promise("U1.kept", "L3.missing")
@pytest.mark.parametrize(
    ("steps", "offered"),
    [
        ([{"run": REJECT}, {"run": REJECT}], ["", "too large"]),
        ([{"run": REJECT}, {"run": RESET}], ["", ""]),
        ([{"run": REJECT}, {"succeeded": REJECT}, {"run": REJECT}], ["", ""]),
        ([{"run": REJECT}, {"succeeded": RESET}, {"run": REJECT}], ["", "too large"]),
    ],
    ids=["again", "another command", "after success", "after success of another"],
)
def test_typed_text_is_offered_again(steps: list[dict[str, str]], offered: list[str]) -> None:
    told = {"typed": "too large", "steps": steps}
    assert run_module("questions", SCRIPT, told) == offered
