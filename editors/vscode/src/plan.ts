/** The panels of plans: what a migration would do, and who reads what. */

import * as path from 'node:path';
import * as vscode from 'vscode';
import { page } from './page';
import { run, said } from './run';
import { type Settings, graphArguments, program } from './words';

/** Gives the text of the plan, made from the texts as they are in the editor. */
export type Preview = (file: vscode.Uri) => Promise<string>;

/** One panel for each migration. */
export class PlanPanels implements vscode.Disposable {
  private readonly open = new Map<string, vscode.WebviewPanel>();

  constructor(
    private readonly preview: Preview,
    private readonly settings: () => Settings,
  ) {}

  /** Shows the plan of the migration that a file is in, in the panel that it has already or in a new one. */
  async show(file: vscode.Uri, folder: string): Promise<void> {
    const title = `Plan of ${path.basename(folder)}`;
    const panel = this.open.get(folder) ?? this.create(folder, title);
    panel.reveal(undefined, true);
    const [text, graph] = await Promise.all([
      this.preview(file).catch(said),
      run(program(this.settings()), graphArguments(folder), folder).catch(said),
    ]);
    // It may have been closed meanwhile.
    if (this.open.get(folder) === panel) panel.webview.html = page({ title, text, graph });
  }

  dispose(): void {
    for (const panel of [...this.open.values()]) panel.dispose();
  }

  private create(folder: string, title: string): vscode.WebviewPanel {
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const abilities = { enableScripts: false, localResourceRoots: [] };
    const panel = vscode.window.createWebviewPanel('mig.plan', title, place, abilities);
    this.open.set(folder, panel);
    panel.onDidDispose(() => this.open.delete(folder));
    return panel;
  }
}
