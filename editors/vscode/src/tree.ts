// The tree view of plans, tasks, runs and findings; the server provides its rows.

import * as vscode from 'vscode';
import { Server } from './server';

type Data = {
  id: string;
  kind: string;
  label: string;
  description: string;
  tooltip: string;
  parent: boolean;
  expanded: boolean;
  arguments: Record<string, string>;
  uri: string;
  line: number;
};

const GREEN = 'testing.iconPassed';
const RED = 'testing.iconFailed';
const BLUE = 'charts.blue';
const YELLOW = 'charts.yellow';

/** Icons and colours by kind; the longest matching prefix is used. */
const ICONS: Record<string, [string, string?]> = {
  project: ['root-folder'],
  'plan.draft': ['edit', YELLOW],
  'plan.rejected': ['circle-slash'],
  'plan.approved': ['verified', BLUE],
  'plan.running': ['sync~spin', BLUE],
  'plan.paused': ['debug-pause', YELLOW],
  'plan.done': ['pass-filled', GREEN],
  task: ['circle-outline'],
  'task.ready': ['circle-outline', BLUE],
  'task.running': ['sync~spin', BLUE],
  'task.blocked': ['stop-circle', YELLOW],
  'task.done': ['pass-filled', GREEN],
  'task.failed': ['error', RED],
  'task.cancelled': ['circle-slash'],
  'task.skipped': ['debug-step-over'],
  run: ['history'],
  'run.running': ['sync~spin', BLUE],
  'run.done': ['pass', GREEN],
  'run.failed': ['error', RED],
  findings: ['checklist'],
  'finding.error': ['error', 'problemsErrorIcon.foreground'],
  'finding.warning': ['warning', 'problemsWarningIcon.foreground'],
  'finding.info': ['info', 'problemsInfoIcon.foreground'],
  finding: ['lightbulb'],
};

/** The commands that open read-only rows, by kind. */
const READABLE: Record<string, string> = { plan: 'podium.plan.show', run: 'podium.openReport' };

/** A row of the tree. */
export class Row extends vscode.TreeItem {
  constructor(readonly data: Data) {
    super(data.label, collapsible(data));
    this.id = data.id;
    this.description = data.description;
    this.tooltip = data.tooltip;
    this.contextValue = data.kind;
    if (data.kind === 'file') {
      this.resourceUri = vscode.Uri.parse(data.uri);
      this.iconPath = vscode.ThemeIcon.File;
    } else {
      this.iconPath = icon(data.kind);
    }
    if (!['project', 'findings', 'file'].includes(data.kind)) {
      this.command = { command: 'podium.openItem', title: 'Open', arguments: [this] };
    }
  }
}

export class Tree implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly server: Server) {}

  refresh(): void {
    this.changed.fire();
  }

  getTreeItem(row: Row): Row {
    return row;
  }

  async getChildren(row?: Row): Promise<Row[]> {
    if (!this.server.isRunning) {
      return [];
    }
    const node = row?.data.id ?? '';
    const rows = await this.server.ask<Data[]>('podium.tree', { node });
    return rows.map((each) => new Row(each));
  }

  dispose(): void {
    this.changed.dispose();
  }
}

/** Opens the item of a row. */
export async function openItem(row: Row): Promise<void> {
  const { data } = row;
  const readable = READABLE[kindOf(data)];
  if (readable) {
    await vscode.commands.executeCommand(readable, row);
    return;
  }
  await openFile(row);
}

/** Opens the file of a row at its line. */
export async function openFile({ data }: Row): Promise<void> {
  const at = new vscode.Position(data.line, 0);
  const selection = new vscode.Range(at, at);
  await vscode.window.showTextDocument(vscode.Uri.parse(data.uri), { selection, preview: true });
}

function kindOf(data: Data): string {
  return data.kind.split('.')[0] ?? '';
}

function collapsible(data: Data): vscode.TreeItemCollapsibleState {
  const states = vscode.TreeItemCollapsibleState;
  return !data.parent ? states.None : data.expanded ? states.Expanded : states.Collapsed;
}

function icon(kind: string): vscode.ThemeIcon {
  const parts = kind.split('.');
  const names = parts.map((_, count) => parts.slice(0, parts.length - count).join('.'));
  const [name, colour] = names.map((each) => ICONS[each]).find(Boolean) ?? ['circle-outline'];
  return new vscode.ThemeIcon(name, colour ? new vscode.ThemeColor(colour) : undefined);
}
