// A real archive: Orthanc with its DICOMweb plug-in, on loopback, in an empty folder.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = ['/usr/sbin/Orthanc', '/usr/bin/Orthanc'].find(existsSync);
const plugin = ['/usr/share/orthanc/plugins', '/usr/lib/orthanc/plugins'].map(folder => join(folder, 'libOrthancDicomWeb.so')).find(existsSync);

export async function startOrthanc() {
  if (!program || !plugin)
    throw new Error('Orthanc is not installed: apt-get install orthanc orthanc-dicomweb');
  const folder = mkdtempSync(join(tmpdir(), 'medsam2-orthanc-'));
  const probe = createServer();
  await new Promise(done => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address();
  await new Promise(done => probe.close(done));
  const configuration = join(folder, 'orthanc.json');
  writeFileSync(configuration, JSON.stringify({
    Name: 'Test', StorageDirectory: join(folder, 'db'), IndexDirectory: join(folder, 'db'), HttpPort: port, DicomServerEnabled: false, RemoteAccessAllowed: false,
    AuthenticationEnabled: false, OverwriteInstances: true, Plugins: [plugin], DicomWeb: { Enable: true, Root: '/dicom-web/' },
  }));
  const process_ = spawn(program, [configuration], { stdio: 'ignore' });
  const base = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt++) {
    try {
      if ((await fetch(`${base}/system`)).ok)
        break;
    } catch {
      if (attempt > 600 || process_.exitCode !== null)
        throw new Error('Orthanc does not start.');
    }
    await new Promise(done => setTimeout(done, 100));
  }
  return {
    base,
    url: `${base}/dicom-web`,
    async stop() {
      const ended = new Promise(done => process_.on('exit', done));
      process_.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
