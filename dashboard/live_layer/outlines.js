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
    }

    // The worst on top, an exercise below all that is real.
    draw(warnings) {
      const outlined = warnings.filter((warning) => (warning.shapes || []).length);
      const key = outlined.map((warning) => warning.id).join();
      if (key === this.key) return;
      this.key = key;
      this.group.clearLayers();
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
      if (shape.ring) L.polygon(shape.ring.map(([lon, lat]) => [lat, lon]), style).addTo(this.group);
      else if (shape.km) L.circle([shape.lat, shape.lon], { ...style, radius: shape.km * 1000 }).addTo(this.group);
      else if (shape.lat !== undefined && shape.note !== "outside") this.mark(warning, shape, style);
    }

    mark(warning, shape, style) {
      const { words } = this.feed;
      const at = [shape.lat, shape.lon];
      L.circleMarker(at, { ...style, radius: 9, weight: 2.5, dashArray: "3 4" }).addTo(this.group);
      const kind = words.kinds[warning.kind];
      const name = `${warning.exercise ? "演练 " : ""}${kind ? kind.label : ""}${words.colours[warning.colour] || ""}预警`;
      const text = Linkage.element("span", "", `${name} · ${words.shape_notes[shape.note] || ""}，仅示意`);
      const icon = L.divIcon({ className: "outline-note", html: text, iconSize: [0, 0] });
      L.marker(at, { icon, pane: "base-labels", interactive: false, keyboard: false }).addTo(this.group);
    }

    show(shown) {
      this.shown = shown;
      if (shown) this.group.addTo(this.map);
      else this.group.remove();
    }
  }
  Outlines.doubts = doubts;
  Linkage.Outlines = Outlines;
})();
