"use strict";
// The wall's views. Each is drawn whole before it comes to the front, and redrawn in place.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const LISTED = 8;
  const COLOURS = { red: 0, orange: 1, yellow: 2, blue: 3 };

  const chip = (text, tone) => element("span", `chip ${tone || ""}`, text);

  // What is said of a row besides its name, the pressing first.
  function chips(row, feed) {
    const { words } = feed;
    const made = [];
    if (row.exercise) made.push(chip("演练", "drill"));
    if (row.late) made.push(chip(`超时 ${row.late}`, "late"));
    if (!row.claimed_by) made.push(chip("未受理", "amber"));
    if (row.response_level) made.push(chip(Linkage.wallLevel(row), "red"));
    if (row.hazmat) made.push(chip("涉危化品", "hazmat"));
    made.push(chip(words.status[row.status]));
    return made;
  }

  function level(row, feed) {
    return element("span", `level ${row.severity}`, feed.words.severity[row.severity]);
  }

  class View {
    constructor(feed, name) {
      this.feed = feed;
      this.root = element("section", `view ${name}`);
    }
    empty(text) {
      return element("div", "nothing", text);
    }
    tick() {}
  }

  class CityView extends View {
    constructor(feed, map) {
      super(feed, "city");
      const ground = document.getElementById("map_div");
      this.list = element("div", "serious");
      this.root.append(ground, this.list);
      this.map = new Linkage.WallMap(feed, ground, map);
    }

    place() {
      this.map.whole();
      this.draw();
    }

    draw() {
      if (!this.map.seesCity()) this.map.whole();
      const rows = Linkage.seriousRows(this.feed);
      const shown = new Set(rows.map((row) => row.id));
      const others = [...this.feed.incidents.values()].filter((row) => row.located && !row.routine && !row.fault && !shown.has(row.id));
      this.map.scatter(others);
      this.map.sign(rows, true);
      this.map.warn();
      this.items = rows.slice(0, LISTED).map((row, n) => this.item(row, n + 1));
      const parts = this.items.map(({ root }) => root);
      if (!rows.length) parts.push(this.empty("当前没有严重以上的在办事件"));
      if (rows.length > LISTED) parts.push(element("div", "more", `另有 ${rows.length - LISTED} 起严重以上事件`));
      this.list.replaceChildren(...parts);
      this.tick();
    }

    item(row, n) {
      const root = element("div", `item ${row.severity} ${row.exercise ? "exercise" : ""}`);
      const head = element("div", "item-head");
      head.append(element("span", `number ${row.severity}`, n), element("b", "", row.title));
      const place = element("div", "item-place");
      const foot = element("div", "item-foot");
      const age = element("span", "age");
      place.append(element("span", "", row.place || "地点不明"), age);
      foot.append(level(row, this.feed), ...chips(row, this.feed));
      root.append(head, place, foot);
      return { root, age, row };
    }

    tick() {
      for (const { age, row } of this.items || []) age.textContent = Linkage.since(this.feed.now() - row.opened_at);
    }
  }

  class IncidentView extends View {
    constructor(feed) {
      super(feed, "incident");
      this.told = element("div", "told");
      this.ground = element("div", "near");
      this.root.append(this.told, this.ground);
    }

    // The map wants a place on the screen before it is made.
    place() {
      this.map = this.map || new Linkage.WallMap(this.feed, this.ground);
      if (this.theme) this.map.paint(this.theme);
      this.where = null;
      this.draw();
    }

    show(id, fresh) {
      this.id = id;
      this.fresh = fresh;
      this.draw();
    }

    draw() {
      const row = this.feed.incidents.get(this.id) || this.last;
      if (!row || !this.map) return;
      this.last = row;
      const ended = !this.feed.incidents.has(row.id);
      const { words } = this.feed;
      const response = this.feed.responses.get(row.id);
      const head = element("div", "told-head");
      head.append(level(row, this.feed), element("span", "kind", row.kindLabel), element("span", "number-of", row.number));
      if (this.fresh) head.prepend(element("span", "new", "新"));
      const marks = element("div", "told-chips");
      if (ended) marks.append(chip("已结束", "green"));
      else marks.append(...chips(row, this.feed));
      if (row.grade) marks.append(chip(`${words.grades[row.grade]}事件`, "red"));
      this.age = element("span", "age");
      marks.append(this.age);
      const people = element("div", "people");
      for (const [code, count] of (response && response.people) || []) people.append(Linkage.figure(words.people[code] || code, count, "red"));
      this.orders = element("div", "orders");
      this.told.className = `told ${row.severity} ${this.fresh ? "fresh" : ""}`;
      this.told.replaceChildren(head, element("h1", "", row.title), element("div", "place", row.place || "地点不明"), marks, people, this.orders);
      people.hidden = !people.childElementCount;
      this.row = row;
      this.look(row);
      this.tick();
    }

    look(row) {
      const where = `${row.id}|${row.lat}|${row.lon}|${window.innerHeight}`;
      if (where !== this.where) this.map.at(row);
      this.where = where;
      this.map.sign(row.located ? [row] : [], false);
      this.map.warn();
    }

    tick() {
      if (!this.row) return;
      const now = this.feed.now();
      this.age.textContent = `立案 ${Linkage.clock(this.row.opened_at)} · ${Linkage.since(now - this.row.opened_at)}`;
      const response = this.feed.responses.get(this.row.id);
      const orders = (response && response.orders) || [];
      if (!orders.length) {
        this.orders.replaceChildren(this.empty(this.feed.responses.size >= 12 ? "联动情况见“联动任务”" : "尚未下达联动指令"));
        return;
      }
      const tally = element("div", "tally");
      tally.append(element("span", "tally-name", `联动 ${orders.length} 个单位`), ...Linkage.orderTally(orders, now).map(([label, value, tone]) => Linkage.figure(label, value, tone)));
      const states = orders.map((order) => Linkage.orderState(order, this.feed.words, now));
      states.sort((a, b) => (b.tone === "late") - (a.tone === "late"));
      const most = 12;
      const tiles = element("div", `tiles ${states.length > 6 ? "many" : ""}`);
      for (const one of states.slice(0, states.length > most ? most - 1 : most)) tiles.append(this.tile(one));
      if (states.length > most) tiles.append(element("div", "tile more", `另有 ${states.length - most + 1} 个单位`));
      this.orders.replaceChildren(tally, tiles);
    }

    tile(one) {
      const root = element("div", `tile ${one.tone}`);
      const name = element("div", "tile-name", one.name);
      if (one.part === "lead") name.append(element("i", "", this.feed.words.parts.lead));
      root.append(element("span", "tile-mark", one.mark), name, element("div", "tile-state", [one.text, one.more].filter(Boolean).join(" ")));
      return root;
    }
  }

  class LateView extends View {
    constructor(feed) {
      super(feed, "lateness");
    }

    draw() {
      this.tick();
    }

    tick() {
      const { limits } = this.feed;
      const now = this.feed.now();
      const lines = (limits && limits.lines) || [];
      const late = lines.filter(([, , , , due]) => due < now).sort((a, b) => (a[5] || 0) - (b[5] || 0) || a[4] - b[4]);
      const soon = lines.filter(([, , , , due]) => due >= now).sort((a, b) => a[4] - b[4]);
      const total = Math.max(late.filter((line) => !line[5]).length, (limits && limits.late) || 0);
      const parts = [element("h2", total ? "late" : "", total ? `超时 ${total} 项` : "没有超时")];
      const room = soon.length ? 5 : 8;
      parts.push(...late.slice(0, room).map((line) => this.line(line, now, true)));
      if (total > room) parts.push(element("div", "more", `另有 ${total - Math.min(room, late.length)} 项超时`));
      if (soon.length) {
        parts.push(element("h2", "soon", "10 分钟内到期"));
        parts.push(...soon.slice(0, Math.max(2, 8 - Math.min(room, late.length))).map((line) => this.line(line, now, false)));
      }
      this.root.replaceChildren(...parts);
    }

    line([id, who, awaits, lateWord, due, exercise], now, late) {
      const row = this.feed.incidents.get(id);
      const root = element("div", `limit ${late ? "late" : "soon"} ${exercise ? "exercise" : ""}`);
      const what = row ? `${row.title}${row.place ? ` · ${row.place}` : ""}` : "";
      const names = element("div", "limit-names");
      const name = element("b", "", who);
      if (exercise) name.append(element("i", "drill", "演练"));
      names.append(name, element("span", "", what));
      root.append(names, element("span", "limit-what", late ? lateWord : `待${awaits}`), element("span", "limit-time", late ? `超时 ${Linkage.lasting(now - due)}` : `剩 ${Linkage.lasting(due - now)}`));
      return root;
    }
  }

  class ShiftView extends View {
    constructor(feed) {
      super(feed, "shift");
    }

    draw() {
      const { shift, words } = this.feed;
      if (!shift) return this.root.replaceChildren(this.empty("正在统计本班情况"));
      const rate = (part, of) => (of ? `${Math.round((part / of) * 100)}%` : "—");
      const figures = element("div", "shift-figures");
      for (const [label, value, tone] of [
        ["接报立案", shift.opened], ["已办结", shift.ended], ["严重以上", shift.serious, "red"],
        ["受理用时中位", shift.claim_s === null ? "—" : Linkage.lasting(shift.claim_s)],
        ["下达指令", shift.orders], ["签收率", rate(shift.signed, shift.orders)], ["按时签收率", rate(shift.in_time, shift.orders)],
      ]) figures.append(Linkage.figure(label, value, tone));
      const charts = element("div", "charts");
      charts.append(this.hours(shift), this.chart("本班类别", shift.kinds.map(([kind, count]) => [(words.kinds[kind] || {}).label || kind, count])), this.chart("在办分布", this.districts()));
      const began = `${shift.name} · ${Linkage.clock(shift.since, true)} 起`;
      this.root.replaceChildren(element("h2", "", began), figures, charts);
      return undefined;
    }

    districts() {
      const { areas } = this.feed.words;
      const counts = new Map(Object.keys(areas).map((code) => [code, 0]));
      let elsewhere = 0;
      for (const row of this.feed.incidents.values()) {
        if (row.exercise || row.fault) continue;
        if (counts.has(row.area_code)) counts.set(row.area_code, counts.get(row.area_code) + 1);
        else elsewhere++;
      }
      const rows = [...counts].map(([code, count]) => [areas[code], count]).sort((a, b) => b[1] - a[1]);
      return elsewhere ? [...rows, ["市域外或未定位", elsewhere]] : rows;
    }

    chart(name, rows) {
      const root = element("div", "chart");
      root.append(element("h3", "", name), rows.length ? Linkage.bars(rows) : this.empty("还没有接报"));
      return root;
    }

    hours(shift) {
      const root = element("div", "chart");
      const most = Math.max(1, ...shift.hours);
      const columns = element("div", "columns");
      shift.hours.forEach((count, n) => {
        const column = element("div", "column");
        const bar = element("i");
        bar.style.height = `${(count / most) * 100}%`;
        const track = element("span", "rise");
        track.append(bar);
        const hour = Linkage.clock(this.feed.now() - (shift.hours.length - 1 - n) * 3600).slice(0, 2);
        column.append(element("b", "", count || ""), track, element("span", "", (shift.hours.length - 1 - n) % 2 ? "" : hour));
        columns.append(column);
      });
      root.append(element("h3", "", "每小时立案"), columns);
      return root;
    }
  }

  class WarningView extends View {
    constructor(feed) {
      super(feed, "warnings");
    }

    draw() {
      const { words } = this.feed;
      const stand = this.feed.warningsInForce().sort((a, b) => a.exercise - b.exercise || COLOURS[a.colour] - COLOURS[b.colour] || b.effective_at - a.effective_at);
      const ended = this.feed.warningsEnded();
      const name = (one) => `${(words.kinds[one.kind] || {}).label || ""}${words.colours[one.colour] || ""}预警`;
      const areas = (one) => [...new Set(one.area_codes.map((code) => words.areas[code] || (code.endsWith("00") ? "全市" : "市外")))].join("、");
      const line = (one, over) => {
        const root = element("div", `warned ${over ? "clear" : one.colour} ${one.exercise ? "exercise" : ""}`);
        const head = element("div", "warned-head");
        head.append(element("b", "", over ? `${one.end === "cancelled" ? "已解除" : "已到期"} ${name(one)}` : name(one)));
        if (one.exercise) head.append(chip("演练", "drill"));
        head.append(element("span", "until", over ? Linkage.clock(one.ended_at || one.expires_at, true) : `${Linkage.clock(one.expires_at, true)} 前有效`));
        root.append(head, element("div", "warned-text", one.headline), element("div", "warned-areas", areas(one)));
        return root;
      };
      const lines = [...stand.map((one) => line(one, false)), ...ended.map((one) => line(one, true))];
      const parts = [element("h2", "", stand.length ? `生效中的预警 ${stand.length} 条` : "没有生效中的预警"), ...lines.slice(0, 5)];
      if (lines.length > 5) parts.push(element("div", "more", `另有 ${lines.length - 5} 条`));
      this.root.replaceChildren(...parts);
    }
  }

  Linkage.wallViews = { CityView, IncidentView, LateView, ShiftView, WarningView };
})();
