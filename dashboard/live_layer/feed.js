"use strict";
// The feed's end in the browser: one snapshot, then changes; and the rows it leaves us with.
window.Linkage = window.Linkage || {};
(() => {
  const BACK_OFF_MS = [100, 300, 700, 1200, 2000];
  const ENDED_SHOWN_S = 1800; // as ALL_CLEAR_S of linkage/desk/live.py
  const SILENT_MS = 6000; // six beats missed: the line is dead even if nobody said so

  // The lists come in the order of the screen; look-ups by code are made here.
  function derive(words) {
    const pairs = (list, n) => Object.fromEntries(list.map((entry) => [entry[0], entry[n]]));
    return {
      ...words,
      severity: pairs(words.severities, 1),
      marks: pairs(words.severities, 2),
      status: pairs(words.statuses, 1),
      order: pairs(words.orders || [], 1),
    };
  }

  class Feed extends EventTarget {
    constructor(base) {
      super();
      this.base = base;
      this.incidents = new Map();
      this.units = new Map();
      this.warnings = new Map();
      this.folds = new Map();
      this.stations = new Map();
      this.responses = new Map();
      this.limits = null;
      this.shift = null;
      this.words = null;
      this.fresh = null;
      this.tally = null;
      this.rev = 0;
      this.revision = 0;
      this.state = "connecting"; // connecting | live | broken | refused
      this.stale = false;
      this.heardAt = 0; // by performance.now()
      this.serverAhead = 0; // seconds
      this.tries = 0;
      this.held = null; // changes that came while the snapshot was on its way
      setInterval(() => this.watch(), 1000);
      this.connect();
    }

    now() {
      return Date.now() / 1000 + this.serverAhead;
    }

    ageSeconds() {
      return this.heardAt ? (performance.now() - this.heardAt) / 1000 : Infinity;
    }

    connect() {
      clearTimeout(this.timer);
      const address = new URL(`${this.base}api/live/ws?rev=${this.rev}`, location.href);
      address.protocol = address.protocol.replace("http", "ws");
      const socket = new WebSocket(address);
      this.socket = socket;
      this.openedAt = performance.now();
      socket.onopen = () => socket.send(JSON.stringify({ rev: this.rev }));
      socket.onmessage = (message) => socket === this.socket && this.take(JSON.parse(message.data));
      socket.onclose = (why) => socket === this.socket && this.lost(why.code);
    }

    watch() {
      const since = Math.max(this.heardAt, this.openedAt || 0);
      const open = this.socket && this.socket.readyState <= 1;
      if (open && performance.now() - since > SILENT_MS) {
        const dead = this.socket;
        this.socket = null;
        dead.close();
        this.lost(0);
      }
    }

    lost(code) {
      this.socket = null;
      this.held = null;
      this.say(code === 4401 ? "refused" : "broken");
      const wait = BACK_OFF_MS[Math.min(this.tries++, BACK_OFF_MS.length - 1)];
      this.timer = setTimeout(() => this.connect(), code === 4401 ? 2000 : wait);
    }

    say(state) {
      if (this.state === state) return;
      this.state = state;
      this.dispatchEvent(new Event("state"));
    }

    take(frame) {
      this.heardAt = performance.now();
      this.tries = 0;
      this.serverAhead = frame.at - Date.now() / 1000;
      if (frame.resync) {
        // One that is on its way may be of before: a server that has just started has an empty one.
        if (this.held) this.again = true;
        else this.read();
        return;
      }
      if (this.held) this.held.push(frame);
      else this.apply(frame);
    }

    async read() {
      this.held = [];
      this.again = false;
      const socket = this.socket;
      let frame;
      try {
        const answer = await fetch(`${this.base}api/live/snapshot`);
        if (!answer.ok) throw new Error(answer.status);
        frame = await answer.json();
      } catch {
        if (socket === this.socket && socket) socket.close();
        return;
      }
      if (socket !== this.socket || !this.held) return;
      if (this.again) {
        this.read();
        return;
      }
      const before = this.words ? new Map(this.incidents) : null;
      this.words = derive(frame.words);
      this.incidents.clear();
      this.units.clear();
      this.warnings.clear();
      this.folds.clear();
      this.stations.clear();
      this.responses.clear();
      const changed = (frame.incidents || []).map((row) => this.keep(row));
      this.others(frame);
      const held = this.held;
      this.held = null;
      this.say("live");
      const detail = { whole: true, changed, gone: [], before };
      this.dispatchEvent(new CustomEvent("change", { detail }));
      held.forEach((later) => this.apply(later));
    }

    apply(frame) {
      this.stale = Boolean(frame.stale);
      const before = new Map();
      const changed = [];
      const gone = [];
      if (frame.rev > this.rev) {
        for (const row of frame.incidents || []) {
          before.set(row.id, this.incidents.get(row.id));
          changed.push(this.keep(row));
        }
        for (const id of frame.gone || []) if (this.incidents.delete(id)) gone.push(id);
      }
      this.others(frame);
      this.say("live");
      if (changed.length || gone.length || frame.units || frame.warnings || frame.folds) {
        const detail = { whole: false, changed, gone, before };
        this.dispatchEvent(new CustomEvent("change", { detail }));
      } else if (frame.stations) this.dispatchEvent(new Event("readings")); // the queue need not look
      if (frame.responses || frame.limits || frame.shift) this.dispatchEvent(new Event("orders"));
    }

    others(frame) {
      if (frame.rev >= this.rev) {
        for (const unit of frame.units || []) this.units.set(unit.id, unit);
        for (const warning of frame.warnings || []) this.warnings.set(warning.id, warning);
        for (const line of frame.folds || []) {
          if (line.count) this.folds.set(line.id, line);
          else this.folds.delete(line.id);
        }
        for (const one of frame.responses || []) {
          if (one.orders) this.responses.set(one.id, one);
          else this.responses.delete(one.id);
        }
        this.limits = frame.limits || this.limits;
        this.shift = frame.shift || this.shift;
        for (const station of frame.stations || []) this.stations.set(station.id, Linkage.stationRow(station, this.words));
      }
      this.stale = Boolean(frame.stale);
      this.fresh = frame.fresh || this.fresh;
      this.tally = frame.tally || this.tally;
      this.rev = Math.max(this.rev, frame.rev);
      this.revision = frame.revision || this.revision;
    }

    flooded() {
      return Boolean(this.fresh && this.fresh.flood && this.fresh.flood.on);
    }

    warningsInForce() {
      const now = this.now();
      return [...this.warnings.values()].filter((w) => w.active && w.expires_at > now);
    }

    // What was lifted or ran out of late, the latest first. An all-clear is shown whatever is
    // muted, folded or filtered.
    warningsEnded() {
      const now = this.now();
      const at = (w) => (w.active ? w.expires_at : Math.min(w.ended_at || w.expires_at, w.expires_at));
      return [...this.warnings.values()]
        .filter((w) => w.effective_at <= now && (w.end === "cancelled" || ((w.active || w.end === "expired") && w.expires_at <= now)))
        .filter((w) => now - (w.end === "cancelled" ? w.ended_at : at(w)) < ENDED_SHOWN_S)
        .sort((a, b) => at(b) - at(a));
    }

    // A row as it came, with what is asked of it a thousand times worked out once.
    keep(row) {
      const kind = this.words.kinds[row.kind] || this.words.kinds.other;
      row.kindLabel = kind.label;
      row.family = kind.family;
      row.routine = kind.routine && row.rank < 3;
      row.fault = kind.fault;
      row.located = row.lon !== null && row.lat !== null;
      row.lost = !row.located && row.position_note !== "nowhere"; // a fault of our own has no place
      row.title = row.headline || kind.label;
      row.said = `${row.number} ${row.title} ${row.place} ${kind.label} ${row.claimed_by || ""}`.toLowerCase();
      this.incidents.set(row.id, row);
      return row;
    }
  }
  Linkage.Feed = Feed;
})();
