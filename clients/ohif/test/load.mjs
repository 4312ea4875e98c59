// Sources are TypeScript: bundled for the test, nothing else about them is changed.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const client = join(dirname(fileURLToPath(import.meta.url)), '..');

/** @param {...string} files below `src`; loaded as one, so that a class is the same in all of them */
export async function load(...files) {
  const contents = files.map(file => `export * from './src/${file}';`).join('\n');
  const result = await build({ absWorkingDir: client, stdin: { contents, resolveDir: client }, bundle: true, format: 'esm', write: false, platform: 'neutral', mainFields: ['module', 'main'] });
  return import(`data:text/javascript;base64,${Buffer.from(result.outputFiles[0].text).toString('base64')}`);
}
