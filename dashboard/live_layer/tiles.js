"use strict";
// The operator's own tiles above our ground, in any datum and grid, laid where WGS-84 says.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const TILE = 256;
  // Pixels within which another grid or datum is straight to less than 5 m, by zoom.
  const cell = (z) => (z <= 10 ? 16 : z <= 12 ? 32 : 64);
  const KEPT = 240; // pictures
  const AGAIN_MS = 15000; // a source that was away is asked again

  // GCJ-02 minus WGS-84 in degrees, as linkage/datum.py.
  function shift(lon, lat) {
    const { sin, cos, sqrt, abs, PI } = Math;
    const x = lon - 105, y = lat - 35, root = sqrt(abs(x));
    const fine = ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3;
    let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + fine;
    north += ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3;
    north += ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3;
    let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + fine;
    east += ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3;
    east += ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
    const angle = (lat / 180) * PI;
    const magic = 1 - 0.006693421622965943 * sin(angle) ** 2;
    return [
      (east * 180) / ((6378245 / sqrt(magic)) * cos(angle) * PI),
      (north * 180) / (((6378245 * (1 - 0.006693421622965943)) / (magic * sqrt(magic))) * PI),
    ];
  }

  const abroad = (lon, lat) => lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271;

  // Where a WGS-84 position lies in the pixels of a layer's grid at level z.
  function pixel(layer, z, lon, lat) {
    if (layer.datum === "gcj02" && !abroad(lon, lat)) {
      const [east, north] = shift(lon, lat);
      lon += east;
      lat += north;
    }
    const world = TILE * 2 ** z;
    const x = ((lon + 180) / 360) * world;
    if (layer.grid !== "EPSG:3857") return [x, ((90 - lat) / 360) * world];
    const angle = (lat * Math.PI) / 180;
    return [x, ((1 - Math.asinh(Math.tan(angle)) / Math.PI) / 2) * world];
  }

  const longitude = (x, z) => (x / (TILE * 2 ** z)) * 360 - 180;
  const latitude = (y, z) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / (TILE * 2 ** z)))) * 180) / Math.PI;

  class OwnTiles extends L.GridLayer {
    constructor(layer, options) {
      super({ tileSize: TILE, minZoom: 0, maxZoom: 22, updateWhenZooming: false, keepBuffer: 1, ...options });
      this.layer = layer;
      this.kept = new Map();
      this.failed = 0;
      this.why = "";
    }

    createTile(coords, done) {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = TILE;
      this.paintTile(canvas, coords).then((filled) => {
        canvas.filled = filled;
        done(null, canvas);
      }, (why) => {
        this.failed += 1;
        this.why = why.message;
        done(why, canvas);
        this.fire("away");
      });
      return canvas;
    }

    // The part of the source that lies under this tile, put together and laid straight.
    async paintTile(canvas, { x, y, z }) {
      const { layer } = this;
      const level = Math.min(z, layer.max);
      if (level < layer.min) return false;
      const cells = OwnTiles.cells(layer, level, x, y, z);
      const close = 1e-6; // a tile's own edge is not the next tile
      const cut = {
        west: Math.floor(Math.min(...cells.map((c) => c.x0)) / TILE + close), north: Math.floor(Math.min(...cells.map((c) => c.y0)) / TILE + close),
        east: Math.ceil(Math.max(...cells.map((c) => c.x1)) / TILE - close), south: Math.ceil(Math.max(...cells.map((c) => c.y1)) / TILE - close),
      };
      const sheet = await this.sheet(level, cut);
      if (!sheet) return false;
      const pen = canvas.getContext("2d");
      pen.imageSmoothingQuality = "high";
      for (const { left, top, wide, deep, x0, y0, x1, y1 } of cells) {
        pen.drawImage(sheet, x0 - cut.west * TILE, y0 - cut.north * TILE, x1 - x0, y1 - y0, left, top, wide, deep);
      }
      return true;
    }

    // Whether it covers what is looked at: a map of the old town says nothing of the county.
    covers() {
      const now = Object.values(this._tiles).filter((tile) => tile.current).map((tile) => tile.el.filled);
      return now.filter(Boolean).length * 2 > now.length;
    }

    // The pieces of tile x, y, z, each with where it lies in the source: pixels of its level.
    static cells(layer, level, x, y, z) {
      const bent = layer.datum === "gcj02";
      const wide = bent ? cell(z) : TILE;
      const deep = bent || layer.grid !== "EPSG:3857" ? cell(z) : TILE;
      const cells = [];
      for (let top = 0; top < TILE; top += deep) {
        for (let left = 0; left < TILE; left += wide) {
          const at = (across, down) => pixel(layer, level, longitude(x * TILE + across, z), latitude(y * TILE + down, z));
          const [nw, ne, sw, se] = [at(left, top), at(left + wide, top), at(left, top + deep), at(left + wide, top + deep)];
          // A cell is a little askew in the other datum: its sides by their middles.
          const [x0, x1] = [(nw[0] + sw[0]) / 2, (ne[0] + se[0]) / 2];
          const [y0, y1] = [(nw[1] + ne[1]) / 2, (sw[1] + se[1]) / 2];
          cells.push({ left, top, wide, deep, x0, y0, x1, y1 });
        }
      }
      return cells;
    }

    async sheet(level, { west, north, east, south }) {
      const asked = [];
      for (let row = north; row < south; row++) {
        for (let column = west; column < east; column++) asked.push([column, row]);
      }
      const pictures = await Promise.all(asked.map(([column, row]) => this.picture(level, column, row)));
      if (!pictures.some(Boolean)) return null;
      const sheet = document.createElement("canvas");
      sheet.width = (east - west) * TILE;
      sheet.height = (south - north) * TILE;
      const pen = sheet.getContext("2d");
      pictures.forEach((picture, n) => {
        // Tiles of 512 are drawn as the 256 of the grid that they stand for.
        if (picture) pen.drawImage(picture, (asked[n][0] - west) * TILE, (asked[n][1] - north) * TILE, TILE, TILE);
      });
      return sheet;
    }

    picture(z, x, y) {
      const key = `${z}/${x}/${y}`;
      if (!this.kept.has(key)) {
        const coming = this.fetch(key);
        coming.catch(() => this.kept.delete(key)); // away now is not away for ever
        this.kept.set(key, coming);
        if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
      }
      return this.kept.get(key);
    }

    async fetch(key) {
      const answer = await Linkage.ask(`api/live/tiles/${this.layer.id}/${key}`);
      if (answer.status === 204 || answer.status === 404) return null;
      if (!answer.ok) throw new Error(answer.status === 401 ? "登录已失效，请重新登录" : (await answer.json()).error);
      return createImageBitmap(await answer.blob());
    }
  }

  // Attributions are markup to Leaflet; ours are text.
  const asText = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

  class Grounds {
    constructor(map, base) {
      Object.assign(this, { map, base, layers: [], shown: null, over: [], theme: "light" });
      this.note = element("div", "ground-note");
      this.note.setAttribute("role", "status");
      this.note.hidden = true;
      map.getContainer().append(this.note);
      setInterval(() => this.again(), AGAIN_MS);
    }

    async load() {
      try {
        const answer = await Linkage.ask("api/live/ground");
        if (answer.ok) this.layers = (await answer.json()).layers;
      } catch {
        return; // our own ground stands; the page's own light says that the line is broken
      }
      await this.base.ready;
      const grounds = this.layers.filter((layer) => layer.role === "ground");
      const kept = Linkage.remembered ? Linkage.remembered("ground", null) : null;
      const chosen = kept === "" ? null : grounds.find((layer) => layer.id === kept) || grounds[0];
      this.map.fire("ground");
      // Asked again because something was away: what is drawn and has not changed stays as it is.
      if (this.shown && chosen && this.facts(chosen.id) === this.laid) return;
      this.choose(chosen ? chosen.id : "");
    }

    facts(id) {
      return JSON.stringify(this.layers.filter((layer) => layer.id === id || layer.over.includes(id)));
    }

    choose(id) {
      this.drop();
      this.laid = this.facts(id);
      const layer = this.layers.find((one) => one.id === id);
      if (!layer) return this.tell("");
      if (Linkage.remember) Linkage.remember("ground", id);
      this.shown = this.lay(layer, "base-tiles");
      this.over = this.layers.filter((one) => one.over.includes(id)).map((one) => this.lay(one, "base-names"));
      this.paint(this.theme);
      return this.judge();
    }

    // Back to our own ground alone.
    plain() {
      this.drop();
      if (Linkage.remember) Linkage.remember("ground", "");
      this.tell("");
      this.map.fire("ground");
    }

    lay(layer, pane) {
      if (layer.why) return { layer, why: layer.why, failed: 1, covers: () => false };
      const tiles = new OwnTiles(layer, { pane });
      tiles.on("away load", () => this.judge());
      this.map.attributionControl.addAttribution(asText(layer.credit));
      return tiles.addTo(this.map);
    }

    drop() {
      for (const tiles of [this.shown, ...this.over]) {
        if (!tiles) continue;
        this.map.attributionControl.removeAttribution(asText(tiles.layer.credit));
        if (tiles.remove) tiles.remove();
      }
      this.shown = null;
      this.over = [];
      this.key = "";
      this.base.cover(false, false);
    }

    // Whether the operator's picture is there; where it is not, ours is, and a note says so.
    judge() {
      const all = [this.shown, ...this.over].filter(Boolean);
      const away = all.filter((tiles) => tiles.failed > 0);
      const there = Boolean(this.shown) && this.shown.covers();
      const named = there && all.some((tiles) => tiles.layer.labels && tiles.covers());
      const key = `${there}|${named}`;
      if (key !== this.key) this.base.cover(there, named);
      this.key = key;
      this.tell(away.map((tiles) => `底图“${tiles.layer.name}”暂时取不到：${tiles.why}。`).join(""), there);
      this.map.fire("ground");
    }

    tell(text, some) {
      const whole = text && `${text}${some ? "缺的地方" : "现在"}显示系统自带的底图`;
      if (this.note.textContent !== whole) this.note.textContent = whole;
      this.note.hidden = !whole;
    }

    again() {
      if (this.layers.some((layer) => layer.why)) this.load();
      for (const tiles of [this.shown, ...this.over]) {
        if (!tiles || !tiles.failed || !tiles.redraw) continue;
        tiles.failed = 0;
        tiles.redraw();
      }
    }

    paint(theme) {
      this.theme = theme;
      for (const tiles of [this.shown, ...this.over]) {
        if (!tiles || !tiles.getContainer) continue;
        const night = theme === "dark" ? tiles.layer.night : "as_is";
        tiles.getContainer().classList.toggle("night-dim", night === "dim");
        tiles.getContainer().classList.toggle("night-invert", night === "invert");
      }
    }
  }

  Linkage.gcjPixel = pixel;
  Linkage.OwnTiles = OwnTiles;
  Linkage.Grounds = Grounds;
})();
