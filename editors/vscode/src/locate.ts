// Finds the `podium` program without running it. A setting with a wrong path is an error.

import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';

export const PROGRAM = 'podium';
export const ENVIRONMENT = 'PODIUM_PROGRAM';

/** The location of the program, or the reason why it was not found. */
export type Located =
  | { kind: 'found'; program: string; by: string }
  | { kind: 'missing'; why: string };

/** Searches the setting, the environment, PATH, ~/.local/bin and the extension's own folder. */
export async function locate(ownFolder: string): Promise<Located> {
  const setting = vscode.workspace.getConfiguration('podium').get<string>('path', '').trim();
  if (setting) {
    return named(expanded(setting), 'the setting podium.path');
  }
  const variable = process.env[ENVIRONMENT]?.trim();
  if (variable) {
    return named(expanded(variable), `the variable ${ENVIRONMENT}`);
  }
  for (const [folder, by] of places(ownFolder)) {
    const program = path.join(folder, PROGRAM);
    if (path.isAbsolute(folder) && (await isProgram(program))) {
      return { kind: 'found', program, by };
    }
  }
  return { kind: 'missing', why: 'it is not on PATH, and podium.path is not set' };
}

function places(ownFolder: string): [string, string][] {
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean);
  return [
    ...onPath.map((folder): [string, string] => [folder, 'PATH']),
    // An editor started from a desktop icon does not have the folders that shells add to PATH.
    [path.join(os.homedir(), '.local', 'bin'), '~/.local/bin'],
    [path.join(ownFolder, 'bin'), "the extension's own folder"],
  ];
}

async function named(program: string, by: string): Promise<Located> {
  if (path.isAbsolute(program) && (await isProgram(program))) {
    return { kind: 'found', program, by };
  }
  return { kind: 'missing', why: `${by} is ${program}, which is not an executable file` };
}

function expanded(text: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const home = text === '~' || text.startsWith('~/') ? os.homedir() + text.slice(1) : text;
  return home.replaceAll('${workspaceFolder}', folder).replaceAll('${userHome}', os.homedir());
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await fs.access(file, fs.constants.X_OK);
    return (await fs.stat(file)).isFile();
  } catch {
    return false;
  }
}
