"use strict";
// The wall's maps: the serious ones large and numbered, everything else a dot; no controls.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const BASE = "../../";
  const NEAR_ZOOM = 10.5; // districts and rivers around it; there are no streets to see
  const vh = (share) => (window.innerHeight * share) / 100;
  // Where a number may stand beside its mark, the first that is free.
  const SIDES = [[0, -1], [0.95, -0.5], [-0.95, -0.5], [0.95, 0.5], [-0.95, 0.5], [0, 1], [1.5, 0], [-1.5, 0], [0, -1.9], [0, 1.9]];

  function quiet(map) {
    for (const part of ["dragging", "touchZoom", "doubleClickZoom", "scrollWheelZoom", "boxZoom", "keyboard"]) {
      if (map[part]) map[part].disable();
    }
  }

  class WallMap {
    // `map`: folium's own, or none: one of our own in `ground`.
    constructor(feed, ground, map) {
      this.feed = feed;
      this.map = map || L.map(ground, { zoomControl: false, zoomSnap: 0.25, minZoom: 7, maxZoom: 18, attributionControl: true, fadeAnimation: false });
      this.map.options.zoomSnap = 0.25;
      this.map.options.namesGrown = vh(2.3) / 12; // the smallest name, from five metres
      if (!map) this.map.fitBounds(Linkage.BaseMap.CITY, { animate: false });
      quiet(this.map);
      this.base = new Linkage.BaseMap(this.map, BASE);
      this.map.setMaxBounds(null); // nobody drags; and what holds the view inside would move it late
      this.outlines = new Linkage.Outlines(this.map, feed);
      const pane = this.map.createPane("wall");
      pane.style.zIndex = 440;
      pane.style.pointerEvents = "none";
      this.ink = L.canvas({ pane: "wall", padding: 0.2 });
      this.dots = new Map();
      this.signs = L.layerGroup().addTo(this.map);
    }

    warn() {
      const stand = this.feed.warningsInForce();
      this.base.warn(stand);
      this.outlines.draw(stand);
    }

    paint(theme) {
      this.base.ready.then(() => { this.base.paint(theme); this.warn(); });
    }

    whole() {
      this.map.options.namesGrown = vh(2.3) / 12;
      this.map.invalidateSize(false);
      this.map.fitBounds(Linkage.BaseMap.CITY, { animate: false });
    }

    // Nobody is there to move it back.
    seesCity() {
      return this.map.getBounds().pad(0.02).contains(Linkage.BaseMap.CITY);
    }

    at(row) {
      this.map.invalidateSize(false);
      if (row && row.located) this.map.setView([row.lat, row.lon], NEAR_ZOOM, { animate: false });
      else this.map.fitBounds(Linkage.BaseMap.CITY, { animate: false });
    }

    // Everything that is not marked by a sign of its own.
    scatter(rows) {
      const kept = new Set();
      const radius = vh(0.62);
      for (const row of rows) {
        kept.add(row.id);
        const look = `${row.lat}|${row.lon}|${row.severity}|${row.exercise}|${radius}`;
        const known = this.dots.get(row.id);
        if (known && known.look === look) continue;
        if (known) known.dot.remove();
        const [fill] = Linkage.shapes.colours(row.severity);
        const style = { renderer: this.ink, interactive: false, radius, color: "#ffffff", weight: vh(0.12), fillColor: fill, fillOpacity: row.exercise ? 0 : 0.95 };
        if (row.exercise) Object.assign(style, { color: fill, dashArray: "3 3" });
        this.dots.set(row.id, { look, dot: L.circleMarker([row.lat, row.lon], style).addTo(this.map) });
      }
      for (const [id, { dot }] of this.dots) {
        if (kept.has(id)) continue;
        dot.remove();
        this.dots.delete(id);
      }
    }

    // The serious ones: their sign, and the number under which the list names them.
    sign(rows, numbered) {
      const size = vh(4.6);
      const key = JSON.stringify([rows.map((row) => [row.id, row.lat, row.lon, row.severity, row.exercise, row.late > 0]), size, numbered]);
      if (key === this.signKey) return;
      this.signKey = key;
      this.signs.clearLayers();
      const taken = [];
      rows.forEach((row, n) => {
        if (!row.located) return;
        const sign = element("div", `wall-sign ${row.late ? "late" : ""}`);
        sign.append(Linkage.shapes.svg(row.family, row.severity, this.feed.words.marks[row.severity], row.exercise, size));
        const at = this.map.latLngToLayerPoint([row.lat, row.lon]);
        taken.push([at.x, at.y]);
        const icon = L.divIcon({ className: "wall-icon", html: sign, iconSize: [size, size] });
        L.marker([row.lat, row.lon], { icon, interactive: false, keyboard: false, zIndexOffset: 100 - n }).addTo(this.signs);
      });
      if (numbered) rows.forEach((row, n) => row.located && this.number(row, n + 1, size, taken));
    }

    number(row, n, size, taken) {
      const at = this.map.latLngToLayerPoint([row.lat, row.lon]);
      const far = (x, y) => taken.every(([a, b]) => Math.hypot(a - x, b - y) > size * 0.78);
      const [dx, dy] = SIDES.find(([x, y]) => far(at.x + x * size, at.y + y * size)) || SIDES[0];
      taken.push([at.x + dx * size, at.y + dy * size]);
      const badge = element("div", `wall-number ${row.severity}`, n);
      badge.style.transform = `translate(${dx * size}px, ${dy * size}px)`;
      const icon = L.divIcon({ className: "wall-icon", html: badge, iconSize: [size, size] });
      L.marker([row.lat, row.lon], { icon, interactive: false, keyboard: false, zIndexOffset: 900 - n }).addTo(this.signs);
    }
  }
  Linkage.WallMap = WallMap;
})();
