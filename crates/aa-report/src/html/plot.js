// A plot on a canvas. Drag or arrow keys move it, the wheel or + and - zoom, 0 shows all again; a click or Enter chooses the
// nearest orbit.
const RIGHT = 14, BOTTOM = 46, TOP = 12, FONT = '12px system-ui, "Noto Sans", "DejaVu Sans", sans-serif';
const all = [];
let selected = null;

class Plot {
  constructor(holder, spec) {
    this.holder = holder;
    this.canvas = document.createElement('canvas');
    Object.assign(this.canvas, { tabIndex: 0, className: 'canvas' });
    this.canvas.setAttribute('role', 'application');
    this.canvas.setAttribute('aria-roledescription', 'plot');
    this.readout = document.createElement('span');
    this.readout.className = 'readout';
    this.readout.setAttribute('aria-hidden', 'true');
    holder.prepend(this.canvas);
    holder.append(this.readout, this.tools(spec.title));
    holder.classList.add('drawn');
    this.listen();
    this.show(spec);
    all.push(this);
  }

  // Shows other data in place of those before.
  show(spec) {
    this.spec = spec;
    this.series = spec.series.map((series) => prepare(series, [spec.x, spec.y]));
    const keys = 'Arrow keys move the view, plus and minus zoom, 0 shows all';
    this.canvas.setAttribute('aria-label', `${spec.title}. ${keys}${this.series.some((s) => s.orbits) ? ', Enter chooses the orbit in the middle' : ''}.`);
    this.whole();
  }

  // The view that holds everything.
  whole() {
    this.view = [cover(this.series, 0) ?? [0, 1], cover(this.series, 1) ?? [0, 1]];
    this.fit = this.spec.equal;
    this.draw();
  }

  tools(title) {
    const box = document.createElement('div');
    box.className = 'tools';
    const button = (text, name, act) => {
      const made = document.createElement('button');
      Object.assign(made, { type: 'button', textContent: text });
      made.setAttribute('aria-label', `${name}: ${title}`);
      made.addEventListener('click', act);
      box.append(made);
    };
    button('+', 'Zoom in', () => this.zoom(0.6));
    button('−', 'Zoom out', () => this.zoom(1 / 0.6));
    button('⟲', 'Show all', () => this.whole());
    return box;
  }

