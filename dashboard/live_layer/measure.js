"use strict";
// Distances, bearings and areas between points of the map, on the ellipsoid.
//
// Length and bearing: Vincenty's inverse solution on WGS-84, good to a millimetre at any distance
// of a city. Area: the polygon of great circles on the sphere of equal area (authalic latitudes,
// radius 6371007.181 m), which is off by less than 0.01 % up to the size of a province.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const A = 6378137;
  const F = 1 / 298.257223563;
  const B = A * (1 - F);
  const E2 = F * (2 - F);
  const E = Math.sqrt(E2);
  const AUTHALIC_M = 6371007.181;
  const MILE_M = 1852;
  const WINDS = ["北", "东北", "东", "东南", "南", "西南", "西", "西北"];
  const rad = (degrees) => (degrees * Math.PI) / 180;

  // → { metres, bearing: degrees from north at the first point }
  function between(a, b) {
    const { sin, cos, atan, atan2, tan, sqrt, abs, PI } = Math;
    const L0 = rad(b.lng - a.lng);
    const u1 = atan((1 - F) * tan(rad(a.lat)));
    const u2 = atan((1 - F) * tan(rad(b.lat)));
    const [s1, c1, s2, c2] = [sin(u1), cos(u1), sin(u2), cos(u2)];
    let l = L0, sinS = 0, cosS = 1, s = 0, cos2 = 0, middle = 0;
    for (let turn = 0; turn < 100; turn++) {
      const [sl, cl] = [sin(l), cos(l)];
      sinS = sqrt((c2 * sl) ** 2 + (c1 * s2 - s1 * c2 * cl) ** 2);
      if (sinS === 0) return { metres: 0, bearing: 0 };
      cosS = s1 * s2 + c1 * c2 * cl;
      s = atan2(sinS, cosS);
      const sinAz = (c1 * c2 * sl) / sinS;
      cos2 = 1 - sinAz ** 2;
      middle = cos2 ? cosS - (2 * s1 * s2) / cos2 : 0;
      const C = (F / 16) * cos2 * (4 + F * (4 - 3 * cos2));
      const before = l;
      l = L0 + (1 - C) * F * sinAz * (s + C * sinS * (middle + C * cosS * (2 * middle ** 2 - 1)));
      if (abs(l - before) < 1e-12) break;
    }
    const k = (cos2 * (A * A - B * B)) / (B * B);
    const K1 = 1 + (k / 16384) * (4096 + k * (-768 + k * (320 - 175 * k)));
    const K2 = (k / 1024) * (256 + k * (-128 + k * (74 - 47 * k)));
    const d = K2 * sinS * (middle + (K2 / 4) * (cosS * (2 * middle ** 2 - 1) - (K2 / 6) * middle * (4 * sinS ** 2 - 3) * (4 * middle ** 2 - 3)));
    const bearing = (atan2(c2 * sin(l), c1 * s2 - s1 * c2 * cos(l)) * 180) / PI;
    return { metres: B * K1 * (s - d), bearing: (bearing + 360) % 360 };
  }

  function authalic(latitude) {
    const q = (sine) => (1 - E2) * (sine / (1 - E2 * sine * sine) - Math.log((1 - E * sine) / (1 + E * sine)) / (2 * E));
    return Math.asin(q(Math.sin(rad(latitude))) / q(1));
  }

  // Square metres, whichever way round.
  function area(points) {
    let excess = 0;
    points.forEach((a, n) => {
      const b = points[(n + 1) % points.length];
      const [ta, tb] = [Math.tan(authalic(a.lat) / 2), Math.tan(authalic(b.lat) / 2)];
      excess += 2 * Math.atan2(Math.tan(rad(b.lng - a.lng) / 2) * (ta + tb), 1 + ta * tb);
    });
    return Math.abs(excess) * AUTHALIC_M ** 2;
  }

  function length(metres) {
    if (metres < 1000) return `${Math.round(metres)} 米`;
    return `${(metres / 1000).toFixed(metres < 10000 ? 2 : metres < 100000 ? 1 : 0)} 公里`;
  }

  function surface(square) {
    const mu = square / (10000 / 15);
    if (square < 10000) return `${Math.round(square)} 平方米（${mu.toFixed(1)} 亩）`;
    if (square < 1e6) return `${(square / 10000).toFixed(2)} 公顷（${Math.round(mu)} 亩）`;
    return `${(square / 1e6).toFixed(square < 1e8 ? 2 : 0)} 平方公里`;
  }

  const wind = (bearing) => WINDS[Math.round(bearing / 45) % 8];
  const heading = (bearing) => `${String(Math.round(bearing) % 360).padStart(3, "0")}°（${wind(bearing)}）`;

  class Measure {
    constructor(map) {
      this.map = map;
      this.on = this.closed = this.done = false;
      this.points = [];
      map.createPane("measure").style.zIndex = 600;
      map.getPane("measure").style.pointerEvents = "none";
      this.drawing = L.layerGroup();
      this.rubber = L.polyline([], { pane: "measure", interactive: false, color: "#c2185b", weight: 2, dashArray: "4 6" });
      this.build();
      this.listen();
    }

    build() {
      this.root = element("div", "measure");
      this.root.setAttribute("role", "region");
      this.root.setAttribute("aria-label", "测距");
      this.sum = element("div", "measure-sum");
      this.sum.setAttribute("role", "status");
      this.legs = element("ol", "measure-legs");
      this.hint = element("div", "measure-hint");
      const foot = element("div", "measure-foot");
      this.close = Linkage.button("plain", "闭合算面积", () => this.shut());
      this.back = Linkage.button("plain", "撤销一点", () => this.undo());
      foot.append(this.close, this.back, Linkage.button("plain", "结束", () => this.stop()));
      this.root.append(this.sum, this.legs, this.hint, foot);
      this.root.hidden = true;
      this.cross = element("div", "measure-cross");
      this.cross.hidden = true;
      this.map.getContainer().append(this.cross);
    }

    // Clicks are taken before the map sees them: measuring chooses no incident.
    listen() {
      const ground = this.map.getContainer();
      const ours = (event) => this.on && !event.target.closest(".leaflet-control");
      ground.addEventListener("click", (event) => {
        if (!ours(event)) return;
        event.stopPropagation();
        if (event.detail > 1 || this.map.dragging.moved() || this.done) return;
        this.cross.hidden = true;
        this.add(this.map.mouseEventToLatLng(event));
      }, true);
      ground.addEventListener("dblclick", (event) => {
        if (!ours(event)) return;
        event.stopPropagation();
        event.preventDefault();
        this.finish();
      }, true);
      ground.addEventListener("contextmenu", (event) => {
        if (!ours(event)) return;
        event.preventDefault();
        event.stopPropagation();
        this.undo();
      }, true);
      ground.addEventListener("mousemove", (event) => ours(event) && this.stretch(this.map.mouseEventToLatLng(event)));
      addEventListener("keydown", (event) => this.key(event), true);
    }

    key(event) {
      if (!this.on || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key !== "Escape" && event.target.closest("input, textarea, select, button, .list")) return;
      const key = event.key.toLowerCase();
      if (key === "escape") this.stop();
      else if (key === "enter" || key === " ") this.addMiddle();
      else if (key === "backspace" || key === "delete") this.undo();
      else if (key === "c") this.shut();
      else return;
      event.preventDefault();
      event.stopImmediatePropagation();
    }

    // By keyboard: arrows move the map, the cross in its middle says where the point falls.
    addMiddle() {
      if (this.done) return;
      if (this.cross.hidden) this.cross.hidden = false;
      else this.add(this.map.getCenter());
    }

    start() {
      if (this.on) return this.stop();
      this.on = true;
      this.root.hidden = false;
      this.drawing.addTo(this.map);
      this.rubber.addTo(this.map);
      this.map.getContainer().classList.add("measuring");
      this.map.getContainer().focus({ preventScroll: true });
      this.map.fire("tool", { name: "measure" });
      this.redraw();
      return undefined;
    }

    stop() {
      this.on = this.closed = this.done = false;
      this.points = [];
      this.root.hidden = this.cross.hidden = true;
      this.drawing.clearLayers().remove();
      this.rubber.setLatLngs([]).remove();
      this.map.getContainer().classList.remove("measuring");
      this.map.fire("toolend", { name: "measure" });
    }

    add(point) {
      if (this.done || this.closed) return;
      this.points.push(point);
      this.redraw();
    }

    undo() {
      if (this.closed || this.done) this.closed = this.done = false;
      else this.points.pop();
      this.redraw();
    }

    shut() {
      if (this.points.length < 3) return;
      this.closed = this.done = true;
      this.redraw();
    }

    finish() {
      if (this.points.length > 1) this.done = true;
      this.redraw();
    }

    stretch(to) {
      const from = this.points.at(-1);
      this.rubber.setLatLngs(from && !this.done ? [from, to] : []);
      if (!from || this.done) return;
      const { metres, bearing } = between(from, to);
      this.hint.textContent = `到指针 ${length(metres)}，方位 ${heading(bearing)}`;
    }

    redraw() {
      const { points } = this;
      const round = this.closed ? [...points, points[0]] : points;
      const line = { pane: "measure", interactive: false, color: "#c2185b", weight: 3 };
      this.drawing.clearLayers();
      this.rubber.setLatLngs([]);
      if (this.closed) L.polygon(points, { ...line, fillOpacity: 0.12 }).addTo(this.drawing);
      else L.polyline(points, line).addTo(this.drawing);
      let run = 0;
      const rows = [];
      round.forEach((point, n) => {
        if (n) {
          const { metres, bearing } = between(round[n - 1], point);
          run += metres;
          rows.push(element("li", "", `${length(metres)}，方位 ${heading(bearing)}`));
        }
        if (n < points.length) this.dot(point, n ? length(run) : "起点");
      });
      this.total = run;
      this.legs.replaceChildren(...rows);
      this.legs.scrollTop = this.legs.scrollHeight;
      this.sum.textContent = this.said(run);
      this.close.disabled = points.length < 3 || this.closed;
      this.back.disabled = points.length === 0;
      this.hint.textContent = this.closed || this.done ? "右键或退格键接着改，Esc 结束" : "单击加点，右键撤销，双击停笔；键盘：方向键移图，回车加点，C 闭合，Esc 结束";
    }

    said(run) {
      if (!this.points.length) return "在图上单击起点";
      const miles = run >= MILE_M ? `（${(run / MILE_M).toFixed(1)} 海里）` : "";
      const whole = `${this.closed ? "周长" : "共"} ${length(run)}${miles}`;
      return this.closed ? `${whole}，面积 ${surface(area(this.points))}` : whole;
    }

    dot(point, text) {
      L.circleMarker(point, { pane: "measure", interactive: false, radius: 4, color: "#c2185b", weight: 2, fillColor: "#ffffff", fillOpacity: 1 }).addTo(this.drawing);
      const icon = L.divIcon({ className: "measure-mark", html: element("span", "", text), iconSize: [0, 0] });
      L.marker(point, { icon, pane: "measure", interactive: false, keyboard: false }).addTo(this.drawing);
    }
  }

  Object.assign(Measure, { between, area, surface, heading, distance: length });
  Linkage.Measure = Measure;
})();
