"""Single modules of the extension, in node instead of VS Code."""

import json
import subprocess
from typing import Any

from tests.support.editor_tools import NODE
from tests.support.goldens import ROOT

_SOURCES = ROOT / "editors" / "vscode" / "src"
# What the modules need of VS Code; `said` are the messages that a person sees.
_VSCODE = """
export class EventEmitter {
  listeners = [];
  event = (listener) => this.listeners.push(listener);
  fire(value) { this.listeners.forEach((each) => each(value)); }
  dispose() {}
}
export class TreeItem {
  constructor(label, collapsibleState) { Object.assign(this, { label, collapsibleState }); }
}
export class ThemeIcon { static File = new ThemeIcon(); }
export class ThemeColor {}
export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 };
export const Uri = { parse: (text) => text };
export const said = [];
export const window = {
  setStatusBarMessage: (text) => said.push(text),
  showInformationMessage: async (...texts) => void said.push(texts.join(' | ')),
};
"""
# Of other modules, mostly types are imported.
_STUBS = {
    "vscode": _VSCODE,
    "./answers": "export class Answer {}",
    "./questions": "export class Form {}",
    "./server": "export class Server {}; export const preview = 0;",
}
# The sources leave out the suffix, as the bundler expects.
_HEAD = """
import { registerHooks } from 'node:module';
const [source, stubs, told] = process.argv.slice(1).map((each) => JSON.parse(each));
registerHooks({
  resolve: (name, context, next) =>
    name in stubs
      ? { url: `data:text/javascript,${encodeURIComponent(stubs[name])}`, shortCircuit: true }
      : next(name.startsWith('./') ? `${name}.ts` : name, context),
});
const module = await import(source);
"""


def run_module(name: str, script: str, told: Any) -> Any:
    """Return what a script assigns to `result`.

    Args:
        name: the module, which the script knows as `module`.
        script: JavaScript.
        told: data, which the script knows by this name.
    """
    options = ["--experimental-transform-types", "--no-warnings", "--input-type=module"]
    text = f"{_HEAD}let result;\n{script}\nprocess.stdout.write(JSON.stringify(result));"
    words = [json.dumps(each) for each in (str(_SOURCES / f"{name}.ts"), _STUBS, told)]
    done = subprocess.run(
        [str(NODE.path), *options, "--eval", text, *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
