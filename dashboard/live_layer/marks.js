"use strict";
// Incidents on the map, drawn on one canvas that Leaflet moves and zooms with the map.
window.Linkage = window.Linkage || {};
(() => {
  const SIZE = 22;
  const CELL_FAR = 64; // px: below CLOSE_ZOOM nearby incidents are one bubble
  const CELL_CLOSE = 20; // only what would lie on top of each other
  const CLOSE_ZOOM = 14;
  const RANKS = ["unknown", "minor", "moderate", "severe", "extreme"];
  const PRACTISED = "#e9edf2"; // an exercise's share of a bubble
  const MOST_SCALE = 2;
  const MOST_RANGE = 6000; // px
  const METRES_A_PIXEL = 156543.034; // at the equator, zoom 0
  const FONT = "'Noto Sans CJK SC','Microsoft YaHei',sans-serif";

  // A wall of 3,840 pixels is read from further off: all marks grow together, by quarters.
  function scale({ x, y }) {
    return Math.min(MOST_SCALE, Math.max(1, Math.floor(Math.min(x / 1300, y / 850) * 4) / 4));
  }

  Linkage.Marks = L.Renderer.extend({
    initialize(feed, wanted, options) {
      L.Renderer.prototype.initialize.call(this, options);
      this.feed = feed;
      this.wanted = wanted; // row → shown?
      this.selected = null;
      this.shown = { incidents: true, units: true, vehicles: true, stations: true };
      this.items = [];
      this._layers = {};
      this._drawFirst = undefined;
    },

    _initContainer() {
      this._container = document.createElement("canvas");
      this._container.setAttribute("aria-hidden", "true"); // the queue says the same in words
      this._pen = this._container.getContext("2d");
    },
    _destroyContainer() {
      this._container.remove();
    },
    _updatePaths() {},

    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      const { min } = this._bounds;
      const size = this._bounds.getSize();
      const ratio = window.devicePixelRatio || 1;
      L.DomUtil.setPosition(this._container, min);
      this._container.width = size.x * ratio;
      this._container.height = size.y * ratio;
      this._container.style.width = `${size.x}px`;
      this._container.style.height = `${size.y}px`;
      this._ratio = ratio;
      this.k = scale(this._map.getSize());
      this.draw();
      this.fire("update");
    },

    // Draw at the next picture of the screen, however many changes came in between.
    refresh() {
      if (this._asked || !this._map) return;
      this._asked = true;
      const go = () => {
        if (!this._asked) return;
        this._asked = false;
        if (this._map && this._bounds) this.draw();
      };
      requestAnimationFrame(go);
      setTimeout(go, 250); // a window in the background gets no pictures
    },

    // In units of the marks: pixels of the world, fewer where all is drawn larger.
    place(row) {
      const zoom = this._zoom;
      if (row.worldZoom !== zoom || row.worldScale !== this.k || row.worldLon !== row.lon || row.worldLat !== row.lat) {
        row.world = this._map.project([row.lat, row.lon], zoom)._divideBy(this.k);
        row.worldZoom = zoom;
        row.worldScale = this.k;
        row.worldLon = row.lon;
        row.worldLat = row.lat;
      }
      return row.world;
    },

    // Whether a place, in the units of the marks, is on the canvas.
    sees(x, y, beyond = 0) {
      const { min, max } = this.sight;
      return x >= min.x - beyond && y >= min.y - beyond && x <= max.x + beyond && y <= max.y + beyond;
    },

    draw() {
      const map = this._map;
      const pen = this._pen;
      const origin = map.getPixelOrigin().divideBy(this.k);
      const min = this._bounds.min.divideBy(this.k);
      const max = this._bounds.max.divideBy(this.k);
      this.sight = { min, max };
      pen.setTransform(this._ratio * this.k, 0, 0, this._ratio * this.k, 0, 0);
      pen.clearRect(0, 0, this._container.width, this._container.height);
      pen.translate(-min.x, -min.y);
      this.items = [];
      const cells = new Map();
      let chosen = null;
      const cell = map.getZoom() >= CLOSE_ZOOM ? CELL_CLOSE : CELL_FAR;
      if (this.shown.incidents) {
        for (const row of this.feed.incidents.values()) {
          if (!row.located || !this.wanted(row)) continue;
          const world = this.place(row);
          const x = world.x - origin.x;
          const y = world.y - origin.y;
          if (!this.sees(x, y, 40)) continue;
          if (row.id === this.selected) {
            chosen = { x, y, rows: [row] };
            continue;
          }
          // Cells lie on the world, not on the window: a bubble stays itself while the map pans.
          const key = `${Math.floor(world.x / cell)}:${Math.floor(world.y / cell)}`;
          const group = cells.get(key);
          if (group) {
            group.sx += x;
            group.sy += y;
            group.rows.push(row);
          } else cells.set(key, { sx: x, sy: y, rows: [row] });
        }
      }
      const groups = this.merge([...cells.values()], cell);
      if (this.shown.incidents) {
        for (const group of groups) if (group.rows.length === 1 && group.rows[0].about_m) this.drawRange(pen, group, group.rows[0].about_m, false);
        if (chosen) this.drawScene(pen, chosen, origin);
      }
      if (this.shown.stations) Linkage.drawStations(this, pen, origin);
      Linkage.drawUnits(this, pen, origin);
      groups.sort((a, b) => a.worst - b.worst || a.y - b.y);
      this.later = [];
      for (const group of groups) this.drawGroup(pen, group);
      for (const badge of this.later) this.badge(pen, ...badge); // no bubble covers another's worst
      if (chosen) this.drawChosen(pen, chosen);
      this._container.dataset.revision = this.feed.revision;
      this._container.dataset.drawn = this.items.reduce((sum, item) => sum + item.rows.length, 0);
    },

    // Neighbouring cells whose bubbles would overlap become one.
    merge(groups, cell) {
      for (const g of groups) {
        g.x = g.sx / g.rows.length;
        g.y = g.sy / g.rows.length;
      }
      groups.sort((a, b) => b.rows.length - a.rows.length);
      const near = cell * 0.72;
      const kept = [];
      const grid = new Map();
      for (const g of groups) {
        const cx = Math.floor(g.x / cell);
        const cy = Math.floor(g.y / cell);
        let into = null;
        for (let i = cx - 1; i <= cx + 1 && !into; i++) {
          for (let j = cy - 1; j <= cy + 1 && !into; j++) {
            for (const k of grid.get(`${i}:${j}`) || []) {
              if (Math.hypot(k.x - g.x, k.y - g.y) < near) { into = k; break; }
            }
          }
        }
        if (into) into.rows.push(...g.rows);
        else {
          kept.push(g);
          const key = `${cx}:${cy}`;
          if (grid.has(key)) grid.get(key).push(g);
          else grid.set(key, [g]);
        }
      }
      for (const g of kept) g.worst = g.rows.reduce((worst, row) => (row.exercise ? worst : Math.max(worst, row.rank)), 0);
      return kept;
    },

    drawGroup(pen, group) {
      if (group.rows.length === 1) this.drawOne(pen, group.x, group.y, group.rows[0], SIZE);
      else this.drawBubble(pen, group);
    },

    drawOne(pen, x, y, row, size) {
      const letter = this.feed.words.marks[row.severity];
      const picture = Linkage.shapes.sprite(row.family, row.severity, letter, row.exercise, size);
      const side = picture.cssSize;
      if (row.about_m) this.drawAbout(pen, x, y, size);
      pen.drawImage(picture, x - side / 2, y - side / 2, side, side);
      if (row.late) this.badge(pen, x + size / 2, y - size / 2, Linkage.say("迟"), "#8f1fb0", "#fff");
      else if (row.hazmat) this.badge(pen, x + size / 2, y - size / 2, Linkage.say("危"), "#20262e", "#ffd84a");
      if (row.alerts > 1) this.badge(pen, x + size / 2 + 1, y + size / 2 - 1, String(Math.min(99, row.alerts)), "#ffffff", "#17202b");
      this.items.push({ x, y, r: size / 2 + 3, rows: [row] });
    },

    // The circle in metres within which it lies, as far as anybody said.
    drawRange(pen, { x, y, rows }, metres, chosen) {
      const r = metres / ((METRES_A_PIXEL * Math.cos((rows[0].lat * Math.PI) / 180)) / 2 ** this._zoom) / this.k;
      // Smaller than the broken ring around the mark itself, or all that is in sight lies within.
      if (r < SIZE * 0.8 || r > MOST_RANGE) return;
      pen.save();
      pen.beginPath();
      pen.arc(x, y, r, 0, 7);
      const ink = this.dark ? "226,234,244" : "40,52,66";
      if (chosen) {
        pen.fillStyle = `rgba(${ink},.07)`;
        pen.fill();
      }
      pen.setLineDash([7, 5]);
      pen.lineWidth = chosen ? 2 : 1.2;
      pen.strokeStyle = `rgba(${ink},${chosen ? 0.9 : 0.45})`;
      pen.stroke();
      pen.restore();
    },

    // Around the chosen one: how sure its place is, and where the other sources put it.
    drawScene(pen, chosen, origin) {
      const [row] = chosen.rows;
      const scene = this.scene && this.scene.id === row.id ? this.scene : null;
      const about = Math.max(row.about_m || 0, scene ? scene.about_m : 0);
      if (about) this.drawRange(pen, chosen, about, true);
      for (const spot of scene ? scene.spots : []) {
        const world = this._map.project([spot.lat, spot.lon], this._zoom)._divideBy(this.k);
        const x = world.x - origin.x;
        const y = world.y - origin.y;
        if (Math.hypot(x - chosen.x, y - chosen.y) < 14 || !this.sees(x, y, 20)) continue;
        const [ink, ground] = this.dark ? ["#dbe6f2", "#101a25"] : ["#25323f", "#ffffff"];
        pen.save();
        pen.setLineDash([3, 3]);
        pen.strokeStyle = ink;
        pen.lineWidth = 1.2;
        pen.beginPath();
        pen.moveTo(chosen.x, chosen.y);
        pen.lineTo(x, y);
        pen.stroke();
        pen.setLineDash([]);
        pen.beginPath();
        pen.moveTo(x - 5, y - 5);
        pen.lineTo(x + 5, y + 5);
        pen.moveTo(x + 5, y - 5);
        pen.lineTo(x - 5, y + 5);
        for (const [width, colour] of [[5, ground], [2, ink]]) {
          pen.lineWidth = width;
          pen.strokeStyle = colour;
          pen.stroke();
        }
        pen.restore();
        if (spot.metres) this.drawRange(pen, { x, y, rows: [spot] }, spot.metres, false);
        this.items.push({ x, y, r: 9, rows: [], spot });
      }
    },

    // A broken ring: somewhere about here, no nearer is known.
    drawAbout(pen, x, y, size) {
      pen.save();
      pen.beginPath();
      pen.setLineDash([4, 3]);
      pen.arc(x, y, size * 0.8, 0, 7);
      pen.lineWidth = 1.5;
      pen.strokeStyle = this.dark ? "#f2f6fb" : "#17202b";
      pen.stroke();
      pen.restore();
    },

    drawBubble(pen, group) {
      const { x, y, rows } = group;
      const r = Math.min(24, 11.5 + 1.9 * Math.log2(rows.length));
      const counts = [0, 0, 0, 0, 0];
      // An exercise has no share in how bad it is here: its part of the ring is pale.
      for (const row of rows) if (!row.exercise) counts[row.rank]++;
      const worst = counts.findLastIndex((count) => count > 0);
      pen.beginPath();
      pen.arc(x, y, r + 1.5, 0, 7);
      pen.fillStyle = "rgba(10,16,24,.55)";
      pen.fill();
      let from = -Math.PI / 2;
      for (let rank = 4; rank >= 0; rank--) {
        if (!counts[rank]) continue;
        const to = from + (counts[rank] / rows.length) * Math.PI * 2;
        pen.beginPath();
        pen.moveTo(x, y);
        pen.arc(x, y, r, from, to);
        pen.closePath();
        [pen.fillStyle] = Linkage.shapes.colours(RANKS[rank]);
        pen.fill();
        from = to;
      }
      if (from < Math.PI * 1.5 - 1e-6) {
        pen.beginPath();
        pen.moveTo(x, y);
        pen.arc(x, y, r, from, -Math.PI / 2 + Math.PI * 2);
        pen.closePath();
        pen.fillStyle = PRACTISED;
        pen.fill();
      }
      pen.beginPath();
      pen.arc(x, y, r - 4.5, 0, 7);
      pen.fillStyle = this.dark ? "#17212e" : "#ffffff";
      pen.fill();
      pen.fillStyle = this.dark ? "#f2f6fb" : "#17202b";
      // The number is of what is real; practice has its own badge, or the bubble to itself.
      const practised = rows.filter((row) => row.exercise).length;
      pen.font = `700 ${rows.length > 999 ? 11 : 12.5}px ${FONT}`;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.fillText(String(rows.length - practised || practised), x, y + 0.5);
      if (worst >= 0) {
        const [fill, ink] = Linkage.shapes.colours(RANKS[worst]);
        const text = `${Linkage.say(this.feed.words.marks[RANKS[worst]])}${counts[worst] > 1 ? counts[worst] : ""}`;
        this.later.push([x + r * 0.72, y - r * 0.82, text, fill, ink]);
      }
      if (practised) this.later.push([x + r * 0.72, y + r * 0.82, `${Linkage.say("演")}${practised}`, PRACTISED, "#1b2430"]);
      this.items.push({ x, y, r: r + 2, rows });
    },

    drawChosen(pen, { x, y, rows }) {
      pen.beginPath();
      pen.arc(x, y, 23, 0, 7);
      pen.fillStyle = "rgba(74,158,255,.22)";
      pen.fill();
      pen.lineWidth = 5;
      pen.strokeStyle = this.dark ? "rgba(0,0,0,.6)" : "rgba(255,255,255,.9)";
      pen.stroke();
      pen.lineWidth = 2.5;
      pen.strokeStyle = this.dark ? "#7fbcff" : "#0b5cad";
      pen.stroke();
      this.drawOne(pen, x, y, rows[0], SIZE + 6);
    },

    badge(pen, x, y, text, fill, ink) {
      pen.font = `700 9.5px ${FONT}`;
      const half = Math.max(6.5, pen.measureText(text).width / 2 + 3);
      pen.beginPath();
      pen.roundRect(x - half, y - 6.5, half * 2, 13, 6.5);
      pen.fillStyle = fill;
      pen.fill();
      pen.lineWidth = 1;
      pen.strokeStyle = "rgba(255,255,255,.9)";
      if (fill === "#ffffff") pen.strokeStyle = "rgba(10,16,24,.6)";
      pen.stroke();
      pen.fillStyle = ink;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.fillText(text, x, y + 0.5);
    },

    // What lies under a point of the map, the topmost first.
    at(on) {
      const point = on.divideBy ? on.divideBy(this.k) : { x: on.x / this.k, y: on.y / this.k };
      for (let i = this.items.length - 1; i >= 0; i--) {
        const item = this.items[i];
        if (Math.hypot(item.x - point.x, item.y - point.y) <= item.r) return item;
      }
      return null;
    },
  });
})();
