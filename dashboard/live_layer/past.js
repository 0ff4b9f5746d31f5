"use strict";
// 回看: the desk of another moment on the same map and queue, plainly marked as not live.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const DAY_S = 86400;
  const KEPT_S = 30 * DAY_S;
  const BEIJING_S = 8 * 3600;
  const SPEEDS = [1, 10, 60, 600];
  const TICK_MS = 1000;
  const SERIOUS = 3; // severity rank: severe
  const AGAIN_MS = 1500; // others are looking back too

  // The rows of a moment, with the same surface as the live feed's: whoever draws from one draws
  // from the other.
  class PastFeed extends Linkage.Feed {
    constructor(live) {
      super(live.base);
      this.live = live;
      this.words = live.words;
      this.at = 0;
      this.state = "past";
    }

    connect() {} // asked moment by moment instead
    watch() {}
    say() {}
    now() { return this.at; }
    ageSeconds() { return 0; }

    show(found) {
      const { picture } = found;
      if (found.since === undefined) for (const rows of [this.incidents, this.units, this.warnings, this.folds, this.stations]) rows.clear();
      this.at = found.at;
      this.words = this.live.words;
      if (picture) this.apply({ ...picture, rev: this.rev + 1 });
      if (found.since === undefined) {
        this.fresh = (picture && picture.fresh) || null;
        this.tally = (picture && picture.tally) || null;
      }
    }
  }

  const day = (epoch) => new Date((epoch + BEIJING_S) * 1000).toISOString().slice(0, 10);
  const midnight = (date) => Date.parse(`${date}T00:00:00Z`) / 1000 - BEIJING_S;
  const stamp = (epoch) => `${day(epoch).slice(5)} ${Linkage.clock(Math.floor(epoch))}`;

  class Past {
    // `board`: whose feed is put in the place of the live one, and back.
    constructor(board) {
      this.board = board;
      this.on = false;
      this.speed = 0;
      this.asking = false;
      this.opener = Linkage.button("tool past-open", "回看", () => this.begin());
      this.opener.title = "看过去 30 天里任一时刻的画面（键 B）";
      this.build();
      board.feed.addEventListener("change", (event) => this.heed(event.detail));
    }

    build() {
      this.root = element("div", "past");
      this.root.hidden = true;
      this.root.setAttribute("role", "region");
      this.root.setAttribute("aria-label", "回看");
      this.sign = element("div", "past-sign");
      this.sign.setAttribute("role", "status");
      this.note = element("div", "past-note");
      this.note.setAttribute("role", "status");
      // Of our own: a browser's show the hours and the order of the day as its own language has it.
      this.date = this.field("date", "日期", "select");
      this.time = this.field("time", "时间，如 14:07:00");
      this.time.maxLength = 8;
      this.time.inputMode = "numeric";
      this.slider = this.field("range", "这一天的时刻");
      this.slider.min = "0";
      this.slider.max = String(DAY_S - 1);
      this.date.addEventListener("change", () => this.typed());
      this.time.addEventListener("change", () => this.typed());
      this.slider.addEventListener("input", () => { this.pause(); this.go(midnight(this.date.value) + Number(this.slider.value)); });
      const rows = [element("div", "past-row"), element("div", "past-row")];
      rows[0].append(this.date, this.time, this.slider);
      this.plays = SPEEDS.map((speed) => {
        const play = Linkage.button("past-play", `▶ ×${speed}`, () => this.play(speed));
        play.dataset.speed = speed;
        play.setAttribute("aria-label", `以 ${speed} 倍速播放`);
        return play;
      });
      this.still = Linkage.button("past-play", "❚❚ 暂停", () => this.pause());
      const step = Linkage.button("past-play past-step", "下一变化 →", () => { this.pause(); this.go(this.feed.at, { step: true }); });
      this.back = Linkage.button("past-back", "回到实时", () => this.end());
      this.back.title = "Esc";
      rows[1].append(...this.plays, this.still, step, this.back);
      this.news = Linkage.button("past-news", "有新的严重事件，点此回到实时", () => this.end());
      this.news.hidden = true;
      this.root.append(this.news, this.sign, this.note, ...rows);
      this.root.addEventListener("keydown", (event) => {
        if (event.target.closest("input, select") || event.key === "Escape") event.stopPropagation();
        if (event.key === "Escape") this.end();
      });
      L.DomEvent.disableClickPropagation(this.root).disableScrollPropagation(this.root);
    }

    field(type, label, tag = "input") {
      const made = element(tag, `past-${type}`);
      if (type === "range") made.type = type;
      made.setAttribute("aria-label", label);
      return made;
    }

    // What is held to come back to: where the officer was looking and what was chosen.
    begin() {
      const { board } = this;
      if (this.on || !board.dressed) return;
      const { map, queue } = board;
      this.held = { selected: board.selected, at: map.getCenter(), zoom: map.getZoom(), scroll: queue.list.scrollTop, station: board.station.id };
      this.live = board.feed;
      this.feed = this.feed || new PastFeed(this.live);
      this.feed.show({ at: 0 }); // nothing of the last time
      this.on = true;
      this.swap(this.feed);
      board.choose(null);
      board.station.hide();
      document.body.classList.add("past-view");
      this.root.hidden = false;
      this.opener.disabled = true;
      this.news.hidden = true;
      this.pause();
      this.go(Math.floor(this.live.now()) - 300);
      this.slider.focus({ preventScroll: true });
    }

    end() {
      if (!this.on) return;
      const { board, held } = this;
      this.pause();
      this.on = false;
      board.choose(null);
      this.swap(this.live);
      document.body.classList.remove("past-view");
      this.root.hidden = true;
      this.opener.disabled = false;
      board.map.setView(held.at, held.zoom, { animate: false });
      this.draw();
      board.choose(held.selected, "address"); // the page has never been told of another
      board.queue.list.scrollTop = held.scroll;
      if (held.station) board.station.show(held.station);
      board.lights();
    }

    swap(feed) {
      const { board } = this;
      const drawn = board.feed;
      const others = new Set([this, board.alarm]); // the alarm is of now, always
      for (const part of [board, ...Object.values(board)]) if (part && part.feed === drawn && !others.has(part)) part.feed = feed;
      board.card.hint(null);
      board.card.choice(null);
    }

    draw() {
      const { board } = this;
      board.countKey = board.troubleKey = board.warningsKey = null;
      board.take({ whole: true, changed: [], gone: [], before: new Map() });
      board.lights();
    }

    // New and serious while nobody looks at now: the alarm sounds as ever, and here it is said.
    heed({ changed, before }) {
      if (!this.on || !before) return;
      const risen = (row) => { const was = before.get(row.id); return row.rank >= SERIOUS && !(was && was.rank >= row.rank); };
      if (changed.some(risen)) this.news.hidden = false;
    }

    typed() {
      const said = /^([01]?\d|2[0-3])[:：.]?([0-5]\d)(?:[:：.]?([0-5]\d))?$/.exec(this.time.value.trim());
      this.time.classList.toggle("wrong", !said);
      if (!said) return this.say("时间请写成 14:07 或 14:07:30");
      this.pause();
      const [hours, minutes, seconds] = said.slice(1).map((part) => Number(part || 0));
      return this.go(midnight(this.date.value) + hours * 3600 + minutes * 60 + seconds);
    }

    // The days there are to look back at, today first.
    days(newest) {
      const today = midnight(day(newest));
      if (today === this.today) return;
      this.today = today;
      this.date.replaceChildren(...Array.from({ length: KEPT_S / DAY_S + 1 }, (_, n) => {
        const date = day(today - n * DAY_S);
        const names = ["今天", "昨天"];
        const option = element("option", "", `${date.slice(5)} ${names[n] || `周${"日一二三四五六"[new Date(`${date}T00:00:00Z`).getUTCDay()]}`}`);
        option.value = date;
        return option;
      }));
    }

    // To a moment; the last one asked for wins, however the answers come.
    async go(at, { step = false, since = null } = {}) {
      const newest = Math.floor(this.live.now());
      this.wanted = Math.min(Math.max(at, newest - KEPT_S), newest);
      this.asked = { at: this.wanted, step, since: since === this.feed.at ? since : null };
      this.place(this.wanted);
      if (this.asking) return;
      this.asking = true;
      while (this.asked && this.on) {
        const asked = this.asked;
        this.asked = null;
        const found = await this.ask(asked);
        if (!this.on) break;
        if (found === "again") {
          this.asked = this.asked || { ...asked, since: null };
          await new Promise((done) => { setTimeout(done, AGAIN_MS); });
        } else if (found && !(this.asked && this.asked.since === null && asked.since !== null)) this.take(found, asked);
      }
      this.asking = false;
    }

    async ask({ at, step, since }) {
      const query = new URLSearchParams({ at });
      if (step) query.set("step", "1");
      if (since !== null) query.set("since", since);
      try {
        const answer = await fetch(`${this.live.base}api/live/past?${query}`);
        if (answer.ok) return await answer.json();
        this.say(answer.status === 429 ? "回看的人多，正在排队…" : (await answer.json()).error);
        return answer.status === 429 ? "again" : null;
      } catch {
        this.say("连不上服务器，画面停在这一刻");
        this.pause();
        return null;
      }
    }

    take(found, asked) {
      if (found.since !== undefined && found.since !== this.feed.at) return; // changes of another picture
      const stayed = asked.step && found.at <= this.feed.at;
      this.feed.show(found);
      this.say(stayed ? "此后没有新的变化" : this.remark(found));
      if (!this.asked) this.place(found.at);
      this.draw();
    }

    // What must be known to read the picture rightly.
    remark(found) {
      if (found.begins === null) return "还没有记下任何画面";
      if (!found.picture) return `画面从 ${stamp(found.begins)} 开始记录，此前没有`;
      if (found.unseen) {
        const [from, until] = found.unseen;
        return `${stamp(from)} 至${until ? ` ${stamp(until)}` : "今"} 没有值班台在记录，这是此前最后的画面`;
      }
      return this.feed.incidents.size ? "" : "当时没有在办事件";
    }

    refuse() {
      this.say("回看时不能处置，请先回到实时");
    }

    say(words) {
      this.note.textContent = words;
    }

    place(at) {
      this.sign.replaceChildren(element("b", "", `回看 ${stamp(at)}`), element("span", "", "非实时"));
      this.days(this.live.now());
      this.date.value = day(at);
      if (document.activeElement !== this.time) this.time.value = Linkage.clock(Math.floor(at));
      this.slider.value = String(Math.floor(at - midnight(day(at))));
      this.slider.setAttribute("aria-valuetext", stamp(at));
    }

    play(speed) {
      this.pause();
      this.speed = speed;
      for (const play of this.plays) play.setAttribute("aria-pressed", String(Number(play.dataset.speed) === speed));
      this.timer = setInterval(() => this.turn(), TICK_MS);
    }

    turn() {
      if (this.asking) return; // the server sets the pace
      const { at } = this.feed;
      if (at >= Math.floor(this.live.now()) - 1) {
        this.pause();
        this.say("已到现在");
      } else this.go(at + this.speed, { since: at });
    }

    pause() {
      clearInterval(this.timer);
      this.speed = 0;
      for (const play of this.plays) play.setAttribute("aria-pressed", "false");
    }

    // In the place of the words of the live light; that the line is down is said here too.
    light() {
      const broken = this.live.state === "live" ? "" : " · 实时连接已断开";
      return `回看 ${stamp(this.feed.at)} · 非实时${broken}`;
    }
  }
  Linkage.Past = Past;
})();
