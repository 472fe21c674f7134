// Notifies the server when a suggested edit was applied, so that its finding is settled.
//
// The server's code actions have a command for that, but VS Code drops the command of an action
// whose edit is previewed first. This watches the text instead.

import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import { Answer } from './answers';

export const VERIFY = 'podium.finding.verify';
const MOST = 50;

type Expected = { expects: string; findings: unknown };

export class Verifying implements vscode.Disposable {
  private readonly expected = new Map<string, Expected[]>();
  private readonly listening: vscode.Disposable;

  constructor(private readonly settle: (given: Answer) => void) {
    this.listening = vscode.workspace.onDidChangeTextDocument(({ document }) => {
      this.look(document);
    });
  }

  /** Remembers the expected text and removes the command from the action, keeping its edit. */
  track<T extends vscode.Command | vscode.CodeAction>(action: T): T {
    const command = 'edit' in action ? action.command : undefined;
    if (typeof command === 'object' && command.command === VERIFY) {
      const [given] = (command.arguments ?? []) as [(Expected & { uri: string }) | undefined];
      if (given) {
        this.remember(given.uri, given);
        delete (action as vscode.CodeAction).command;
      }
    }
    return action;
  }

  dispose(): void {
    this.listening.dispose();
  }

  private remember(uri: string, { expects, findings }: Expected): void {
    const key = vscode.Uri.parse(uri).toString();
    const others = (this.expected.get(key) ?? []).filter((each) => each.expects !== expects);
    this.expected.set(key, [...others, { expects, findings }].slice(-MOST));
  }

  private look(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    const rows = this.expected.get(key);
    if (!rows) {
      return;
    }
    const now = fingerprint(document.getText());
    const reached = rows.find((each) => each.expects === now);
    if (reached) {
      this.expected.delete(key);
      this.settle({ ...reached, uri: key });
    }
  }
}

/** Returns the hash by which the server identifies a text. */
function fingerprint(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 16);
}
