// Installs the wheel that the extension brings; in a terminal, so that people see what happens.

import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';

const CHOOSE = 'Choose the Program…';
const INSTALL = 'Install';
const PYTHONS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];
const NEW_ENOUGH = 'import sys, venv; sys.exit(sys.version_info < (3, 11))';

/** Says that the program is missing, and offers the ways out; returns whether one was taken. */
export async function offer(context: vscode.ExtensionContext, why: string): Promise<boolean> {
  const message = `Podium's program was not found: ${why}.`;
  const answer = await vscode.window.showWarningMessage(message, INSTALL, CHOOSE);
  switch (answer) {
    case INSTALL:
      return install(context);
    case CHOOSE:
      return choose();
    default:
      return false;
  }
}

/** Lets the person point at the program. */
export async function choose(): Promise<boolean> {
  const picked = await vscode.window.showOpenDialog({ title: 'Where is podium?', openLabel: 'Use' });
  const program = picked?.[0]?.fsPath;
  if (!program) {
    return false;
  }
  const settings = vscode.workspace.getConfiguration('podium');
  await settings.update('path', program, vscode.ConfigurationTarget.Global);
  return true;
}

/** Makes a Python environment in our own folder and puts the wheel into it. */
export async function install(context: vscode.ExtensionContext): Promise<boolean> {
  const wheel = await broughtWheel(context);
  const system = await newEnoughPython();
  if (!system) {
    const needed = 'Podium needs Python 3.11 or newer with venv, and none was found on PATH.';
    await vscode.window.showErrorMessage(needed);
    return false;
  }
  const folder = ownFolder(context);
  await fs.mkdir(path.dirname(folder), { recursive: true });
  const python = path.join(folder, 'bin', 'python');
  return (
    (await carriedOut('Make a Python environment', system, ['-m', 'venv', '--clear', folder])) &&
    (await carriedOut('Install Podium', python, ['-m', 'pip', 'install', '--upgrade', wheel]))
  );
}

/** Where the extension's own environment is, or would be. */
export function ownFolder(context: vscode.ExtensionContext): string {
  return path.join(context.globalStorageUri.fsPath, 'podium');
}

async function newEnoughPython(): Promise<string | undefined> {
  for (const name of PYTHONS) {
    try {
      await promisify(execFile)(name, ['-c', NEW_ENOUGH]);
      return name;
    } catch {
      // The next one may do.
    }
  }
  return undefined;
}

async function broughtWheel(context: vscode.ExtensionContext): Promise<string> {
  const folder = context.asAbsolutePath('wheel');
  const wheel = (await fs.readdir(folder)).find((name) => name.endsWith('.whl'));
  if (!wheel) {
    throw new Error('the extension brings no wheel; build it with `make vsix`');
  }
  return path.join(folder, wheel);
}

/** Runs one program as a task and returns whether it ended well. */
async function carriedOut(name: string, program: string, words: string[]): Promise<boolean> {
  const execution = new vscode.ProcessExecution(program, words);
  const definition = { type: 'podium', task: name };
  const task = new vscode.Task(definition, vscode.TaskScope.Global, name, 'Podium', execution);
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, focus: false };
  const ended = new Promise<boolean>((resolve) => {
    const listening = vscode.tasks.onDidEndTaskProcess((event) => {
      if (event.execution.task.name === name) {
        listening.dispose();
        resolve(event.exitCode === 0);
      }
    });
  });
  await vscode.tasks.executeTask(task);
  return ended;
}
