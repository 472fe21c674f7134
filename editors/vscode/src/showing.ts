// Shows the result of a command: a page for information, one line for a change.

import * as vscode from 'vscode';
import { Answer } from './answers';
import { page } from './markdown';
import { Form } from './questions';
import { preview } from './server';

const SCHEME = 'podium-view';
const LANGUAGES: Record<string, string> = {
  markdown: 'markdown',
  json: 'json',
  sarif: 'json',
  csv: 'plaintext',
  mermaid: 'markdown',
};

/** The usual next steps, by command. */
const NEXT: Record<string, [string, string][]> = {
  'podium.project.init': [['Create a Plan…', 'podium.plan.create']],
  'podium.plan.create': [
    ['Approve…', 'podium.plan.approve'],
    ['Read', 'podium.plan.show'],
  ],
  'podium.plan.import': [['Approve…', 'podium.plan.approve']],
  'podium.plan.approve': [['Run', 'podium.run.start']],
  'podium.audit.run': [['Show Problems', 'workbench.actions.view.problems']],
};

/** What to say of commands that only request something: the state in the answer is the one before. */
const REQUESTED: Record<string, string> = {
  'podium.run.start': 'started',
  'podium.run.pause': 'requested; tasks in progress are finished first',
  'podium.run.resume': 'requested',
  'podium.run.cancel': 'requested',
};

/** Provides the rendered pages as virtual documents. */
export class Pages implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? '';
  }

  async show(name: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}.md` });
    this.texts.set(uri.path, text);
    this.changed.fire(uri);
    await preview(uri);
  }

  register(): vscode.Disposable {
    const provided = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
    return vscode.Disposable.from(provided, this.changed);
  }
}

export async function show(
  pages: Pages,
  command: string,
  title: string,
  form: Form | undefined,
  answer: Answer | null,
): Promise<void> {
  if (!answer || answer['shown'] === true) {
    return;
  }
  if (answer['done'] === false) {
    quietly(String(answer['reason'] || 'nothing changed'));
  } else if (command === 'podium.finding.verify') {
    quietly(String(answer['reason'] || 'fixed'));
  } else if (typeof answer['uri'] === 'string' && answer['shown'] === false) {
    await vscode.window.showTextDocument(vscode.Uri.parse(answer['uri']));
  } else if (typeof answer['markdown'] === 'string') {
    await pages.show(title, answer['markdown']);
  } else if (command === 'podium.audit.run' && answer['text']) {
    await pages.show(title, String(answer['text']));
  } else if (typeof answer['text'] === 'string' && typeof answer['format'] === 'string') {
    await open(answer['text'], answer['format']);
  } else if (form?.effect === 'read') {
    await pages.show(title, page(title, form.title, answer));
  } else {
    await report(command, title, answer);
  }
}

/** Shows a temporary message in the status bar. */
export function quietly(text: string): void {
  vscode.window.setStatusBarMessage(`Podium: ${text}`, 6000);
}

async function open(content: string, format: string): Promise<void> {
  const language = LANGUAGES[format] ?? 'plaintext';
  const document = await vscode.workspace.openTextDocument({ content, language });
  await vscode.window.showTextDocument(document);
}

async function report(command: string, title: string, answer: Answer): Promise<void> {
  const steps = NEXT[command] ?? [];
  const line = `${title}: ${REQUESTED[command] ?? outcome(answer)}`;
  if (!steps.length) {
    quietly(line);
    return;
  }
  const titles = steps.map(([title]) => title);
  const chosen = await vscode.window.showInformationMessage(`Podium: ${line}`, ...titles);
  const next = steps.find(([title]) => title === chosen);
  if (next) {
    const plan = (answer['plan'] as { header?: { id: string } } | undefined)?.header?.id;
    await vscode.commands.executeCommand(next[1], ...(plan ? [{ plan }] : []));
  }
}

function outcome(answer: Answer): string {
  const rows = (answer['plan'] as { tasks?: unknown[] } | undefined)?.tasks;
  const found = answer['found'] ?? answer['findings'];
  const parts = [
    answer['state'],
    rows && `${rows.length} task${rows.length === 1 ? '' : 's'}`,
    Array.isArray(found) && `${found.length} finding${found.length === 1 ? '' : 's'}`,
  ];
  return parts.filter((each) => typeof each === 'string').join(', ') || 'done';
}
