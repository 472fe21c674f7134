// Provides Podium's MCP server to the editor's assistants.

import * as vscode from 'vscode';

export const PROVIDER = 'podium.mcp';
const STORE = ['.podium', 'store.json'];

export class McpServers implements vscode.McpServerDefinitionProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeMcpServerDefinitions = this.changed.event;

  constructor(
    private readonly program: () => Promise<string | undefined>,
    private readonly version: string,
  ) {}

  refresh(): void {
    this.changed.fire();
  }

  /** Returns one server for each folder that is a project; none in an untrusted workspace. */
  async provideMcpServerDefinitions(): Promise<vscode.McpServerDefinition[]> {
    const program = vscode.workspace.isTrusted ? await this.program() : undefined;
    if (!program) {
      return [];
    }
    const projects = await projectFolders();
    return projects.map(({ name, uri }) => {
      const label = projects.length > 1 ? `Podium (${name})` : 'Podium';
      const words = ['mcp', '--project', uri.fsPath];
      const made = new vscode.McpStdioServerDefinition(label, program, words, {}, this.version);
      made.cwd = uri;
      return made;
    });
  }

  dispose(): void {
    this.changed.dispose();
  }
}

/** Returns the workspace folders that are Podium projects. */
export async function projectFolders(): Promise<vscode.WorkspaceFolder[]> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const found = await Promise.all(folders.map(({ uri }) => exists(uri)));
  return folders.filter((_, index) => found[index]);
}

async function exists(folder: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(vscode.Uri.joinPath(folder, ...STORE));
    return true;
  } catch {
    return false;
  }
}
