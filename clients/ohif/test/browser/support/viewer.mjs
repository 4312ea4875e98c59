// The viewer in a real Chromium, as a person uses it, and what tests look at.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { repository } from './server.mjs';

const flags = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist']; // WebGL 2 without a GPU
const pictures = join(repository, 'artifacts', 'browser');
mkdirSync(pictures, { recursive: true });

export function launch() {
  const executablePath = process.env.CHROMIUM ?? execFileSync('sh', ['-c', 'command -v chromium chromium-browser google-chrome | head -n 1'], { encoding: 'utf8' }).trim();
  return chromium.launch({ executablePath, headless: true, args: flags });
}

/** Opens a study in our mode and waits until the session is ready. */
export async function openViewer(browser, base, study, { query = '', allow = [] } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  const page = await context.newPage();
  const viewer = new Viewer(page, base, allow);
  await context.addInitScript(() => localStorage.setItem('investigationalUseDialog', JSON.stringify({ expiryDate: '2099-01-01' })));
  await page.goto(`${base}/ohif/medsam2?StudyInstanceUIDs=${study}${query}`);
  await viewer.ready();
  return viewer;
}

/** Tries until it holds: how long a busy machine takes says nothing. */
export async function eventually(assertion, timeout = 60_000) {
  const end = Date.now() + timeout;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > end)
        throw error;
    }
    await new Promise(done => setTimeout(done, 100));
  }
}

export class Viewer {
  trouble = [];

  constructor(page, base, allow) {
    this.page = page;
    const isAllowed = text => allow.some(pattern => pattern.test(text));
    const note = text => isAllowed(text) || this.trouble.push(text);
    page.on('pageerror', error => note(`page error: ${error}`));
    page.on('console', message => /Content Security Policy|Refused to/.test(message.text()) && note(message.text()));
    page.on('request', request => request.url().startsWith(base) || /^(blob|data):/.test(request.url()) || note(`outside request: ${request.url()}`));
    page.on('response', response => response.status() >= 400 && note(`${response.status()} ${response.url()}`));
  }

  get panel() { return this.page.getByRole('region', { name: 'MedSAM-2' }); }
  get message() { return this.page.getByTestId('medsam2-message'); }

  /** Of the session that this page has of a series. */
  sessionId(series) { return this.page.evaluate(uid => sessionStorage.getItem(`medsam2.session.${uid}`), series); }

  button(name) { return this.panel.getByRole('button', { name, exact: true }); }

  async ready() {
    await this.panel.waitFor({ timeout: 90_000 });
    await this.page.waitForFunction(() => cornerstone.getEnabledElements()[0]?.viewport.getImageData?.()?.dimensions, null, { timeout: 90_000 });
    await this.says(/Ready|Back in the session/);
    await this.page.waitForFunction(() => document.querySelector('.medsam2-overlay'), null, { timeout: 30_000 });
  }

  /** Waits until nothing runs and the message is such. */
  async says(pattern, timeout = 90_000) {
    try {
      await this.page.waitForFunction(([source, flags_]) => new RegExp(source, flags_).test(document.querySelector('[data-testid=medsam2-message]')?.textContent ?? ''), [pattern.source, pattern.flags], { timeout, polling: 50 });
    } catch (error) {
      throw new Error(`The panel says "${await this.message.textContent().catch(() => 'nothing')}", not ${pattern}`, { cause: error });
    }
  }

  /** Brings a slice (k of the grid) into view in the stack. */
  async slice(uid) {
    await this.page.evaluate(async sop => {
      const { viewport } = cornerstone.getEnabledElements()[0];
      await viewport.setImageIdIndex(viewport.getImageIds().findIndex(id => cornerstone.metaData.get('instance', id).SOPInstanceUID === sop));
    }, uid);
    await this.drawn();
  }