  listen() {
    const { canvas } = this;
    let from = null, moved = false;
    canvas.addEventListener('pointerdown', (e) => {
      canvas.setPointerCapture(e.pointerId);
      [from, moved] = [[e.offsetX, e.offsetY], false];
    });
    canvas.addEventListener('pointermove', (e) => {
      this.read(e.offsetX, e.offsetY);
      if (!from) return;
      const [dx, dy] = [e.offsetX - from[0], e.offsetY - from[1]];
      if (!moved && Math.hypot(dx, dy) < 4) return;
      moved = true;
      from = [e.offsetX, e.offsetY];
      this.move(-dx / this.box.w, dy / this.box.h);
    });
    canvas.addEventListener('pointerup', (e) => {
      if (from && !moved) this.choose(e.offsetX, e.offsetY);
      from = null;
    });
    canvas.addEventListener('pointercancel', () => { from = null; });
    canvas.addEventListener('pointerleave', () => { this.readout.textContent = ''; });
    canvas.addEventListener('dblclick', () => this.whole());
    canvas.addEventListener('wheel', (e) => {
      if (document.activeElement !== canvas && !e.ctrlKey) return;
      e.preventDefault();
      this.zoom(Math.exp(0.002 * Math.max(-300, Math.min(300, e.deltaY))), this.value(e.offsetX, e.offsetY));
    }, { passive: false });
    canvas.addEventListener('keydown', (e) => this.key(e));
    canvas.addEventListener('focus', () => this.draw());
    canvas.addEventListener('blur', () => this.draw());
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  key(e) {
    const middle = () => [this.box.x + this.box.w / 2, this.box.y + this.box.h / 2];
    const acts = {
      ArrowLeft: () => this.move(-0.1, 0), ArrowRight: () => this.move(0.1, 0), ArrowUp: () => this.move(0, 0.1), ArrowDown: () => this.move(0, -0.1),
      '+': () => this.zoom(0.8), '=': () => this.zoom(0.8), '-': () => this.zoom(1.25), 0: () => this.whole(),
      Enter: () => this.choose(...middle(), Infinity), Escape: () => select(null),
    };
    if (!acts[e.key] || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    acts[e.key]();
  }

  move(dx, dy) {
    const shift = ([low, high], by) => [low + by * (high - low), high + by * (high - low)];
    this.view = [shift(this.view[0], dx), shift(this.view[1], dy)];
    this.draw();
  }

  zoom(factor, about = this.view.map(([low, high]) => (low + high) / 2)) {
    const scale = ([low, high], at) => {
      const next = [at + factor * (low - at), at + factor * (high - at)];
      return next[1] - next[0] > 1e-12 * Math.max(Math.abs(at), 1e-300) ? next : [low, high];
    };
    this.view = this.view.map((range, k) => scale(range, about[k]));
    this.draw();
  }

  // Flat values at a place of the canvas, and back.
  value(px, py) {
    const [[x0, x1], [y0, y1]] = this.view, { x, y, w, h } = this.box;
    return [x0 + (px - x) / w * (x1 - x0), y1 - (py - y) / h * (y1 - y0)];
  }

  at(vx, vy) {
    const [[x0, x1], [y0, y1]] = this.view, { x, y, w, h } = this.box;
    return [x + (vx - x0) / (x1 - x0) * w, y + (y1 - vy) / (y1 - y0) * h];
  }

  read(px, py) {
    const spell = (v, axis) => minus((axis.log ? 10 ** v : v).toPrecision(5));
    const [x, y] = this.value(px, py);
    this.readout.textContent = `${spell(x, this.spec.x)}, ${spell(y, this.spec.y)}`;
  }

  // The orbit of the nearest point within some pixels.
  nearest(px, py, within) {
    let best = within * within, found = null;
    const [[x0, x1], [y0, y1]] = this.view, { x, y, w, h } = this.box;
    const sx = w / (x1 - x0), sy = h / (y1 - y0);
    for (const { flat, orbits } of this.series) {
      if (!orbits) continue;
      for (let i = 0; i < orbits.length; i++) {
        const dx = x + (flat[2 * i] - x0) * sx - px, dy = y + (y1 - flat[2 * i + 1]) * sy - py, d = dx * dx + dy * dy;
        if (d < best) [best, found] = [d, orbits[i]];
      }
    }
    return found;
  }

  choose(px, py, within = 14) {
    const orbit = this.nearest(px, py, within);
    if (orbit === null && this.onEmpty) return this.onEmpty(...this.value(px, py));
    if (orbit !== null) select(orbit);
  }

  draw() {
    const begin = performance.now();
    const { canvas } = this, dpr = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width || !height) return;
    [canvas.width, canvas.height] = [Math.round(width * dpr), Math.round(height * dpr)];
    const c = this.c = canvas.getContext('2d');
    c.setTransform(dpr, 0, 0, dpr, 0, 0);
    c.font = FONT;
    const across = ticks(this.view[1], this.spec.y.log, 5).map(([, label]) => c.measureText(label).width);
    this.left = 34 + Math.max(0, ...across);
    const legend = this.legend(width), top = TOP + (legend.lines ? 8 + 18 * legend.lines : 0);
    this.box = { x: this.left, y: top, w: width - this.left - RIGHT, h: height - top - BOTTOM };
    if (this.fit) this.equalise();
    this.axes(width, height);
    c.save();
    c.beginPath();
    c.rect(this.box.x, this.box.y, this.box.w, this.box.h);
    c.clip();
    this.clouds(dpr);
    for (const series of this.series) this.marks(series);
    if (canvas.matches(':focus-visible')) this.cross();
    c.restore();
    legend.draw();
    canvas.dataset.ms = (performance.now() - begin).toFixed(1);
  }

  equalise() {
    const { w, h } = this.box, [x, y] = this.view.map(([low, high]) => high - low);
    const wide = Math.max(x, y * w / h), tall = Math.max(y, x * h / w);
    this.view = [wide, tall].map((size, k) => {
      const middle = (this.view[k][0] + this.view[k][1]) / 2;
      return [middle - size / 2, middle + size / 2];
    });
    this.fit = false;
  }

  axes(width, height) {
    const { c, box } = this, line = (x0, y0, x1, y1) => { c.beginPath(); c.moveTo(x0, y0); c.lineTo(x1, y1); c.stroke(); };
    const bottom = box.y + box.h;
    c.lineWidth = 1;
    for (const k of [0, 1]) {
      for (const [value, label] of ticks(this.view[k], [this.spec.x, this.spec.y][k].log, k ? 5 : Math.max(3, width / 85))) {
        const [px, py] = this.at(k ? 0 : value, k ? value : 0);
        c.strokeStyle = ink('grid');
        c.fillStyle = ink('faint');
        if (k) { line(box.x, py, box.x + box.w, py); c.textAlign = 'right'; c.fillText(label, box.x - 7, py + 4); }
        else { line(px, box.y, px, bottom); c.textAlign = 'center'; c.fillText(label, px, bottom + 17); }
      }
    }
    c.strokeStyle = ink('faint');
    line(box.x, box.y, box.x, bottom);
    line(box.x, bottom, box.x + box.w, bottom);
    c.fillStyle = ink('ink');
    c.textAlign = 'center';
    c.fillText(this.spec.x.label, box.x + box.w / 2, height - 9);
    c.save();
    c.translate(14, box.y + box.h / 2);
    c.rotate(-Math.PI / 2);
    c.fillText(this.spec.y.label, 0, 0);
    c.restore();
  }

  // Many points: how many fall on each pixel decides how strong its colour is.
  clouds(dpr) {
    const clouds = this.series.filter((series) => series.mark === 'point');
    if (!clouds.length) return;
    const { box } = this, w = Math.round(box.w * dpr), h = Math.round(box.h * dpr);
    if (w < 1 || h < 1) return;
    const [[x0, x1], [y0, y1]] = this.view, sx = w / (x1 - x0), sy = h / (y1 - y0);
    const n = clouds.reduce((sum, { flat }) => sum + flat.length / 2, 0);
    const size = Math.max(1, Math.round((n < 3000 ? 2.2 : n < 30000 ? 1.6 : 1) * dpr)), off = size >> 1;
    const counts = new Uint16Array(w * h), image = this.c.createImageData(w, h), { data } = image;
    for (const { flat, orbits, class: role } of clouds) {
      counts.fill(0);
      const dim = selected !== null && orbits;
      for (let i = 0; i < flat.length; i += 2) {
        const px = Math.floor((flat[i] - x0) * sx) - off, py = Math.floor((y1 - flat[i + 1]) * sy) - off;
        if (!(px >= 0 && py >= 0 && px + size <= w && py + size <= h)) continue;
        for (let b = py * w + px, r = 0; r < size; r++, b += w) for (let k = 0; k < size; k++) counts[b + k]++;
      }
      const [r, g, b] = rgb(ink('c', role)), strength = (dim ? 0.35 : 1);
      for (let i = 0, j = 0; i < counts.length; i++, j += 4) {
        if (!counts[i]) continue;
        const over = strength * Math.min(1, 0.55 + 0.15 * Math.log2(counts[i])), under = data[j + 3] / 255 * (1 - over), sum = over + under;
        data[j] = (r * over + data[j] * under) / sum;
        data[j + 1] = (g * over + data[j + 1] * under) / sum;
        data[j + 2] = (b * over + data[j + 2] * under) / sum;
        data[j + 3] = 255 * sum;
      }
    }
    const layer = document.createElement('canvas');
    [layer.width, layer.height] = [w, h];
    layer.getContext('2d').putImageData(image, 0, 0);
    this.c.drawImage(layer, box.x, box.y, box.w, box.h);
  }

  marks(series) {
    const { c } = this, { flat, orbits, mark } = series, color = ink('c', series.class), strong = ink('ink');
    const lines = ['line', 'dotted', 'dashed', 'named'].includes(mark);
    if (lines) {
      c.setLineDash(mark === 'dashed' || mark === 'named' ? [5, 4] : []);
      const dim = selected !== null && orbits;
      c.globalAlpha = dim ? 0.25 : orbits ? 0.85 : 1;
      this.stroke(flat, color, mark === 'named' ? 0.8 : orbits ? 1 : 1.6);
      c.globalAlpha = 1;
      if (dim) this.stroke(flat, color, 1.8, (i) => orbits[i] === selected);
      c.setLineDash([]);
    }
    if (mark === 'named') this.name(series);
    if (mark === 'stem') this.stems(series, color);
    for (let i = 0; i < flat.length / 2; i++) {
      const chosen = orbits && orbits[i] === selected;
      if (mark === 'point' ? !chosen : lines && mark !== 'dotted') continue;
      const [x, py] = this.at(flat[2 * i], flat[2 * i + 1]), px = x + (series.beside ?? 0);
      if (!isFinite(px + py)) continue;
      if (mark === 'point') { c.fillStyle = strong; c.fillRect(px - 1.3, py - 1.3, 2.6, 2.6); continue; }
      this.shape(mark, px, py, color);
      if (chosen && !lines) { c.strokeStyle = strong; c.lineWidth = 1.5; c.beginPath(); c.arc(px, py, 7, 0, 7); c.stroke(); }
    }
  }

  stroke(flat, color, width, take = () => true) {
    const { c } = this;
    c.beginPath();
    let down = false;
    for (let i = 0; i < flat.length / 2; i++) {
      const [px, py] = this.at(flat[2 * i], flat[2 * i + 1]);
      if (!isFinite(px + py) || !take(i)) { down = false; continue; }
      down ? c.lineTo(px, py) : c.moveTo(px, py);
      down = true;
    }
    Object.assign(c, { strokeStyle: color, lineWidth: width, lineJoin: 'round' });
    c.stroke();
  }

  // Lines from below; those of a second series stand beside the first, so that both are seen.
  stems({ flat, beside = 0 }, color) {
    const { c, box } = this;
    Object.assign(c, { strokeStyle: color, lineWidth: 1.6 });
    c.beginPath();
    for (let i = 0; i < flat.length; i += 2) {
      const [px, py] = this.at(flat[i], flat[i + 1]);
      c.moveTo(px + beside, box.y + box.h);
      c.lineTo(px + beside, py);
    }
    c.stroke();
  }

  name({ flat, label }) {
    const [px, py] = this.at(flat[flat.length - 2], flat[flat.length - 1]), { c, box } = this;
    Object.assign(c, { fillStyle: ink('faint'), textAlign: 'right' });
    c.fillText(label, Math.min(px, box.x + box.w) - 3, Math.max(py - 4, box.y + 12));
  }

  shape(mark, x, y, color) {
    const { c } = this;
    Object.assign(c, { fillStyle: color, strokeStyle: color, lineWidth: 1.5, globalAlpha: 0.85 });
    c.beginPath();
    if (mark === 'ring') { c.arc(x, y, 5, 0, 7); c.stroke(); }
    else if (mark === 'cross') { c.moveTo(x - 3.4, y - 3.4); c.lineTo(x + 3.4, y + 3.4); c.moveTo(x - 3.4, y + 3.4); c.lineTo(x + 3.4, y - 3.4); c.stroke(); }
    else if (mark === 'square') c.fillRect(x - 3.2, y - 3.2, 6.4, 6.4);
    else if (mark === 'triangle') { c.moveTo(x, y - 4); c.lineTo(x + 3.6, y + 3.2); c.lineTo(x - 3.6, y + 3.2); c.fill(); }
    else { c.arc(x, y, mark === 'stem' ? 2.4 : 3.2, 0, 7); c.fill(); }
    c.globalAlpha = 1;
  }

  // Where the keyboard points to.
  cross() {
    const { c, box } = this, x = box.x + box.w / 2, y = box.y + box.h / 2;
    Object.assign(c, { strokeStyle: ink('faint'), lineWidth: 1 });
    c.beginPath();
    for (const [dx, dy] of [[8, 0], [0, 8]]) { c.moveTo(x - dx, y - dy); c.lineTo(x + dx, y + dy); }
    c.stroke();
  }

  // Where the names of the series go, and what draws them there.
  legend(width) {
    const { c } = this, places = [];
    let x = this.left + 8, lines = 0;
    for (const series of this.series.filter(({ label, mark }) => label && mark !== 'named')) {
      const wide = 30 + c.measureText(series.label).width;
      if (!lines || x + wide > width) [x, lines] = [this.left + 8, lines + 1];
      places.push([series, x, 2 + 18 * lines - 4]);
      x += wide;
    }
    const draw = () => {
      for (const [series, px, py] of places) {
        const color = ink('c', series.class), isLine = ['line', 'dotted', 'dashed'].includes(series.mark);
        if (isLine) {
          c.setLineDash(series.mark === 'dashed' ? [5, 4] : []);
          Object.assign(c, { strokeStyle: color, lineWidth: 1.6 });
          c.beginPath(); c.moveTo(px - 6, py - 4); c.lineTo(px + 9, py - 4); c.stroke();
          c.setLineDash([]);
        } else this.shape(series.mark === 'point' ? 'dot' : series.mark, px, py - 4, color);
        Object.assign(c, { fillStyle: ink('faint'), textAlign: 'left' });
        c.fillText(series.label, px + 13, py);
      }
    };
    return { lines, draw };
  }
}
