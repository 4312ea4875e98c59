import { execFileSync } from 'node:child_process';

/** Runs a program of the PATH and gives its output; its complaints go into the error. */
export function run(program, args, cwd) {
  try {
    // On Windows npm is a script, which only a shell starts.
    return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' && program === 'npm', maxBuffer: 64 << 20 });
  } catch (error) {
    const words = String(error.stderr || error.message).trim().split('\n').filter(line => !/npm (warn|notice)/i.test(line)).slice(0, 4).join(' ');
    throw new Error(`${program} ${args[0]} failed: ${words}`);
  }
}
