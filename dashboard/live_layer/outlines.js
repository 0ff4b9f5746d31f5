"use strict";
// Outlines of warnings as their issuer drew them; a labelled mark where an outline was none.
window.Linkage = window.Linkage || {};
(() => {
  const WORST = { red: 4, orange: 3, yellow: 2, blue: 1 };
  const LINE = { red: "#d1001f", orange: "#f0690f", yellow: "#d9a900", blue: "#2b7de1" };

  // Why an outline is not drawn as it came, each reason once.
  function doubts(warning, words) {
    const notes = (warning.shapes || []).map((shape) => shape.note).filter(Boolean);
    return [...new Set(notes)].map((note) => words.shape_notes[note] || note);
  }

  class Outlines {
    constructor(map, feed) {
      Object.assign(this, { map, feed, shown: true });
      this.group = L.layerGroup().addTo(map);
      this.names = L.layerGroup().addTo(map);
    }

    // The worst on top, an exercise below all that is real.
    draw(warnings) {
      const outlined = warnings.filter((warning) => (warning.shapes || []).length);
      const key = outlined.map((warning) => warning.id).join();
      if (key === this.key) return;
      this.key = key;
      this.group.clearLayers();
      this.names.clearLayers();
      outlined.sort((a, b) => b.exercise - a.exercise || (WORST[a.colour] || 0) - (WORST[b.colour] || 0));
      for (const warning of outlined) {
        for (const shape of warning.shapes) this.one(warning, shape);
      }
    }

    one(warning, shape) {
      const line = LINE[warning.colour];
      const style = {
        pane: "base-warned", interactive: false, color: line, weight: warning.exercise ? 1.2 : 2,
        dashArray: warning.exercise ? "2 7" : null, fill: !warning.exercise, fillColor: line, fillOpacity: 0.14,
      };
      if (shape.ring) {
        L.polygon(shape.ring.map(([lon, lat]) => [lat, lon]), style).addTo(this.group);
        const top = shape.ring.reduce((best, corner) => (corner[1] > best[1] ? corner : best));
        this.name(warning, [top[1], top[0]]);
      } else if (shape.km) {
        L.circle([shape.lat, shape.lon], { ...style, radius: shape.km * 1000 }).addTo(this.group);
        this.name(warning, [shape.lat + shape.km / 111.2, shape.lon]);
      } else if (shape.lat !== undefined && shape.note !== "outside") this.mark(warning, shape, style);
    }

    mark(warning, shape, style) {
      const at = [shape.lat, shape.lon];
      L.circleMarker(at, { ...style, radius: 9, weight: 2.5, dashArray: "3 4" }).addTo(this.group);
      this.name(warning, at, ` · ${this.feed.words.shape_notes[shape.note] || ""}，仅示意`);
    }

    // At its edge, in words: a colour alone says no kind.
    name(warning, at, more = "") {
      const { words } = this.feed;
      const kind = words.kinds[warning.kind];
      const name = `${warning.exercise ? "演练 " : ""}${kind ? kind.label : ""}${words.colours[warning.colour] || ""}预警`;
      const text = Linkage.element("span", more ? "" : "outline-name", `${name}${more}`);
      const icon = L.divIcon({ className: "outline-note", html: text, iconSize: [0, 0] });
      L.marker(at, { icon, pane: "base-labels", interactive: false, keyboard: false }).addTo(more ? this.group : this.names);
    }

    show(shown) {
      this.shown = shown;
      for (const group of [this.group, this.names]) {
        if (shown) group.addTo(this.map);
        else group.remove();
      }
    }
  }
  Outlines.doubts = doubts;
  Linkage.Outlines = Outlines;
})();
