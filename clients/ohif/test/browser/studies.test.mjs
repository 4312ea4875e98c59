// The demo phantom, and a real CT where it is at hand: the way from the server's page to a segmented organ, by keyboard where keys do it.
import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startServer, repository, waitForSeries } from './support/server.mjs';
import { eventually, launch, openViewer, Viewer } from './support/viewer.mjs';

const realStudy = join(repository, '..', 'shared', 'data', 'ct-abdomen-dicom', 'ct-explicit');
let server, browser, viewer, demo;

before(async () => {
  [server, browser] = await Promise.all([startServer({ demo: true }), launch()]);
  demo = await waitForSeries(server.base);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test('the server\'s page leads to the demo study in the viewer', async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  const page = await context.newPage();
  viewer = new Viewer(page, server.base, []);
  await context.addInitScript(() => localStorage.setItem('investigationalUseDialog', JSON.stringify({ expiryDate: '2099-01-01' })));
  await page.goto(server.base);
  await page.getByRole('heading', { name: /MedSAM-2 server/ }).waitFor();
  await viewer.picture('landing');
  await page.getByRole('link', { name: 'Open the demo study' }).click();
  await viewer.ready();
});

test('all controls of the panel have a name, and texts contrast with what is behind them (WCAG AA)', async () => {
  const faults = await viewer.page.evaluate(() => {
    const panel = document.querySelector('.medsam2-panel');
    const found = [];
    for (const control of panel.querySelectorAll('button, input, select, progress')) {
      const name = control.getAttribute('aria-label') || control.labels?.[0]?.textContent || (control.tagName === 'BUTTON' ? control.textContent : '');
      if (!name.trim())
        found.push(`no name: ${control.outerHTML.slice(0, 120)}`);
    }
    const parse = text => { const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number); return { r, g, b, a }; };
    const light = ({ r, g, b }) => [r, g, b].map(x => x / 255).map(x => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)).reduce((sum, x, n) => sum + x * [0.2126, 0.7152, 0.0722][n], 0);
    for (const element of panel.querySelectorAll('*')) {
      if (![...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()) || element.disabled || !element.checkVisibility())
        continue;
      let back = null;
      for (let at = element; at && !back; at = at.parentElement) {
        const colour = parse(getComputedStyle(at).backgroundColor);
        if (colour.a === 1)
          back = colour;
      }
      const [a, b] = [light(parse(getComputedStyle(element).color)), light(back ?? { r: 0, g: 0, b: 0 })];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (contrast < 4.5)
        found.push(`contrast ${contrast.toFixed(2)}: ${element.textContent.slice(0, 40)}`);
    }
    return found;
  });
  assert.deepEqual(faults, []);
  const keys = await viewer.panel.getByRole('button', { name: 'Point', exact: true }).getAttribute('title');
  assert.match(keys, /\(P\)$/);
});

test('the panel is worked by keyboard alone', async () => {
  await viewer.button('Box').focus();
  await viewer.page.keyboard.press('Enter');
  await viewer.tool('MedSam2Box');
  await viewer.page.keyboard.press('Shift+Tab');
  await viewer.page.keyboard.press('Space');
  await viewer.tool('MedSam2Point');
  const { right, scrolls } = await viewer.page.evaluate(() => {
    const panel = document.querySelector('.medsam2-panel');
    return { right: panel.getBoundingClientRect().right, scrolls: document.documentElement.scrollWidth > innerWidth || panel.scrollWidth > panel.clientWidth };
  });
  assert.ok(right <= 1280 && !scrolls, 'it does not fit 1280 pixels');
});

test('organs of the phantom: boxes, names, through the volume', async () => {
  const { page } = viewer;
  await page.evaluate(() => cornerstone.getEnabledElements()[0].viewport.setImageIdIndex(20));
  await viewer.drawn();
  const organs = [['Right kidney', [155, 245], [225, 305]], ['Left kidney', [296, 241], [359, 308]], ['Spleen', [365, 229], [412, 317]], ['Aorta', [255, 235], [282, 262]]];
  await page.evaluate(() => document.activeElement.blur());
  await viewer.press('b', 'MedSam2Box');
  for (const [n, [name, from, to]] of organs.entries()) {
    await viewer.panel.getByRole('combobox', { name: 'New segment of a known structure' }).selectOption(name);
    await viewer.stroke(from, to);
    await eventually(async () => assert.equal((await viewer.voxels()).filter(count => count > 0).length, n + 1));
  }
  await viewer.panel.getByLabel('All segments').click();
  await viewer.button('Follow through the volume').click();
  await viewer.says(/^Done: \d+ slices/, 180_000);
  await viewer.picture('phantom');
  await viewer.mpr(true);
  await page.waitForFunction(count => cornerstone.getEnabledElements().every(each => each.viewport.getActors().length === count), organs.length + 1, { timeout: 90_000 });
  await viewer.drawn();
  await viewer.picture('phantom-mpr');
  assert.deepEqual(viewer.trouble, []);
  await viewer.close();
});

test('a real CT: the liver, on one slice and through the volume', { skip: existsSync(realStudy) || process.env.CI ? false : 'the real CT is not beside the project' }, async () => {
  const real = await startServer({ arguments: ['--studies', realStudy] });
  try {
    const { study } = await waitForSeries(real.base);
    const second = await openViewer(browser, real.base, study);
    await second.page.evaluate(() => cornerstone.getEnabledElements()[0].viewport.setImageIdIndex(10));
    await second.drawn();
    await second.press('b', 'MedSam2Box');
    await second.stroke([102, 190], [290, 385]); // around the liver
    await eventually(async () => assert.ok((await second.voxels())[0] > 1000));
    await second.page.keyboard.press('f');
    await second.says(/^Done: \d+ slices/, 180_000);
    await second.picture('real-ct');
    assert.deepEqual(second.trouble, []);
    await second.close();
  } finally {
    await real.stop();
  }
});
