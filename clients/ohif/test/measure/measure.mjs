// How fast it is in a browser, on this machine. `node test/measure/measure.mjs [demo|long] [clicks]`
//   demo: page to first image, click to overlay on the screen, slices a second of a propagation, on the demo study
//   long: the same on 500 slices of 512 x 512, followed ten slices each way
import { cpus } from 'node:os';
import { longSeries } from '../browser/support/block.mjs';
import { store } from '../browser/support/dicom.mjs';
import { startServer, waitForSeries } from '../browser/support/server.mjs';
import { eventually, launch, openViewer } from '../browser/support/viewer.mjs';

const [kind = 'demo', clicks = '30'] = process.argv.slice(2);
const isLong = kind === 'long';
const [server, browser] = await Promise.all([startServer({ demo: !isLong }), launch()]);
const seconds = since => (performance.now() - since) / 1000;
const told = (what, ...values) => console.log(what.padEnd(24), ...values);

/** Where to click: within the rod of the long series, over the organs of the demo study. */
const place = n => (isLong ? [220 + 8 * (n % 9), 220 + 7 * (n % 10)] : [150 + 8 * (n % 20), 190 + 9 * (n % 13)]);

async function firstImages(study) {
  const times = [];
  // The first one also fills the browser's and the server's caches.
  for (let n = 0; n < 2; n++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    const page = await context.newPage();
    const began = performance.now();
    await page.goto(`${server.base}/ohif/medsam2?StudyInstanceUIDs=${study}`);
    await page.waitForFunction(() => window.cornerstone?.getEnabledElements()[0]?.viewport.getImageData?.()?.dimensions, null, { timeout: 120_000, polling: 20 });
    times.push(seconds(began));
    await context.close();
  }
  told('page to first image', times.map(s => `${s.toFixed(1)} s`).join(', then '));
}

/** From the pointer to the frame on which the viewer has drawn the changed labelmap. */
const watchClicks = page => page.evaluate(() => {
  const times = (window.times = []);
  const { eventTarget, Enums } = cornerstone;
  let down = 0, isChanged = false;
  const { element } = cornerstone.getEnabledElements()[0].viewport;
  element.addEventListener('pointerdown', () => { down = performance.now(); isChanged = false; }, true);
  // Without a list of slices it is the message that ends a burst, which brings nothing new.
  eventTarget.addEventListener(cornerstoneTools.Enums.Events.SEGMENTATION_DATA_MODIFIED, event => { isChanged ||= event.detail.modifiedSlicesToUse?.length > 0; });
  element.addEventListener(Enums.Events.IMAGE_RENDERED, () => {
    if (!down || !isChanged)
      return;
    const began = down;
    down = 0;
    requestAnimationFrame(() => times.push(performance.now() - began));
  });
});

/** The first click of a segment on a slice, again and again: each is taken back. The segment itself stays, by a click on a slice beside. */
async function clicked(viewer, slice, count) {
  const { page } = viewer;
  const show = async index => {
    await page.evaluate(at => cornerstone.getEnabledElements()[0].viewport.setImageIdIndex(at), index);
    await viewer.drawn();
  };
  await show(slice - 1);
  await watchClicks(page);
  for (let n = 0; n < count + 2; n++) {
    await viewer.click(...place(n));
    await page.waitForFunction(m => window.times.length > m, n, { timeout: 60_000 });
    await viewer.says(/^The model/);
    if (n === 0) {
      await show(slice);
    } else if (n <= count) {
      await viewer.button('Undo').click();
      await viewer.says(/^Done/);
    }
    await page.waitForTimeout(600);
  }
  const [first, second, ...rest] = await page.evaluate(() => window.times), times = rest.sort((a, b) => a - b);
  const at = share => times[Math.min(times.length - 1, Math.floor(share * times.length))].toFixed(0);
  told('click to overlay', `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms (${times.length} clicks on a slice that was seen before)`);
  told('', `${second.toFixed(0)} ms the first on a slice, ${first.toFixed(0)} ms the very first, which also makes room for the segment`);
}

async function carried(viewer) {
  await viewer.page.evaluate(() => {
    // Frames of the screen while it runs.
    window.screens = 0;
    const count = () => { window.screens++; requestAnimationFrame(count); };
    count();
  });
  const began = await viewer.page.evaluate(() => { window.screens = 0; return performance.now(); });
  await viewer.page.keyboard.press('f');
  await viewer.says(/^Done: \d+ slices/, 240_000);
  const rate = await viewer.page.evaluate(since => window.screens / (performance.now() - since) * 1000, began);
  const [, slices, time] = /(\d+) slices in ([\d.]+) s/.exec(await viewer.message.textContent());
  told('propagation on screen', `${(slices / time).toFixed(1)} slices/s (${slices} in ${time} s), the page drawing ${rate.toFixed(0)} frames/s meanwhile`);
}

try {
  told('machine', `${cpus().length} x ${cpus()[0].model}, browser without a GPU`);
  let study;
  if (isLong) {
    const series = longSeries({ columns: 512, rows: 512 });
    for (let at = 0; at < series.instances.length; at += 50)
      await store(server.base, series.instances.slice(at, at + 50));
    study = series.study;
  } else {
    ({ study } = await waitForSeries(server.base));
  }
  await firstImages(study);
  const began = performance.now();
  const viewer = await openViewer(browser, server.base, study);
  told('page to ready session', `${seconds(began).toFixed(1)} s`);
  await clicked(viewer, isLong ? 250 : 20, Number(clicks));
  if (isLong) {
    await viewer.panel.getByLabel('Slices').fill('10');
    await viewer.page.keyboard.press('Enter');
  }
  await carried(viewer);
  await eventually(async () => {
    if (!((await viewer.voxels())[0] > 0))
      throw new Error('Nothing is shown.');
  });
  const saving = performance.now();
  await viewer.button('Save draft').click();
  await viewer.says(/Saved as original/, 120_000);
  told('save', `${seconds(saving).toFixed(1)} s`);
  await viewer.picture(`measure-${kind}`);
} finally {
  await browser.close();
  await server.stop();
}
