"use strict";
// The base map from files of our own: no tiles, no network beyond this machine.
window.Linkage = window.Linkage || {};
(() => {
  const FILES = {
    cities: "jiangsu_cities_tianditu_wgs84.geojson",
    sea: "sea_osm10m_clip.geojson",
    districts: "lianyungang_districts_tianditu_wgs84.geojson",
    rivers: "rivers_wdbii_clip.geojson",
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
  const CREDIT = "区划：天地图（审图号未核验，仅供内部参考） · 海域与岸线 © OpenStreetMap contributors (ODbL) · 水系 GSHHG/WDB-II (LGPL)";
  const CREDIT_SHORT = "天地图（审图号未核验） · © OSM · GSHHG"; // in full on 态势总览
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

  class BaseMap {
    constructor(map, base) {
      this.map = map;
      this.parts = {};
      this.features = {};
      this.theme = "light";
      map.attributionControl.setPrefix(false);
      map.attributionControl.addAttribution(map.getSize().x < 500 ? CREDIT_SHORT : CREDIT);
      map.setMaxBounds([[COVERED.south - 0.5, COVERED.west - 0.8], [COVERED.north + 0.5, COVERED.east + 0.8]]);
      map.options.maxBoundsViscosity = 0.7;
      L.control.scale({ imperial: false }).addTo(map);
      ["cities", "districts", "sea", "coast", "rivers", "warned", "labels"].forEach((name, n) => {
        const pane = map.createPane(`base-${name}`);
        pane.style.zIndex = 210 + n * 10;
        pane.style.pointerEvents = "none";
      });
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
      this.draw(part, data.features);
      if (part === "districts") this.label(data.features);
    }

    draw(part, features) {
      this.features[part] = features;
      this.parts[part] = L.geoJSON(features, {
        pane: `base-${part}`, interactive: false, style: () => style(part, INK[this.theme]),
      }).addTo(this.map);
    }

    label(features) {
      const group = L.layerGroup();
      for (const feature of features) {
        const { name } = feature.properties;
        const icon = L.divIcon({
          className: "district-label", html: Linkage.element("span", "", name), iconSize: [80, 18],
        });
        L.marker(LABELS[name] || centre(feature), { icon, pane: "base-labels", interactive: false, keyboard: false }).addTo(group);
      }
      this.parts.labels = group.addTo(this.map);
    }

    paint(theme) {
      this.theme = theme;
      this.map.getContainer().style.background = INK[theme].land;
      for (const [part, layer] of Object.entries(this.parts)) {
        if (layer.setStyle) layer.setStyle(() => style(part, INK[theme]));
      }
    }

    show(part, shown) {
      const names = part === "districts" ? ["districts", "labels"] : part === "rivers" ? ["rivers", "coast"] : [part];
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

  // A map that shows a place and nothing live.
  Linkage.plainMap = (map) => {
    const ground = new BaseMap(map, "../../");
    const paint = () => {
      document.documentElement.dataset.theme = Linkage.theme();
      ground.ready.then(() => ground.paint(Linkage.theme()));
    };
    paint();
    window.Streamlit.events.addEventListener("streamlit:render", paint);
  };
})();
