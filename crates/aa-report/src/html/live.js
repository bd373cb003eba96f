// A page that is served: a click beside the points of the section follows a new orbit from there.
const invitation = 'This page is live: click beside the points of the section, and the orbit from there is followed.';
const section = all.find(({ spec }) => spec.id === 'section');
if (document.body.dataset.live !== undefined && section && orbits) {
  section.onEmpty = async (x, y) => {
    const [vx, vy] = [[x, section.spec.x], [y, section.spec.y]].map(([v, axis]) => axis.log ? 10 ** v : v);
    status.textContent = 'Following the orbit from there';
    const found = await fetch(`orbit?x=${vx}&y=${vy}`).then((reply) => reply.json()).catch(() => ({ error: 'The server does not answer: is aatool view still running?' }));
    if (found.error) { status.textContent = found.error; return announce(found.error); }
    announce(invitation);
    const number = orbits.list.push({ ...found.orbit, rows: found.rows }) - 1;
    option(found.orbit, number);
    section.spec.series.push({ label: null, class: found.orbit.state, mark: 'point', points: found.points, orbits: [[number, found.points.length]] });
    section.series.push(prepare(section.spec.series.at(-1), [section.spec.x, section.spec.y]));
    select(number);
  };
  const hint = make('p', { className: 'faint', id: 'live', textContent: invitation });
  hint.setAttribute('role', 'status');
  section.holder.parentElement.append(hint);
}
function announce(text) {
  document.getElementById('live').textContent = text;
}
