// A report in a browser: quiet, self-contained, drawn, and usable by mouse, keyboard, in the dark, on paper and without a
// script.
import assert from 'node:assert/strict';
import { canvas, faults, launch, open, pixels, targets } from './common.mjs';

const [address] = targets;
const browser = await launch();
const { page, errors, requests } = await open(browser, address);
const section = 'figure-section', chosen = () => page.locator('#orbit-number').inputValue();

// Points are drawn, and a place of a point is found to click on.
const drawn = await pixels(page, section);
assert.ok(drawn.coloured > 500, `only ${drawn.coloured} coloured pixels in the section`);
for (const figure of await page.locator('figure:has(canvas):visible').all()) {
  const id = await figure.getAttribute('id');
  assert.ok((await pixels(page, id)).coloured > 10, `${id} is empty`);
}

// The mouse: a click chooses an orbit and shows it, a drag and the wheel change the view, a double click undoes that.
const at = await page.evaluate(() => {
  const plot = all.find(({ spec }) => spec.id === 'section'), { flat, orbits } = plot.series[0];
  return [...plot.at(flat[0], flat[1]), orbits[0]];
});
await canvas(page, section).click({ position: { x: at[0], y: at[1] } });
assert.equal(await chosen(), String(at[2]));
assert.ok((await pixels(page, 'orbit-plane')).coloured > 100, 'the chosen orbit is not drawn');
assert.ok((await page.locator('#orbit dl').innerText()).includes('starts at'));
const marked = await pixels(page, section);
assert.notEqual(marked.sum, drawn.sum, 'the chosen orbit is not marked in the section');
const box = await canvas(page, section).boundingBox();
await page.mouse.move(box.x + 200, box.y + 150);
await page.mouse.wheel(0, -300);
assert.notEqual((await pixels(page, section)).sum, marked.sum, 'the wheel does not zoom');
await page.mouse.down();
await page.mouse.move(box.x + 240, box.y + 190, { steps: 4 });
await page.mouse.up();
assert.equal(await chosen(), String(at[2]), 'a drag chooses an orbit');

// The keyboard.
await canvas(page, section).focus();
await page.keyboard.press('0');
const whole = (await pixels(page, section)).sum;
for (const key of ['+', 'ArrowLeft', 'ArrowUp', '-']) {
  const before = (await pixels(page, section)).sum;
  await page.keyboard.press(key);
  assert.notEqual((await pixels(page, section)).sum, before, `${key} does nothing`);
}
await page.keyboard.press('0');
assert.equal((await pixels(page, section)).sum, whole, '0 does not show all again');
await page.keyboard.press('Escape');
assert.equal(await chosen(), '');
await page.keyboard.press('Enter');
assert.notEqual(await chosen(), '', 'Enter chooses no orbit');
await page.getByRole('button', { name: /^Zoom in: Section/ }).click();
assert.notEqual((await pixels(page, section)).sum, whole);

// Light and dark, by the system and by the switch.
const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const light = await paper(), lightSum = (await pixels(page, section)).sum;
assert.deepEqual(await faults(page), []);
await page.emulateMedia({ colorScheme: 'dark' });
assert.notEqual(await paper(), light);
await page.waitForFunction((sum) => all.length && sum !== null, lightSum);
assert.notEqual((await pixels(page, section)).sum, lightSum, 'plots keep their light colours in the dark');
assert.deepEqual(await faults(page), []);
await page.locator('#theme').click();
assert.equal(await paper(), light, 'the switch does not overrule the system');

// Paper: the vector picture in place of the canvas.
await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
assert.ok(await page.locator(`#${section} svg`).isVisible() && !await canvas(page, section).isVisible());

assert.deepEqual(errors, []);
assert.deepEqual(requests, [address]);

// Without a script: verdict, formulas and pictures are there.
const still = await open(browser, address, { javaScriptEnabled: false });
assert.ok(await still.page.locator(`#${section} svg`).isVisible());
assert.ok(await still.page.locator('.answer').isVisible() && await still.page.locator('math').count() > 2);
await browser.close();
