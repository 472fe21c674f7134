// Asks a person what a command still has to be told; what that is, the server says.

import * as vscode from 'vscode';
import { Answer } from './answers';
import { Server } from './server';

type Choice = { value: string; label: string; detail: string };
type Question = {
  name: string;
  prompt: string;
  kind: 'text' | 'choice' | 'file';
  choices: Choice[];
  optional: boolean;
};

/** How far a command is filled in. */
export type Form = {
  title: string;
  effect: 'read' | 'write' | 'destructive' | 'long';
  accepts: string[];
  question: Question | null;
};

/** Everything that was answered, or undefined when the person gave up. */
export async function completed(
  server: Server,
  command: string,
  given: Answer,
): Promise<{ form: Form; given: Answer } | undefined> {
  let answers = { ...given };
  const asked: string[] = [];
  for (;;) {
    const wanted = { command, given: answers, asked, ...('uri' in given && { uri: given['uri'] }) };
    const form = await server.ask<Form>('podium.missing', wanted);
    if (!form.question) {
      return { form, given: answers };
    }
    const answer = await put(form.question);
    if (answer === undefined) {
      return undefined;
    }
    asked.push(form.question.name);
    if (answer !== '') {
      answers = { ...answers, [form.question.name]: answer };
    }
  }
}

/** The answer; empty when it was left out, undefined when the person gave up. */
async function put(question: Question): Promise<string | undefined> {
  switch (question.kind) {
    case 'choice':
      return choose(question);
    case 'file':
      return pickFile(question);
    case 'text':
      return vscode.window.showInputBox({
        title: 'Podium',
        prompt: question.optional ? question.prompt : `${question.prompt} (needed)`,
        ignoreFocusOut: true,
        validateInput: (text) => (text.trim() || question.optional ? undefined : 'Please say it.'),
      });
  }
}

async function choose(question: Question): Promise<string | undefined> {
  const rows = question.choices.map((each) => ({ ...each, description: '' }));
  const none = { value: '', label: 'Leave it to Podium', detail: '', description: '' };
  const picked = await vscode.window.showQuickPick(question.optional ? [...rows, none] : rows, {
    title: 'Podium',
    placeHolder: question.prompt,
    matchOnDetail: true,
  });
  return picked?.value;
}

async function pickFile(question: Question): Promise<string | undefined> {
  const picked = await vscode.window.showOpenDialog({ title: question.prompt, openLabel: 'Use' });
  return picked?.[0]?.fsPath;
}
