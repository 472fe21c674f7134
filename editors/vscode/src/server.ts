// The connection to `podium lsp`: one client per window, started and stopped as needed.

import * as vscode from 'vscode';
import {
  ClientCapabilities,
  DynamicFeature,
  ExecuteCommandRequest,
  LanguageClient,
  ProgressToken,
  StaticFeature,
  State,
  WorkDoneProgress,
  WorkDoneProgressBegin,
  WorkDoneProgressEnd,
  WorkDoneProgressReport,
} from 'vscode-languageclient/node';
import { Answer } from './answers';
import { VERIFY, Verifying } from './verifying';

const CHANGED = 'podium/changed';
const READABLE = /^(podium:|file:.*\/\.podium\/run\/views\/[^/]+\.md$)/;

export type ServerState = {
  health: 'ok' | 'warning';
  busy: boolean;
  message: string;
  version: string;
  log: string;
  projects: { root: string; findings: number; run: string }[];
};
type Progress = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;

/** Options of a request. */
export interface Asking {
  cancelled?: vscode.CancellationToken;
  progress?: (message: string) => void;
}

/**
 * The library's client without its command feature, because `package.json` already declares the
 * server's commands and they cannot be registered twice.
 */
class Client extends LanguageClient {
  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    const type = 'registrationType' in feature ? feature.registrationType : undefined;
    if (type?.method !== ExecuteCommandRequest.method) {
      super.registerFeature(feature);
    }
  }
}

/** Announces the client capabilities that the library does not. */
const announcing: StaticFeature = {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    capabilities.workspace = { ...capabilities.workspace, executeCommand: {} };
    capabilities.experimental = { podium: { changes: true } };
  },
  initialize(): void {},
  getState: () => ({ kind: 'static' }),
  clear(): void {},
};

export class Server implements vscode.Disposable {
  private client: Client | undefined;
  private readonly tokens = new Set<ProgressToken>();
  private asked = 0;
  private readonly verifying = new Verifying((given) => {
    void this.ask(VERIFY, given).then(undefined, (error) => this.output.warn(String(error)));
  });
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly state = new vscode.EventEmitter<void>();
  private readonly progressed = new vscode.EventEmitter<string>();

  /** Fires when a project changed. */
  readonly onChanged = this.changed.event;
  /** Fires when the server started or stopped. */
  readonly onState = this.state.event;
  /** Fires with the progress of work that the server started; empty when the work ended. */
  readonly onProgress = this.progressed.event;

  constructor(private readonly output: vscode.LogOutputChannel) {}

  get isRunning(): boolean {
    return this.client?.isRunning() ?? false;
  }

  /** The ids of the server's commands. */
  get commands(): string[] {
    return this.client?.initializeResult?.capabilities.executeCommandProvider?.commands ?? [];
  }

  async start(program: string): Promise<void> {
    await this.stop();
    this.client = this.createClient(program);
    this.client.onDidChangeState(({ newState }) => {
      if (newState !== State.Starting) {
        this.state.fire();
      }
    });
    this.client.onNotification(CHANGED, () => this.changed.fire());
    await this.client.start();
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client?.needsStop()) {
      await client.stop();
    }
  }

  /** Runs a command and returns its result. */
  async ask<T = Answer>(command: string, given: Answer = {}, asking: Asking = {}): Promise<T> {
    const client = this.client;
    if (!client?.isRunning()) {
      throw new Error('Podium is not running; see Podium: Show Log');
    }
    const workDoneToken = asking.progress ? this.newToken() : undefined;
    const following = workDoneToken
      ? client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
          asking.progress?.(('message' in value ? value.message : '') ?? '');
        })
      : undefined;
    try {
      const params = { command, arguments: [given], ...(workDoneToken && { workDoneToken }) };
      return (await client.sendRequest(ExecuteCommandRequest.type, params, asking.cancelled)) as T;
    } finally {
      following?.dispose();
      this.tokens.delete(workDoneToken ?? '');
    }
  }

  dispose(): void {
    void this.stop();
    [this.changed, this.state, this.progressed, this.verifying].forEach((each) => each.dispose());
  }

  private createClient(program: string): Client {
    const client = new Client(
      'podium',
      'Podium',
      { command: program, args: ['lsp'] },
      {
        documentSelector: [{ scheme: 'file' }, { scheme: 'podium' }],
        outputChannel: this.output,
        synchronize: { configurationSection: 'podium' },
        markdown: { supportHtml: false },
        middleware: {
          handleWorkDoneProgress: (token, params, next) => this.follow(token, params, next),
          provideCodeActions: async (document, range, context, token, next) => {
            const found = await next(document, range, context, token);
            return found?.map((each) => this.verifying.track(each));
          },
          workspace: {
            configuration: async (params, token, next) => {
              const answers = await next(params, token);
              return Array.isArray(answers) ? answers.map(withoutPath) : answers;
            },
          },
          window: {
            showDocument: (params, token, next) =>
              READABLE.test(params.uri)
                ? preview(vscode.Uri.parse(params.uri))
                : next(params, token),
          },
        },
      },
    );
    client.registerFeature(announcing);
    return client;
  }

  private newToken(): string {
    const token = `asked-by-a-person-${++this.asked}`;
    this.tokens.add(token);
    return token;
  }

  /** Shows the server's work in the extension's status item, because the library's cannot cancel it. */
  private follow(
    token: ProgressToken,
    params: Progress,
    next: (token: ProgressToken, params: Progress) => void,
  ): void {
    if (this.tokens.has(token)) {
      next(token, params);
    } else if (params.kind === 'end') {
      this.progressed.fire('');
    } else {
      const title = params.kind === 'begin' ? params.title : '';
      this.progressed.fire(params.message ?? title);
    }
  }
}

/** Removes the setting that only the extension reads: the path of the program. */
function withoutPath(settings: unknown): unknown {
  if (typeof settings !== 'object' || settings === null) {
    return settings;
  }
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name !== 'path'));
}

/** Opens a Markdown document in the preview. */
export async function preview(uri: vscode.Uri): Promise<{ success: boolean }> {
  await vscode.commands.executeCommand('markdown.showPreview', uri);
  return { success: true };
}
