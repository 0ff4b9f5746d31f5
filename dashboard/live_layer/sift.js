"use strict";
// What is shown: by level, family, state, words. The same for map and queue.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const STATES = {
    fresh: ["待核实", ["received"]],
    active: ["处置中", ["verified", "dispatched", "acknowledged", "en_route", "on_scene"]],
    calm: ["已控制", ["controlled", "resolved"]],
  };
  const WITHIN = [[0, "不限"], [60, "近 1 小时"], [360, "近 6 小时"], [1440, "近 24 小时"]];
  const LAYERS = {
    incidents: "事件", units: "处置力量", vehicles: "监管车辆", stations: "测站读数", warned: "预警区域", districts: "行政区划", rivers: "水系岸线", towns: "地名", sites: "风险点位",
  };

  class Sift {
    // `typed`: hears the words of the search field. `now`: the server's time.
    constructor(changed, layered, typed, now) {
      Object.assign(this, { changed, layered, typed, now });
      const kept = Linkage.remembered("sift", {});
      this.off = new Set(kept.off || []); // "severity:minor", "family:fire", "state:calm"
      this.routine = Boolean(kept.routine);
      this.exercise = kept.exercise !== false;
      this.source = kept.source || "";
      this.within = kept.within || 0; // minutes; 0: whenever it was opened
      this.layers = { ...Object.fromEntries(Object.keys(LAYERS).map((name) => [name, true])), ...kept.layers };
      this.text = "";
      this.stateOf = Object.fromEntries(Object.entries(STATES).flatMap(([name, [, codes]]) => codes.map((code) => [code, name])));
      this.wanted = this.wanted.bind(this);
    }

    wanted(row) {
      if (row.routine && !this.routine && !this.text) return false;
      if (row.exercise && !this.exercise) return false;
      if (this.source && !row.sources.includes(this.source)) return false;
      if (this.within && this.now() - row.opened_at > this.within * 60) return false;
      if (this.off.size && (this.off.has(`severity:${row.severity}`) || this.off.has(`family:${row.family}`) || this.off.has(`state:${this.stateOf[row.status]}`))) return false;
      return !this.text || this.text.split(/\s+/).every((word) => row.said.includes(word));
    }

    active() {
      return this.off.size + (this.exercise ? 0 : 1) + (this.text ? 1 : 0) + (this.source ? 1 : 0) + (this.within ? 1 : 0);
    }

    keep() {
      Linkage.remember("sift", { off: [...this.off], routine: this.routine, exercise: this.exercise, source: this.source, within: this.within, layers: this.layers });
      this.changed();
    }

    clear() {
      this.off.clear();
      this.exercise = true;
      this.source = "";
      this.within = 0;
      this.routine = false;
      this.say("");
      this.reflect();
      this.keep();
    }

    say(text) {
      this.search.value = text;
      this.text = text.trim().toLowerCase();
      this.typed(this.search.value.trim());
    }

    // The fields of the panel, after something else than a hand has set them.
    reflect() {
      for (const box of this.panel.querySelectorAll("input[data-sift]")) {
        const key = box.dataset.sift;
        box.checked = key === "exercise" ? this.exercise : key === "routine" ? this.routine : !this.off.has(key);
      }
      this.panel.querySelector("[data-sift='source']").value = this.source;
      this.panel.querySelector("[data-sift='within']").value = String(this.within);
    }

    // What a colleague needs to see the same: of a group what is shown, where not all is.
    view() {
      const view = {};
      for (const [part, group, codes] of this.groups()) {
        const shown = codes.filter((code) => !this.off.has(`${group}:${code}`));
        if (shown.length < codes.length) view[part] = shown.join(",") || "none";
      }
      if (this.source) view.source = this.source;
      if (this.within) view.within = String(this.within);
      if (this.routine) view.routine = "1";
      if (!this.exercise) view.drill = "0";
      if (this.text) view.q = this.search.value.trim();
      return view;
    }

    // Take over what an address says; returns what of it nobody knows.
    adopt(view) {
      const unknown = [];
      this.off.clear();
      for (const [part, group, codes] of this.groups()) {
        if (!view[part]) continue;
        const wanted = view[part].split(",").filter((code) => code !== "none");
        const known = wanted.filter((code) => codes.includes(code));
        if (known.length < wanted.length) unknown.push(part);
        if (wanted.length && !known.length) continue; // nothing of it is known: as if not said
        for (const code of codes) if (!known.includes(code)) this.off.add(`${group}:${code}`);
      }
      this.source = view.source in this.words.sources ? view.source : "";
      if (view.source && !this.source) unknown.push("source");
      this.within = WITHIN.some(([minutes]) => String(minutes) === view.within) ? Number(view.within) : 0;
      if (view.within && !this.within) unknown.push("within");
      if (view.routine && view.routine !== "1") unknown.push("routine");
      if (view.drill && view.drill !== "0") unknown.push("drill");
      this.routine = view.routine === "1";
      this.exercise = view.drill !== "0";
      this.say(view.q || "");
      this.reflect();
      return unknown;
    }

    groups() {
      return [
        ["level", "severity", this.words.severities.map(([code]) => code)],
        ["family", "family", this.words.families.map(([code]) => code)],
        ["state", "state", Object.keys(STATES)],
      ];
    }

    build(words) {
      this.words = words;
      this.search = element("input", "search");
      this.search.type = "search";
      this.search.placeholder = "编号、地点、车牌";
      this.search.title = "在办事件随打随筛；下面同时列出全部记录中的。编号、地点、车牌、内容，空格隔开多个词（/）";
      this.search.setAttribute("aria-label", "搜索事件");
      this.search.addEventListener("input", () => {
        this.text = this.search.value.trim().toLowerCase();
        this.typed(this.search.value.trim());
        this.changed();
      });
      this.panel = element("div", "panel sift");
      this.panel.hidden = true;
      this.group("危害程度", words.severities.map(([code, label, mark]) => [`severity:${code}`, label, Linkage.shapes.svg("routine", code, mark, false, 18)]));
      this.group("事件类别", words.families.map(([code, label]) => [`family:${code}`, label, Linkage.shapes.svg(code, null, null, false, 16)]));
      this.group("处置状态", Object.entries(STATES).map(([name, [label]]) => [`state:${name}`, label]));
      this.switches("显示范围", [
        ["日常警情", this.routine, (on) => { this.routine = on; this.keep(); }, "routine"],
        ["演练", this.exercise, (on) => { this.exercise = on; this.keep(); }, "exercise"],
      ]);
      this.choose("来源系统", "source", [["", "全部来源"], ...Object.entries(words.sources)], (value) => { this.source = value; this.keep(); });
      this.choose("立案时间", "within", WITHIN, (value) => { this.within = Number(value); this.keep(); });
      this.switches("图层", Object.entries(LAYERS).map(([name, label]) => [label, this.layers[name], (on) => {
        this.layers[name] = on;
        this.layered(name, on);
        this.keep();
      }]));
      const foot = element("div", "foot");
      foot.append(Linkage.button("plain", "恢复默认", () => this.clear()), Linkage.button("plain", "关闭", () => { this.panel.hidden = true; }));
      this.panel.append(foot);
    }

    group(title, choices) {
      const set = element("fieldset");
      set.append(element("legend", "", title));
      for (const [key, label, picture] of choices) {
        set.append(this.box(label, !this.off.has(key), (on) => {
          if (on) this.off.delete(key);
          else this.off.add(key);
          this.keep();
        }, picture, key));
      }
      this.panel.append(set);
    }

    choose(title, key, choices, act) {
      const set = element("fieldset");
      const list = element("select", "wide");
      list.dataset.sift = key;
      list.setAttribute("aria-label", title);
      for (const [value, label] of choices) {
        const option = element("option", "", label);
        option.value = value;
        list.append(option);
      }
      list.value = String(this[key]);
      list.addEventListener("change", () => act(list.value));
      set.append(element("legend", "", title), list);
      this.panel.append(set);
    }

    switches(title, choices) {
      const set = element("fieldset");
      set.append(element("legend", "", title));
      for (const [label, on, act, key] of choices) set.append(this.box(label, on, act, null, key));
      this.panel.append(set);
    }

    box(label, on, act, picture, key) {
      const wrap = element("label", "box");
      const input = element("input");
      input.type = "checkbox";
      input.checked = on;
      if (key) input.dataset.sift = key;
      input.addEventListener("change", () => act(input.checked));
      wrap.append(input);
      if (picture) wrap.append(picture);
      wrap.append(element("span", "", label));
      return wrap;
    }
  }
  Linkage.Sift = Sift;
})();
