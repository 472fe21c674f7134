// Runs commands: asks the user for missing arguments, calls the server, shows the result.

import * as vscode from 'vscode';
import { Answer } from './answers';
import { completed, forgetTyped } from './questions';
import { Asking, Server } from './server';
import { Pages, quietly, show } from './showing';
import { Row } from './tree';

const AUDIT = 'podium.audit.run';
/** Operations whose result opens as a document: their parameter, and that of `podium.open`. */
const PAGES: Record<string, [string, string]> = {
  'podium.plan.show': ['plan', 'readable'],
  'podium.run.report': ['run', 'report'],
};
const CANCELLED = -32800;

export class Commands implements vscode.Disposable {
  private readonly registered = new Map<string, vscode.Disposable>();

  constructor(
    private readonly server: Server,
    private readonly pages: Pages,
    private readonly ready: () => Promise<boolean>,
    private readonly hasProject: () => boolean,
    private readonly titles: ReadonlyMap<string, string>,
    private readonly output: vscode.LogOutputChannel,
  ) {}

  /** Registers commands that the server runs, except those that are already registered. */
  register(names: Iterable<string>): void {
    for (const name of names) {
      if (!this.registered.has(name)) {
        const run = (first: unknown): Promise<void> => this.run(name, first);
        this.registered.set(name, vscode.commands.registerCommand(name, run));
      }
    }
  }

  /** Runs a command from the palette, a lens, a code action or the tree. */
  async run(command: string, first?: unknown): Promise<void> {
    try {
      if (await this.ready()) {
        await this.execute(command, first);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  dispose(): void {
    this.registered.forEach((each) => each.dispose());
  }

  private async execute(command: string, first: unknown): Promise<void> {
    const { given, isComplete } = this.argumentsOf(command, first);
    if (isComplete) {
      const answer = await this.server.ask<Answer | null>(command, given);
      await show(this.pages, command, this.titleOf(command), undefined, answer);
      return;
    }
    const filled = await completed(this.server, command, given);
    if (!filled) {
      return;
    }
    const page = PAGES[command];
    if (page) {
      const [parameter, name] = page;
      const { [parameter]: wanted = '', uri = '' } = filled.given;
      await this.server.ask('podium.open', { [name]: wanted, uri });
      return;
    }
    const known = new Set([...filled.form.accepts, 'uri']);
    const kept = Object.entries(filled.given).filter(([name]) => known.has(name));
    const isSlow = filled.form.effect === 'long' || filled.form.effect === 'destructive';
    const ask = (asking: Asking): Promise<Answer | null> =>
      this.server.ask<Answer | null>(command, Object.fromEntries(kept), asking);
    const answer = isSlow ? await withProgress(filled.form.title, ask) : await ask({});
    forgetTyped(command);
    await show(this.pages, command, this.titleOf(command), filled.form, answer);
  }

  /** Returns a command's arguments, and whether they are complete. */
  private argumentsOf(command: string, first: unknown): { given: Answer; isComplete: boolean } {
    if (first instanceof Row) {
      return { given: { ...first.data.arguments, uri: first.data.uri || here() }, isComplete: false };
    }
    const isPlain = typeof first === 'object' && first !== null && !(first instanceof vscode.Uri);
    if (isPlain) {
      const given = first as Answer;
      // Lenses and code actions pass all arguments, with a `uri`; the extension's own follow-ups do not.
      return { given: 'uri' in given ? given : { ...given, uri: here() }, isComplete: 'uri' in given };
    }
    const uri = first instanceof vscode.Uri ? first.toString() : here();
    return { given: { ...this.paletteDefaults(command), uri }, isComplete: false };
  }

  /** Returns the arguments of a command from the palette that differ from the defaults. */
  private paletteDefaults(command: string): Answer {
    if (command === AUDIT) {
      return this.hasProject() ? { record: true } : { format: 'markdown' };
    }
    return atCursor(command);
  }

  /** Returns the title of a command, such as "Approve Plan". */
  private titleOf(command: string): string {
    return (this.titles.get(command) ?? command).replace(/…$/, '');
  }

  private fail(error: unknown): void {
    const { code, message } = error as { code?: number; message?: string };
    if (code === CANCELLED) {
      quietly('cancelled');
      return;
    }
    this.output.warn(message ?? String(error));
    void vscode.window.showErrorMessage(`Podium: ${message ?? String(error)}`);
  }
}

/** Shows a cancellable progress notification for a request. */
async function withProgress(
  title: string,
  ask: (asking: Asking) => Promise<Answer | null>,
): Promise<Answer | null> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: `Podium: ${title.split(';')[0]?.replace(/\.$/, '')}`,
    cancellable: true,
  };
  return vscode.window.withProgress(options, (shown, cancelled) =>
    ask({ cancelled, progress: (message) => shown.report({ message }) }),
  );
}

function atCursor(command: string): Answer {
  const editor = vscode.window.activeTextEditor;
  return command === 'podium.finding.add' && editor
    ? { line: editor.selection.active.line + 1 }
    : {};
}

/** Returns the URI that selects the project: the active file, else the first folder. */
function here(): string {
  const uri = vscode.window.activeTextEditor?.document.uri;
  const known = uri?.scheme === 'file' ? uri : vscode.workspace.workspaceFolders?.[0]?.uri;
  return known?.toString() ?? '';
}
