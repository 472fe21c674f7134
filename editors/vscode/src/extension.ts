// Creates the parts of the extension and starts the server, except in an untrusted workspace.

import * as vscode from 'vscode';
import { Commands } from './commands';
import { choose, install, offer, ownFolder } from './install';
import { locate } from './locate';
import { McpServers, PROVIDER } from './mcp';
import { Server } from './server';
import { Pages } from './showing';
import { Phase, Status } from './status';
import { openFile, openItem, Row, Tree } from './tree';

const PAUSE_MS = 150;
type Manifest = {
  version: string;
  contributes: { commands: { command: string; title: string }[] };
};

const STORES = '**/.podium/store.json';

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const window = new PodiumWindow(context);
  context.subscriptions.push(window);
  await window.begin();
}

class PodiumWindow implements vscode.Disposable {
  private readonly output = vscode.window.createOutputChannel('Podium', { log: true });
  private readonly server = new Server(this.output);
  private readonly pages = new Pages();
  private readonly tree = new Tree(this.server);
  private readonly status = new Status(this.server);
  private readonly commands: Commands;
  private readonly declared: string[];
  private readonly mcp: McpServers;
  private readonly parts: vscode.Disposable[] = [];
  private phase: Phase = { kind: 'starting' };
  private hasProject = false;
  private starting: Promise<boolean> | undefined;
  private looking: NodeJS.Timeout | undefined;

  constructor(private readonly context: vscode.ExtensionContext) {
    const { version, contributes } = context.extension.packageJSON as Manifest;
    const titles = new Map(contributes.commands.map((each) => [each.command, each.title]));
    const ready = (): Promise<boolean> => this.ready(true);
    const has = (): boolean => this.hasProject;
    this.commands = new Commands(this.server, this.pages, ready, has, titles, this.output);
    this.declared = [...titles.keys()];
    this.mcp = new McpServers(() => this.program(), version);
  }

  async begin(): Promise<void> {
    this.declare();
    this.listen();
    if (vscode.workspace.isTrusted) {
      await this.ready(false);
    } else {
      this.enter({ kind: 'untrusted' });
    }
  }

  dispose(): void {
    clearTimeout(this.looking);
    const mine = [this.commands, this.tree, this.status, this.mcp, this.server, this.output];
    [...this.parts, ...mine].forEach((each) => each.dispose());
  }

  /** Ensures that the server runs; asks for the program only if the user triggered this. */
  private async ready(asked: boolean): Promise<boolean> {
    if (!vscode.workspace.isTrusted) {
      await vscode.commands.executeCommand('workbench.trust.manage');
      return false;
    }
    if (this.server.isRunning) {
      return true;
    }
    this.starting ??= this.start(asked).finally(() => (this.starting = undefined));
    return this.starting;
  }

  private async start(asked: boolean): Promise<boolean> {
    let found = await locate(ownFolder(this.context));
    if (found.kind === 'missing' && asked && (await offer(this.context, found.why))) {
      found = await locate(ownFolder(this.context));
    }
    if (found.kind === 'missing') {
      this.enter({ kind: 'missing', why: found.why });
      return false;
    }
    this.enter({ kind: 'starting' });
    this.output.info(`starting ${found.program}, found by ${found.by}`);
    try {
      await this.server.start(found.program);
    } catch (error) {
      this.enter({ kind: 'failed', why: `the server did not start: ${String(error)}` });
      return false;
    }
    this.commands.register(this.server.commands);
    this.enter({ kind: 'ready' });
    return true;
  }

  private async projectsChanged(): Promise<void> {
    if (vscode.workspace.isTrusted) {
      await this.ready(false);
    }
    this.mcp.refresh();
    this.lookSoon();
  }

  private async restart(): Promise<void> {
    await this.server.stop();
    await this.ready(true);
  }

  private async program(): Promise<string | undefined> {
    const found = await locate(ownFolder(this.context));
    return found.kind === 'found' ? found.program : undefined;
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    void vscode.commands.executeCommand('setContext', 'podium.phase', phase.kind);
    this.lookSoon();
    this.mcp.refresh();
  }

  /** Schedules a refresh; debounced, because changes come in bursts. */
  private lookSoon(): void {
    clearTimeout(this.looking);
    this.looking = setTimeout(() => {
      void this.tree.refresh();
      void this.look();
    }, PAUSE_MS);
  }

  private async look(): Promise<void> {
    try {
      const state = await this.status.look(this.phase);
      this.hasProject = (state?.projects.length ?? 0) > 0;
      const has = this.hasProject;
      await vscode.commands.executeCommand('setContext', 'podium.hasProject', has);
    } catch (error) {
      this.output.debug(`no status: ${String(error)}`);
    }
  }

  private declare(): void {
    const own: Record<string, (row: Row) => unknown> = {
      'podium.menu': () => this.menu(),
      'podium.refresh': () => this.lookSoon(),
      'podium.restart': () => this.restart(),
      'podium.showLog': () => this.output.show(),
      'podium.choose': async () => (await choose()) && this.restart(),
      'podium.install': async () => (await install(this.context)) && this.restart(),
      'podium.openItem': (row) => openItem(row),
      'podium.openFile': (row) => openFile(row),
      'podium.openReport': (row) => this.open(row, 'report'),
      'podium.openLog': (row) => this.open(row, 'log'),
      'podium.retry': (row) => this.retry(row),
    };
    const named = Object.entries(own);
    this.parts.push(...named.map(([name, run]) => vscode.commands.registerCommand(name, run)));
    this.commands.register(this.declared.filter((name) => !(name in own)));
  }

  private listen(): void {
    const options = { treeDataProvider: this.tree, showCollapseAll: true };
    const stores = vscode.workspace.createFileSystemWatcher(STORES, false, true, false);
    this.parts.push(
      vscode.window.createTreeView('podium.plans', options),
      this.pages.register(),
      this.server.onChanged(() => this.lookSoon()),
      this.server.onState(() => this.lookSoon()),
      this.server.onProgress((message) => this.status.progressed(message)),
      stores,
      stores.onDidCreate(() => this.projectsChanged()),
      stores.onDidDelete(() => this.projectsChanged()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.ready(false)),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.projectsChanged()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('podium.path')) {
          void this.restart();
        }
      }),
      vscode.lm.registerMcpServerDefinitionProvider(PROVIDER, this.mcp),
    );
  }

  private async menu(): Promise<void> {
    if (this.phase.kind === 'untrusted' || this.phase.kind === 'missing') {
      await this.ready(true);
      return;
    }
    await this.look();
    await this.status.menu();
  }

  private async open(row: Row, name: 'report' | 'log'): Promise<void> {
    const wanted = row.data.arguments[name] ?? row.data.arguments['run'] ?? '';
    await this.commands.run('podium.open', { [name]: wanted, uri: row.data.uri });
  }

  private async retry(row: Row): Promise<void> {
    const { task } = row.data.arguments;
    await this.commands.run('podium.task.update', { task, state: 'pending', uri: row.data.uri });
  }
}
