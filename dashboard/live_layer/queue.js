"use strict";
// The queue: every open incident in words, live, and never moving under the officer's hand.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const ROW = 64; // px, as in board.css
  const SPARE = 6;
  const FOLD = "fold/"; // no incident's id begins so
  const HAND_MS = 4000; // a hand that moved this recently is about to click

  const { inFlood, realFirst, tabs: ORDERS } = Linkage.orders;

  class Queue {
    // `searching`: whoever searches wants to see what is found, each by itself. `timed`: what is
    // wanted changes as time goes by. `turned`: another tab was chosen.
    constructor(feed, wanted, claims, acts) {
      Object.assign(this, { feed, wanted, claims, ...acts });
      this.glow = new Map(); // id → until when its row is lit
      this.tab = "newest";
      this.rows = []; // ids of incidents, and FOLD + id of the lines they stand under
      this.listed = new Set(); // ids of incidents, those under a line too
      this.lines = new Set();
      this.unfolded = new Set(Linkage.remembered("unfolded", []));
      this.selected = null;
      this.shown = new Map();
      this.handAt = -Infinity;
      this.build();
      setInterval(() => { this.settle(); this.tick(); }, 1000);
    }

    build() {
      this.root = element("div", "queue");
      this.tabs = element("div", "tabs");
      this.tabs.setAttribute("role", "tablist");
      for (const [name, { label, title }] of Object.entries(ORDERS)) {
        const tab = Linkage.button("tab", null, () => { this.turn(name); this.turned(); });
        tab.title = title || "";
        tab.dataset.tab = name;
        tab.setAttribute("role", "tab");
        tab.append(element("span", "", label), element("b", "", "0"));
        this.tabs.append(tab);
      }
      this.news = Linkage.button("news", "", () => this.toTop());
      this.news.hidden = true;
      this.list = element("div", "list");
      this.list.tabIndex = 0;
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", "事件队列");
      this.tall = element("div", "tall");
      this.empty = element("div", "empty");
      this.list.append(this.tall, this.empty);
      this.root.append(this.tabs, this.news, this.list);
      this.list.addEventListener("scroll", () => this.draw());
      this.list.addEventListener("pointermove", () => { this.handAt = performance.now(); });
      this.list.addEventListener("pointerleave", () => { this.handAt = -Infinity; this.settle(); });
      this.list.addEventListener("keydown", (event) => this.key(event));
      this.list.addEventListener("click", (event) => this.click(event));
      this.list.addEventListener("dblclick", (event) => this.click(event, true));
      new ResizeObserver(() => this.draw()).observe(this.list);
    }

    click(event, twice) {
      const card = event.target.closest(".row");
      if (!card) return;
      if (card.dataset.id.startsWith(FOLD)) {
        if (!twice) this.unfold(card.dataset.id.slice(FOLD.length));
        return;
      }
      if (twice) this.open(card.dataset.id);
      else this.choose(card.dataset.id, "queue");
    }

    unfold(key) {
      if (!this.unfolded.delete(key)) this.unfolded.add(key);
      Linkage.remember("unfolded", [...this.unfolded]);
      this.sort();
    }

    turn(name) {
      this.tab = ORDERS[name] ? name : "newest";
      this.list.scrollTop = 0;
      this.sort();
    }

    held() {
      return performance.now() - this.handAt < HAND_MS || this.list.scrollTop > ROW / 2;
    }

    // Rows came, went or changed. Those on the list change in place; new ones wait for a still
    // hand, unless the list is untouched at its top.
    update(whole, news) {
      const stays = !whole && !this.pending && news && this.unmoved(news);
      if (whole || !(stays || this.held())) return this.sort();
      this.pending = !stays;
      this.count();
      this.draw();
      this.announce();
      return undefined;
    }

    // Most of what comes changes a line and not its place: five thousand are not sorted for it.
    unmoved({ changed, gone, before }) {
      if (gone.length || this.timed() || this.flooded !== this.feed.flooded()) return false;
      const { wanted } = ORDERS[this.tab];
      const order = realFirst(this.order());
      return changed.every((row) => {
        const old = before.get(row.id);
        if (!old || this.listed.has(row.id) !== Boolean(wanted(row) && this.wanted(row))) return false;
        return old.fold === row.fold && order(old, row) === 0;
      });
    }

    order() {
      return this.tab === "newest" && this.flooded ? inFlood : ORDERS[this.tab].order;
    }

    settle() {
      if ((this.pending || this.flooded !== this.feed.flooded()) && !this.held()) this.sort();
    }

    toTop() {
      this.list.scrollTop = 0;
      this.handAt = -Infinity;
      this.sort();
    }

    sort() {
      const { wanted } = ORDERS[this.tab];
      this.flooded = this.feed.flooded();
      this.pending = false;
      const rows = [...this.feed.incidents.values()].filter((row) => wanted(row) && this.wanted(row)).sort(realFirst(this.order()));
      this.listed = new Set(rows.map((row) => row.id));
      this.lines = new Set(); // ids of the lines on the list
      this.rows = ORDERS[this.tab].plain || this.searching() ? rows.map((row) => row.id) : this.fold(rows);
      this.count();
      this.announce();
      this.draw();
    }

    // Each line stands where the first of its incidents would, and they below it when it is open.
    fold(rows) {
      const under = new Map();
      for (const row of rows) {
        if (!row.fold || !this.feed.folds.has(row.fold)) continue;
        if (!under.has(row.fold)) under.set(row.fold, []);
        under.get(row.fold).push(row.id);
      }
      const list = [];
      for (const row of rows) {
        const members = under.get(row.fold);
        if (!members || members.length === 1) list.push(row.id); // one by itself needs no line
        else if (members[0] === row.id) {
          this.lines.add(row.fold);
          list.push(FOLD + row.fold);
          if (this.unfolded.has(row.fold)) list.push(...members);
        }
      }
      return list;
    }

    count() {
      const counts = Object.fromEntries(Object.keys(ORDERS).map((name) => [name, 0]));
      const tabs = Object.entries(ORDERS);
      for (const row of this.feed.incidents.values()) {
        if (!this.wanted(row)) continue;
        for (const [name, { wanted }] of tabs) if (wanted(row)) counts[name]++;
      }
      for (const tab of this.tabs.children) {
        const name = tab.dataset.tab;
        tab.lastChild.textContent = counts[name];
        tab.classList.toggle("chosen", name === this.tab);
        tab.classList.toggle("warm", name === "late" && counts[name] > 0);
        tab.setAttribute("aria-selected", name === this.tab);
      }
      this.counts = counts;
    }

    announce() {
      const { listed } = this;
      let fresh = 0;
      if (this.pending) {
        const { wanted } = ORDERS[this.tab];
        for (const row of this.feed.incidents.values()) if (!listed.has(row.id) && wanted(row) && this.wanted(row)) fresh++;
      }
      this.news.hidden = fresh === 0;
      this.news.textContent = `↑ 新增 ${fresh} 起，点此查看`;
      this.empty.hidden = this.rows.length > 0;
      this.empty.textContent = this.feed.incidents.size ? "没有符合条件的事件" : "当前没有在办事件";
    }

    draw() {
      this.tall.style.height = `${this.rows.length * ROW}px`;
      const top = Math.max(0, Math.floor(this.list.scrollTop / ROW) - SPARE);
      const end = Math.min(this.rows.length, Math.ceil((this.list.scrollTop + this.list.clientHeight) / ROW) + SPARE);
      const keep = new Set(this.rows.slice(top, end));
      for (const [id, card] of this.shown) {
        if (keep.has(id)) continue;
        card.remove();
        this.shown.delete(id);
      }
      for (let i = top; i < end; i++) {
        const id = this.rows[i];
        let card = this.shown.get(id);
        if (!card) {
          card = element("div", "row");
          card.dataset.id = id;
          card.setAttribute("role", "option");
          this.shown.set(id, card);
          this.tall.append(card);
        }
        card.style.transform = `translateY(${i * ROW}px)`;
        if (id.startsWith(FOLD)) this.fillLine(card, this.feed.folds.get(id.slice(FOLD.length)));
        else {
          const row = this.feed.incidents.get(id);
          this.fill(card, row);
          card.classList.toggle("within", Boolean(row && this.lines.has(row.fold)));
        }
        card.classList.toggle("selected", id === this.selected);
        card.setAttribute("aria-selected", id === this.selected);
      }
    }

    fillLine(card, line) {
      card.classList.toggle("ended", !line);
      const open = line && this.unfolded.has(line.id);
      if (!line || (card.line === line && card.opened === open)) return;
      Object.assign(card, { line, opened: open, row: null });
      const { words } = this.feed;
      const kind = words.kinds[line.kind] || words.kinds.other;
      const cause = line.warning
        ? `${words.kinds[line.warning].label}${words.colours[line.colour] || ""}预警`
        : "疑似同一事件，待逐起确认";
      const head = element("div", "line");
      const title = element("span", "title", `${open ? "▾" : "▸"} ${kind.label} ${line.count} 起`);
      card.when = element("time", "when");
      head.append(title, card.when);
      const where = element("div", "where", line.warning ? `${cause}区域内的同类报告` : cause);
      const marks = element("div", "marks");
      marks.append(element("span", "chip kind", open ? "点此收起" : "点此展开"), element("span", `chip worst ${line.severity}`, `最重：${words.severity[line.severity]}`));
      if (line.unclaimed) marks.append(element("span", "chip unclaimed", `未受理 ${line.unclaimed}`));
      const body = element("div", "body");
      body.append(head, where, marks);
      card.replaceChildren(Linkage.shapes.svg(kind.family, line.severity, words.marks[line.severity], Boolean(line.exercise), 28), body);
      card.className = `row fold ${line.severity}${line.exercise ? " exercise" : ""}`;
      card.setAttribute("aria-expanded", Boolean(open));
      card.setAttribute("aria-label", `${kind.label} ${line.count} 起，${cause}，最重${words.severity[line.severity]}`);
      card.when.textContent = this.age(line);
    }

    fill(card, row) {
      card.classList.toggle("ended", !row);
      const seat = `${this.claims.me} ${this.feed.state === "live"} ${row && this.claims.waits(row)}`;
      if (!row || (card.row === row && card.seat === seat && card.tab === this.tab)) return;
      Object.assign(card, { row, seat, tab: this.tab, line: null });
      const { words } = this.feed;
      const line = element("div", "line");
      const title = element("span", "title", row.title);
      title.title = row.title;
      card.when = element("time", "when");
      line.append(title, card.when);
      const where = element("div", "where", row.place || words.positions[row.position_note] || "地点不明");
      const marks = element("div", "marks");
      if (row.exercise) marks.append(element("span", "chip exercise-chip", "演练"));
      marks.append(element("span", "chip kind", row.kindLabel));
      if (row.hazmat) marks.append(element("span", "chip hazmat", "危化")); // never what the edge cuts off
      card.alone = element("span", "chip");
      card.due = element("span", "chip");
      marks.append(card.alone, element("span", "chip", words.status[row.status] || row.status));
      if (this.tab === "late") marks.prepend(card.due);
      if (row.claimed_by && !row.held) marks.append(element("span", "chip", row.claimed_by === this.claims.me ? "我" : row.claimed_by.split("（")[0]));
      if (row.late) marks.append(element("span", "chip late", `超时 ${row.late}`));
      if (row.told_late) marks.append(element("span", "chip unlocated", "迟到"));
      if (row.lost) marks.append(element("span", "chip unlocated", "待定位"));
      else if (row.located && row.position_note !== "exact") marks.append(element("span", "chip unlocated", words.positions[row.position_note]));
      if (row.alerts > 1) marks.append(element("span", "chip", `${row.alerts} 报`));
      const body = element("div", "body");
      body.append(line, where, marks);
      const take = this.claims.button(row, "take");
      card.replaceChildren(Linkage.shapes.svg(row.family, row.severity, words.marks[row.severity], row.exercise, 28), body, ...(take ? [take] : []));
      const lit = (this.glow.get(row.id) || 0) > performance.now();
      card.className = `row ${row.severity}${row.exercise ? " exercise" : ""}${lit ? " lit" : ""}`;
      card.setAttribute("aria-label", `${row.exercise ? "演练 " : ""}${words.severity[row.severity]} ${row.kindLabel} ${row.title} ${row.place}`);
      this.tickRow(card, row);
    }

    // What counts by the second.
    tickRow(card, row) {
      for (const [chip, said] of [[card.alone, this.claims.state(row)], [card.due, this.claims.due(row)]]) {
        const text = said ? said.text : "";
        if (chip.textContent !== text) chip.textContent = text;
        const look = `chip count ${said ? said.tone || "unclaimed" : ""}`;
        if (chip.className !== look) chip.className = look;
        chip.hidden = !said;
      }
      const age = this.age(row);
      if (card.when.textContent !== age) card.when.textContent = age;
    }

    // Rows that have just come are lit for a while.
    light(ids, ms) {
      const until = performance.now() + ms;
      for (const id of ids) {
        this.glow.set(id, until);
        const card = this.shown.get(id);
        if (card) card.classList.add("lit");
      }
      setTimeout(() => {
        for (const [id, end] of this.glow) if (end <= performance.now()) this.glow.delete(id);
        for (const [id, card] of this.shown) if (!this.glow.has(id)) card.classList.remove("lit");
      }, ms + 50);
    }

    // Of a line: how old the newest under it is.
    age(row) {
      return Linkage.since(this.feed.now() - (row.newest_at || row.opened_at));
    }

    tick() {
      for (const [id, card] of this.shown) {
        const row = card.row || card.line;
        if (!row || !card.when) continue;
        if (card.row) {
          this.fill(card, this.feed.incidents.get(id)); // a line that came or went changes the button
          card.classList.toggle("selected", id === this.selected);
          card.classList.toggle("within", this.lines.has(row.fold));
          if (this.feed.incidents.has(id)) this.tickRow(card, card.row);
          continue;
        }
        const text = this.age(row);
        if (card.when.textContent !== text) card.when.textContent = text;
      }
    }

    mark(id) {
      this.selected = id;
      for (const [key, card] of this.shown) {
        card.classList.toggle("selected", key === id);
        card.setAttribute("aria-selected", key === id);
      }
    }

    reveal(id) {
      const row = this.feed.incidents.get(id);
      if (row && row.fold && this.lines.has(row.fold) && !this.unfolded.has(row.fold)) this.unfold(row.fold);
      const at = this.rows.indexOf(id);
      if (at >= 0) this.scrollTo(at);
    }

    scrollTo(at) {
      const { scrollTop, clientHeight } = this.list;
      if (at * ROW < scrollTop) this.list.scrollTop = at * ROW;
      else if ((at + 1) * ROW > scrollTop + clientHeight) this.list.scrollTop = (at + 1) * ROW - clientHeight;
    }

    key(event) {
      const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
      const line = this.selected && this.selected.startsWith(FOLD) ? this.selected.slice(FOLD.length) : null;
      if (line !== null && ["Enter", "ArrowRight", "ArrowLeft"].includes(event.key)) {
        if (event.key === "Enter" || (event.key === "ArrowRight") !== this.unfolded.has(line)) this.unfold(line);
      } else if (event.key === "Enter" && this.selected) this.open(this.selected);
      else if (step) {
        const at = Math.max(0, Math.min(this.rows.length - 1, this.rows.indexOf(this.selected) + step));
        const next = this.rows[at];
        if (next && next.startsWith(FOLD)) {
          this.choose(null); // a line is no incident: nothing on the map, no card
          this.mark(next);
          this.scrollTo(at);
        } else if (next) {
          this.choose(next, "queue");
          this.reveal(next);
        }
      } else return;
      event.preventDefault();
    }
  }
  Queue.TABS = Object.keys(ORDERS);
  Linkage.Queue = Queue;
})();
