"use strict";
// 指挥总览: views that take turns by need. What is new and serious comes at once, and stays.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const SECONDS = { city: 20, incident: 18, late: 14, warnings: 14, shift: 14 };
  const NAMES = { city: "全市态势", incident: "重大事件", late: "超时", warnings: "预警", shift: "本班统计" };
  const SERIOUS = 3; // severity rank
  const STAYS_S = 180; // what is new and serious, or until somebody has it in hand
  const SEEN_S = 20; // but so long at the least
  const PAUSED_S = 600; // a pause that everybody has forgotten ends
  const INCIDENTS = 3; // shown one after the other in one round
  const AMBER_S = 5, RED_S = 15;

  class Wall {
    constructor(map) {
      this.feed = new Linkage.Feed("../../");
      this.fresh = new Map(); // id → since when it holds the screen, by the server's clock
      this.paused = 0;
      this.leave = new AbortController();
      this.build(map);
      this.listen();
      this.paint();
      setInterval(() => this.tick(), 250);
    }

    build(map) {
      const { CityView, IncidentView, LateView, ShiftView, WarningView } = Linkage.wallViews;
      this.root = element("main", "wall");
      this.figures = element("div", "wall-figures");
      this.time = element("b");
      this.day = element("span");
      const clock = element("div", "wall-clock");
      clock.append(this.time, this.day);
      const head = element("header", "wall-head");
      head.append(element("div", "wall-title", "应急联动指挥"), this.figures, clock);
      this.body = element("div", "wall-body");
      this.views = { city: new CityView(this.feed, map), incident: new IncidentView(this.feed), late: new LateView(this.feed), warnings: new WarningView(this.feed), shift: new ShiftView(this.feed) };
      this.body.append(...Object.values(this.views).map((view) => view.root));
      this.lost = element("div", "wall-lost");
      this.lost.setAttribute("role", "alert");
      this.lost.hidden = true;
      this.line = element("span", "wall-line");
      this.line.setAttribute("role", "status");
      this.trouble = element("span", "wall-trouble");
      this.tabs = element("nav", "wall-tabs");
      const foot = element("footer", "wall-foot");
      foot.append(this.line, this.tabs, this.trouble);
      this.hint = element("div", "wall-hint", "空格 暂停或继续 · ← → 换屏 · 1–5 指定 · Esc 退出大屏");
      this.hint.hidden = true;
      document.getElementById("parent").replaceWith(this.root);
      this.root.append(head, this.body, foot, this.lost, this.hint);
      this.views.city.place();
      this.views.incident.place();
      new ResizeObserver(() => { this.views.city.place(); this.views.incident.place(); }).observe(this.body);
    }

    listen() {
      this.feed.addEventListener("change", (event) => this.take(event.detail));
      this.feed.addEventListener("orders", () => this.redraw());
      window.Streamlit.events.addEventListener("streamlit:render", () => this.paint());
      // Nobody clicks into the picture first: keys count wherever the page has them.
      const { signal } = this.leave;
      for (const root of [window, window.parent]) {
        root.addEventListener("keydown", (event) => this.key(event), { signal });
        root.addEventListener("mousemove", () => this.explain(), { signal });
      }
      addEventListener("pagehide", () => this.leave.abort());
    }

    take({ changed, before }) {
      for (const row of before ? changed : []) {
        const old = before.get(row.id);
        const worse = row.rank > (old ? old.rank : -1);
        if (row.rank < SERIOUS || row.exercise || row.fault || !worse || (row.told_late && !old)) continue;
        this.fresh.set(row.id, this.feed.now());
        this.turn(`incident:${row.id}`);
      }
      this.redraw();
      if (!this.page) this.turn("city");
    }

    // What is due to be shown, in order; while something new is serious, that alone.
    pages() {
      const now = this.feed.now();
      for (const [id, since] of this.fresh) {
        const row = this.feed.incidents.get(id);
        const inHand = !row || row.claimed_by;
        if (now - since > (inHand ? SEEN_S : STAYS_S)) this.fresh.delete(id);
      }
      if (this.fresh.size) return [...this.fresh.keys()].reverse().map((id) => `incident:${id}`);
      const { limits } = this.feed;
      const rows = Linkage.seriousRows(this.feed).filter((row) => !row.exercise || this.feed.responses.has(row.id));
      const listed = ["city", ...rows.slice(0, INCIDENTS).map((row) => `incident:${row.id}`)];
      if (limits && limits.lines && limits.lines.length) listed.push("late");
      if (this.feed.warningsInForce().length || this.feed.warningsEnded().length) listed.push("warnings");
      return [...listed, "shift"];
    }

    next(step) {
      const pages = this.pages();
      const at = pages.indexOf(this.page);
      this.turn(pages[at < 0 ? 0 : (at + step + pages.length) % pages.length]);
    }

    turn(page) {
      const [name, id] = page.split(":");
      const view = this.views[name];
      this.since = performance.now();
      this.shown = 0;
      if (name === "incident") view.show(id, this.fresh.has(id));
      else view.draw();
      this.page = page;
      if (view !== this.front) {
        for (const one of Object.values(this.views)) {
          one.root.classList.toggle("before", one === this.front);
          one.root.classList.toggle("front", one === view);
        }
        this.front = view;
      }
      this.root.dataset.page = page;
      this.name(name);
    }

    name(front) {
      this.tabs.replaceChildren(...Object.entries(NAMES).map(([name, label]) => {
        const tab = element("span", `wall-tab ${name === front ? "front" : ""}`, label);
        if (name === front) {
          this.progress = element("i");
          tab.append(this.progress);
        }
        return tab;
      }));
    }

    redraw() {
      if (!this.feed.words || this.asked) return;
      this.asked = true;
      setTimeout(() => { // however many changes came: twice a second is as often as anybody reads
        this.asked = false;
        const view = this.page && this.views[this.page.split(":")[0]];
        if (view) view.draw();
        this.count();
      }, this.page ? 500 : 0);
    }

    count() {
      const shown = Linkage.wallCounts(this.feed);
      const key = JSON.stringify(shown);
      if (key === this.countKey) return;
      this.countKey = key;
      this.figures.replaceChildren(...shown.map(([label, value, tone]) => Linkage.figure(label, value, tone)));
    }

    tick() {
      const now = this.feed.now();
      const second = Math.floor(now);
      if (this.feed.heardAt && second !== this.second) {
        this.second = second;
        this.time.textContent = Linkage.clock(now);
        this.day.textContent = Linkage.wallDay(now);
        if (this.page) this.views[this.page.split(":")[0]].tick();
        this.troubles();
      }
      this.lights();
      if (this.paused && performance.now() - this.paused > PAUSED_S * 1000) this.paused = 0;
      if (!this.page) return;
      const held = this.paused && !this.fresh.size;
      if (held) this.since = performance.now() - this.shown;
      else this.shown = performance.now() - this.since;
      const share = this.shown / 1000 / SECONDS[this.page.split(":")[0]];
      if (share >= 1) this.next(1);
      this.progress.style.transform = `scaleX(${Math.min(1, share)})`;
      this.progress.className = held ? "held" : "";
    }

    lights() {
      const age = this.feed.ageSeconds();
      const { heardAt, stale, state } = this.feed;
      const lost = heardAt && (stale || state !== "live" || age > AMBER_S);
      const tone = stale || age > RED_S ? "red" : lost ? "amber" : "green";
      const whole = Math.floor(age);
      const words = lost ? "画面未更新" : heardAt ? `实时 · 数据 ${Linkage.since(whole < 2 ? 0 : whole)}` : "正在取数";
      this.line.className = `wall-line ${heardAt ? tone : "amber"}`;
      if (this.line.textContent !== words) this.line.textContent = words;
      this.root.classList.toggle("stale", Boolean(lost && tone === "red"));
      this.lost.hidden = !lost;
      if (!lost) return;
      const at = Linkage.clock(this.feed.now() - age);
      const said = state === "refused" ? "登录已失效，请重新登录大屏" : stale ? "数据库中断，画面停在最后一次读数" : `连接已断 ${Linkage.lasting(age)}，正在重连 · 画面停在 ${at}`;
      this.lost.className = `wall-lost ${tone}`;
      if (this.lost.textContent !== said) this.lost.textContent = said;
    }

    troubles() {
      const { fresh } = this.feed;
      if (!fresh) return;
      let said = "";
      if (this.paused && !this.fresh.size) said = "已暂停，按空格继续";
      else if (!fresh.intake.alive) said = "接入中断，新警情暂时进不来";
      else if (fresh.silent.length) said = `失联：${fresh.silent.slice(0, 2).map((one) => one.name).join("、")}${fresh.silent.length > 2 ? ` 等 ${fresh.silent.length} 个` : ""}`;
      if (this.trouble.textContent !== said) this.trouble.textContent = said;
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.page) return;
      const chosen = Object.keys(NAMES)[Number(event.key) - 1];
      if (event.key === " ") this.paused = this.paused ? 0 : performance.now();
      else if (event.key === "ArrowRight") this.next(1);
      else if (event.key === "ArrowLeft") this.next(-1);
      else if (event.key === "Escape") window.parent.location.assign(new URL("../../", location.href));
      else if (chosen) this.turn(chosen === "incident" ? this.pages().find((page) => page.startsWith("incident")) || "city" : chosen);
      else return;
      event.preventDefault();
      this.second = 0;
    }

    explain() {
      this.hint.hidden = false;
      clearTimeout(this.hiding);
      this.hiding = setTimeout(() => { this.hint.hidden = true; }, 4000);
    }

    paint() {
      const theme = Linkage.theme();
      if (theme === this.theme) return;
      this.theme = theme;
      document.documentElement.dataset.theme = theme;
      for (const view of [this.views.city, this.views.incident]) view.map.paint(theme);
      this.views.incident.theme = theme;
    }
  }

  Linkage.mountWall = (map) => {
    Linkage.wall = new Wall(map);
  };
})();
