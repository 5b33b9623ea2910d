/** Runs the project's tools by name, their output passed through. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface ToolSettings {
  env?: Record<string, string>;
  /** Put before each line of output, where tools run side by side. */
  label?: string;
}

/** Runs a program of node_modules/.bin in the project's root. Resolves to its exit code; a signal counts as 1. */
export function runTool(name: string, args: string[], { env, label }: ToolSettings = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('npx', ['--no-install', name, ...args], {
      cwd: ROOT,
      stdio: label === undefined ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
      env: { ...process.env, ...env },
    });
    for (const output of [child.stdout, child.stderr])
      if (output) createInterface({ input: output }).on('line', (line) => console.log(`${label}${line}`));
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
