// The published OHIF viewer, made ready to be served under a path: fetched by package name and checked against its
// integrity, pruned of what this product never loads, its absolute addresses moved under the prefix.
// `npm install` of the package would fail, since some of its siblings are not published; its tarball holds the built site.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.mjs';

/** Models for segmentation in the browser, the microscopy viewer, source maps, other hosts' configuration, service workers. */
const unused = [
  /^ort(\/|$)/, /^dicom-microscopy-viewer(\/|$)/, /^customizations(\/|$)/, /\.map$/, /^(_headers|_redirects|serve\.json)$/,
  /^(sw|google|init-service-worker|oidc-client\.min|es6-shim\.min|polyfill\.min)\.js$/, /^silent-refresh\.html$/, /^app-config\.js$/,
  /^assets\/apple-touch-startup-image/,
];

/** @param {{package: string, version: string, integrity: string}} viewer  @param {string} out an empty folder  @param {string} prefix such as `/ohif/` */
export function fetchViewer(viewer, out, prefix) {
  const folder = mkdtempSync(join(tmpdir(), 'medsam2-viewer-'));
  try {
    const spec = `${viewer.package}@${viewer.version}`;
    const name = run('npm', ['pack', spec, '--silent', '--pack-destination', folder]).trim().split('\n').pop();
    const tarball = join(folder, name);
    checkIntegrity(readFileSync(tarball), viewer.integrity, spec);
    run('tar', ['-xzf', name], folder);
    const site = join(folder, 'package', 'dist');
    cpSync(site, out, { recursive: true, filter: path => !unused.some(pattern => pattern.test(path.slice(site.length + 1).replaceAll('\\', '/'))) });
    cpSync(join(folder, 'package', 'LICENSE'), join(out, 'LICENSE.ohif.txt'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  moveUnder(out, prefix);
}

/** @param {Uint8Array} bytes  @param {string} integrity `sha512-` and base64  @param {string} what for the message */
export function checkIntegrity(bytes, integrity, what) {
  const got = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  if (got !== integrity)
    throw new Error(`${what} is not what viewer.json names: its integrity is ${got}. Nothing of it was used.`);
}

/** The viewer is built for `/`. Each place that says so is known and counted: a new version that has others must fail here, not in a browser. */
export function moveUnder(site, prefix) {
  const scripts = readdirSync(site).filter(name => name.endsWith('.js'));
  expect('public paths', scripts.reduce((n, name) => n + replace(site, name, /__webpack_require__\.p = "\/"/g, `__webpack_require__.p = "${prefix}"`), 0), 8);
  expect('fonts', replace(site, 'app.bundle.css', /url\(\//g, `url(${prefix}`), 5);
  expect('icons', replace(site, 'manifest.json', /"src": "\//g, `"src": "${prefix}`), 9);
  // Preloads of pictures that were pruned.
  expect('start-up pictures', replace(site, 'index.html', /<link rel="apple-touch-startup-image"[^>]*>/g, ''), 10);
  expect('addresses of the page', replace(site, 'index.html', /(href|src|content)="\//g, `$1="${prefix}`), 23);
  // No script inside the page, so that its content-security policy can refuse all such.
  expect('scripts of the page', replace(site, 'index.html', /<script>(?!<)[^<]*<\/script>/g, ''), 2);
  expect('head', replace(site, 'index.html', /<meta charset="UTF-8">/g, `<meta charset="UTF-8"><script src="${prefix}start.js"></script>`), 1);
  expect('viewport', replace(site, 'index.html', /,maximum-scale=1\.0,user-scalable=no/g, ''), 1);
  writeFileSync(join(site, 'start.js'), `console.time('scriptToView');\nwindow.PUBLIC_URL = '${prefix}';\nwindow.browserImportFunction = address => import(address);\n`);
  writeFileSync(join(site, 'init-service-worker.js'), '// No service worker: the page asks for this file.\n');
}

function replace(site, name, pattern, by) {
  const path = join(site, name);
  if (!existsSync(path))
    return 0;
  let count = 0;
  const text = readFileSync(path, 'utf8').replace(pattern, (...match) => {
    count++;
    return by.replace('$1', typeof match[1] === 'string' ? match[1] : '$1');
  });
  if (count > 0)
    writeFileSync(path, text);
  return count;
}

function expect(what, count, expected) {
  if (count !== expected)
    throw new Error(`The viewer has ${count} ${what} where ${expected} are known: look at what changed before raising its version.`);
}
