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
  const FONT = "'Noto Sans CJK SC','Microsoft YaHei',sans-serif";

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

    place(row) {
      const zoom = this._zoom;
      if (row.worldZoom !== zoom || row.worldLon !== row.lon || row.worldLat !== row.lat) {
        row.world = this._map.project([row.lat, row.lon], zoom);
        row.worldZoom = zoom;
        row.worldLon = row.lon;
        row.worldLat = row.lat;
      }
      return row.world;
    },

    draw() {
      const map = this._map;
      const pen = this._pen;
      const origin = map.getPixelOrigin();
      const { min, max } = this._bounds;
      pen.setTransform(this._ratio, 0, 0, this._ratio, 0, 0);
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
          if (x < min.x - 40 || y < min.y - 40 || x > max.x + 40 || y > max.y + 40) continue;
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
      if (this.shown.stations) Linkage.drawStations(this, pen, origin);
      Linkage.drawUnits(this, pen, origin);
      const groups = this.merge([...cells.values()], cell);
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
      if (row.position_note === "coarse") this.drawAbout(pen, x, y, size);
      pen.drawImage(picture, x - side / 2, y - side / 2, side, side);
      if (row.late) this.badge(pen, x + size / 2, y - size / 2, "迟", "#8f1fb0", "#fff");
      else if (row.hazmat) this.badge(pen, x + size / 2, y - size / 2, "危", "#20262e", "#ffd84a");
      if (row.alerts > 1) this.badge(pen, x + size / 2 + 1, y + size / 2 - 1, String(Math.min(99, row.alerts)), "#ffffff", "#17202b");
      this.items.push({ x, y, r: size / 2 + 3, rows: [row] });
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
      const practised = rows.length - counts.reduce((sum, count) => sum + count, 0);
      if (practised) {
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
      pen.font = `700 ${rows.length > 999 ? 11 : 12.5}px ${FONT}`;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.fillText(String(rows.length), x, y + 0.5);
      if (worst >= 2) {
        const [fill, ink] = Linkage.shapes.colours(RANKS[worst]);
        const text = `${this.feed.words.marks[RANKS[worst]]}${counts[worst] > 1 ? counts[worst] : ""}`;
        this.later.push([x + r * 0.72, y - r * 0.82, text, fill, ink]);
      }
      if (practised) this.later.push([x + r * 0.72, y + r * 0.82, `演${practised}`, PRACTISED, "#1b2430"]);
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
    at(point) {
      for (let i = this.items.length - 1; i >= 0; i--) {
        const item = this.items[i];
        if (Math.hypot(item.x - point.x, item.y - point.y) <= item.r) return item;
      }
      return null;
    },
  });
})();
