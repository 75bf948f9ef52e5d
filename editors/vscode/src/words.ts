/** What the extension says to the program. Knows nothing of VS Code. */

/** The settings under `mig.`. */
export interface Settings {
  readonly path: string;
}

/** The program; a setting of blanks means the one in PATH. */
export function program(settings: Settings): string {
  return settings.path.trim() || 'mig';
}

/** The language server's command line. */
export function serverCommand(settings: Settings): { command: string; args: string[] } {
  return { command: program(settings), args: ['lsp'] };
}

/** What a task asks of a migration. */
export type Asked = 'check' | 'plan';

/** A task's command line. Findings come as workflow commands, one a line, which the problem matcher reads. */
export function taskArguments(asked: Asked, folder: string): string[] {
  return [asked, folder, '--format', 'github'];
}

/** The command line that draws a migration. */
export function graphArguments(folder: string): string[] {
  return ['graph', folder, '--format', 'svg'];
}

/** The command line that explains a finding. */
export function explainArguments(code: string): string[] {
  return ['explain', code, '--color', 'never'];
}

/** The code of a finding, in whichever form a client keeps it. */
export function codeOf(code: string | number | { value: string | number } | undefined): string | undefined {
  if (code === undefined) return undefined;
  return String(typeof code === 'object' ? code.value : code);
}

/** The folder of the migration that a file belongs to: the topmost above it that has `.mig` files itself. */
export function migrationFolder(file: string, sources: readonly string[], separator: string): string {
  const parent = (path: string) => path.slice(0, Math.max(path.lastIndexOf(separator), 0));
  const folders = new Set(sources.map(parent));
  let found = parent(file);
  for (let at = parent(found); at !== ''; at = parent(at)) {
    if (folders.has(at)) found = at;
  }
  return found;
}