  /** Waits for two frames of the screen. */
  async drawn() { await this.page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))); }

  /** Waits until a tool is the one that the mouse moves. */
  async tool(name) {
    await this.page.waitForFunction(expected => cornerstoneTools.ToolGroupManager.getToolGroup('default').getActivePrimaryMouseButtonTool() === expected, name, { timeout: 30_000 });
  }

  /** Chooses a tool by its key. */
  async press(key, tool) {
    await this.page.keyboard.press(key);
    await this.tool(tool);
  }

  /** Voxels of each segment in the viewer's own labelmaps. */
  voxels() {
    return this.page.evaluate(() => services.segmentationService.getSegmentations().map(each => each.representationData.Labelmap.imageIds.reduce((sum, id) => sum + cornerstone.cache.getImage(id).voxelManager.getScalarData().reduce((n, v) => n + (v ? 1 : 0), 0), 0)));
  }

  /** Where a place of the stack's image (column, row; centres are whole numbers) is on the screen, by the viewer's own drawing. */
  async onScreen(column, row) {
    return this.page.evaluate(([i, j]) => {
      const { viewport } = cornerstone.getEnabledElements()[0];
      const { imageData } = viewport.getImageData();
      const [x, y] = viewport.worldToCanvas(imageData.indexToWorld([i, j, 0]));
      const { left, top } = viewport.canvas.getBoundingClientRect();
      return { x: x + left, y: y + top };
    }, [column, row]);
  }

  async click(column, row, options = {}) {
    const { x, y } = await this.onScreen(column, row);
    if (options.alt)
      await this.page.keyboard.down('Alt');
    await this.page.mouse.click(x, y);
    if (options.alt)
      await this.page.keyboard.up('Alt');
  }

  /** A stroke over places of the stack's image. */
  async stroke(...places) {
    const points = [];
    for (const [column, row] of places)
      points.push(await this.onScreen(column, row));
    await this.page.mouse.move(points[0].x, points[0].y);
    await this.page.mouse.down();
    for (const { x, y } of points.slice(1))
      await this.page.mouse.move(x, y, { steps: 6 });
    await this.page.mouse.up();
  }

  /** A part of the screen as RGBA. */
  async pixels(clip) {
    const png = (await this.page.screenshot({ clip })).toString('base64');
    const { width, height, data } = await this.page.evaluate(async text => {
      const image = new Image();
      image.src = `data:image/png;base64,${text}`;
      await image.decode();
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [image.width, image.height];
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      const bytes = context.getImageData(0, 0, image.width, image.height).data;
      let packed = '';
      for (let at = 0; at < bytes.length; at += 8192)
        packed += String.fromCharCode(...bytes.subarray(at, at + 8192));
      return { width: image.width, height: image.height, data: btoa(packed) };
    }, png);
    return { width, height, data: Buffer.from(data, 'base64') };
  }

  /** Extent on the screen of the pixels that are such, within the image. */
  async extent(isSuch) {
    const clip = await this.page.evaluate(() => {
      const { left, top, width, height } = cornerstone.getEnabledElements()[0].viewport.canvas.getBoundingClientRect();
      return { x: left + 60, y: top + 90, width: width - 120, height: height - 180 }; // without the texts at the rim
    });
    const { width, height, data } = await this.pixels(clip);
    const found = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity, count: 0 };
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = 4 * (y * width + x);
        if (!isSuch(data[at], data[at + 1], data[at + 2]))
          continue;
        found.count++;
        found.left = Math.min(found.left, clip.x + x);
        found.right = Math.max(found.right, clip.x + x + 1);
        found.top = Math.min(found.top, clip.y + y);
        found.bottom = Math.max(found.bottom, clip.y + y + 1);
      }
    }
    return found;
  }

  /** The average colour around a place on the screen. */
  async colour({ x, y }) {
    const { data } = await this.pixels({ x: Math.round(x) - 2, y: Math.round(y) - 2, width: 5, height: 5 });
    return [0, 1, 2].map(channel => { let sum = 0; for (let at = channel; at < 100; at += 4) sum += data[at]; return sum / 25; });
  }

  async mpr(on) {
    await this.page.evaluate(() => commandsManager.runCommand('toggleHangingProtocol', { protocolId: 'mpr' }));
    await this.page.waitForFunction(count => { const all = cornerstone.getEnabledElements(); return all.length === count && all.every(each => each.viewport.getActors().length > 0); }, on ? 3 : 1, { timeout: 90_000 });
  }

  picture(name) { return this.page.screenshot({ path: join(pictures, `${name}.png`) }); }

  async close() { await this.page.context().close(); }
}
