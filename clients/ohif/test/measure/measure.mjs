// How fast it is in a browser, on this machine: page to first image, click to overlay on the screen, slices a second of a
// propagation as they come to the screen. On the demo study. `node test/measure/measure.mjs [clicks]`
import { startServer, waitForSeries } from '../browser/support/server.mjs';
import { launch, openViewer } from '../browser/support/viewer.mjs';

const clicks = Number(process.argv[2] ?? 30);
const [server, browser] = await Promise.all([startServer(), launch()]);
try {
  const { study } = await waitForSeries(server.base);
  // The first one also fills the browser's and the server's caches.
  const pages = [];
  for (let n = 0; n < 2; n++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    const page = await context.newPage();
    const began = performance.now();
    await page.goto(`${server.base}/ohif/medsam2?StudyInstanceUIDs=${study}`);
    await page.waitForFunction(() => window.cornerstone?.getEnabledElements()[0]?.viewport.getImageData?.()?.dimensions, null, { timeout: 120_000, polling: 20 });
    pages.push((performance.now() - began) / 1000);
    await context.close();
  }

  const viewer = await openViewer(browser, server.base, study);
  const { page } = viewer;
  await page.evaluate(() => {
    // From the pointer to the frame on which the viewer has drawn the changed labelmap.
    const times = (window.times = []);
    const { eventTarget, Enums } = cornerstone;
    let down = 0, isChanged = false;
    document.addEventListener('pointerdown', () => { down = performance.now(); isChanged = false; }, true);
    eventTarget.addEventListener(cornerstoneTools.Enums.Events.SEGMENTATION_DATA_MODIFIED, () => { isChanged = true; });
    cornerstone.getEnabledElements()[0].viewport.element.addEventListener(Enums.Events.IMAGE_RENDERED, () => {
      if (!down || !isChanged)
        return;
      const began = down;
      down = 0;
      requestAnimationFrame(() => times.push(performance.now() - began));
    });
  });
  await page.evaluate(() => cornerstone.getEnabledElements()[0].viewport.setImageIdIndex(20));
  await viewer.drawn();
  for (let n = 0; n < clicks; n++) {
    await viewer.click(150 + 8 * (n % 20), 190 + 9 * (n % 13));
    await page.waitForFunction(count => window.times.length >= count, n + 1, { timeout: 60_000 });
    await page.waitForTimeout(300);
  }
  const times = (await page.evaluate(() => window.times)).slice(1).sort((a, b) => a - b);
  const at = share => times[Math.min(times.length - 1, Math.floor(share * times.length))].toFixed(0);

  await page.keyboard.press('f');
  await viewer.says(/^Done: \d+ slices/, 300_000);
  const [, slices, seconds] = /(\d+) slices in ([\d.]+) s/.exec(await viewer.message.textContent());
  console.log(`page to first image    ${pages.map(s => `${s.toFixed(1)} s`).join(', then ')}`);
  console.log(`click to overlay       p50 ${at(0.5)} ms, p95 ${at(0.95)} ms (${times.length} clicks on an encoded slice)`);
  console.log(`propagation on screen  ${(slices / seconds).toFixed(1)} slices/s (${slices} in ${seconds} s)`);
} finally {
  await browser.close();
  await server.stop();
}
