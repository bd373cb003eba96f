// One orbit chosen in any picture: where it goes, its spectrum, its learned actions.
const { orbits } = data;
if (orbits) {
  // The page holds some of many orbits; each is kept at its number.
  const held = orbits.list;
  orbits.list = [];
  orbits.numbers.forEach((number, k) => { orbits.list[number] = held[k]; });
}
const panel = document.getElementById('orbit');
const status = document.createElement('p');
Object.assign(status, { className: 'visually-hidden' });
status.setAttribute('role', 'status');

function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const chooser = make('select', { id: 'orbit-number' });
const facts = make('dl', { className: 'facts' });
const holders = ['plane', 'spectrum', 'actions'].map((name) => ({ name, holder: make('div', { className: 'picture' }) }));
const views = {};

if (panel && orbits) {
  chooser.append(make('option', { value: '', textContent: 'none' }));
  orbits.list.forEach((orbit, number) => option(orbit, number));
  chooser.addEventListener('change', () => select(chooser.value === '' ? null : Number(chooser.value)));
  const label = make('label', { htmlFor: 'orbit-number', textContent: 'Orbit ' });
  const [held, all] = [orbits.numbers.length, orbits.list.length];
  const some = held < all ? ` The page holds ${held} of ${all} orbits.` : '';
  const hint = make('p', { className: 'faint', textContent: `Click an orbit in any picture, or choose it here.${some}` });
  const figures = make('div', { className: 'figures' }, ...holders.map(({ holder, name }) => make('figure', { id: `orbit-${name}`, hidden: true }, holder, make('figcaption'))));
  panel.append(make('h3', { textContent: 'One orbit' }), hint, make('p', {}, label, chooser), facts, figures, status);
  panel.hidden = false;
}

function option(orbit, number) {
  chooser.append(make('option', { value: number, textContent: `${number + 1}${orbit.state ? ', ' + orbit.state : ''}` }));
}

const digits = (value, n) => value === null || value === undefined ? '–' : minus(Number(value).toPrecision(n).replace(/e\+?(-?\d+)/, (_, power) => ` × 10${raised(power)}`));
const many = (values, n) => values ? values.map((value) => digits(value, n)).join('   ') : '–';

// Chooses an orbit by its number, or none.
function select(number) {
  selected = number;
  all.forEach((plot) => plot.draw());
  if (!panel || !orbits) return;
  const orbit = number === null ? null : orbits.list[number];
  const absent = number === null ? 'No orbit chosen' : `Orbit ${number + 1} is not among those that the page holds`;
  chooser.value = orbit ? number : '';
  facts.replaceChildren(...(orbit ? describe(orbit) : number === null ? [] : [make('dd', { textContent: absent })]));
  const specs = orbit ? { plane: plane(orbit), spectrum: spectrum(orbit), actions: actions(orbit) } : {};
  for (const { name, holder } of holders) show(name, holder, specs[name]);
  status.textContent = orbit ? `Orbit ${number + 1} chosen, ${orbit.state ?? 'not labelled'}` : absent;
}

function describe(orbit) {
  const rows = [
    ['starts at', orbits.names.map((name, i) => `${name} = ${digits(orbit.start[i], 6)}`).join(', ')],
    ['state', orbit.state ?? '–'],
    ['Lyapunov exponent', orbit.lyapunov === undefined ? null : digits(orbit.lyapunov, 3)],
    ['smaller alignment index', orbit.sali === undefined || orbit.sali === null ? null : digits(orbit.sali, 3)],
    ['frequencies, measured', orbit.measured && many(orbit.measured, 9)],
    ['frequencies, learned', orbit.learned && many(orbit.learned, 9)],
    ['learned actions', orbit.action && many(orbit.action, 5)],
    ['frequency diffusion', orbit.diffusion === undefined ? null : digits(orbit.diffusion, 2)],
  ];
  return rows.filter(([, value]) => value).flatMap(([name, value]) => [make('dt', { textContent: name }), make('dd', { textContent: value })]);
}

function show(name, holder, spec) {
  const figure = holder.parentElement;
  figure.hidden = !spec;
  if (!spec) return;
  const { title, text } = spec;
  figure.querySelector('figcaption').replaceChildren(make('strong', { textContent: title }), ' ' + text);
  views[name] ? views[name].show(spec) : views[name] = new Plot(holder, spec);
}

// Rows of the orbit as points of two columns; angles are kept in [-pi, pi), with a gap where they leave it.
function columns(orbit, i, j) {
  const rows = typeof orbit.rows === 'string' ? floats(orbit.rows) : orbit.rows.map((v) => v ?? NaN), { width, circles } = orbits, out = [];
  const wrap = (v, k) => circles[k] ? v - 2 * Math.PI * Math.floor((v + Math.PI) / (2 * Math.PI)) : v;
  let last = null;
  for (let r = 0; r + width <= rows.length; r += width) {
    const at = [wrap(rows[r + i], i), wrap(rows[r + j], j)];
    if (last && [i, j].some((k, n) => circles[k] && Math.abs(at[n] - last[n]) > Math.PI)) out.push([NaN, NaN]);
    out.push(last = at);
  }
  return out;
}

function plane(orbit) {
  if (!orbit.rows) return null;
  const second = orbits.dof > 1 || orbits.dof === 0 ? 1 : orbits.dof, [x, y] = [orbits.names[0], orbits.names[second]];
  const equal = second < orbits.dof && !orbits.circles[0] && !orbits.circles[1];
  const title = second === orbits.dof || orbits.dof === 0 ? 'The orbit in phase space' : 'The orbit in configuration space';
  const [from, t] = [orbits.t[0], orbits.t[orbits.t.length - 1]].map((t) => Number(t.toPrecision(3)));
  return { title, text: `${y} against ${x}, from t = ${from} to ${t}.`, x: { label: x }, y: { label: y }, equal, series: [{ class: 'series-0', mark: 'line', points: columns(orbit, 0, second) }] };
}

function spectrum(orbit) {
  const series = (orbit.lines ?? []).map((lines, k) => ({ label: orbits.modes[k] ?? `pair ${k + 1}`, class: `series-${k}`, mark: 'stem', points: lines, beside: 3 * k }));
  if (!series.some(({ points }) => points.length)) return null;
  return { title: 'Its spectrum (measured)', text: 'Lines of each coordinate’s signal p + i q: frequency and amplitude.', x: { label: 'ω, rad/time' }, y: { label: 'amplitude', log: true }, series };
}

function actions(orbit) {
  if (!orbit.actions) return null;
  const values = floats(orbit.actions), { pairs, actionTimes } = orbits, of = (k) => actionTimes.map((t, i) => [t, values[i * pairs + k]]);
  const series = Array.from({ length: pairs }, (_, k) => ({ label: `I${k + 1}`, class: `series-${k}`, mark: 'line', points: of(k) }));
  return { title: 'Its learned actions', text: 'On a torus the actions of a perfect map do not change.', x: { label: 't' }, y: { label: 'action' }, series };
}
