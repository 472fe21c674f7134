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

/** What the user typed for commands that were cancelled or failed, by command and parameter. */
const typed = new Map<string, string>();

/** Forgets what was typed for a command, because it succeeded. */
export function forgetTyped(command: string): void {
  for (const key of [...typed.keys()].filter((each) => each.startsWith(`${command} `))) {
    typed.delete(key);
  }
}

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
    const answer = await ask(form.question, `${command} ${form.question.name}`);
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
async function ask(question: Question, key: string): Promise<string | undefined> {
  switch (question.kind) {
    case 'choice':
      return choose(question);
    case 'file':
      return pickFile(question);
    case 'text':
      return askText(question, key);
  }
}

/** Asks for a text, beginning with what was typed before the command was cancelled or failed. */
async function askText(question: Question, key: string): Promise<string | undefined> {
  return vscode.window.showInputBox({
    title: 'Podium',
    value: typed.get(key) ?? '',
    prompt: question.optional ? question.prompt : `${question.prompt} (required)`,
    ignoreFocusOut: true,
    validateInput: (text) => {
      typed.set(key, text);
      return text.trim() || question.optional ? undefined : 'Enter a value.';
    },
  });
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
