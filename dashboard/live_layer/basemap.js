"use strict";
// The base map from files of our own: no tiles, no network beyond this machine.
window.Linkage = window.Linkage || {};
(() => {
  const FILES = {
    cities: "jiangsu_cities_tianditu_wgs84.geojson",
    sea: "sea_osm10m_clip.geojson",
    districts: "lianyungang_districts_tianditu_wgs84.geojson",
    rivers: "rivers_wdbii_clip.geojson",
    towns: "towns_geonames_wgs84.geojson",
  };
  const INK = {
    light: {
      land: "#eceae2", sea: "#c9dfee", city: "#cfccc0", district: "#f8f6ef",
      border: "#8797a8", coast: "#84abc6", river: "#8ab8d8",
    },
    dark: {
      land: "#141d27", sea: "#0b2136", city: "#26323f", district: "#18222d",
      border: "#4b617a", coast: "#285478", river: "#24557c",
    },
  };
  // Boundaries are coarse and their approval number is not verified: say so on the map itself.
  const CREDIT = "区划：天地图（审图号未核验，仅供内部参考） · 海域与岸线 © OpenStreetMap contributors (ODbL) · 水系 GSHHG/WDB-II (LGPL) · 地名 GeoNames (CC BY)";
  const CREDIT_SHORT = "天地图（审图号未核验） · © OSM · GSHHG · GeoNames"; // in full on 态势总览
  // Beside the county seats, where most of the markers stand.
  const LABELS = {
    海州区: [34.505, 119.1], 连云区: [34.63, 119.47], 东海县: [34.63, 118.6], 赣榆区: [34.93, 119.0],
    灌云县: [34.4, 119.42], 灌南县: [34.17, 119.5],
  };
  // What the files cover: outside of it there is nothing to see.
  const COVERED = { west: 118, south: 33.6, east: 120.6, north: 35.6 };
  const CITY = [[33.98, 118.4], [35.15, 119.85]];

  function style(part, ink) {
    return {
      cities: { stroke: true, color: ink.city, weight: 1, fill: false },
      sea: { stroke: false, fillColor: ink.sea, fillOpacity: 1 },
      districts: { color: ink.border, weight: 1.2, fillColor: ink.district, fillOpacity: 1 },
      outline: { color: ink.border, weight: 1.4, dashArray: "6 3", fill: false },
      coast: { color: ink.coast, weight: 1, fill: false },
      rivers: { color: ink.river, weight: 1.4 },
    }[part];
  }

  function centre(feature) {
    let best = null;
    for (const rings of feature.geometry.type === "Polygon" ? [feature.geometry.coordinates] : feature.geometry.coordinates) {
      let area = 0, x = 0, y = 0;
      const ring = rings[0];
      for (let i = 0; i + 1 < ring.length; i++) {
        const cross = ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
        area += cross;
        x += (ring[i][0] + ring[i + 1][0]) * cross;
        y += (ring[i][1] + ring[i + 1][1]) * cross;
      }
      if (!best || Math.abs(area) > best.area) best = { area: Math.abs(area), at: [y / (3 * area), x / (3 * area)] };
    }
    return best.at;
  }

  // The sea is cut off at the edge of the file: the cut is no shore.
  function shores(features) {
    const edge = ([x, y]) => [x <= COVERED.west && "w", x >= COVERED.east && "e", y <= COVERED.south && "s", y >= COVERED.north && "n"].filter(Boolean);
    const lines = [];
    for (const { geometry } of features) {
      const seas = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
      for (const ring of seas.flat()) {
        let line = [];
        ring.forEach((point, n) => {
          const along = n > 0 && edge(point).some((side) => edge(ring[n - 1]).includes(side));
          if (along) {
            if (line.length > 1) lines.push(line);
            line = [];
          }
          line.push(point);
        });
        if (line.length > 1) lines.push(line);
      }
    }
    return [{ type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } }];
  }

  // The open sea beyond the file.
  function offing() {
    const { east, south, north } = COVERED;
    const ring = [[east, south], [east + 4, south], [east + 4, north], [east, north], [east, south]];
    return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } };
  }

  function inside(ring, x, y) {
    let within = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i];
      const [xj, yj] = ring[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) within = !within;
    }
    return within;
  }

  // How far a finger's breadth is, in the words of the room; and what the middle of the map is.
  class Scale extends L.Control.Scale {
    onAdd(map) {
      this.middle = Linkage.element("div", "middle");
      const root = super.onAdd(map);
      root.prepend(this.middle);
      return root;
    }

    _updateMetric(most) {
      const metres = this._getRoundNum(most);
      this._updateScale(this._mScale, metres < 1000 ? `${metres} 米` : `${metres / 1000} 公里`, metres / most);
      const at = this._map.getCenter();
      this.middle.hidden = this._map.getSize().x < 420;
      this.middle.textContent = `图中心 ${this.options.base.districtAt(at)} ${at.lng.toFixed(4)}, ${at.lat.toFixed(4)}`;
    }
  }

  class BaseMap {
    constructor(map, base) {
      this.map = map;
      this.parts = {};
      this.features = {};
      this.theme = "light";
      this.wanted = { districts: true, towns: true, sites: true };
      map.attributionControl.setPrefix(false);
      this.credit = "";
      this.sign(false);
      map.setMaxBounds([[COVERED.south - 0.5, COVERED.west - 0.8], [COVERED.north + 0.5, COVERED.east + 0.8]]);
      map.options.maxBoundsViscosity = 0.7;
      new Scale({ imperial: false, base: this }).addTo(map);
      // `tiles` and `names`: the operator's own, above our ground and below what is going on.
      ["cities", "districts", "sea", "coast", "rivers", "tiles", "outline", "warned", "names", "labels"].forEach((name, n) => {
        const pane = map.createPane(`base-${name}`);
        pane.style.zIndex = 210 + n * 10;
        pane.style.pointerEvents = "none";
      });
      this.labels = new Linkage.Labels().addTo(map);
      this.ready = Promise.all(Object.entries(FILES).map(([part, file]) => this.load(part, `${base}basemap/${file}`)));
    }

    async load(part, address) {
      const answer = await fetch(address);
      if (!answer.ok) return;
      const data = await answer.json();
      if (part === "sea") {
        this.draw("coast", shores(data.features));
        data.features.push(offing());
      }
      if (part === "towns") return this.name(data.features);
      this.draw(part, data.features);
      if (part === "districts") this.label(data.features);
      return undefined;
    }

    draw(part, features) {
      this.features[part] = features;
      this.parts[part] = L.geoJSON(features, {
        pane: `base-${part}`, interactive: false, style: () => style(part, INK[this.theme]),
      }).addTo(this.map);
    }

    label(features) {
      this.labels.set("districts", features.map((feature) => {
        const { name } = feature.properties;
        return { text: name, at: LABELS[name] || centre(feature), rank: 0, from: 8, to: 13, kind: "district" };
      }));
    }

    // What is around the city is for finding one's way: its cities only. A town whose position is
    // in doubt is found by searching, with its doubt, and not shown as if it were certain.
    name(features) {
      const sure = features.filter((f) => f.properties.within_m < 5000 && (f.properties.area || f.properties.rank === "city"));
      this.labels.set("towns", sure.map(({ properties, geometry }) => {
        const [lon, lat] = geometry.coordinates;
        const far = properties.rank === "city";
        return { text: properties.name, at: [lat, lon], rank: far ? 2 : 3, from: far ? 8 : 10, kind: far ? "city" : "town", mark: true };
      }));
    }

    // Places that are dangerous in themselves, from the registers; for who may read the feed.
    sites(found) {
      this.labels.set("sites", found.map(({ name, lon, lat }) => {
        return { text: name, at: [lat, lon], rank: 1, from: 10, kind: "site", mark: true };
      }));
    }

    // The operator's picture lies over our ground: our borders stand on it, and our names unless
    // it brings its own.
    cover(covered, itsNames) {
      this.sign(covered);
      if (this.parts.outline) this.parts.outline.remove();
      delete this.parts.outline;
      if (covered && this.features.districts) {
        this.parts.outline = L.geoJSON(this.features.districts, {
          pane: "base-outline", interactive: false, style: () => style("outline", INK[this.theme]),
        }).addTo(this.map);
      }
      for (const group of ["districts", "towns"]) this.labels.show(group, this.wanted[group] && !(covered && itsNames));
      this.namesCovered = covered && itsNames;
    }

    // In full where there is room: not on a small map, and not beside the operator's own credit.
    sign(shared) {
      const credit = shared || this.map.getSize().x < 500 ? CREDIT_SHORT : CREDIT;
      if (credit === this.credit) return;
      if (this.credit) this.map.attributionControl.removeAttribution(this.credit);
      this.map.attributionControl.addAttribution(credit);
      this.credit = credit;
    }

    districtAt({ lat, lng }) {
      const found = (this.features.districts || []).find(({ geometry }) => {
        const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
        return polygons.some(([ring]) => inside(ring, lng, lat));
      });
      return found ? found.properties.name : "";
    }

    paint(theme) {
      this.theme = theme;
      this.map.getContainer().style.background = INK[theme].land;
      for (const [part, layer] of Object.entries(this.parts)) {
        if (layer.setStyle) layer.setStyle(() => style(part, INK[theme]));
      }
    }

    show(part, shown) {
      if (part in this.wanted) {
        this.wanted[part] = shown;
        this.labels.show(part, shown && !(this.namesCovered && part !== "sites"));
      }
      const names = part === "districts" ? ["districts", "outline"] : part === "rivers" ? ["rivers", "coast"] : [part];
      for (const name of names) {
        const layer = this.parts[name];
        if (layer && shown) layer.addTo(this.map);
        else if (layer) layer.remove();
      }
    }

    // Districts under a warning: outlined and tinted in its colour, a thicker line for a worse one.
    // An exercise is a thin broken line with no tint, and none at all where a real warning stands.
    warn(warnings) {
      const WORST = { red: 4, orange: 3, yellow: 2, blue: 1 };
      const LINE = { red: "#d1001f", orange: "#f0690f", yellow: "#d9a900", blue: "#2b7de1" };
      const worst = new Map();
      for (const w of warnings) {
        for (const code of w.area_codes) {
          for (const f of this.features.districts || []) {
            const own = f.properties.adcode;
            const inside = code === own || (code.endsWith("00") && own.startsWith(code.replace(/(00)+$/, "")));
            const weight = (WORST[w.colour] || 0) - (w.exercise ? 10 : 0);
            if (inside && !(weight <= worst.get(own)?.weight)) worst.set(own, { weight, colour: w.colour, exercise: w.exercise });
          }
        }
      }
      const key = JSON.stringify([...worst]);
      if (key === this.warnedKey) return;
      this.warnedKey = key;
      if (this.parts.warned) this.parts.warned.remove();
      const features = (this.features.districts || []).filter((f) => worst.has(f.properties.adcode));
      this.parts.warned = L.geoJSON(features, {
        pane: "base-warned", interactive: false,
        style: (f) => {
          const { colour, exercise } = worst.get(f.properties.adcode);
          if (exercise) return { color: LINE[colour], weight: 1.2, opacity: 0.75, dashArray: "2 7", fill: false };
          return { color: LINE[colour], weight: 1 + WORST[colour] * 0.6, fillColor: LINE[colour], fillOpacity: 0.06 };
        },
      });
      this.parts.warned.setStyle = undefined;
      if (this.warnedShown !== false) this.parts.warned.addTo(this.map);
    }
  }
  BaseMap.CITY = CITY;
  Linkage.BaseMap = BaseMap;

  // The ground of the page decides: Streamlit sets it by the officer's theme.
  Linkage.theme = () => {
    const ground = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g) || [255, 255, 255];
    const [r, g, b] = ground.map(Number);
    return r * 0.3 + g * 0.59 + b * 0.11 < 110 ? "dark" : "light";
  };

  Linkage.ask = (path) => fetch(`../../${path}`);

  // What every map of ours has beside its ground: risk sites, the operator's tiles and, where
  // there is room for a hand, search and measure.
  Linkage.furnish = (map, ground, withTools) => {
    Linkage.ask("api/live/sites").then((answer) => (answer.ok ? answer.json() : { sites: [] }))
      .then(({ sites }) => ground.sites(sites)).catch(() => {});
    ground.tiles = new Linkage.Grounds(map, ground);
    if (withTools) ground.tools = new Linkage.MapTools(map, ground);
    ground.tiles.load();
  };

  // A map that shows a place and nothing live.
  Linkage.plainMap = (map, withTools = true) => {
    const ground = new BaseMap(map, "../../");
    Linkage.ground = ground;
    Linkage.furnish(map, ground, withTools && map.getSize().x >= 420);
    const paint = () => {
      document.documentElement.dataset.theme = Linkage.theme();
      ground.ready.then(() => ground.paint(Linkage.theme()));
      ground.tiles.paint(Linkage.theme());
    };
    paint();
    window.Streamlit.events.addEventListener("streamlit:render", paint);
  };
})();
