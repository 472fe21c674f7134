// The status bar item: shows Podium's state and opens a menu of commands.

import * as vscode from 'vscode';
import { Server, ServerState } from './server';

/** The extension's state. */
export type Phase =
  | { kind: 'untrusted' }
  | { kind: 'missing'; why: string }
  | { kind: 'starting' }
  | { kind: 'failed'; why: string }
  | { kind: 'ready' };

type Entry = vscode.QuickPickItem & { command?: string; argument?: unknown };

export class Status implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private state: ServerState | undefined;
  private progress = '';

  constructor(private readonly server: Server) {
    this.item = vscode.window.createStatusBarItem('podium', vscode.StatusBarAlignment.Left, 40);
    this.item.name = 'Podium';
    this.item.command = 'podium.menu';
  }

  dispose(): void {
    this.item.dispose();
  }

  /** Shows the progress of a run, which arrives before the next status request. */
  progressed(message: string): void {
    this.progress = message;
    this.draw({ kind: 'ready' });
  }

  /** Requests the server's state and shows it. */
  async look(phase: Phase): Promise<ServerState | undefined> {
    const isReady = phase.kind === 'ready' && this.server.isRunning;
    this.state = isReady ? await this.server.ask<ServerState>('podium.status') : undefined;
    if (this.state && !this.state.busy) {
      this.progress = '';
    }
    this.draw(phase);
    return this.state;
  }

  /** Opens the menu of commands. */
  async menu(): Promise<void> {
    const picked = await vscode.window.showQuickPick(this.entries(), {
      title: `Podium ${this.state?.version ?? ''}`.trim(),
      placeHolder: this.state?.message ?? 'Select a command',
    });
    if (picked?.command) {
      await vscode.commands.executeCommand(picked.command, ...argument(picked));
    }
  }

  private entries(): Entry[] {
    const runs = (this.state?.projects ?? []).filter((each) => each.run);
    const ofRun = runs.flatMap(({ run, root }): Entry[] => [
      ruler(`Run ${run}`),
      entry('debug-stop', 'Cancel the run…', 'podium.run.cancel', { run, ...at(root) }),
      entry('debug-pause', 'Pause the run', 'podium.run.pause', { run, ...at(root) }),
      entry('output', 'Show the report', 'podium.open', { report: run, ...at(root) }),
    ]);
    const hasProject = (this.state?.projects.length ?? 0) > 0;
    const work: Entry[] = hasProject
      ? [
          entry('add', 'Create a plan…', 'podium.plan.create'),
          entry('thumbsup', 'Approve a plan…', 'podium.plan.approve'),
          entry('play', 'Run a plan', 'podium.run.start'),
          entry('search', 'Audit the project', 'podium.audit.run'),
        ]
      : [entry('repo', 'Make this a Podium project', 'podium.project.init')];
    return [
      ...ofRun,
      ruler('Work'),
      ...work,
      ruler('Inspect'),
      entry('list-tree', 'Show plans', 'podium.plans.focus'),
      entry('pulse', 'Check this machine', 'podium.doctor.check'),
      entry('output', 'Show the log', 'podium.showLog'),
      entry('debug-restart', 'Restart the server', 'podium.restart'),
    ];
  }

  private draw(phase: Phase): void {
    const { text, tooltip, isBad } = words(phase, this.state, this.progress);
    this.item.text = text;
    this.item.tooltip = tooltip;
    const colour = isBad ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.item.backgroundColor = colour;
    this.item.accessibilityInformation = { label: `Podium: ${tooltip}` };
    if (phase.kind === 'ready' && !this.state?.projects.length && !this.progress) {
      this.item.hide();
    } else {
      this.item.show();
    }
  }
}

function words(
  phase: Phase,
  state: ServerState | undefined,
  progress: string,
): { text: string; tooltip: string; isBad?: boolean } {
  switch (phase.kind) {
    case 'untrusted':
      return { text: '$(shield) Podium', tooltip: 'does not run in a workspace that is not trusted' };
    case 'missing':
      return { text: '$(warning) Podium', tooltip: `not found: ${phase.why}`, isBad: true };
    case 'failed':
      return { text: '$(warning) Podium', tooltip: phase.why, isBad: true };
    case 'starting':
      return { text: '$(loading~spin) Podium', tooltip: 'starting' };
    case 'ready': {
      if (progress) {
        return { text: `$(sync~spin) Podium: ${progress}`, tooltip: `${progress}; click to cancel` };
      }
      const findings = state?.projects.reduce((sum, each) => sum + each.findings, 0) ?? 0;
      const tooltip = state?.message ?? 'ready';
      return { text: findings ? `$(checklist) Podium ${findings}` : '$(check) Podium', tooltip };
    }
  }
}

function entry(icon: string, label: string, command: string, given?: unknown): Entry {
  return { label: `$(${icon}) ${label}`, command, ...(given !== undefined && { argument: given }) };
}

function ruler(label: string): Entry {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function argument(picked: Entry): unknown[] {
  return picked.argument === undefined ? [] : [picked.argument];
}

function at(root: string): { uri: string } {
  return { uri: vscode.Uri.file(root).toString() };
}
