"use strict";
// How sure the place of the chosen incident is, and where each source put it; asked for when chosen.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;

  class Spots {
    constructor(board) {
      Object.assign(this, { board, key: "" });
    }

    // Again when a further report has changed the incident.
    async update() {
      const { feed, marks, card, selected } = this.board;
      const row = selected && !this.board.past.on ? feed.incidents.get(selected) : null; // the route knows now only
      const key = row ? `${row.id} ${row.alerts} ${row.lon} ${row.lat}` : "";
      if (key === this.key) return;
      this.key = key;
      if (!row || !marks.scene || marks.scene.id !== row.id) marks.scene = card.scene = null;
      if (!row || !row.located) return;
      const address = `${feed.base}api/live/scene?incident=${encodeURIComponent(row.id)}`;
      const answer = await fetch(address).catch(() => null);
      const scene = answer && answer.ok ? await answer.json() : null;
      if (this.key !== key || !scene) return;
      marks.scene = card.scene = { id: row.id, ...scene };
      marks.refresh();
      if (this.board.selected === row.id) card.show(feed.incidents.get(row.id) || null);
    }
  }
  Linkage.Spots = Spots;

  // What the legend has to say beside shapes and levels, folded until somebody asks.
  Linkage.legendMore = ({ marks }) => {
    const more = element("div", "legend-more");
    more.hidden = true;
    const fold = Linkage.button("legend-fold legend-next", "力量、范围和数字", () => {
      more.hidden = !more.hidden;
      fold.setAttribute("aria-expanded", String(!more.hidden));
    });
    fold.setAttribute("aria-expanded", "false");
    const part = element("div", "legend-part units");
    for (const [sign, text] of Linkage.unitSigns(marks.dark)) {
      const item = element("span", "legend-item");
      item.append(sign, element("span", "", text));
      part.append(item);
    }
    const lines = element("div", "legend-lines");
    for (const [kind, text] of [["about", "虚线圈：位置误差，实际在圈内某处"], ["outlined", "色边区县或图形：预警范围"], ["count", "圆圈数字：事件数；角标：最重的级别和起数"], ["plume", "橙色虚线扇形：下风向粗略示意"]]) {
      const item = element("span", "legend-item");
      item.append(element("i", `legend-line ${kind}`), element("span", "", text));
      lines.append(item);
    }
    more.append(part, lines);
    return [fold, more];
  };
})();
