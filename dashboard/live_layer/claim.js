"use strict";
// 接手 from the queue, the card or a key: one click, said until the page has heard it, done once.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const SAID_MS = 15000; // as long as the page takes it (OLDEST_S of dashboard/live_acts.py), less
  const WAITS_MS = 4000; // then the button may be pressed again

  class Claims {
    // `tell`: send what is to be said to the page.
    constructor(feed, tell) {
      Object.assign(this, { feed, tell });
      this.me = "";
      this.may = new Set();
      this.acts = []; // clicks that the page may not have heard yet
    }

    seat(me, may) {
      this.me = me || "";
      this.may = new Set((may || "").split(" "));
    }

    // What an officer can do about who has `row`: null, or {act, label}.
    offer(row) {
      if (!row || row.claimed_by === this.me) return null;
      if (!row.claimed_by) return this.may.has("claim") ? { act: "claim", label: "接手" } : null;
      return row.held && this.may.has("take_stale") ? { act: "take_stale", label: "接替" } : null;
    }

    take(row) {
      const offer = this.offer(row);
      if (!offer || this.waits(row) || this.feed.state !== "live") return;
      const mark = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
      this.acts = this.acts.filter((act) => performance.now() - act.clicked < SAID_MS);
      this.acts.push({ act: offer.act, incident_id: row.id, version: row.version, number: row.number, mark, at: this.feed.now(), clicked: performance.now() });
      this.tell();
    }

    said() {
      return this.acts.filter((act) => performance.now() - act.clicked < SAID_MS).map(({ clicked, ...act }) => act);
    }

    waits(row) {
      return this.acts.some((act) => act.incident_id === row.id && act.version === row.version && performance.now() - act.clicked < WAITS_MS);
    }

    button(row, look) {
      const offer = this.offer(row);
      if (!offer) return null;
      const button = Linkage.button(look, offer.label, (event) => {
        if (event) event.stopPropagation();
        this.take(row);
        button.disabled = true;
        button.textContent = "接手中…";
      });
      const live = this.feed.state === "live";
      button.disabled = !live || this.waits(row);
      const not = this.feed.state === "past" ? "回看中，回到实时后可以接手" : "断线中，恢复后可以接手";
      button.title = live ? `${offer.label}（选中后按 C）` : not;
      button.setAttribute("aria-label", `${offer.label} ${row.number}`);
      return button;
    }

    // {text, tone} of who has it: alone for how long, or left alone by whom.
    state(row) {
      const { claims } = this.feed.words;
      if (row.held) return { text: claims[row.held] || row.held, tone: "held" };
      if (row.claimed_by) return null;
      const age = this.feed.now() - row.opened_at;
      if (age < claims.unclaimed_s || row.told_late) return { text: "未受理", tone: "" };
      return { text: `无人接手 ${span(age)}`, tone: row.rank >= 3 ? "grave" : "old" };
    }

    // Of what is awaited next, and how long there is.
    due(row) {
      if (!row.due_at) return null;
      const left = Math.max(0, row.due_at - this.feed.now());
      return { text: `${row.due} 剩 ${span(left)}`, tone: left < 60 ? "grave" : left < 600 ? "old" : "" };
    }
  }

  // 45秒, 3分20秒, 2小时5分
  function span(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    if (whole < 60) return `${whole}秒`;
    if (whole < 3600) return `${Math.floor(whole / 60)}分${whole % 60}秒`;
    if (whole < 86400) return `${Math.floor(whole / 3600)}小时${Math.floor((whole % 3600) / 60)}分`;
    return `${Math.floor(whole / 86400)}天${Math.floor((whole % 86400) / 3600)}小时`;
  }
  Linkage.span = span;
  Linkage.Claims = Claims;
})();
