// Asks the user for a command's missing arguments, which the server determines.

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

/** The state of a command's arguments, with the next question. */
export type Form = {
  title: string;
  effect: 'read' | 'write' | 'destructive' | 'long';
  accepts: string[];
  question: Question | null;
};

/** Returns all arguments, or undefined if the user cancelled. */
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
    const answer = await ask(form.question);
    if (answer === undefined) {
      return undefined;
    }
    asked.push(form.question.name);
    if (answer !== '') {
      answers = { ...answers, [form.question.name]: answer };
    }
  }
}

/** Returns the answer; empty if the user skipped the question, undefined if they cancelled. */
async function ask(question: Question): Promise<string | undefined> {
  switch (question.kind) {
    case 'choice':
      return choose(question);
    case 'file':
      return pickFile(question);
    case 'text':
      return vscode.window.showInputBox({
        title: 'Podium',
        prompt: question.optional ? question.prompt : `${question.prompt} (required)`,
        ignoreFocusOut: true,
        validateInput: (text) => (text.trim() || question.optional ? undefined : 'Enter a value.'),
      });
  }
}

async function choose(question: Question): Promise<string | undefined> {
  const rows = question.choices.map((each) => ({ ...each, description: '' }));
  const none = { value: '', label: 'Let Podium decide', detail: '', description: '' };
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
