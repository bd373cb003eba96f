// Colours, numbers and the ticks of axes. Values are flattened once (a logarithm where the axis has one), so that all else is
// linear.
const probe = document.createElement('span');
probe.hidden = true;
document.body.append(probe);
let inks = {};
// A colour of the style sheet as the browser resolves it now: a variable by name, or that of a class.
function ink(name, className = '') {
  const key = name + ' ' + className;
  if (!inks[key]) {
    probe.className = className;
    probe.style.color = `var(--${name})`;
    inks[key] = getComputedStyle(probe).color;
  }
  return inks[key];
}
const rgb = (color) => color.match(/[\d.]+/g).slice(0, 3).map(Number);

function bytes(text) {
  const plain = atob(text), out = new Uint8Array(plain.length);
  for (let i = 0; i < plain.length; i++) out[i] = plain.charCodeAt(i);
  return out;
}
const floats = (text) => new Float32Array(bytes(text).buffer);

// Numbers of orbits, one a point, from runs [orbit, how many].
function expand(runs) {
  const out = new Uint32Array(runs.reduce((sum, run) => sum + run[1], 0));
  let at = 0;
  for (const [orbit, n] of runs) out.fill(orbit, at, at += n);
  return out;
}

function prepare(series, axes) {
  const raw = typeof series.points === 'string' ? floats(series.points) : Float32Array.from(series.points.flat());
  const flat = Float64Array.from(raw);
  axes.forEach((axis, k) => {
    if (axis.log) for (let i = k; i < flat.length; i += 2) flat[i] = flat[i] > 0 ? Math.log10(flat[i]) : NaN;
  });
  const orbits = series.orbits && series.orbits.length ? expand(series.orbits) : null;
  return { ...series, flat, orbits };
}

function cover(series, k) {
  let low = Infinity, high = -Infinity;
  for (const { flat } of series) {
    for (let i = k; i < flat.length; i += 2) {
      if (flat[i] < low && isFinite(flat[i - k]) && isFinite(flat[i - k + 1])) low = flat[i];
      if (flat[i] > high && isFinite(flat[i - k]) && isFinite(flat[i - k + 1])) high = flat[i];
    }
  }
  if (!(low <= high)) return null;
  const width = high - low, margin = width > 1e-9 * Math.max(Math.abs(low), Math.abs(high), 1e-140) ? 0.05 * width : Math.abs(low) / 2 || 0.5;
  return [low - margin, high + margin];
}

const raised = (n) => String(n).replace(/./g, (c) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[c] ?? '⁻');
const power = (n) => n === 0 ? '1' : n === 1 ? '10' : '10' + raised(n);
const minus = (text) => text.replaceAll('-', '−');

function steps(low, high, about) {
  const wish = (high - low) / about, decade = 10 ** Math.floor(Math.log10(wish));
  const step = [10, 5, 2, 1].find((part) => part * decade <= 1.5 * wish) * decade;
  const out = [];
  for (let k = Math.ceil(low / step); k <= Math.floor(high / step) && out.length < 50; k++) out.push(k * step);
  return [out, step];
}

function ticks([low, high], log, about) {
  if (log && high - low > 2) {
    const [at] = steps(low, high, about);
    return at.filter((v) => Number.isInteger(Math.round(v * 1e6) / 1e6)).map((v) => [v, power(Math.round(v))]);
  }
  if (log) {
    const out = [];
    for (let d = Math.floor(low); d <= high; d++) {
      for (const part of high - low > 0.9 ? [1, 2, 5] : [1, 1.5, 2, 3, 5, 7]) {
        const at = d + Math.log10(part);
        if (at >= low && at <= high) out.push([at, d >= -3 && d < 5 ? String(+(part * 10 ** d).toPrecision(6)) : `${part}·${power(d)}`]);
      }
    }
    if (out.length > 1) return out;
    const [at] = steps(low, high, about);
    return at.map((v) => [v, minus((10 ** v).toPrecision(4))]);
  }
  const [at, step] = steps(low, high, about);
  const decimals = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  const large = Math.max(Math.abs(low), Math.abs(high));
  const digits = Math.max(1, Math.min(12, Math.ceil(Math.log10(large / step)) + 1));
  return at.map((v) => [v, minus(decimals <= 6 && large < 1e6 ? (Math.abs(v) < 1e-9 * step ? 0 : v).toFixed(decimals) : v.toPrecision(digits))]);
}
