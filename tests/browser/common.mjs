// What both checks share: the browser, and pixels to look at. The folder with playwright-core and axe-core, the browser
// and what to open come as arguments.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const [, , packages, executablePath, ...rest] = process.argv;
const require = createRequire(path.resolve(packages, 'package.json'));
const { chromium } = require('playwright-core');

export const targets = rest;
export const launch = () => chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });

// Opens an address and notes every error and every request.
export async function open(browser, address, options = {}) {
  const page = await (await browser.newContext({ viewport: { width: 1200, height: 1000 }, ...options })).newPage();
  const errors = [], requests = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(address);
  return { page, errors, requests };
}

// The canvas of a figure.
export const canvas = (page, figure) => page.locator(`#${figure} canvas`);

// How many pixels inside the axes are coloured, and a sum that tells one picture from another.
export const pixels = (page, figure) => canvas(page, figure).evaluate((canvas) => {
  const { width, height } = canvas, { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  let coloured = 0, sum = 0;
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b, a] = data.subarray(i, i + 4);
    if (a && Math.max(r, g, b) - Math.min(r, g, b) > 40) coloured++;
    sum = (31 * sum + r + 3 * g + 7 * b + 11 * a) >>> 0;
  }
  return { coloured, sum };
});

// What axe finds that is serious or critical.
export async function faults(page) {
  await page.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  const grave = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
  return grave.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
}
