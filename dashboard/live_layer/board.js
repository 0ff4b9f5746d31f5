"use strict";
// 态势总览: map, queue, lights and alarm on one feed, mounted once for as long as the page is open.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const NEAR_ZOOM = 13;
  const LEAVES_MS = 2000; // until the page has heard that it is to be left
  const LISTS = new Set(["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End", "Enter", " "]);
  const BASE = "../../"; // from the component's folder to the root of the application

  class Board {
    constructor(map) {
      this.map = map;
      this.seq = Date.now();
      const told = this.told(document);
      this.feed = new Linkage.Feed(BASE);
      this.sift = new Linkage.Sift(() => { this.redraw(true); this.viewed(); }, (name, on) => this.layer(name, on), (text) => this.finder.look(text), () => this.feed.now());
      this.claims = new Linkage.Claims(this.feed, () => this.tell({}));
      this.claims.seat(told.me, told.may);
      this.finder = new Linkage.Finder(this.feed, { pick: (id) => this.pick(id), findAll: (text) => this.tell({ find: text }) });
      this.marks = new Linkage.Marks(this.feed, this.sift.wanted, { pane: this.pane(), padding: 0.25 });
      this.queue = new Linkage.Queue(this.feed, this.sift.wanted, this.claims, {
        choose: (id, from) => this.choose(id, from), open: (id) => this.open(id), searching: () => Boolean(this.sift.text), timed: () => this.sift.within > 0, turned: () => this.viewed(),
      });
      this.card = new Linkage.Card(this.feed, { choose: (id, from) => this.choose(id, from), open: (id) => this.open(id), find: (row) => this.find(row), claims: this.claims, plume: (row) => this.draw.plume.open(row) });
      this.station = new Linkage.StationPanel(this.feed);
      this.alarm = new Linkage.Alarm(this.feed, (id, from) => this.choose(id, from), map);
      this.past = new Linkage.Past(this);
      this.baseMap = new Linkage.BaseMap(map, BASE);
      this.outlines = new Linkage.Outlines(map, this.feed);
      this.first = told.selected;
      this.read = new Set(Linkage.remembered("clears", [])); // endings an officer has read
      this.build();
      this.listen();
      this.paint();
      setInterval(() => { this.lights(); this.fit(); }, 500);
    }

    pane() {
      const pane = this.map.createPane("incidents");
      pane.style.zIndex = 450; // above the districts, below Leaflet's controls
      pane.style.pointerEvents = "none"; // the map takes the clicks and asks us what lies there
      return "incidents";
    }

    // What the page told us besides the map: an id, who sits here and may do what.
    told(root) {
      const mark = root.querySelector("#linkage-desk");
      const { selected, me, may } = mark ? mark.dataset : {};
      return { selected: selected || null, me, may };
    }

    build() {
      const stage = element("div", "stage");
      const area = element("div", "area");
      this.hud = element("div", "hud");
      this.line = element("div", "light");
      this.line.setAttribute("role", "status");
      this.figures = element("div", "figures");
      this.clock = element("div", "clock");
      this.clock.title = "服务器的北京时间";
      this.hud.append(this.line, this.clock, this.figures);
      this.warned = element("div", "warned");
      this.troubles = element("div", "troubles");
      this.legend = element("div", "panel legend");
      const side = element("div", "side");
      this.tools = element("div", "tools");
      const ground = document.getElementById("map_div");
      document.getElementById("parent").replaceWith(stage);
      area.append(ground, this.hud, this.warned, this.alarm.root, this.legend, this.card.root, this.card.crowd, this.card.tip, this.station.root, this.past.root);
      side.append(this.tools, this.finder.root, this.queue.root, this.alarm.bar);
      stage.append(area, side);
      this.side = side;
      this.stage = stage;
      L.control.zoom({ position: "topright", zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(this.map);
      Linkage.furnish(this.map, this.baseMap, true);
      this.fit();
      window.parent.addEventListener("resize", () => this.fit());
      const view = Linkage.remembered("view", null);
      this.map.invalidateSize(false);
      if (view) this.map.setView(view.at, view.zoom, { animate: false });
      else this.map.fitBounds(Linkage.BaseMap.CITY, { animate: false });
      this.marks.addTo(this.map);
      this.draw = new Linkage.Draw(this, area);
      this.spots = new Linkage.Spots(this);
      new ResizeObserver(() => this.map.invalidateSize({ animate: false, pan: false })).observe(area);
      // Where the figures take two lines, the warnings begin below both.
      new ResizeObserver(() => { this.warned.style.top = `${this.hud.offsetTop + this.hud.offsetHeight + 6}px`; }).observe(this.hud);
    }

    // Down to the end of the window or to the auditor's banner, whatever the page has put above us.
    fit() {
      const frame = window.frameElement;
      const banner = window.parent.document.querySelector('[class*="st-key-audit_banner"]');
      const end = banner ? banner.getBoundingClientRect().top : window.parent.innerHeight;
      const height = Math.max(480, end - frame.getBoundingClientRect().top - 14);
      if (frame.clientHeight !== Math.floor(height)) frame.style.height = `${Math.floor(height)}px`;
    }

    // Once the words have come: everything that is labelled.
    dress() {
      const { words } = this.feed;
      this.sift.build(words);
      this.funnel = Linkage.button("tool", "筛选", () => { this.sift.panel.hidden = !this.sift.panel.hidden; });
      this.copy = Linkage.button("tool copy", "链接", () => this.copyLink());
      this.copy.title = "复制链接：同事打开这个网址，看到同样的队列和筛选";
      this.tools.append(this.sift.search, this.funnel, this.past.opener, this.copy, this.alarm.switch);
      this.note = element("div", "note");
      this.side.insertBefore(this.note, this.queue.root);
      this.side.append(this.sift.panel, this.alarm.menu);
      this.explain(words);
      this.queue.turn(Linkage.remembered("tab", "newest"));
      this.adopt(Linkage.address.read());
      this.baseMap.ready.then(() => {
        for (const [name, on] of Object.entries(this.sift.layers)) if (!on) this.layer(name, false);
        this.baseMap.warn(this.feed.warningsInForce());
      });
    }

    explain(words) {
      const fold = Linkage.button("legend-fold", "图例", () => this.legend.classList.toggle("folded"));
      const shapes = element("div", "legend-part");
      for (const [code, label] of words.families) {
        const item = element("span", "legend-item");
        item.append(Linkage.shapes.svg(code, null, null, false, 15), element("span", "", label));
        shapes.append(item);
      }
      const levels = element("div", "legend-part");
      for (const [code, label, mark] of words.severities) {
        const item = element("span", "legend-item");
        item.append(Linkage.shapes.picture("routine", code, mark, false, 15), element("span", "", label));
        levels.append(item);
      }
      const drill = element("span", "legend-item");
      drill.append(Linkage.shapes.svg("routine", "severe", "演", true, 17), element("span", "", "演练"));
      levels.append(drill);
      const station = element("span", "legend-item");
      station.append(Linkage.stationSign(), element("span", "", "测站"));
      shapes.append(station);
      this.legend.append(fold, levels, shapes, ...Linkage.legendMore(this));
      L.DomEvent.disableClickPropagation(this.legend).disableScrollPropagation(this.legend);
    }

    listen() {
      this.feed.addEventListener("change", (event) => this.take(event.detail));
      const reread = () => { this.marks.refresh(); this.station.update(); this.draw.update(); };
      this.feed.addEventListener("readings", reread);
      setInterval(reread, 10000); // readings grow old though nothing comes
      this.feed.addEventListener("state", () => this.lights());
      this.map.on("click", (event) => this.click(event));
      this.map.on("mousemove", (event) => this.hover(event));
      this.map.on("mouseout movestart zoomstart", () => { this.card.hint(null); this.card.choice(null); });
      this.map.on("moveend", () => {
        const at = this.map.getCenter();
        Linkage.remember("view", { at: [at.lat, at.lng], zoom: this.map.getZoom() });
      });
      this.keys = new Linkage.KeyMap("态势总览：按键", this.keyRows());
      window.Streamlit.events.addEventListener("streamlit:render", (event) => {
        const sent = new DOMParser().parseFromString(event.detail.args.html, "text/html");
        const told = this.told(sent);
        this.claims.seat(told.me, told.may);
        this.paint();
      });
      window.parent.addEventListener("popstate", this.back = () => this.adopt(Linkage.address.read() || {}, true));
      addEventListener("pagehide", () => window.parent.removeEventListener("popstate", this.back));
      addEventListener("keydown", (event) => this.key(event));
      // Before anything is clicked the keys go to the page around us.
      const page = window.parent;
      const own = (event) => event.target === page.document.body && this.key(event);
      page.addEventListener("keydown", own);
      addEventListener("pagehide", () => page.removeEventListener("keydown", own));
    }

    take({ whole, changed, gone, before }) {
      const fresh = !this.dressed;
      if (fresh) {
        this.dressed = true;
        this.dress();
      } else {
        this.alarm.heed(changed, before || new Map());
        this.queue.light(changed.filter((row) => row.rank >= 3 && before && !before.get(row.id)).map((row) => row.id), 8000);
      }
      this.redraw(whole, { changed, gone, before });
      this.station.update();
      this.draw.update();
      this.spots.update();
      this.baseMap.warn(this.feed.warningsInForce());
      this.outlines.draw(this.feed.warningsInForce());
      this.warnings();
      this.alarm.show();
      if (fresh && this.first) this.choose(this.first, "address");
      else if (this.selected) this.card.show(this.feed.incidents.get(this.selected) || null);
    }

    redraw(whole, news) {
      if (!this.dressed) return;
      this.marks.refresh();
      this.queue.update(whole, news);
      this.lights();
      const hidden = [...this.feed.incidents.values()].filter((row) => !this.sift.wanted(row));
      const routine = hidden.filter((row) => row.routine).length;
      const active = this.sift.active();
      this.funnel.textContent = active ? `筛选 · ${active}` : "筛选";
      this.funnel.classList.toggle("ask", active > 0);
      const parts = this.ignored && this.ignored.length ? [`网址中的 ${this.ignored.join("、")} 不认识，已忽略`] : [];
      if (hidden.length - routine > 0) parts.push(`筛选隐藏 ${hidden.length - routine} 起`);
      if (routine) parts.push(`日常警情 ${routine} 起未列出`);
      this.note.textContent = parts.join(" · ");
      this.note.hidden = parts.length === 0;
    }

    layer(name, on) {
      if (name in this.marks.shown) {
        this.marks.shown[name] = on;
        this.marks.refresh();
      } else if (name === "warned") {
        this.baseMap.warnedShown = on;
        this.baseMap.show("warned", on);
        this.outlines.show(on);
      } else this.baseMap.show(name, on);
    }

    lights() {
      const { tone, text } = this.past.on ? { tone: "amber", text: this.past.light() } : Linkage.fresh.judge(this.feed);
      Linkage.fresh.grey(this.stage, this.past.on ? this.past.live : this.feed);
      this.line.className = `light ${tone}`;
      if (this.line.textContent !== text) this.line.textContent = text;
      this.clock.textContent = this.feed.heardAt ? Linkage.clock(this.feed.now()) : "";
      if (this.dressed) this.count();
      if (this.dressed) this.trouble();
      if (this.dressed) this.endings();
    }

    // Who is silent, whether anything can come in at all, whether more comes than can be read.
    trouble() {
      const { fresh, words } = this.feed;
      if (!fresh) return;
      const said = [];
      if (!fresh.intake.alive) said.push(["red", "接入中断", "新警情暂时进不来"]);
      for (const one of fresh.silent.slice(0, 3)) {
        const since = one.last_at ? Linkage.since(this.feed.now() - one.last_at).replace("前", "") : "";
        said.push(["red", `${one.name} 失联`, since]);
      }
      if (fresh.silent.length > 3) said.push(["red", `等 ${fresh.silent.length} 个系统失联`, ""]);
      if (this.feed.flooded()) {
        const kinds = fresh.flood.kinds.map(([kind, count]) => `${words.kinds[kind].label} ${count}`).join("、");
        said.push(["amber", `警情洪峰 ${Math.round(fresh.flood.rate)} 起/10 分钟`, `严重的在前 · ${kinds}`]);
      }
      const key = JSON.stringify(said);
      if (key === this.troubleKey) return;
      this.troubleKey = key;
      this.troubles.replaceChildren(...said.map(([tone, what, more]) => {
        const chip = element("span", `trouble ${tone}`);
        chip.append(element("b", "", what), element("span", "", more));
        return chip;
      }));
    }

    count() {
      const counts = { open: 0, unclaimed: 0, serious: 0, late: 0, unlocated: 0, fault: 0, exercise: 0 };
      for (const row of this.feed.incidents.values()) {
        if (row.exercise) {
          counts.exercise++;
          continue;
        }
        if (row.late) counts.late++;
        if (row.fault) { // our own finding: in the queue, but nothing that happened in the city
          counts.fault++;
          continue;
        }
        counts.open++;
        if (!row.claimed_by && !row.routine) counts.unclaimed++;
        if (row.rank >= 3) counts.serious++;
        if (row.lost) counts.unlocated++;
      }
      const { tally } = this.feed;
      const shown = [
        ["在办", counts.open], ["严重以上", counts.serious, "red"], ["未受理", counts.unclaimed, "amber"],
        ["超时", counts.late, "late"], ["待定位", counts.unlocated, "amber"],
        ["疑似同一", tally ? tally.links_open : 0, "amber"], ["今日立案", tally ? tally.opened_today : 0],
        ["今日办结", tally ? tally.closed_today : 0],
      ];
      if (counts.fault) shown.push(["系统故障", counts.fault]);
      if (counts.exercise) shown.push(["演练", counts.exercise]);
      const key = JSON.stringify(shown);
      if (key === this.countKey) return;
      this.countKey = key;
      this.figures.replaceChildren(...shown.map(([label, value, tone]) => {
        const item = element("span", `figure ${value && tone ? tone : ""}`);
        item.append(element("b", "", value), element("span", "", label));
        return item;
      }));
    }

    warnings() {
      const { words } = this.feed;
      const inForce = this.feed.warningsInForce().sort((a, b) => a.exercise - b.exercise || b.effective_at - a.effective_at);
      this.warned.replaceChildren(this.troubles, ...inForce.slice(0, 4).map((warning) => {
        const chip = element("span", `warning ${warning.colour}${warning.exercise ? " exercise" : ""}`);
        const kind = words.kinds[warning.kind];
        chip.append(element("b", "", `${kind ? kind.label : ""}${words.colours[warning.colour] || ""}预警`), element("span", "", warning.headline));
        if (warning.ours) chip.prepend(element("i", "", "本市"));
        if (warning.exercise) chip.prepend(element("i", "", "演"));
        const doubts = Linkage.Outlines.doubts(warning, words);
        if (doubts.length) chip.append(element("em", "", `范围${doubts.join("、")}`));
        const until = Linkage.clock(warning.expires_at);
        const ends = warning.end_assumed ? `来报未写失效时间，按常规计到 ${until}` : `到 ${until}`;
        chip.title = [warning.headline, ends, ...doubts.map((doubt) => `预警范围${doubt}`)].join("\n");
        return chip;
      }), ...this.allClears());
    }

    // Lifted or run out within the last half hour, until an officer has read it.
    allClears() {
      const { words } = this.feed;
      return this.feed.warningsEnded().filter((warning) => !this.read.has(this.ending(warning))).slice(0, 4).map((warning) => {
        const lifted = warning.end === "cancelled";
        const chip = element("span", `warning clear${warning.exercise ? " exercise" : ""}`);
        const kind = words.kinds[warning.kind];
        chip.setAttribute("role", "status");
        chip.append(
          element("b", "", `${lifted ? "已解除" : "已到期"} · ${kind ? kind.label : ""}${words.colours[warning.colour] || ""}预警`),
          element("span", "", warning.headline),
        );
        if (warning.exercise) chip.prepend(element("i", "", "演"));
        chip.append(Linkage.button("clear-read", "知道了", () => {
          this.read.add(this.ending(warning));
          Linkage.remember("clears", [...this.read]);
          this.warnings();
        }));
        chip.title = `${warning.headline}\n${lifted ? "解除" : "到期"}时间 ${Linkage.clock(lifted ? warning.ended_at : warning.expires_at)}`;
        return chip;
      });
    }

    ending(warning) {
      return `${warning.id}/${warning.end || "expired"}`;
    }

    // A warning ends at its second though nothing comes.
    endings() {
      const key = [...this.feed.warningsInForce(), "|", ...this.feed.warningsEnded()].map((w) => w.id || w).join();
      if (key === this.warningsKey) return;
      this.warningsKey = key;
      this.baseMap.warn(this.feed.warningsInForce());
      this.outlines.draw(this.feed.warningsInForce());
      this.warnings();
    }

    click(event) {
      if (this.draw.takes()) return undefined;
      this.card.choice(null);
      const item = this.marks.at(event.layerPoint);
      if (!item) { this.station.hide(); return this.choose(null); }
      if (item.unit || item.spot) return undefined;
      if (item.station) return this.station.show(item.station.id);
      if (item.rows.length === 1) return this.choose(item.rows[0].id, "map");
      const bounds = L.latLngBounds(item.rows.map((row) => [row.lat, row.lon]));
      const target = Math.min(this.map.getBoundsZoom(bounds.pad(0.3)), this.map.getMaxZoom());
      if (this.map.getZoom() >= this.map.getMaxZoom() - 2 || target <= this.map.getZoom()) this.card.choice(item.rows, event.containerPoint);
      else this.map.flyToBounds(bounds.pad(0.3), { duration: 0.35, maxZoom: 15 });
      return undefined;
    }

    hover(event) {
      if (this.draw.takes()) return;
      const item = this.marks.at(event.layerPoint);
      this.map.getContainer().style.cursor = item ? "pointer" : "";
      this.card.hint(this.card.crowd.hidden ? item : null, event.containerPoint);
    }

    // One click or key chooses: mark on the map, in the queue, card beside. The view moves only
    // for the officer's own choice, and only if the place is out of sight.
    choose(id, from) {
      if (from === "alarm") this.past.end(); // what it tells of is now
      const row = id ? this.feed.incidents.get(id) : null;
      const chosen = row ? id : null;
      if (chosen === this.selected && from !== "address") return;
      this.selected = chosen;
      this.marks.selected = chosen;
      this.marks.refresh();
      this.queue.mark(chosen);
      if (row && from !== "queue") this.queue.reveal(chosen);
      this.card.show(row);
      this.spots.update();
      if (row && row.located && from !== "map" && !this.map.getBounds().pad(-0.1).contains([row.lat, row.lon])) this.find(row);
      if (from !== "address") this.tell({ incident_id: chosen, open: false });
    }

    find(row) {
      this.map.flyTo([row.lat, row.lon], Math.max(this.map.getZoom(), NEAR_ZOOM), { duration: 0.4 });
    }

    open(id) {
      this.tell({ incident_id: id, open: true });
    }

    // Each message says all that stands: one that overtakes another loses nothing of it.
    tell(value) {
      if (this.past.on) { // nothing is done, nor shown by the page, to another time
        if (value.open) this.past.refuse();
        return;
      }
      this.seq = Math.max(this.seq + 1, Date.now());
      const stands = this.dressed ? { incident_id: this.selected || null, view: this.view(), acts: this.claims.said() } : {};
      // Who asked to leave for another page is not kept here by what is said right after.
      if (value.open || value.find) this.leaving = { value, until: performance.now() + LEAVES_MS };
      const leaving = this.leaving && performance.now() < this.leaving.until ? this.leaving.value : {};
      window.Streamlit.setComponentValue({ ...stands, ...leaving, ...value, seq: this.seq });
    }

    view() {
      const { tab } = this.queue;
      return { ...(tab === "newest" ? {} : { tab }), ...this.sift.view() };
    }

    // The address follows the view, once the hand rests.
    viewed() {
      Linkage.remember("tab", this.queue.tab);
      clearTimeout(this.viewing);
      this.viewing = setTimeout(() => this.tell({}), 500);
    }

    // `whole`: the address is all there is to it, for the officer went back to it.
    adopt(view, whole) {
      if (!view || !this.dressed) return;
      if (whole || Object.keys(view).some((part) => part !== "tab")) {
        this.ignored = this.sift.adopt(view);
      }
      if (view.tab && !Linkage.Queue.TABS.includes(view.tab)) this.ignored = [...(this.ignored || []), "tab"];
      if (view.tab || whole) this.queue.turn(view.tab);
      this.redraw(true);
    }

    async copyLink() {
      const address = Linkage.address.link(this.view(), this.selected);
      const done = await Linkage.address.copy(address);
      this.copy.textContent = done ? "已复制" : "见地址栏";
      setTimeout(() => { this.copy.textContent = "链接"; }, 2500);
    }

    // Out of the whole record: here if it is open, else on its page.
    pick(id) {
      if (!this.feed.incidents.has(id)) return this.open(id);
      return this.choose(id, "finder");
    }

    // What the keys do, in the order of the sheet that `?` shows.
    keyRows() {
      const tabs = Linkage.Queue.TABS.map((name, n) => [`Digit${n + 1}`, name]);
      const turn = (event) => {
        this.queue.turn(Object.fromEntries(tabs)[event.code]);
        this.viewed();
      };
      return [
        [["Slash"], "/", "查找", () => this.sift.search.focus()],
        [tabs.map(([code]) => code), `1–${tabs.length}`, "换列表：最新、最重、未受理等", turn],
        [["ArrowDown", "ArrowUp"], "↓ ↑", "下一起、上一起", (event) => this.queue.key(event)],
        [["Enter", "NumpadEnter"], "回车", "进入处置", () => (this.selected ? this.open(this.selected) : false)],
        [["Escape"], "Esc", "取消选中，收起卡片；回看时回到实时", () => { if (this.past.on) return this.past.end(); this.station.hide(); return this.choose(null); }],
        [["KeyB"], "B", "回看过去 30 天，再按回到实时", () => (this.past.on ? this.past.end() : this.past.begin())],
        [["KeyC"], "C", "接手选中的事件", () => (this.selected && !this.past.on ? this.claims.take(this.feed.incidents.get(this.selected)) : false)],
        [["KeyM"], "M", "静音、恢复声音", () => this.alarm.key()],
        [["KeyG"], "G", "找地点、按坐标定位", () => this.baseMap.tools.unfold()],
        [["KeyD"], "D", "量距离", () => this.baseMap.tools.measure.start()],
      ];
    }

    key(event) {
      if (event.defaultPrevented) return;
      const typing = event.target.closest && event.target.closest("input, select, textarea");
      if (typing && event.key === "Escape") event.target.blur();
      // The list has keys of its own, and the map moves by arrows.
      else if (event.target.closest && event.target.closest(".list") && LISTS.has(event.key)) return;
      else if (event.key.startsWith("Arrow") && event.target.closest && event.target.closest(".leaflet-container")) return;
      else this.keys.press(event);
    }

    paint() {
      const theme = Linkage.theme();
      if (theme === this.theme) return;
      this.theme = theme;
      document.documentElement.dataset.theme = theme;
      this.baseMap.ready.then(() => this.baseMap.paint(theme));
      this.baseMap.tiles.paint(theme);
      this.marks.dark = theme === "dark";
      this.draw.repaint();
      this.marks.refresh();
    }
  }

  Linkage.mount = (map) => {
    Promise.all([Linkage.personal, Linkage.wording]).then(() => { Linkage.board = new Board(map); });
  };
})();
