/** The language server: starting it, stopping it, and having it execute its commands. */

import * as vscode from 'vscode';
import { ExecuteCommandRequest, LanguageClient } from 'vscode-languageclient/node';
import { said } from './run';
import { type Settings, serverCommand } from './words';

/** One server for all open folders. */
export class Server {
  private client: LanguageClient | undefined;

  constructor(private readonly settings: () => Settings) {}

  async start(): Promise<void> {
    const server = serverCommand(this.settings());
    const client = new LanguageClient('mig', 'mig', server, {
      documentSelector: [
        { scheme: 'file', language: 'mig' },
        { scheme: 'untitled', language: 'mig' },
      ],
    });
    try {
      await client.start();
      this.client = client;
    } catch (problem) {
      const set = 'Set the Path';
      const text = `mig: \`${server.command} lsp\` does not start: ${said(problem)}`;
      // Not awaited: the message may stand for as long as nobody looks at it.
      void vscode.window.showErrorMessage(text, set).then(answer => {
        if (answer === set) void vscode.commands.executeCommand('workbench.action.openSettings', 'mig.path');
      });
    }
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.stop();
  }

  /** Executes one of the server's commands for the migration that a file is in, and gives its text. */
  async execute(command: string, file: vscode.Uri): Promise<string> {
    if (this.client === undefined) throw new Error('the language server is not running');
    const answer: unknown = await this.client.sendRequest(ExecuteCommandRequest.type, {
      command,
      arguments: [file.toString()],
    });
    return typeof answer === 'string' ? answer : '';
  }
}
