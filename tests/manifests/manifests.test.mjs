// Second opinions on the manifests, from tools that other people keep. What the manifests say of the server's routes and
// settings is checked in MedSam2.Server.Tests.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { ValidationSeverity, validate as lintDockerfile } from 'dockerfile-utils';
import { parse } from 'yaml';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const manifests = join(root, 'manifests');
const read = (...path) => readFileSync(join(manifests, ...path), 'utf8');
const json = (...path) => JSON.parse(read(...path));

function check(schema, value, name) {
  const ajv = addFormats(new (schema.$schema?.includes('2020-12') ? Ajv2020 : Ajv)({ allErrors: true, strict: false }));
  const validate = ajv.compile(schema);
  assert.ok(validate(value), `${name}: ${ajv.errorsText(validate.errors)}`);
}

for (const [folder, schema] of [['models', 'models/model.schema.json'], ['ohif', 'client.schema.json'], ['slicer', 'client.schema.json'], ['monai-label', 'client.schema.json']]) {
  test(`each manifest of ${folder} keeps to its schema and is named as its file`, () => {
    const files = readdirSync(join(manifests, folder)).filter(file => file.endsWith('.json') && !file.endsWith('.schema.json'));
    assert.notEqual(files.length, 0);
    for (const file of files) {
      check(json(schema), json(folder, file), `${folder}/${file}`);
      assert.equal(json(folder, file).name, basename(file, '.json'));
    }
  });
}

test('the chart’s values keep to their schema, and a wrong one is refused', () => {
  const schema = json('helm/medsam2/values.schema.json');
  const values = parse(read('helm/medsam2/values.yaml'));
  check(schema, values, 'values.yaml');
  assert.throws(() => check(schema, { ...values, gpu: { enabled: 'yes', count: 0 } }, 'wrong'));
});

test('every value that the chart’s templates use is in its values', () => {
  const values = parse(read('helm/medsam2/values.yaml'));
  const folder = join(manifests, 'helm/medsam2/templates');
  const used = readdirSync(folder).flatMap(file => [...readFileSync(join(folder, file), 'utf8').matchAll(/\.Values((?:\.\w+)+)/g)].map(match => match[1].slice(1)));
  assert.ok(used.length > 20);
  for (const path of used)
    assert.notEqual(path.split('.').reduce((value, key) => value?.[key], values), undefined, `.Values.${path}`);
});

for (const file of ['Dockerfile', 'Dockerfile.cuda']) {
  test(`${file} is clean for the linter, pinned, and does not run as root`, () => {
    const text = read('docker', file);
    assert.deepEqual(lintDockerfile(text).filter(found => found.severity === ValidationSeverity.ERROR || found.severity === ValidationSeverity.WARNING), []);
    for (const [, image] of text.matchAll(/^ARG \w+_IMAGE=(.*)$/gm))
      assert.match(image, /:[^:]*\d+\.\d+/, `${image} names no version`);
    assert.match(text, /^USER 10001/m);
    assert.match(text, /^HEALTHCHECK /m);
  });
}

test('the Compose file keeps to the Compose specification', () => {
  // Built here and named, so that both keys are meant.
  execFileSync(process.execPath, [join(here, 'node_modules/dclint/bin/dclint.cjs'), join(manifests, 'docker/compose.yaml'), '--max-warnings', '0', '--disable-rule', 'no-build-and-image'], { stdio: 'pipe' });
});

test('the dashboard is one that Grafana can import', () => {
  const dashboard = json('grafana/medsam2.json');
  assert.ok(dashboard.uid && dashboard.title && dashboard.schemaVersion >= 36);
  assert.equal(new Set(dashboard.panels.map(panel => panel.id)).size, dashboard.panels.length);
  for (const panel of dashboard.panels)
    assert.ok(panel.targets.every(target => target.expr && target.refId), panel.title);
});
