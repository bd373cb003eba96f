// The switch between light and dark, then the pictures.
const theme = document.getElementById('theme');
const names = ['auto', 'light', 'dark'];
function wear(name) {
  document.documentElement.dataset.theme = name;
  theme.textContent = `Theme: ${name}`;
  inks = {};
  all.forEach((plot) => plot.draw());
}
theme.addEventListener('click', () => wear(names[(names.indexOf(document.documentElement.dataset.theme) + 1) % 3]));
theme.hidden = false;
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => wear(document.documentElement.dataset.theme));

for (const spec of data.plots) {
  const holder = document.querySelector(`#figure-${CSS.escape(spec.id)} .picture`);
  if (holder) new Plot(holder, spec);
}
wear('auto');
