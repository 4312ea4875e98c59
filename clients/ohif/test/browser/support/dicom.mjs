// A small CT series in DICOM (explicit little endian), of any geometry and content.
import { randomUUID } from 'node:crypto';

export const newUid = () => `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;

const longForms = new Set(['OB', 'OW', 'SQ', 'UN', 'UT']);

function element(group, number, vr, value) {
  let bytes = Buffer.isBuffer(value) ? value : vr === 'US' ? Buffer.from(Uint16Array.of(...[value].flat()).buffer) : Buffer.from(String(value), 'latin1');
  if (bytes.length % 2)
    bytes = Buffer.concat([bytes, Buffer.from(vr === 'UI' || vr === 'OB' ? '\0' : ' ')]);
  const isLong = longForms.has(vr);
  const head = Buffer.alloc(isLong ? 12 : 8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.write(vr, 4, 'latin1');
  if (isLong)
    head.writeUInt32LE(bytes.length, 8);
  else
    head.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([head, bytes]);
}

/**
 * @param {{columns: number, rows: number, slices: number, columnSpacing: number, rowSpacing: number, sliceSpacing: number,
 *   angles?: [number, number], description?: string, value: (i: number, j: number, k: number) => number}} series values in HU; angles turn the
 *   slices about z and x, in radians
 */
export function makeSeries({ columns, rows, slices, columnSpacing, rowSpacing, sliceSpacing, angles = [0, 0], description = 'Oblique', value }) {
  const [a, b] = angles, [ca, sa, cb, sb] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b)];
  const row = [ca, sa, 0], column = [-sa * cb, ca * cb, sb];
  const normal = [row[1] * column[2] - row[2] * column[1], row[2] * column[0] - row[0] * column[2], row[0] * column[1] - row[1] * column[0]];
  const study = newUid(), series = newUid(), frame = newUid();
  const ct = '1.2.840.10008.5.1.4.1.1.2';
  const instances = [];
  for (let k = 0; k < slices; k++) {
    const uid = newUid();
    const position = [-40, 15, 100].map((x, n) => x + k * sliceSpacing * normal[n]);
    const pixels = Buffer.alloc(columns * rows * 2);
    for (let j = 0; j < rows; j++)
      for (let i = 0; i < columns; i++)
        pixels.writeUInt16LE(Math.round(value(i, j, k)) + 1024, 2 * (j * columns + i));
    const meta = Buffer.concat([
      element(2, 0x01, 'OB', Buffer.from([0, 1])), element(2, 0x02, 'UI', ct), element(2, 0x03, 'UI', uid),
      element(2, 0x10, 'UI', '1.2.840.10008.1.2.1'), element(2, 0x12, 'UI', '2.25.1'),
    ]);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(meta.length);
    const data = [
      element(8, 0x08, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'), element(8, 0x16, 'UI', ct), element(8, 0x18, 'UI', uid), element(8, 0x20, 'DA', '20260101'), element(8, 0x30, 'TM', '120000'),
      element(8, 0x50, 'SH', ''), element(8, 0x60, 'CS', 'CT'), element(8, 0x70, 'LO', 'test'), element(8, 0x90, 'PN', ''), element(8, 0x1030, 'LO', 'Made for a test'), element(8, 0x103e, 'LO', description),
      element(0x10, 0x10, 'PN', 'TEST^OBLIQUE'), element(0x10, 0x20, 'LO', 'TEST-1'), element(0x10, 0x30, 'DA', ''), element(0x10, 0x40, 'CS', 'O'),
      element(0x18, 0x50, 'DS', sliceSpacing), element(0x18, 0x60, 'DS', 120),
      element(0x20, 0x0d, 'UI', study), element(0x20, 0x0e, 'UI', series), element(0x20, 0x10, 'SH', '1'), element(0x20, 0x11, 'IS', 1), element(0x20, 0x13, 'IS', k + 1),
      element(0x20, 0x32, 'DS', position.map(number).join('\\')), element(0x20, 0x37, 'DS', [...row, ...column].map(number).join('\\')), element(0x20, 0x52, 'UI', frame), element(0x20, 0x1040, 'LO', ''),
      element(0x28, 0x02, 'US', 1), element(0x28, 0x04, 'CS', 'MONOCHROME2'), element(0x28, 0x10, 'US', rows), element(0x28, 0x11, 'US', columns),
      element(0x28, 0x30, 'DS', `${number(rowSpacing)}\\${number(columnSpacing)}`), element(0x28, 0x100, 'US', 16), element(0x28, 0x101, 'US', 16), element(0x28, 0x102, 'US', 15), element(0x28, 0x103, 'US', 0),
      element(0x28, 0x1050, 'DS', 40), element(0x28, 0x1051, 'DS', 400), element(0x28, 0x1052, 'DS', -1024), element(0x28, 0x1053, 'DS', 1), element(0x28, 0x1054, 'LO', 'HU'),
      element(0x7fe0, 0x10, 'OW', pixels),
    ];
    instances.push({ uid, bytes: Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), element(2, 0, 'UL', length), meta, ...data]) });
  }
  return { study, series, instances };
}

const number = x => x.toFixed(10).slice(0, 16);

/** STOW-RS. */
export async function store(base, instances) {
  const boundary = 'part-of-a-test';
  const parts = instances.flatMap(({ bytes }) => [Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`), bytes, Buffer.from('\r\n')]);
  const answer = await fetch(`${base}/dicom-web/studies`, { method: 'POST', headers: { 'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`, accept: 'application/dicom+json' }, body: Buffer.concat([...parts, Buffer.from(`--${boundary}--`)]) });
  if (!answer.ok)
    throw new Error(`STOW: ${answer.status} ${await answer.text()}`);
}

/** QIDO-RS. */
export async function search(base, path) {
  const answer = await fetch(`${base}/dicom-web/${path}`, { headers: { accept: 'application/dicom+json' } });
  return answer.status === 204 ? [] : answer.json();
}
