// Tells the server when a suggested edit is in the text, so that its finding is settled.
//
// The server's code actions carry a command for that. VS Code forgets the command of an action whose
// edit is previewed first, so the text itself is watched: it is all that counts anyway.

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

  /** Remembers what the text will be, and leaves the action with its edit alone. */
  taken<T extends vscode.Command | vscode.CodeAction>(action: T): T {
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

/** The server's own name for exactly this text. */
function fingerprint(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 16);
}
