// Installs the bundled wheel, in a terminal so that the user sees what happens.

import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';

const CHOOSE = 'Choose the Program…';
const INSTALL = 'Install';
const PYTHONS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];
const VERSION_CHECK = 'import sys, venv; sys.exit(sys.version_info < (3, 11))';

/** Reports that the program is missing and offers to install it; returns whether that succeeded. */
export async function offer(context: vscode.ExtensionContext, why: string): Promise<boolean> {
  const message = `The podium program was not found: ${why}.`;
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

/** Lets the user select the program. */
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

/** Creates a Python environment in the extension's folder and installs the wheel there. */
export async function install(context: vscode.ExtensionContext): Promise<boolean> {
  const wheel = await bundledWheel(context);
  const system = await findPython();
  if (!system) {
    const needed = 'Podium needs Python 3.11 or newer with venv, but none was found on PATH.';
    await vscode.window.showErrorMessage(needed);
    return false;
  }
  const folder = ownFolder(context);
  await fs.mkdir(path.dirname(folder), { recursive: true });
  const python = path.join(folder, 'bin', 'python');
  return (
    (await runTask('Create a Python environment', system, ['-m', 'venv', '--clear', folder])) &&
    (await runTask('Install Podium', python, ['-m', 'pip', 'install', '--upgrade', wheel]))
  );
}

/** Returns the folder of the extension's own Python environment, which may not exist yet. */
export function ownFolder(context: vscode.ExtensionContext): string {
  return path.join(context.globalStorageUri.fsPath, 'podium');
}

async function findPython(): Promise<string | undefined> {
  for (const name of PYTHONS) {
    try {
      await promisify(execFile)(name, ['-c', VERSION_CHECK]);
      return name;
    } catch {
      // Try the next one.
    }
  }
  return undefined;
}

async function bundledWheel(context: vscode.ExtensionContext): Promise<string> {
  const folder = context.asAbsolutePath('wheel');
  const wheel = (await fs.readdir(folder)).find((name) => name.endsWith('.whl'));
  if (!wheel) {
    throw new Error('the extension contains no wheel; build it with `make vsix`');
  }
  return path.join(folder, wheel);
}

/** Runs a program as a task and returns whether it succeeded. */
async function runTask(name: string, program: string, words: string[]): Promise<boolean> {
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
