/** The tasks that check and plan the migrations of the open folders. */

import * as path from 'node:path';
import * as vscode from 'vscode';
import { migrations } from './sources';
import { type Asked, type Settings, program, taskArguments } from './words';

const ASKED: readonly Asked[] = ['check', 'plan'];

/** Two tasks for each migration. */
export class Tasks implements vscode.TaskProvider {
  constructor(private readonly settings: () => Settings) {}

  async provideTasks(): Promise<vscode.Task[]> {
    return (await migrations()).flatMap(folder => {
      const workspace = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(folder));
      if (workspace === undefined) return [];
      const relative = path.relative(workspace.uri.fsPath, folder) || '.';
      return ASKED.map(asked => this.task({ type: 'mig', command: asked, folder: relative }, asked, relative, workspace));
    });
  }

  resolveTask(task: vscode.Task): vscode.Task | undefined {
    const asked = ASKED.find(asked => asked === task.definition['command']);
    if (asked === undefined || task.scope === undefined || typeof task.scope === 'number') return undefined;
    return this.task(task.definition, asked, String(task.definition['folder'] ?? '.'), task.scope);
  }

  private task(is: vscode.TaskDefinition, asked: Asked, folder: string, workspace: vscode.WorkspaceFolder): vscode.Task {
    const place = { cwd: workspace.uri.fsPath };
    const execution = new vscode.ProcessExecution(program(this.settings()), taskArguments(asked, folder), place);
    const task = new vscode.Task(is, workspace, `${asked} ${folder}`, 'mig', execution, '$mig');
    task.group = vscode.TaskGroup.Build;
    return task;
  }
}
