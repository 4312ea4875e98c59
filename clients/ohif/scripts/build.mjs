// Builds what the server serves: dist/site (the viewer) and dist/plugin (our extension and mode). What is there already
// and still fits its sources is left alone, so that a second run takes no time. One line of progress a step.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compress } from './compress.mjs';
import { run } from './run.mjs';
import { fetchViewer } from './viewer.mjs';

const client = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(client, 'dist');
const prefix = '/ohif/';
const lock = join(client, '.building');

try {
  if (Number(process.versions.node.split('.')[0]) < 20)
    throw new Error(`Node.js ${process.versions.node} is too old: install 20 or newer.`);
  await alone(async () => {
    const viewer = JSON.parse(readFileSync(join(client, 'viewer.json'), 'utf8'));
    await make('site', ['viewer.json', 'scripts/viewer.mjs', 'scripts/compress.mjs'], `fetching ${viewer.package} ${viewer.version} (50 MB)`, folder => fetchViewer(viewer, folder, prefix));
    await make('plugin', ['src', 'scripts/bundle.mjs', 'scripts/compress.mjs', 'package-lock.json'], 'building the plug-in', async folder => {
      if (!existsSync(join(client, 'node_modules', 'esbuild')))
        run('npm', ['ci', '--silent', '--no-audit', '--no-fund'], client);
      await (await import('./bundle.mjs')).bundle(client, folder);
    });
  });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

/** Makes dist/NAME from its sources, unless it was made from just these. It appears all at once, so that a server may serve it meanwhile. */
async function make(name, sources, words, build) {
  const stamp = hash(sources);
  const target = join(dist, name);
  const stampFile = join(target, '.stamp');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp)
    return;
  console.log(words);
  const fresh = join(dist, `${name}.new`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  await build(fresh);
  compress(fresh);
  writeFileSync(join(fresh, '.stamp'), stamp);
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
}

function hash(sources) {
  const sum = createHash('sha256');
  for (const source of sources) {
    const path = join(client, source);
    const files = statSync(path).isFile() ? [path] : readdirSync(path, { recursive: true }).map(name => join(path, name)).filter(file => statSync(file).isFile()).sort();
    for (const file of files)
      sum.update(file.slice(client.length)).update('\0').update(readFileSync(file));
  }
  return sum.digest('hex');
}

/** Two servers that start at once must not build twice. A lock that is older than any build is left over from one that was killed. */
async function alone(work) {
  for (let attempt = 0; ; attempt++) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST')
        throw error;
      if (Date.now() - statSync(lock, { throwIfNoEntry: false })?.mtimeMs > 5 * 60_000)
        rmSync(lock, { recursive: true, force: true });
      else if (attempt === 0)
        console.log('waiting for another build of it');
      await new Promise(done => setTimeout(done, 250));
    }
  }
  try {
    await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}
