"use strict";
// What lies inside an outline: the formulas of linkage/desk/inside.py, and the panel that lists it.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const EARTH_M = 6371008.8;
  const LISTED = 60;
  const AGENCIES = 6;
  const LEAST_DEG2 = 1e-8; // as _LEAST_DEG2 of linkage/desk/inside.py
  const OLD_CREW_S = 1800;
  const GONE_S = 86400; // a vehicle not heard of for a day is not where it was
  const PEOPLE = [["deaths", "死亡"], ["missing", "失踪"], ["trapped", "被困"], ["critical", "重伤"], ["injured", "受伤"], ["poisoned", "中毒"], ["evacuated", "转移"]];
  const rad = (degrees) => (degrees * Math.PI) / 180;

  // Places are [lon, lat], as in every file and on the wire.
  const geo = {
    metres([lon, lat], [lon2, lat2]) {
      const h = Math.sin(rad(lat2 - lat) / 2) ** 2 + Math.cos(rad(lat)) * Math.cos(rad(lat2)) * Math.sin(rad(lon2 - lon) / 2) ** 2;
      return 2 * EARTH_M * Math.asin(Math.sqrt(h));
    },
    away([lon, lat], bearing, metres) {
      const angle = metres / EARTH_M;
      const sine = Math.sin(rad(lat)) * Math.cos(angle) + Math.cos(rad(lat)) * Math.sin(angle) * Math.cos(rad(bearing));
      const east = Math.atan2(Math.sin(rad(bearing)) * Math.sin(angle) * Math.cos(rad(lat)), Math.cos(angle) - Math.sin(rad(lat)) * sine);
      return [lon + (east * 180) / Math.PI, (Math.asin(sine) * 180) / Math.PI];
    },
    contains(outline, at) {
      if (outline.form === "circle") return geo.metres([outline.lon, outline.lat], at) <= outline.radius_m;
      const { corners } = outline;
      let inside = false;
      for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
        const [x, y] = corners[i];
        const [px, py] = corners[j];
        if (y > at[1] !== py > at[1] && at[0] < ((px - x) * (at[1] - y)) / (py - y) + x) inside = !inside;
      }
      return inside;
    },
    km2(outline) {
      if (outline.form === "circle") return (2 * Math.PI * EARTH_M ** 2 * (1 - Math.cos(outline.radius_m / EARTH_M))) / 1e6;
      const { corners } = outline;
      const sum = corners.reduce((total, [lon, lat], n) => {
        const [lon2, lat2] = corners[(n + 1) % corners.length];
        return total + rad(lon2 - lon) * (2 + Math.sin(rad(lat)) + Math.sin(rad(lat2)));
      }, 0);
      return (Math.abs(sum) * EARTH_M ** 2) / 2e6;
    },
    centre(outline) {
      if (outline.form === "circle") return [outline.lon, outline.lat];
      const { corners } = outline;
      let area = 0, x = 0, y = 0;
      const [ox, oy] = corners[0]; // near the corners, so that no digits are lost
      corners.forEach(([ax, ay], n) => {
        const [bx, by] = corners[(n + 1) % corners.length];
        const cross = (ax - ox) * (by - oy) - (bx - ox) * (ay - oy);
        area += cross;
        x += (ax + bx - 2 * ox) * cross;
        y += (ay + by - 2 * oy) * cross;
      });
      return area ? [ox + x / (3 * area), oy + y / (3 * area)] : corners[0];
    },
    // Why an outline cannot be used; empty when it can.
    wrong(outline) {
      if (outline.form === "circle") return "";
      const corners = outline.corners.filter(([x, y], m, all) => { // the same twice is no edge
        const [px, py] = all[(m + all.length - 1) % all.length];
        return x !== px || y !== py;
      });
      const n = corners.length;
      let twice = 0;
      for (let i = 0; i < n; i++) {
        const [a, b] = [corners[i], corners[(i + 1) % n]];
        twice += a[0] * b[1] - b[0] * a[1];
        for (let j = i + 2; j < n; j++) {
          if (i === 0 && j === n - 1) continue; // neighbours share a corner
          if (cross(a, b, corners[j], corners[(j + 1) % n])) return "多边形的边互相交叉，请拖动顶点改正。";
        }
      }
      return Math.abs(twice) / 2 < LEAST_DEG2 ? "多边形面积为零，请拖动顶点改正。" : "";
    },
  };

  function cross(a, b, c, d) {
    const side = (p, q, r) => Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
    return side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0;
  }

  // 850 米, 2.3 公里: as `far` of linkage/response/nearest.py.
  const far = (metres) => (metres < 1000 ? `${Math.round(metres)} 米` : `${(metres / 1000).toFixed(1)} 公里`);
  const size = (km2) => `${km2 < 10 ? km2.toFixed(2) : km2 < 1000 ? km2.toFixed(1) : Math.round(km2)} 平方公里`;

  // By the whole word, else by the longest of ours that stands in theirs; of two as long the busy
  // one: as linkage/response/unit_states.py.
  function readiness(words, state) {
    const said = state.trim();
    if (said in words.unit_states) return words.unit_states[said];
    let best = null;
    for (const [word, found] of Object.entries(words.unit_states)) {
      if (!said.includes(word)) continue;
      const better = !best || word.length > best.word.length || (word.length === best.word.length && best.found === "free" && found !== "free");
      if (better) best = { word, found };
    }
    return best ? best.found : "unknown";
  }

  function reckon(feed, outline) {
    const now = feed.now();
    const within = (thing) => thing.lon !== null && thing.lat !== null && thing.lon !== undefined && geo.contains(outline, [thing.lon, thing.lat]);
    const middle = geo.centre(outline);
    const off = (thing) => geo.metres(middle, [thing.lon, thing.lat]);
    const incidents = [...feed.incidents.values()].filter((row) => !row.fault && within(row));
    incidents.sort((a, b) => b.rank - a.rank || b.opened_at - a.opened_at);
    const units = [...feed.units.values()].filter((unit) => unit.lon !== null && !(unit.watched && now - unit.reported_at > GONE_S));
    const stations = new Map(Object.entries(feed.words.stations || {}).map(([id, known]) => [id, { id, ...known }]));
    for (const [id, row] of feed.stations) if (!row.exercise && row.lon !== null) stations.set(id, row);
    const real = incidents.filter((row) => !row.exercise);
    const people = {};
    for (const row of real) for (const [name, count] of Object.entries(row.people || {})) people[name] = (people[name] || 0) + count;
    // Of every agency the unit nearest to the middle that is free, or may be.
    const nearest = new Map();
    for (const unit of units) {
      const can = readiness(feed.words, unit.state);
      if (unit.watched || can === "busy" || can === "off" || now - unit.reported_at > OLD_CREW_S) continue;
      const apart = off(unit);
      const known = nearest.get(unit.agency_id);
      if (!known || apart < known.apart) nearest.set(unit.agency_id, { unit, apart, can });
    }
    return {
      real,
      drills: incidents.filter((row) => row.exercise),
      crews: units.filter((unit) => !unit.watched && within(unit)).sort((a, b) => off(a) - off(b)),
      vehicles: units.filter((unit) => unit.watched && within(unit)).sort((a, b) => b.hazmat - a.hazmat || off(a) - off(b)),
      stations: [...stations.values()].filter(within),
      sites: (feed.words.sites || []).filter(within),
      nearest: [...nearest.values()].sort((a, b) => a.apart - b.apart).slice(0, AGENCIES),
      people,
      unlocated: [...feed.incidents.values()].filter((row) => !row.located && !row.fault && !row.exercise).length,
    };
  }

  class InsidePanel {
    // acts: choose(id), station(id), look(lon, lat), whole(), export(), close()
    constructor(feed, wanted, acts) {
      Object.assign(this, { feed, wanted, acts });
      this.root = element("aside", "inside-card");
      this.root.hidden = true;
      this.root.setAttribute("aria-label", "圈选范围");
      this.names = element("div", "names");
      const head = element("div", "card-head");
      const shut = Linkage.button("shut", "×", () => acts.close());
      shut.setAttribute("aria-label", "清除圈选范围");
      head.append(this.names, shut);
      this.form = element("div", "inside-form");
      this.body = element("div", "inside-body");
      this.foot = element("div", "card-foot");
      this.export = Linkage.button("primary", "导出…", () => acts.export());
      this.export.title = "CSV 或 GeoJSON，须写明用途";
      this.foot.append(this.export, Linkage.button("plain", "看全", () => acts.whole()), Linkage.button("plain", "清除", () => acts.close()));
      this.root.append(head, this.form, this.body, this.foot);
      L.DomEvent.disableClickPropagation(this.root).disableScrollPropagation(this.root);
    }

    show(title, outline) {
      this.title = title;
      this.outline = outline;
      this.key = null;
      this.root.hidden = false;
      this.update();
    }

    hide() {
      this.outline = null;
      this.root.hidden = true;
    }

    // Rows come while somebody reads: only what differs is drawn, scroll and focus stay.
    update() {
      const { outline, feed } = this;
      if (!outline || !feed.words) return;
      const wrong = geo.wrong(outline);
      const what = outline.form === "circle" ? `圆，半径 ${far(outline.radius_m)}` : `多边形，${outline.corners.length} 个顶点`;
      const about = wrong || `${this.title === "圈选范围" ? `${what} · ` : ""}${size(geo.km2(outline))}`;
      this.export.disabled = Boolean(wrong);
      const found = wrong ? null : reckon(feed, outline);
      this.found = found;
      const parts = found ? this.parts(found) : [];
      const key = JSON.stringify([this.title, about, parts.map(([name, sum, lines]) => [name, sum, lines.map((line) => line.key)])]);
      if (key === this.key) return;
      this.key = key;
      this.names.replaceChildren(element("div", "title", this.title), element("div", wrong ? "number warm" : "number", about));
      const { scrollTop } = this.body;
      const at = document.activeElement && this.body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      this.body.replaceChildren(...parts.map((part) => this.section(...part)));
      this.body.scrollTop = scrollTop;
      if (at) for (const each of this.body.querySelectorAll("button")) if (each.dataset.key === at) each.focus({ preventScroll: true });
    }

    parts(found) {
      const { words } = this.feed;
      const hidden = found.real.filter((row) => !this.wanted(row)).length;
      const levels = words.severities.map(([code, label]) => [label, found.real.filter((row) => row.severity === code).length]).filter(([, n]) => n).map(([label, n]) => `${label} ${n}`);
      const notes = [levels.join(" · "), hidden ? `其中 ${hidden} 起被筛选隐藏` : ""].filter(Boolean);
      const counted = PEOPLE.filter(([name]) => found.people[name]).map(([name, label]) => `${label} ${found.people[name]}`);
      const states = Object.entries(words.readiness).map(([code, label]) => [label, found.crews.filter((unit) => readiness(words, unit.state) === code).length]).filter(([, n]) => n).map(([label, n]) => `${label} ${n}`);
      const goods = found.vehicles.filter((unit) => unit.hazmat).length;
      const parts = [
        [`事件 ${found.real.length} 起`, notes.join("；"), this.cut(found.real, (row) => this.incident(row))],
        ["人员", `${counted.length ? `${counted.join(" · ")}（范围内事件所报）` : "范围内事件没有报伤亡和被困"}。无人口数据`, []],
        [`处置力量 ${found.crews.length}`, states.join(" · "), this.cut(found.crews, (unit) => this.unit(unit))],
        [`监管车辆 ${found.vehicles.length}`, goods ? `危险货物 ${goods}` : "", this.cut(found.vehicles, (unit) => this.unit(unit))],
        [`测站 ${found.stations.length}`, "", this.cut(found.stations, (row) => this.station(row))],
        [`重点单位 ${found.sites.length}`, "", this.cut(found.sites, (site) => this.site(site))],
        ["就近单位", found.nearest.length ? "各单位可调派力量中离中心最近的，直线距离" : "没有可调派的力量", found.nearest.map((one) => this.agency(one))],
      ];
      if (found.drills.length) parts.splice(1, 0, [`演练事件 ${found.drills.length} 起`, "不计入上面的数", this.cut(found.drills, (row) => this.incident(row))]);
      if (found.unlocated) parts[0][1] += `${parts[0][1] ? "；" : ""}另有待定位 ${found.unlocated} 起，不知是否在内`;
      return parts.filter(([name, , lines]) => lines.length || !/^(监管车辆|重点单位|测站)/.test(name));
    }

    cut(rows, draw) {
      const lines = rows.slice(0, LISTED).map(draw);
      if (rows.length > LISTED) lines.push({ key: `rest ${rows.length}`, text: `另有 ${rows.length - LISTED} 项，导出可看全部` });
      return lines;
    }

    incident(row) {
      const { words } = this.feed;
      const people = PEOPLE.filter(([name]) => (row.people || {})[name]).map(([name, label]) => `${label}${row.people[name]}`).join(" ");
      const more = [words.severity[row.severity], people, row.about_m ? `位置误差 ${far(row.about_m)}` : ""].filter(Boolean).join(" · ");
      return {
        key: `i${row.id} ${row.version} ${row.severity} ${more}`, text: row.title, more,
        picture: () => Linkage.shapes.svg(row.family, row.severity, words.marks[row.severity], row.exercise, 18), act: () => this.acts.choose(row.id),
      };
    }

    unit(unit) {
      const { words } = this.feed;
      const old = Linkage.isOldUnit(this.feed, unit);
      const more = [words.agencies[unit.agency_id] || unit.agency_id, unit.state, unit.hazmat ? `危险货物 ${unit.cargo || "品名未登记"}` : "", old ? "位置已旧" : ""].filter(Boolean).join(" · ");
      return { key: `u${unit.id} ${more}`, text: unit.label, more, act: () => this.acts.look(unit.lon, unit.lat) };
    }

    station(row) {
      return { key: `s${row.id} ${row.severity}`, text: row.name, more: [row.kind, row.severity ? this.feed.words.severity[row.severity] : ""].filter(Boolean).join(" · "), act: () => (this.feed.stations.has(row.id) ? this.acts.station(row.id) : this.acts.look(row.lon, row.lat)) };
    }

    site(site) {
      return { key: `p${site.id}`, text: site.name, more: site.more, act: () => this.acts.look(site.lon, site.lat) };
    }

    agency({ unit, apart, can }) {
      const { words } = this.feed;
      const more = `${unit.label} · ${far(apart)} · ${unit.state}${can === "unknown" ? "（状态不明，先询问）" : ""}`;
      return { key: `a${unit.agency_id} ${unit.id} ${unit.state} ${far(apart)}`, text: words.agencies[unit.agency_id] || unit.agency_id, more, act: () => this.acts.look(unit.lon, unit.lat) };
    }

    section(name, sum, lines) {
      const part = element("section", "inside-part");
      const head = element("h4", "", name);
      part.append(head);
      if (sum) part.append(element("div", "inside-sum", sum));
      for (const line of lines) {
        if (!line.act) {
          part.append(element("div", "inside-sum", line.text));
          continue;
        }
        const row = Linkage.button(line.picture ? "inside-row" : "inside-row bare", null, line.act);
        [row.dataset.key] = line.key.split(" ");
        if (line.picture) row.append(line.picture());
        row.append(element("b", "", line.text), element("span", "", line.more));
        row.title = [line.text, line.more].filter(Boolean).join("\n");
        part.append(row);
      }
      return part;
    }
  }

  Linkage.peopleWords = (people) => PEOPLE.filter(([name]) => (people || {})[name]).map(([name, label]) => `${label} ${people[name]}`).join(" · ");
  Object.assign(Linkage, { geo, far, readiness, reckonInside: reckon, InsidePanel });
})();
