"use strict";
// What is said of one incident, a crowd of them, or a unit, beside its place on the map.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const LEVELS = ["", "Ⅰ级", "Ⅱ级", "Ⅲ级", "Ⅳ级"];
  const LISTED = 60;

  class Card {
    constructor(feed, acts) {
      Object.assign(this, { feed, acts });
      this.root = element("aside", "card");
      this.root.hidden = true;
      this.crowd = element("div", "crowd");
      this.crowd.hidden = true;
      this.tip = element("div", "tip");
      this.tip.hidden = true;
      for (const part of [this.root, this.crowd]) L.DomEvent.disableClickPropagation(part).disableScrollPropagation(part);
    }

    show(row) {
      this.row = row;
      this.root.hidden = !row;
      if (!row) return;
      const { words } = this.feed;
      const head = element("div", "card-head");
      const names = element("div", "names");
      const number = element("div", "number", row.number);
      if (row.exercise) number.append(element("span", "chip exercise-chip", "演练"));
      names.append(number, element("div", "title", row.title));
      const shut = Linkage.button("shut", "×", () => this.acts.choose(null));
      shut.setAttribute("aria-label", "关闭");
      head.append(Linkage.shapes.svg(row.family, row.severity, words.marks[row.severity], row.exercise, 34), names, shut);
      const facts = element("dl", "facts");
      for (const [term, value, tone] of this.facts(row)) {
        if (!value) continue;
        facts.append(element("dt", "", term), element("dd", tone || "", value));
      }
      const foot = element("div", "card-foot");
      const take = this.acts.claims.button(row, "plain claim");
      if (take) foot.append(take);
      const go = Linkage.button("primary", "进入处置", () => this.acts.open(row.id));
      go.title = "回车或双击也可进入";
      foot.append(go);
      if (Linkage.Plume.may(row)) foot.append(Linkage.button("plain", "下风向示意", () => this.acts.plume(row)));
      if (row.located) foot.append(Linkage.button("plain", "地图定位", () => this.acts.find(row)));
      this.root.className = `card ${row.severity}`;
      this.root.replaceChildren(head, facts, foot);
    }

    facts(row) {
      const { words } = this.feed;
      return [
        ["类别", `${row.kindLabel}${row.hazmat ? " · 涉危化品" : ""}`],
        ["程度", words.severity[row.severity]],
        ["状态", words.status[row.status]],
        ["地点", row.place || "不明"],
        ["位置", this.where(row), "warm"],
        ["人员", Linkage.peopleWords(row.people)],
        ["立案", `${Linkage.clock(row.opened_at, true)}（${Linkage.since(this.feed.now() - row.opened_at)}）`],
        ["来源", `${row.sources.map((id) => words.sources[id] || id).join("、")}（${row.alerts} 报）`],
        ["受理", this.held(row), row.claimed_by && !row.held ? "" : "warm"],
        ["时限", row.due_at ? `${row.due}，${Linkage.clock(row.due_at)} 到期` : ""],
        ["等级", row.grade ? words.grades[row.grade] : ""],
        ["响应", row.response_level ? LEVELS[row.response_level] : ""],
        ["超时", row.late ? `${row.late} 项任务超时` : "", "late"],
      ];
    }

    where(row) {
      const { words } = this.feed;
      const note = row.located && row.position_note === "exact" ? "" : words.positions[row.position_note];
      const scene = this.scene && this.scene.id === row.id ? this.scene : null;
      const about = Math.max(row.about_m || 0, scene ? scene.about_m : 0);
      const why = scene && scene.about_why ? `，${scene.about_why}` : "";
      return [note, about ? `误差约 ${Linkage.far(about)}${why}` : ""].filter(Boolean).join("，");
    }

    held(row) {
      if (!row.claimed_by) return "未受理";
      const since = row.claimed_at ? `，${Linkage.clock(row.claimed_at, true)} 接手` : "";
      return `${row.claimed_by}${since}${row.held ? `（${this.feed.words.claims[row.held]}）` : ""}`;
    }

    // Incidents that lie on one spot: choose from a list.
    choice(rows, point) {
      const { words } = this.feed;
      this.crowd.hidden = !rows;
      if (!rows) return;
      const sorted = [...rows].sort((a, b) => b.rank - a.rank || b.opened_at - a.opened_at);
      const items = sorted.slice(0, LISTED).map((row) => {
        const item = Linkage.button("crowd-row", null, () => { this.choice(null); this.acts.choose(row.id, "map"); });
        item.append(Linkage.shapes.svg(row.family, row.severity, words.marks[row.severity], row.exercise, 20), element("span", "", row.title));
        return item;
      });
      const more = rows.length > LISTED ? [element("div", "empty", `另有 ${rows.length - LISTED} 起，请放大地图`)] : [];
      this.crowd.replaceChildren(element("div", "crowd-head", `此处 ${rows.length} 起事件`), ...items, ...more);
      this.put(this.crowd, point);
    }

    hint(item, point) {
      this.tip.hidden = !item;
      if (!item) return;
      const { words } = this.feed;
      if (item.station) this.tip.replaceChildren(...Linkage.stationHint(this.feed, item.station));
      else if (item.spot) this.tip.replaceChildren(element("b", "", `${words.sources[item.spot.source] || item.spot.source}报的位置`), element("span", "", item.spot.metres ? `误差约 ${Linkage.far(item.spot.metres)}，${item.spot.why}` : words.positions[item.spot.note]));
      else if (item.unit) this.tip.replaceChildren(...Linkage.unitHint(this.feed, item.unit));
      else if (item.rows.length > 1) this.tip.replaceChildren(...this.summary(item.rows));
      else {
        const [row] = item.rows;
        this.tip.replaceChildren(element("b", "", row.title), element("span", "", `${words.severity[row.severity]} · ${row.kindLabel} · ${words.status[row.status]}`), element("span", "", row.place));
      }
      this.put(this.tip, point);
    }

    // Real ones by level and by kind; an exercise is counted apart.
    summary(rows) {
      const { words } = this.feed;
      const real = rows.filter((row) => !row.exercise);
      const tally = (list, of) => list.map(([code, label]) => [label, real.filter((row) => of(row) === code).length]).filter(([, count]) => count);
      const said = (counts) => counts.map(([label, count]) => `${label} ${count}`).join(" · ");
      const families = tally(words.families, (row) => row.family).sort((a, b) => b[1] - a[1]);
      const late = real.filter((row) => row.late).length;
      const open = real.filter((row) => !row.claimed_by && !row.routine).length;
      const more = [open ? `未受理 ${open}` : "", late ? `超时 ${late}` : "", rows.length > real.length ? `演练 ${rows.length - real.length}（不计入）` : ""].filter(Boolean).join(" · ");
      const lines = [said(tally(words.severities, (row) => row.severity)), said(families.slice(0, 4)) + (families.length > 4 ? " 等" : ""), more, "点击展开"];
      return [element("b", "", `${real.length} 起事件`), ...lines.filter(Boolean).map((line) => element("span", "", line))];
    }

    put(part, point) {
      const { clientWidth, clientHeight } = part.parentElement;
      const x = Math.max(6, Math.min(point.x + 14, clientWidth - part.offsetWidth - 6));
      const y = Math.max(6, Math.min(point.y + 12, clientHeight - part.offsetHeight - 6));
      part.style.transform = `translate(${x}px, ${y}px)`;
    }
  }
  Linkage.Card = Card;
})();
