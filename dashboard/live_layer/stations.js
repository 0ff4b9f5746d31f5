"use strict";
// Stations on the map: the latest of each with its age; a click shows the past day of one.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const LABEL_ZOOM = 11; // from here on every station says its value; below only those in alarm
  const STALE_S = 3600; // where no rule says how old is too old
  const RANK = { extreme: 4, severe: 3, moderate: 2, minor: 1 };
  const FONT = "'Noto Sans CJK SC','Microsoft YaHei',sans-serif";
  const CALM = { light: "#0c7c59", dark: "#5fd39a" };
  const GREY = { light: "#7c8794", dark: "#8d9aa8" };

  // A row as it came, with its name, its place and its factors in words.
  Linkage.stationRow = (row, words) => {
    const known = (words.stations || {})[row.id.replace(/\/drill$/, "")];
    row.known = Boolean(known);
    row.name = known ? known.name : `未登记 ${row.id.split("/")[1]}`;
    row.kind = known ? known.kind : "";
    row.datum = known ? known.datum : "";
    if (known) {
      row.lon = known.lon;
      row.lat = known.lat;
    }
    row.rows = row.readings.map(([factor, span, value, unit, at, quality, severity, fault]) => ({
      factor, span, value, unit, at, quality, severity, fault,
      name: words.factors[factor] || factor,
      stale: (known && known.stale[factor]) || STALE_S,
      judged: Boolean(known && factor in known.stale),
    }));
    // The worst first, then what is judged at all: that is what the label says.
    row.rows.sort((a, b) => (RANK[b.severity] || 0) - (RANK[a.severity] || 0) || b.judged - a.judged);
    return row;
  };

  const figure = (value) => (value === null ? "–" : String(Number(value.toPrecision(7))));
  const isStale = (reading, now) => now - reading.at > reading.stale;

  // Level, fault or age, whichever matters most; the word always stands beside the colour.
  function state(feed, reading) {
    const { words } = feed;
    if (reading.severity) return [reading.severity, words.severity[reading.severity]];
    if (isStale(reading, feed.now())) return ["stale", "过期"];
    if (reading.fault) return ["fault", words.faults[reading.fault]];
    if (reading.quality !== "normal") return ["stale", words.qualities[reading.quality]];
    return ["calm", reading.judged ? "正常" : ""];
  }

  Linkage.drawStations = (marks, pen, origin) => {
    const { feed } = marks;
    const theme = marks.dark ? "dark" : "light";
    const close = marks._map.getZoom() >= LABEL_ZOOM;
    const now = feed.now();
    const rows = [...feed.stations.values()].filter((row) => row.lon !== null && row.rows.length);
    rows.sort((a, b) => (RANK[a.severity] || 0) - (RANK[b.severity] || 0));
    for (const row of rows) {
      const world = marks.place(row);
      const x = world.x - origin.x;
      const y = world.y - origin.y;
      if (!marks.sees(x, y)) continue;
      const [first] = row.rows;
      const stale = row.rows.every((reading) => isStale(reading, now));
      const alarm = RANK[row.severity] && !row.exercise;
      const [fill, ink] = alarm ? Linkage.shapes.colours(row.severity) : [];
      const calm = stale ? GREY[theme] : CALM[theme];
      gauge(pen, x, y, alarm ? fill : calm, stale, marks.dark);
      marks.items.push({ x, y, r: 9, rows: [], station: row });
      if (close || alarm) {
        // The label is to be clicked too: an incident may stand on the post itself.
        marks.items.push({ x, y: y + 20, r: 11, rows: [], station: row });
        const old = isStale(first, now) ? `·${Linkage.say("过期")}` : "";
        const mark = alarm ? `${Linkage.say(feed.words.marks[row.severity])} ` : "";
        label(pen, x, y + 14, `${row.exercise ? `${Linkage.say("演")} ` : mark}${first.name} ${figure(first.value)}${old}`, alarm && !stale ? fill : null, ink, stale || old, marks.dark);
      }
    }
  };

  // A post with a disc: no other symbol of the map has a stem.
  function gauge(pen, x, y, colour, hollow, dark) {
    pen.save();
    pen.lineCap = "round";
    for (const [width, ink] of [[5, dark ? "#0b121a" : "#ffffff"], [2.4, colour]]) {
      pen.strokeStyle = ink;
      pen.lineWidth = width;
      if (hollow && width < 5) pen.setLineDash([2.5, 2.5]);
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(x, y + 7);
      pen.moveTo(x - 3.5, y + 7);
      pen.lineTo(x + 3.5, y + 7);
      pen.moveTo(x + 5, y - 2);
      pen.arc(x, y - 2, 5, 0, 7);
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.fillStyle = hollow ? (dark ? "#17212e" : "#ffffff") : colour;
    pen.beginPath();
    pen.arc(x, y - 2, 4, 0, 7);
    pen.fill();
    pen.restore();
  }

  function label(pen, x, y, text, fill, ink, grey, dark) {
    pen.font = `600 11px ${FONT}`;
    const half = pen.measureText(text).width / 2 + 5;
    pen.beginPath();
    pen.roundRect(x - half, y - 3, half * 2, 16, 3);
    pen.fillStyle = fill || (dark ? "rgba(18,27,38,.9)" : "rgba(255,255,255,.9)");
    pen.fill();
    pen.lineWidth = 1;
    pen.strokeStyle = fill ? "rgba(255,255,255,.9)" : "rgba(110,125,140,.6)";
    pen.stroke();
    pen.fillStyle = fill ? ink : grey ? GREY[dark ? "dark" : "light"] : dark ? "#f2f6fb" : "#17202b";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(text, x, y + 5.5);
  }

  Linkage.stationSign = () => {
    const sign = node("svg", { viewBox: "0 0 24 24", width: 15, height: 15, "aria-hidden": "true" });
    sign.append(node("path", { d: "M12 3.5A6 6 0 1 1 11.99 3.5ZM12 15.5V21.5M7.5 21.5H16.5", fill: "none", stroke: "currentColor", "stroke-width": 2 }));
    return sign;
  };

  Linkage.stationHint = (feed, row) => {
    const now = feed.now();
    const lines = row.rows.slice(0, 5).map((reading) => {
      const [, word] = state(feed, reading);
      return element("span", "", `${reading.name} ${figure(reading.value)} ${reading.unit} · ${word ? `${word} · ` : ""}${Linkage.since(now - reading.at)}`);
    });
    const rest = row.rows.length > 5 ? [element("span", "", `另有 ${row.rows.length - 5} 项`)] : [];
    return [element("b", "", row.exercise ? `${row.name}（演练）` : row.name), ...lines, ...rest];
  };

  // Beside the map: every factor with its age, and the past 24 hours of the chosen one.
  class StationPanel {
    constructor(feed) {
      this.feed = feed;
      this.root = element("aside", "station-card");
      this.root.hidden = true;
      this.root.setAttribute("aria-label", "测站");
      L.DomEvent.disableClickPropagation(this.root).disableScrollPropagation(this.root);
    }

    hide() {
      this.id = null;
      this.root.hidden = true;
    }

    async show(id) {
      if (id !== this.id) {
        this.past = this.factor = null;
        this.root.replaceChildren(); // from its top
      }
      this.id = id;
      this.root.hidden = false;
      this.update();
      const answer = await fetch(`${this.feed.base}api/live/station?id=${encodeURIComponent(id)}&at=${this.feed.at || ""}`).catch(() => null);
      if (id !== this.id) return;
      this.past = answer && answer.ok ? await answer.json() : [];
      this.update();
    }

    update() {
      const row = this.id && this.feed.stations.get(this.id);
      if (!row) return this.hide();
      if (!this.factor) this.factor = row.rows[0].factor;
      const head = element("div", "card-head");
      const names = element("div", "names");
      const what = [row.kind, this.feed.words.sources[row.id.split("/")[0]], row.datum].filter(Boolean).join(" · ");
      names.append(element("div", "number", row.exercise ? `${what}（演练）` : what), element("div", "title", row.name));
      const shut = Linkage.button("shut", "×", () => this.hide());
      shut.setAttribute("aria-label", "关闭");
      head.append(names, shut);
      this.root.className = `station-card ${row.severity}`;
      const table = element("div", "station-rows");
      table.append(...row.rows.map((reading) => this.line(reading)));
      this.instead(head, table, this.chart());
      return undefined;
    }

    // Readings come while somebody reads: what was scrolled to and what has the focus stays.
    instead(...parts) {
      const { root } = this;
      const within = () => root.querySelector(".station-rows") || { scrollTop: 0 };
      const buttons = () => [...root.querySelectorAll("button")];
      const at = [root.scrollTop, within().scrollTop, buttons().indexOf(document.activeElement)];
      root.replaceChildren(...parts);
      [root.scrollTop, within().scrollTop] = at;
      if (at[2] >= 0 && buttons()[at[2]]) buttons()[at[2]].focus({ preventScroll: true });
    }

    line(reading) {
      const [tone, word] = state(this.feed, reading);
      const line = Linkage.button(`station-row ${tone}`, null, () => { this.factor = reading.factor; this.update(); });
      line.setAttribute("aria-pressed", String(reading.factor === this.factor));
      const age = element("span", "age", Linkage.since(this.feed.now() - reading.at));
      line.append(element("span", "factor", reading.name), element("b", "", `${figure(reading.value)} ${reading.unit}`), element("span", "word", word), age);
      return line;
    }

    chart() {
      const box = element("div", "station-past");
      if (!this.past) return box;
      const past = this.past.filter((one) => one.factor === this.factor);
      past.sort((a, b) => b.samples.length - a.samples.length);
      if (!past.length) {
        box.append(element("div", "empty", "近 24 小时没有读数"));
        return box;
      }
      box.append(...draw(past[0], this.feed));
      return box;
    }
  }

  const W = 306;
  const H = 112;

  function draw(past, feed) {
    const now = feed.now();
    const good = past.samples.filter(([, value]) => value !== null);
    // A station that has spoken for an hour fills the picture with that hour.
    const length = Math.min(86400, Math.max(3600, good.length ? (now - good[0][0]) * 1.02 : 0));
    const from = now - length;
    const limits = good.length ? past.limits : [];
    const values = [...good.map(([, value]) => value), ...limits.map((limit) => limit.value)];
    let low = Math.min(...values);
    let high = Math.max(...values);
    if (low === high) { low -= 1; high += 1; }
    const room = (high - low) * 0.08;
    const x = (t) => ((t - from) / length) * (W - 8) + 4;
    const y = (value) => H - 16 - ((value - low + room) / (high - low + 2 * room)) * (H - 22);
    const svg = node("svg", { viewBox: `0 0 ${W} ${H}`, width: W, height: H, role: "img" });
    svg.append(node("title", {}, `${feed.words.factors[past.factor] || past.factor} 近 24 小时`));
    for (const limit of limits) {
      const [colour] = Linkage.shapes.colours(limit.severity);
      svg.append(node("line", { x1: 4, x2: W - 4, y1: y(limit.value), y2: y(limit.value), stroke: colour, "stroke-dasharray": "4 3" }));
      const text = node("text", { x: W - 5, y: y(limit.value) - 3, "text-anchor": "end", class: "limit" }, `${limit.word} ${figure(limit.value)}`);
      svg.append(text);
    }
    let path = "";
    let last = -Infinity;
    const gap = Math.max(900, 2.5 * step(good));
    for (const [t, value, quality] of good) {
      if (t < from) continue;
      path += `${t - last > gap ? "M" : "L"}${x(t).toFixed(1)} ${y(value).toFixed(1)}`;
      last = t;
      if (quality !== "normal") svg.append(node("circle", { cx: x(t), cy: y(value), r: 1.6, class: "flagged" }));
    }
    svg.append(node("path", { d: path, class: "trace" }));
    const end = good[good.length - 1];
    if (end) svg.append(node("circle", { cx: x(end[0]), cy: y(end[1]), r: 2.6, class: "end" }));
    for (const part of [1, 0.75, 0.5, 0.25]) {
      const t = now - part * length;
      svg.append(node("text", { x: x(t), y: H - 3, class: "hour", "text-anchor": part === 1 ? "start" : "middle" }, Linkage.clock(Math.floor(t)).slice(0, 5)));
    }
    svg.append(node("text", { x: W - 4, y: H - 3, class: "hour", "text-anchor": "end" }, "现在"));
    const span = feed.words.spans[past.span];
    const range = good.length ? `最低 ${figure(Math.min(...good.map(([, v]) => v)))}，最高 ${figure(Math.max(...good.map(([, v]) => v)))} ${past.unit}` : "没有有效数值";
    return [svg, element("div", "station-note", `近 24 小时 · ${span}值 ${past.samples.length} 个 · ${range}`)];
  }

  function step(samples) {
    const steps = samples.slice(1).map(([t], n) => t - samples[n][0]).sort((a, b) => a - b);
    return steps.length ? steps[steps.length >> 1] : 0;
  }

  function node(name, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }
  Linkage.StationPanel = StationPanel;
})();
