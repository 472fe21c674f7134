// The tree view of plans, tasks, runs and findings; the server provides its rows.

import { isDeepStrictEqual } from 'node:util';
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

const ROOT = '';
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
  data: Data;

  constructor(data: Data) {
    super(data.label, collapsible(data));
    this.id = data.id;
    this.data = data;
    this.update(data);
  }

  /** Shows new data of the same item. */
  update(data: Data): void {
    this.data = data;
    this.label = data.label;
    this.collapsibleState = collapsible(data);
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

/**
 * The rows that the server provides.
 *
 * While VS Code refreshes a row, it collapses again what the user expands below it. Therefore only the
 * rows that differ are refreshed, and the whole tree only if its top-level rows are different ones.
 */
export class Tree implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<Row[] | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  /** The rows that VS Code got, by the id of their parent; the root's is empty. */
  private readonly shown = new Map<string, Row[]>();
  private comparing: Promise<void> = Promise.resolve();
  private comparisons = 0;

  constructor(private readonly server: Server) {}

  /** Shows what changed; one comparison at a time, so that the last one sees the latest rows. */
  refresh(): Promise<void> {
    this.comparing = this.comparing.then(() => this.compare()).catch(() => this.reload());
    return this.comparing;
  }

  getTreeItem(row: Row): Row {
    return row;
  }

  async getChildren(row?: Row): Promise<Row[]> {
    if (!this.server.isRunning) {
      return [];
    }
    const node = row?.data.id ?? ROOT;
    const before = this.comparisons;
    const rows = (await this.rowsOf(node)).map((each) => new Row(each));
    this.shown.set(node, rows);
    if (before !== this.comparisons) {
      // A comparison that began meanwhile did not see these rows.
      void this.refresh();
    }
    return rows;
  }

  dispose(): void {
    this.changed.dispose();
  }

  private reload(): void {
    this.shown.clear();
    this.changed.fire(undefined);
  }

  private async compare(): Promise<void> {
    if (!this.server.isRunning || !this.shown.has(ROOT)) {
      this.reload();
      return;
    }
    this.comparisons++;
    const below = await Promise.all([...this.shown.keys()].map((node) => this.outdated(node)));
    const rows = below.flat();
    if (rows.includes(undefined)) {
      this.reload();
    } else if (rows.length) {
      this.changed.fire(rows as Row[]);
    }
  }

  /** Returns the rows to refresh: those that differ, or their parent if there are other rows. */
  private async outdated(node: string): Promise<(Row | undefined)[]> {
    const parent = this.find(node);
    if (!parent && node !== ROOT) {
      this.shown.delete(node);
      return [];
    }
    const present = await this.rowsOf(node);
    const rows = this.shown.get(node) ?? [];
    const isSame = isDeepStrictEqual(rows.map(idOf), present.map(({ id }) => id));
    return isSame ? rows.filter((row, index) => renew(row, present[index])) : [parent];
  }

  private find(id: string): Row | undefined {
    return [...this.shown.values()].flat().find((each) => idOf(each) === id);
  }

  private async rowsOf(node: string): Promise<Data[]> {
    return this.server.ask<Data[]>('podium.tree', { node });
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

/** Updates a row, and returns whether it differed. */
function renew(row: Row, present: Data | undefined): boolean {
  const differs = present !== undefined && !isDeepStrictEqual(row.data, present);
  if (differs) {
    row.update(present);
  }
  return differs;
}

function idOf(row: Row): string {
  return row.data.id;
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
