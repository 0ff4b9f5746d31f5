"use strict";
// Names on the map: each once, the more important first, none over another.
window.Linkage = window.Linkage || {};
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const FAMILY = "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif";
  const FONT = { district: 600, city: 600, town: 400, site: 600 };
  const SIZE = { district: 13, city: 12, town: 12, site: 12 };
  const SPACED = { district: 2.4, city: 1 };
  // The sign of a site that is dangerous in itself: a drum. No incident and no unit looks like it.
  const DRUM = "M5 5.5C5 2 19 2 19 5.5V18.5C19 22 5 22 5 18.5ZM5 10H19M5 14.5H19";
  const GAP = 3;
  const pen = document.createElement("canvas").getContext("2d");
  const widths = new Map();

  function width(text, kind) {
    const key = `${kind}|${text}`;
    if (!widths.has(key)) {
      pen.font = `${FONT[kind]} ${SIZE[kind]}px ${FAMILY}`;
      widths.set(key, pen.measureText(text).width + (SPACED[kind] || 0) * text.length);
    }
    return widths.get(key);
  }

  Linkage.siteSign = (size = 16) => {
    const root = document.createElementNS(SVG, "svg");
    root.setAttribute("viewBox", "0 0 24 24");
    root.setAttribute("width", size);
    root.setAttribute("height", size);
    root.setAttribute("aria-hidden", "true");
    for (const layer of ["rim", "drum"]) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", DRUM);
      path.setAttribute("class", layer);
      root.append(path);
    }
    return root;
  };

  // { text, at: [lat, lon], rank: 0 is first, from: zoom, kind, mark: what stands at the place }
  class Labels extends L.Layer {
    constructor() {
      super();
      this.groups = new Map();
      this.hidden = new Set();
      this.drawn = []; // what stands on the map now, for who wants to know
    }

    set(group, items) {
      this.groups.set(group, items);
      this.place();
    }

    show(group, shown) {
      if (shown) this.hidden.delete(group);
      else this.hidden.add(group);
      this.place();
    }

    onAdd(map) {
      this.root = Linkage.element("div", "map-names leaflet-zoom-hide");
      map.getPane("base-labels").append(this.root);
      this.place();
      return this;
    }

    onRemove() {
      this.root.remove();
    }

    getEvents() {
      return { moveend: this.place, zoomend: this.place, viewreset: this.place, resize: this.place };
    }

    place() {
      if (!this._map || !this.root) return;
      const map = this._map;
      const size = map.getSize();
      const zoom = map.getZoom();
      const items = [...this.groups].filter(([group]) => !this.hidden.has(group)).flatMap(([, all]) => all);
      const wanted = items.filter((item) => zoom >= item.from && zoom <= (item.to || 30));
      wanted.sort((a, b) => a.rank - b.rank);
      const taken = [];
      const made = [];
      this.drawn = [];
      const said = new Set();
      for (const item of wanted) {
        const at = map.latLngToContainerPoint(item.at);
        if (at.x < -60 || at.y < -20 || at.x > size.x + 60 || at.y > size.y + 20) continue;
        const mark = item.mark ? this.mark(item, at, taken) : 0;
        const key = `${item.kind}|${item.text}`;
        const box = said.has(key) ? null : this.free(item, at, mark, taken, size);
        if (!box && !(item.kind === "site" && mark)) continue;
        if (mark) made.push(this.sign(item, at));
        if (!box) continue;
        said.add(key);
        taken.push(box);
        made.push(this.name(item, box));
        this.drawn.push({ text: item.text, kind: item.kind, box });
      }
      this.root.replaceChildren(...made);
    }

    // Half the width of what stands at the place; the place itself is taken by it.
    mark(item, at, taken) {
      const half = item.kind === "site" ? 9 : 4;
      if (item.kind === "site") taken.push({ x: at.x - half, y: at.y - half, w: half * 2, h: half * 2, own: item });
      return half;
    }

    // How much larger than on a desk the names stand: a wall is read from afar.
    grown() {
      return this._map.options.namesGrown || 1;
    }

    free(item, { x, y }, mark, taken, size) {
      const w = (width(item.text, item.kind) + 2) * this.grown();
      const h = (SIZE[item.kind] + 5) * this.grown();
      const beside = [[x + mark + 2, y - h / 2], [x - mark - 2 - w, y - h / 2], [x - w / 2, y - mark - h], [x - w / 2, y + mark]];
      for (const [left, top] of mark ? beside : [[x - w / 2, y - h / 2]]) {
        const box = { x: left, y: top, w, h };
        if (left < 0 || top < 0 || left + w > size.x || top + h > size.y) continue;
        if (!taken.some((other) => other.own !== item && clash(box, other))) return box;
      }
      return null;
    }

    sign(item, at) {
      const sign = item.kind === "site" ? Linkage.siteSign(18) : Linkage.element("i", "dot");
      const holder = Linkage.element("span", `sign ${item.kind}`);
      holder.append(sign);
      L.DomUtil.setPosition(holder, this._map.containerPointToLayerPoint(at).round());
      return holder;
    }

    name(item, box) {
      const span = Linkage.element("span", `name ${item.kind}`, item.text);
      if (this.grown() !== 1) Object.assign(span.style, { fontSize: `${SIZE[item.kind] * this.grown()}px`, lineHeight: `${box.h}px` });
      L.DomUtil.setPosition(span, this._map.containerPointToLayerPoint([box.x, box.y]).round());
      return span;
    }
  }

  function clash(a, b) {
    return a.x < b.x + b.w + GAP && b.x < a.x + a.w + GAP && a.y < b.y + b.h && b.y < a.y + a.h;
  }

  Linkage.Labels = Labels;
})();
