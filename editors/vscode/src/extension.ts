/** Starts the language server, and has the commands that an editor needs besides. */

import * as path from 'node:path';
import * as vscode from 'vscode';
import { PlanPanels } from './plan';
import { run, said } from './run';
import { Server } from './server';
import { folderOf } from './sources';
import { Tasks } from './tasks';
import { type Settings, codeOf, explainArguments, program } from './words';

const server = new Server(settings);

function settings(): Settings {
  return { path: vscode.workspace.getConfiguration('mig').get('path', 'mig') };
}

/** A command about the file in front, whose failure is shown. */
function command(name: string, action: (file: vscode.Uri) => Promise<unknown>): vscode.Disposable {
  return vscode.commands.registerCommand(name, async () => {
    const document = vscode.window.activeTextEditor?.document;
    if (document?.languageId !== 'mig') return vscode.window.showInformationMessage('mig: open a .mig file first.');
    return action(document.uri).catch(problem => vscode.window.showErrorMessage(`mig: ${said(problem)}`));
  });
}

/** Explains the finding at the cursor, or else one of the file's. */
async function explain(file: vscode.Uri): Promise<void> {
  const cursor = vscode.window.activeTextEditor?.selection.active;
  const found = vscode.languages.getDiagnostics(file).filter(one => one.source === 'mig');
  const here = found.filter(one => cursor !== undefined && one.range.contains(cursor));
  const codes = [...new Set((here.length > 0 ? here : found).flatMap(one => codeOf(one.code) ?? []))];
  if (codes.length === 0) throw new Error('there is no finding in this file');
  const code = codes.length === 1 ? codes[0] : await vscode.window.showQuickPick(codes, { title: 'Which finding?' });
  if (code === undefined) return;
  const content = await run(program(settings()), explainArguments(code), path.dirname(file.fsPath));
  const document = await vscode.workspace.openTextDocument({ content, language: 'markdown' });
  await vscode.window.showTextDocument(document, vscode.ViewColumn.Beside, true);
}

async function restart(): Promise<void> {
  await server.stop();
  await server.start();
}

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const panels = new PlanPanels(file => server.execute('mig.preview', file), settings);
  context.subscriptions.push(
    panels,
    vscode.tasks.registerTaskProvider('mig', new Tasks(settings)),
    command('mig.showPlan', async file => panels.show(file, await folderOf(file))),
    command('mig.refreshSnapshots', file => server.execute('mig.refresh', file)),
    command('mig.explainFinding', explain),
    vscode.commands.registerCommand('mig.restartServer', restart),
    vscode.workspace.onDidChangeConfiguration(change => (change.affectsConfiguration('mig.path') ? restart() : undefined)),
  );
  await server.start();
}

export async function deactivate(): Promise<void> {
  await server.stop();
}
