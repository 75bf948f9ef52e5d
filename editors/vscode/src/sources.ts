/** The `.mig` files of the open folders. */

import * as path from 'node:path';
import * as vscode from 'vscode';
import { migrationFolder } from './words';

async function sources(): Promise<string[]> {
  const found = await vscode.workspace.findFiles('**/*.mig', '**/{node_modules,target}/**');
  return found.map(uri => uri.fsPath);
}

/** The folder of the migration that a file belongs to. */
export async function folderOf(file: vscode.Uri): Promise<string> {
  return migrationFolder(file.fsPath, await sources(), path.sep);
}

/** The folders of all migrations. */
export async function migrations(): Promise<string[]> {
  const files = await sources();
  return [...new Set(files.map(file => migrationFolder(file, files, path.sep)))].sort();
}
