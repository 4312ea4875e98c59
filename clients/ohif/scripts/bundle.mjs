// The plug-in: two entry points, each one ESM file, with nothing of the viewer inside (it uses the viewer's own instances).
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** @param {string} client the folder of this client  @param {string} out */
export async function bundle(client, out) {
  mkdirSync(out, { recursive: true });
  const result = await build({
    absWorkingDir: client,
    entryPoints: ['src/extension.ts', 'src/mode.ts'],
    outdir: out,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    jsx: 'automatic',
    loader: { '.css': 'text' },
    legalComments: 'linked',
    metafile: true,
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const foreign = Object.keys(result.metafile.inputs).filter(path => /@ohif|@cornerstonejs/.test(path));
  if (foreign.length > 0)
    throw new Error(`The plug-in must use the viewer's own libraries, but bundles ${foreign[0]}.`);
  writeFileSync(join(out, 'inputs.json'), JSON.stringify(Object.keys(result.metafile.inputs).sort(), null, 1));
}
