// A report that is served: a click beside the points of its section follows a new orbit.
import assert from 'node:assert/strict';
import { canvas, launch, open, targets } from './common.mjs';

const [address] = targets;
const browser = await launch();
const { page, errors, requests } = await open(browser, address);

// Places without a point nearby; some of them lie beyond the energy.
const places = await page.evaluate(() => {
  const plot = all.find(({ spec }) => spec.id === 'section'), { x, y, w, h } = plot.box, found = [];
  for (let i = 1; i < 12; i++) {
    for (let j = 1; j < 12; j++) {
      const at = [x + i / 12 * w, y + j / 12 * h];
      if (plot.nearest(...at, 14) === null) found.push(at);
    }
  }
  return found;
});
assert.ok(places.length > 0, 'no place without a point');
const known = await page.evaluate(() => orbits.list.length);
let followed = null;
for (const [x, y] of places) {
  const reply = page.waitForResponse((response) => response.url().includes('orbit?'));
  await canvas(page, 'figure-section').click({ position: { x, y } });
  const found = await (await reply).json();
  if (found.error) assert.match(found.error, /no orbit of energy/);
  else { followed = found; break; }
}
assert.ok(followed, 'no place could be followed');
await page.waitForFunction((known) => orbits.list.length === known + 1, known);
assert.equal(await page.locator('#orbit-number').inputValue(), String(known));
assert.ok(followed.points.length > 1 && ['regular', 'chaotic', 'undecided', 'sticky'].includes(followed.orbit.state));
assert.ok(await canvas(page, 'orbit-plane').isVisible());
assert.deepEqual(errors, []);
assert.ok(requests.every((url) => url.startsWith(address)), requests.join(' '));
await browser.close();
