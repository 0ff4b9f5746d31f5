"use strict";
// Below the queue's own filter: what the whole record holds, years back, asked of the server.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const STILL_MS = 250; // the officer has stopped typing

  class Finder {
    constructor(feed, acts) {
      Object.assign(this, { feed, acts });
      this.root = element("div", "finder");
      this.root.hidden = true;
      this.asked = 0;
    }

    look(text) {
      clearTimeout(this.timer);
      this.asked++;
      if (text.length < 2) {
        this.root.hidden = true;
        return;
      }
      this.timer = setTimeout(() => this.ask(text, this.asked), STILL_MS);
    }

    async ask(text, turn) {
      let found = null;
      try {
        const answer = await fetch(`${this.feed.base}api/live/find?q=${encodeURIComponent(text.slice(0, 80))}`);
        if (answer.ok) found = await answer.json();
      } catch { /* the light of the feed says what is wrong */ }
      if (turn === this.asked) this.show(text, found);
    }

    show(text, answer) {
      this.root.hidden = false;
      const head = element("div", "finder-head");
      const shut = Linkage.button("shut", "×", () => { this.root.hidden = true; });
      shut.setAttribute("aria-label", "收起查找结果");
      if (!answer) {
        head.append(element("span", "", "全部记录暂时查不了，请稍后再试"), shut);
        this.root.replaceChildren(head);
        return;
      }
      const count = answer.more ? `最新的 ${answer.found.length} 起，还有更早的` : `${answer.found.length} 起`;
      head.append(element("span", "", `全部记录中：${count}`), shut);
      const list = element("div", "finder-list");
      list.append(...answer.found.map((one) => this.entry(one)));
      const more = [];
      if (answer.more) more.push(Linkage.button("plain finder-more", "在“事件处置”中继续查找", () => this.acts.findAll(text)));
      if (answer.cut) more.push(element("div", "empty", "检索索引正在建立，很早的事件可能没有查全"));
      this.root.replaceChildren(head, list, ...more);
    }

    entry(one) {
      const { words } = this.feed;
      const kind = words.kinds[one.kind] || words.kinds.other;
      const item = Linkage.button("finder-row", null, () => this.acts.pick(one.id));
      const text = element("div", "body");
      text.append(
        element("div", "title", one.headline || kind.label),
        element("div", "where", [one.place, words.status[one.status] || one.status, `按${one.by}`].filter(Boolean).join(" · ")),
      );
      const when = element("div", "finder-when");
      when.append(element("span", "", one.number), element("span", "", Linkage.clock(one.opened_at)));
      item.append(Linkage.shapes.svg(kind.family, one.severity, words.marks[one.severity], one.exercise, 24), text, when);
      return item;
    }
  }
  Linkage.Finder = Finder;
})();
