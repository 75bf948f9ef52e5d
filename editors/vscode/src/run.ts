/** Runs the program for its answer. Knows nothing of VS Code. */

import { execFile } from 'node:child_process';

const LONGEST = 60_000;
const LARGEST = 32 * 1024 * 1024;

/** What the program prints; where it fails, an error with what it says. */
export function run(program: string, args: readonly string[], folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, timeout: LONGEST, maxBuffer: LARGEST };
    execFile(program, args, options, (error, printed, said) => {
      if (error) reject(new Error(said.trim() || error.message));
      else resolve(printed);
    });
  });
}

/** What went wrong, in words. */
export function said(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem);
}
