"use strict";
// 下风向示意: a sector downwind of a release, by the table of linkage/plan/plume.py. A rough aid.
window.Linkage = window.Linkage || {};
(() => {
  const { element, geo } = Linkage;
  const INK = { light: "#b34700", dark: "#ffb454" };
  const AGAIN_MS = 30000;
  const WINDS = ["北", "北东北", "东北", "东东北", "东", "东东南", "东南", "南东南", "南", "南西南", "西南", "西西南", "西", "西西北", "西北", "北西北"];
  // A substance in the air, or what may turn into that; oil on the water and rays are not.
  const KINDS = new Set(["hazmat", "hazmat_vehicle", "gas_leak", "air_pollution"]);

  const compass = (degrees) => WINDS[Math.round(degrees / 22.5) % 16];

  function spread(table, speed, sky) {
    const step = table.steps_ms.filter((limit) => speed >= limit).length;
    const stability = table.classes[sky][step];
    if (speed < table.calm_ms) return [stability, 180];
    const half = Math.max(table.narrowest_deg, table.nine_tenths * table.turns[stability]);
    return [stability, speed < table.light_ms ? Math.max(half, table.light_deg) : half];
  }

  // The keyhole of linkage/plan/plume.py: [lon, lat] corners of sector and isolation circle as one.
  function keyhole(table, scene, axis, half, length, isolate) {
    const turns = (first, last) => {
      const steps = Math.max(1, Math.ceil((last - first) / table.step_deg));
      return Array.from({ length: steps + 1 }, (_, n) => first + ((last - first) * n) / steps);
    };
    const long = Math.max(length, isolate);
    if (half >= 180) return turns(0, 360 - table.step_deg).map((turn) => geo.away(scene, turn, long));
    return [
      ...turns(axis - half, axis + half).map((turn) => geo.away(scene, turn, long)),
      ...turns(axis + half, axis - half + 360).map((turn) => geo.away(scene, turn, isolate)),
    ];
  }

  class Plume {
    constructor(draw) {
      Object.assign(this, { draw, feed: draw.feed, map: draw.map, row: null });
      this.layer = L.layerGroup().addTo(draw.map);
    }

    static may(row) {
      return Boolean(row && row.located && (KINDS.has(row.kind) || row.hazmat));
    }

    async open(row) {
      const { draw } = this;
      draw.leave();
      draw.clear();
      this.row = row;
      this.scene = null;
      this.chosen = null;
      this.build();
      this.apply();
      await this.read();
      clearInterval(this.timer);
      this.timer = setInterval(() => this.read(), AGAIN_MS);
    }

    shut() {
      if (!this.row) return;
      this.row = null;
      clearInterval(this.timer);
      this.layer.clearLayers();
      this.draw.panel.form.replaceChildren();
    }

    // What the record knows: winds, and the substances that were named.
    async read() {
      const { row, feed } = this;
      if (!row) return;
      const answer = await fetch(`${feed.base}api/live/scene?incident=${encodeURIComponent(row.id)}`).catch(() => null);
      if (this.row !== row) return;
      const first = !this.scene;
      this.scene = answer && answer.ok ? await answer.json() : this.scene || { winds: [], substances: [] };
      this.lost = !(answer && answer.ok);
      if (first) this.offer();
      this.list();
      this.apply();
    }

    build() {
      const { words } = this.feed;
      const table = words.plume;
      const { form } = this.draw.panel;
      const field = (label, input, unit) => {
        const wrap = element("label", "plume-field");
        wrap.append(element("span", "", label), input);
        if (unit) wrap.append(element("span", "unit", unit));
        return wrap;
      };
      const number = (least, most, value, changed = () => this.apply()) => {
        const input = element("input");
        Object.assign(input, { type: "number", min: least, max: most, step: "any", value });
        input.addEventListener("input", changed);
        return input;
      };
      const select = (changed) => {
        const made = element("select");
        made.addEventListener("change", changed);
        return made;
      };
      this.substance = select(() => this.fill());
      this.source = select(() => this.blow());
      this.turn = number(0, 360, "", () => this.byHand());
      this.speed = number(0, 60, "", () => this.byHand());
      this.point = select(() => { if (this.point.value !== "") { this.turn.value = this.point.value; this.byHand(); } });
      this.point.append(option("", "方位"), ...WINDS.map((name, n) => option(n * 22.5, `${name}风`)));
      this.sky = select(() => this.apply());
      this.sky.append(...table.skies.map(([code, label]) => option(code, label)));
      this.isolate = number(table.least_m, table.most_m, table.isolate_m);
      this.length = number(table.least_m, table.most_m, table.length_m);
      this.caveat = element("div", "plume-caveat", table.caveat);
      this.doubt = element("div", "plume-doubt");
      this.from = element("div", "plume-from");
      this.said = element("div", "plume-said");
      this.basis = element("div", "plume-basis");
      form.replaceChildren(
        this.caveat, field("物质", this.substance), field("风", this.source), this.from, this.doubt,
        field("来向", this.turn, "°"), field("或按方位", this.point), field("风速", this.speed, "米/秒"), field("天空", this.sky),
        field("隔离半径", this.isolate, "米"), field("下风向长度", this.length, "米"), this.said, this.basis,
      );
      this.list();
    }

    // The choices; what is chosen stays chosen.
    list() {
      const { words } = this.feed;
      const { winds, substances } = this.scene || { winds: [], substances: [] };
      const now = this.feed.now();
      const before = this.source.value || "hand";
      const wind = (one) => `${compass(one.from_deg)}风${one.speed_ms === null ? "" : ` ${one.speed_ms} 米/秒`} · ${Linkage.since(now - one.at)} · ${Linkage.far(one.metres)} · ${one.name}`;
      this.source.replaceChildren(...winds.map((one) => option(`${one.name}|${Math.round(one.metres)}`, wind(one))), option("hand", winds.length ? "手工填写" : this.scene ? "没有测风读数，手工填写" : "正在读取测风站…"));
      this.source.value = before;
      if (this.source.value !== before) this.source.value = "hand";
      const kept = this.substance.value;
      const rest = words.substances.filter((one) => !substances.includes(one.name)).map((one) => one.name);
      this.substance.replaceChildren(option("", "不明"), ...substances.map((name) => option(name, `${name}（来报提到）`)), ...rest.map((name) => option(name, name)));
      this.substance.value = kept;
    }

    // What stands first when the record has answered.
    offer() {
      this.list();
      const [wind] = this.scene.winds;
      if (wind && !this.touched()) {
        this.source.value = `${wind.name}|${Math.round(wind.metres)}`;
        this.blow();
      }
      if (this.scene.substances.length && !this.substance.value) {
        [this.substance.value] = this.scene.substances;
        this.fill();
      }
    }

    touched() {
      return this.turn.value !== "" || this.speed.value !== "";
    }

    wind() {
      return ((this.scene && this.scene.winds) || []).find((one) => `${one.name}|${Math.round(one.metres)}` === this.source.value) || null;
    }

    byHand() {
      this.source.value = "hand";
      this.apply();
    }

    blow() {
      const wind = this.wind();
      if (wind) {
        this.turn.value = wind.from_deg;
        this.speed.value = wind.speed_ms === null ? "" : wind.speed_ms;
      }
      this.apply();
    }

    fill() {
      const { words } = this.feed;
      const one = words.substances.find((each) => each.name === this.substance.value);
      this.isolate.value = one ? one.isolate_m : words.plume.isolate_m;
      this.length.value = one && one.large_m ? one.large_m : words.plume.length_m;
      this.apply();
    }

    apply() {
      const { row, feed } = this;
      if (!row) return;
      const table = feed.words.plume;
      const wind = this.wind();
      if (wind) { // a newer reading of the same station
        this.turn.value = wind.from_deg;
        if (wind.speed_ms !== null) this.speed.value = wind.speed_ms;
      }
      this.doubt.textContent = this.lost ? "读不到测风站，请手工填写风向风速" : wind ? wind.doubt : "";
      this.from.textContent = wind ? `${wind.name}，${Linkage.since(feed.now() - wind.at)}的读数，距事发地 ${Linkage.far(wind.metres)}` : "";
      const one = feed.words.substances.find((each) => each.name === this.substance.value);
      const unchecked = one && !one.checked ? "，数值待核" : "";
      this.basis.textContent = one
        ? `${one.name} UN${one.un}：隔离 ${one.isolate_m} 米${one.large_m ? `，大量泄漏下风向 ${one.large_m} 米` : ""}。${one.toxic}（${one.source}${unchecked}）`
        : "物质不明：隔离 100 米（ERG 2020 指南111，待核），长度由指挥员定。";
      const isolate = between(this.isolate.value, table.least_m, table.most_m);
      const length = between(this.length.value, table.least_m, table.most_m);
      const turn = between(this.turn.value, 0, 360);
      const speed = between(this.speed.value, 0, 60);
      for (const [input, value] of [[this.isolate, isolate], [this.length, length], [this.turn, turn], [this.speed, speed]]) input.classList.toggle("wrong", value === null && input.value !== "");
      if ([isolate, length, turn, speed].includes(null)) {
        this.said.textContent = turn === null ? "请填写风向（风从哪里来）和风速，才能画出下风向。" : speed === null ? "请填写风速，才能画出下风向。" : "请改正标红的数。";
        this.shape = null;
        this.paint();
        this.draw.panel.hide();
        this.draw.panel.root.hidden = false;
        this.draw.panel.names.replaceChildren(element("div", "title", "下风向示意"), element("div", "number", row.title));
        this.draw.panel.body.replaceChildren();
        this.draw.panel.export.disabled = true;
        return;
      }
      const axis = (turn + 180) % 360;
      const [stability, half] = spread(table, speed, this.sky.value);
      const scene = [row.lon, row.lat];
      this.shape = { scene, axis, half, isolate, length: Math.max(length, isolate), speed, turn };
      this.said.textContent = half >= 180
        ? "静风（不足 1 米/秒），没有稳定的下风向，按四周都可能受影响。"
        : `${compass(turn)}风（${Math.round(turn)}°）吹向${compass(axis)}（${Math.round(axis)}°），每侧 ${Math.round(half)}°，${speed < table.light_ms ? "微风，风向不稳" : `大气稳定度按 ${stability} 类`}。`;
      this.draw.outline = { form: "ring", corners: keyhole(table, scene, axis, half, length, isolate) };
      this.paint();
      this.draw.panel.show("下风向示意范围", this.draw.outline);
    }

    paint() {
      this.layer.clearLayers();
      const { shape } = this;
      if (!shape || !this.row) return;
      const ink = INK[this.draw.board.theme === "dark" ? "dark" : "light"];
      const { outline } = this.draw;
      const style = { pane: "drawn", renderer: this.draw.renderer, interactive: false };
      const swap = ([lon, lat]) => [lat, lon];
      L.polygon(outline.corners.map(swap), { ...style, color: ink, weight: 2.5, dashArray: "10 6", fillColor: "#ff6a00", fillOpacity: 0.24 }).addTo(this.layer);
      L.circle(swap(shape.scene), { ...style, radius: shape.isolate, color: "#d1001f", weight: 2, fillColor: "#d1001f", fillOpacity: 0.12 }).addTo(this.layer);
      if (shape.half < 180) {
        const tip = geo.away(shape.scene, shape.axis, shape.length * 0.97);
        const wings = [150, -150].map((turn) => geo.away(tip, shape.axis + turn, shape.length * 0.07));
        L.polyline([shape.scene, tip].map(swap), { ...style, color: ink, weight: 2 }).addTo(this.layer);
        L.polygon([tip, ...wings].map(swap), { ...style, color: ink, weight: 1, fillColor: ink, fillOpacity: 1 }).addTo(this.layer);
      }
      const text = element("span", "");
      const way = shape.half < 180 ? `${compass(shape.turn)}风 ${shape.speed} 米/秒，吹向${compass(shape.axis)}` : "静风，四周";
      text.append(element("b", "", this.feed.words.plume.caveat), element("i", "", `${way} · 长 ${Linkage.far(shape.length)} · 隔离 ${Linkage.far(shape.isolate)}`));
      // Beyond the tip, so that it covers nothing of the sector however short that is.
      const beyond = shape.half < 180 ? shape.axis : 180;
      const at = geo.away(shape.scene, beyond, shape.length * 1.04);
      const turn = (beyond * Math.PI) / 180;
      text.style.transform = `translate(${-50 + 50 * Math.sin(turn)}%, ${-50 - 50 * Math.cos(turn)}%)`;
      const icon = L.divIcon({ className: "plume-note", html: text, iconSize: [0, 0] });
      L.marker(swap(at), { icon, pane: "drawn-notes", interactive: false, keyboard: false }).addTo(this.layer);
    }

    repaint() {
      if (this.row) this.paint();
    }
  }

  function option(value, text) {
    const made = element("option", "", text);
    made.value = value;
    return made;
  }

  function between(text, least, most) {
    const value = Number(text);
    return text !== "" && Number.isFinite(value) && value >= least && value <= most ? value : null;
  }

  Linkage.Plume = Plume;
  Linkage.plumeRing = keyhole;
  Linkage.plumeSpread = spread;
})();
