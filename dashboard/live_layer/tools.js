"use strict";
// The tools at the edge of a map: place search, measuring, choice of the ground.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const SVG = "http://www.w3.org/2000/svg";
  const SIGNS = {
    places: "M10.5 4A6.5 6.5 0 1 1 10.49 4ZM15.3 15.3 21 21",
    measure: "M2.5 16 16 2.5 21.5 8 8 21.5ZM7 11.5 9.5 14M10.5 8 12 9.5M14 4.5 16.5 7",
    ground: "M12 3 22 8.5 12 14 2 8.5ZM3 13 12 18 21 13",
  };

  function sign(name) {
    const root = document.createElementNS(SVG, "svg");
    root.setAttribute("viewBox", "0 0 24 24");
    root.setAttribute("width", 17);
    root.setAttribute("height", 17);
    root.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", SIGNS[name]);
    root.append(path);
    return root;
  }

  function tool(name, label, act) {
    const made = Linkage.button("map-tool", "", act);
    made.append(sign(name));
    made.title = label;
    made.setAttribute("aria-label", label);
    made.setAttribute("aria-pressed", "false");
    return made;
  }

  class MapTools extends L.Control {
    constructor(map, ground) {
      super({ position: "topright" });
      this.ground = ground;
      this.places = new Linkage.Places(map);
      this.measure = new Linkage.Measure(map);
      this.addTo(map);
      map.on("tool toolend", () => this.search.pressed("measure", this.measure.on));
      map.on("ground", () => this.choices());
      map.on("placesleft", () => this.fold());
      addEventListener("keydown", (event) => this.key(event));
    }

    onAdd() {
      this.root = element("div", "leaflet-bar map-tools");
      const buttons = {
        places: tool("places", "找地点（g）", () => this.unfold()),
        measure: tool("measure", "测距、测面积（d）", () => this.measure.start()),
        ground: tool("ground", "选择底图", () => { this.panel.hidden = !this.panel.hidden; }),
      };
      this.buttons = buttons;
      buttons.ground.hidden = true;
      this.search = { pressed: (name, on) => buttons[name].setAttribute("aria-pressed", String(on)) };
      this.panel = element("fieldset", "ground-panel");
      this.panel.hidden = true;
      this.places.root.hidden = true;
      this.root.append(...Object.values(buttons), this.places.root, this.panel, this.measure.root);
      L.DomEvent.disableClickPropagation(this.root).disableScrollPropagation(this.root);
      return this.root;
    }

    unfold() {
      const { root } = this.places;
      root.hidden = false;
      this.search.pressed("places", true);
      this.places.focus();
    }

    fold() {
      this.places.root.hidden = true;
      this.search.pressed("places", false);
    }

    choices() {
      const { tiles } = this.ground;
      const grounds = tiles.layers.filter((layer) => layer.role === "ground");
      this.buttons.ground.hidden = grounds.length === 0;
      const shown = tiles.shown ? tiles.shown.layer.id : "";
      const options = [...grounds.map((layer) => [layer.id, layer.name, layer.why]), ["", "系统自带底图", ""]];
      this.panel.replaceChildren(element("legend", "", "底图"), ...options.map(([id, name, why]) => {
        const box = element("label", "box");
        const radio = element("input");
        radio.type = "radio";
        radio.name = "ground";
        radio.checked = id === shown;
        radio.addEventListener("change", () => (id ? tiles.choose(id) : tiles.plain()));
        box.append(radio, element("span", "", why ? `${name}（取不到）` : name));
        return box;
      }));
    }

    key(event) {
      if (event.defaultPrevented || event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
      const key = event.key.toLowerCase();
      if (key === "g") this.unfold();
      else if (key === "d") this.measure.start();
      else if (key === "escape" && this.places.pinned) this.places.unpin();
      else return;
      event.preventDefault();
    }
  }
  Linkage.MapTools = MapTools;
})();
