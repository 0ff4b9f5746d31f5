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
  const LAYERS = {
    incidents: "事件", units: "处置力量", vehicles: "监管车辆", stations: "测站读数", warned: "预警区域", districts: "行政区划", rivers: "水系岸线",
  };

  class Sift {
    constructor(changed, layered) {
      Object.assign(this, { changed, layered });
      const kept = Linkage.remembered("sift", {});
      this.off = new Set(kept.off || []); // "severity:minor", "family:fire", "state:calm"
      this.routine = Boolean(kept.routine);
      this.exercise = kept.exercise !== false;
      this.layers = { ...Object.fromEntries(Object.keys(LAYERS).map((name) => [name, true])), ...kept.layers };
      this.text = "";
      this.stateOf = Object.fromEntries(Object.entries(STATES).flatMap(([name, [, codes]]) => codes.map((code) => [code, name])));
      this.wanted = this.wanted.bind(this);
    }

    wanted(row) {
      if (row.routine && !this.routine && !this.text) return false;
      if (row.exercise && !this.exercise) return false;
      if (this.off.size && (this.off.has(`severity:${row.severity}`) || this.off.has(`family:${row.family}`) || this.off.has(`state:${this.stateOf[row.status]}`))) return false;
      return !this.text || this.text.split(/\s+/).every((word) => row.said.includes(word));
    }

    active() {
      return this.off.size + (this.exercise ? 0 : 1) + (this.text ? 1 : 0);
    }

    keep() {
      Linkage.remember("sift", { off: [...this.off], routine: this.routine, exercise: this.exercise, layers: this.layers });
      this.changed();
    }

    clear() {
      this.off.clear();
      this.exercise = true;
      this.text = "";
      this.search.value = "";
      this.panel.querySelectorAll("input").forEach((box) => { if (box.dataset.sift) box.checked = true; });
      this.keep();
    }

    build(words) {
      this.search = element("input", "search");
      this.search.type = "search";
      this.search.placeholder = "搜索地点、内容";
      this.search.title = "编号、地点、内容、类别、受理人，空格隔开多个词（/）";
      this.search.setAttribute("aria-label", "搜索事件");
      this.search.addEventListener("input", () => {
        this.text = this.search.value.trim().toLowerCase();
        this.changed();
      });
      this.panel = element("div", "panel sift");
      this.panel.hidden = true;
      this.group("危害程度", words.severities.map(([code, label, mark]) => [`severity:${code}`, label, Linkage.shapes.svg("routine", code, mark, false, 18)]));
      this.group("事件类别", words.families.map(([code, label]) => [`family:${code}`, label, Linkage.shapes.svg(code, null, null, false, 16)]));
      this.group("处置状态", Object.entries(STATES).map(([name, [label]]) => [`state:${name}`, label]));
      this.switches("显示范围", [
        ["日常警情", this.routine, (on) => { this.routine = on; this.keep(); }],
        ["演练", this.exercise, (on) => { this.exercise = on; this.keep(); }, "exercise"],
      ]);
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

  // What a tab remembers while its officer visits other pages.
  Linkage.remembered = (name, otherwise) => {
    try {
      return JSON.parse(sessionStorage.getItem(`linkage.${name}`)) || otherwise;
    } catch {
      return otherwise;
    }
  };
  Linkage.remember = (name, value) => sessionStorage.setItem(`linkage.${name}`, JSON.stringify(value));
})();
