// Carries commands out: asks what is missing, asks the server, shows what came of it.

import * as vscode from 'vscode';
import { Answer } from './answers';
import { completed } from './questions';
import { Asking, Server } from './server';
import { Pages, quietly, show } from './showing';
import { Row } from './tree';

const AUDIT = 'podium.audit.run';
/** Operations whose answer the server keeps as a page: their parameter, and what opens it. */
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

  /** Registers commands that the server carries out; those that are known already stay. */
  register(names: Iterable<string>): void {
    for (const name of names) {
      if (!this.registered.has(name)) {
        const run = (first: unknown): Promise<void> => this.run(name, first);
        this.registered.set(name, vscode.commands.registerCommand(name, run));
      }
    }
  }

  /** Carries one command out, however it was begun: palette, lens, code action or tree. */
  async run(command: string, first?: unknown): Promise<void> {
    try {
      if (await this.ready()) {
        await this.carryOut(command, first);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  dispose(): void {
    this.registered.forEach((each) => each.dispose());
  }

  private async carryOut(command: string, first: unknown): Promise<void> {
    const { given, isWhole } = this.begunWith(command, first);
    if (isWhole) {
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
    const waits = filled.form.effect === 'long' || filled.form.effect === 'destructive';
    const ask = (asking: Asking): Promise<Answer | null> =>
      this.server.ask<Answer | null>(command, Object.fromEntries(kept), asking);
    const answer = waits ? await waitingFor(filled.form.title, ask) : await ask({});
    await show(this.pages, command, this.titleOf(command), filled.form, answer);
  }

  /** What a command was begun with, and whether that is all that it needs. */
  private begunWith(command: string, first: unknown): { given: Answer; isWhole: boolean } {
    if (first instanceof Row) {
      return { given: { ...first.data.arguments, uri: first.data.uri || here() }, isWhole: false };
    }
    const isPlain = typeof first === 'object' && first !== null && !(first instanceof vscode.Uri);
    if (isPlain) {
      const given = first as Answer;
      // Lenses and code actions are whole; our own follow-ups name what they are about, no text.
      return { given: 'uri' in given ? given : { ...given, uri: here() }, isWhole: 'uri' in given };
    }
    const uri = first instanceof vscode.Uri ? first.toString() : here();
    return { given: { ...this.meant(command), uri }, isWhole: false };
  }

  /** What the palette means, where the operation's own default means less. */
  private meant(command: string): Answer {
    if (command === AUDIT) {
      return this.hasProject() ? { record: true } : { format: 'markdown' };
    }
    return atCursor(command);
  }

  /** What a person calls a command: "Approve Plan". */
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

/** Shows that something is under way, with a way to cancel it. */
async function waitingFor(
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

/** A text of the project that is meant: the one at hand, else the first folder. */
function here(): string {
  const uri = vscode.window.activeTextEditor?.document.uri;
  const known = uri?.scheme === 'file' ? uri : vscode.workspace.workspaceFolders?.[0]?.uri;
  return known?.toString() ?? '';
}
