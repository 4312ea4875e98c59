// The real server on a port of its own, with a data folder that goes with it.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../../../..');
const program = process.env.MEDSAM2_SERVER ?? join(repository, 'artifacts', 'bin', 'MedSam2.Server', 'release', 'MedSam2.Server');

/** @param demo whether an empty store gets the demo study, which takes all cores for some seconds */
export async function startServer({ arguments: args = [], data, port = 0, demo = false } = {}) {
  if (!existsSync(program))
    throw new Error(`Build the server first: dotnet build -c Release src/MedSam2.Server (${program} is not there)`);
  const folder = data ?? mkdtempSync(join(tmpdir(), 'medsam2-browser-'));
  if (!demo && args.length === 0) {
    const none = join(folder, 'no-studies');
    mkdirSync(none, { recursive: true });
    args = ['--studies', none]; // where studies are served from a folder there is no demo study
  }
  const process_ = spawn(program, ['--data', folder, '--urls', `http://127.0.0.1:${port}`, '--MedSam2:Viewer:Build=false', `--MedSam2:Viewer:Folder=${join(repository, 'clients', 'ohif', 'dist')}`, ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd: tmpdir() });
  let log = '';
  process_.stderr.on('data', bytes => (log += bytes));
  const base = await new Promise((done, fail) => {
    process_.on('exit', code => fail(new Error(`The server ended with ${code}: ${log}`)));
    createInterface({ input: process_.stdout }).on('line', line => {
      log += `${line}\n`;
      const address = /^\s+url\s+(http:\S+)/.exec(line);
      if (address)
        done(address[1]);
    });
  });
  return {
    base,
    folder,
    log: () => log,
    /** Ends it as a power cut would, and keeps the data folder. */
    async kill() {
      const ended = new Promise(done => process_.on('exit', done));
      process_.kill('SIGKILL');
      await ended;
    },
    /** @param keep leaves the data folder, for another start on it */
    async stop({ keep = false } = {}) {
      const ended = new Promise(done => process_.on('exit', done));
      process_.kill('SIGTERM');
      await ended;
      if (!keep)
        rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits for a series of the store and gives its study and itself. */
export async function waitForSeries(base, query = '') {
  for (let attempt = 0; attempt < 1500; attempt++) {
    const answer = await fetch(`${base}/dicom-web/series${query}`, { headers: { accept: 'application/dicom+json' } });
    const [found] = answer.status === 200 ? await answer.json() : [];
    if (found)
      return { study: found['0020000D'].Value[0], series: found['0020000E'].Value[0] };
    await new Promise(done => setTimeout(done, 200));
  }
  throw new Error('There is no series in the store.');
}
