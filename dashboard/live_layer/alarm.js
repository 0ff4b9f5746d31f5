"use strict";
// A new serious incident: seen always, heard once the officer has let the browser sound.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const SERIOUS = 3; // severity rank: severe
  const TONES = { 3: [[740, 0], [740, 0.28]], 4: [[988, 0], [784, 0.22], [988, 0.44], [784, 0.66]] };
  // Seconds from one sound to the next of its level: a storm is one reminder after another, not a din.
  const PACE_S = { 3: 6, 4: 3 };
  const MUTED = "linkage.muted_until"; // by the server's clock, in seconds
  const HEARD = "linkage.sound"; // "on" once an officer of this browser wanted it
  const PULSE_MS = 8000;
  const PULSES = 6;

  class Alarm {
    constructor(feed, choose, map) {
      Object.assign(this, { feed, choose, map });
      this.waiting = [];
      this.rung = 0; // alarms
      this.sounded = 0; // of them heard
      this.soundedAt = { 3: -Infinity, 4: -Infinity };
      this.later = {};
      this.badge = new Linkage.Badge();
      this.root = element("div", "alarm");
      this.root.hidden = true;
      this.root.setAttribute("role", "alert");
      this.switch = Linkage.button("tool sound", "", () => this.toggle());
      this.menu = this.choices();
      this.bar = Linkage.button("sound-bar", "提示音还没有启用：点此启用声音", () => this.enable(true));
      this.say();
      // Any first touch of the page is leave enough where sound was wanted before.
      addEventListener("pointerdown", (event) => {
        if (!this.muted() && !this.running() && !this.switch.contains(event.target) && event.target !== this.bar) this.enable(false);
        if (!this.menu.hidden && !this.menu.contains(event.target) && !this.switch.contains(event.target)) this.menu.hidden = true;
      });
      setInterval(() => this.say(), 1000);
    }

    choices() {
      const menu = element("div", "panel sound-menu");
      menu.hidden = true;
      menu.setAttribute("role", "menu");
      const choice = (label, seconds) => Linkage.button("plain", label, () => this.mute(seconds()));
      menu.append(
        choice("静音 10 分钟", () => 600), choice("静音 30 分钟", () => 1800), choice("静音到本班结束", () => this.shiftLeft()),
        Linkage.button("plain", "试听", () => { this.menu.hidden = true; this.sound(4); }),
        element("div", "sound-note", "只静新事件的提示音，到时自动恢复；横幅和闪烁不受影响，时限守时出错时仍会响一次。"),
      );
      return menu;
    }

    // Seconds to the end of the shift, which changes at the times of data/duty.toml.
    shiftLeft() {
      const minute = ((this.feed.now() + 8 * 3600) / 60) % 1440; // of the day in Beijing
      const starts = (this.feed.words.shift_starts || [480, 1200]).map((at) => (at - minute + 1440) % 1440 || 1440);
      return Math.min(...starts) * 60;
    }

    muted() {
      return Number(localStorage.getItem(MUTED) || 0) > this.feed.now();
    }

    running() {
      return Boolean(this.context) && this.context.state === "running";
    }

    mute(seconds) {
      this.menu.hidden = true;
      if (seconds) localStorage.setItem(MUTED, Math.round(this.feed.now() + seconds));
      else localStorage.removeItem(MUTED);
      this.say();
    }

    enable(tried) {
      localStorage.setItem(HEARD, "on");
      this.context = this.context || new AudioContext();
      this.context.resume().then(() => { this.say(); if (tried) this.sound(SERIOUS); });
    }

    toggle() {
      if (this.muted()) this.mute(0);
      else if (!this.running()) this.enable(true);
      else this.menu.hidden = !this.menu.hidden;
    }

    // The key M: ten minutes of quiet, or the end of it.
    key() {
      if (!this.muted() && this.running()) this.mute(600);
      else this.toggle();
    }

    say() {
      const muted = this.muted();
      const on = !muted && this.running();
      const left = muted ? Number(localStorage.getItem(MUTED)) - this.feed.now() : 0;
      const text = muted ? `静音中 ${Linkage.span(left)}` : on ? "声音：开" : "启用声音";
      if (this.switch.textContent !== text) this.switch.textContent = text;
      this.switch.classList.toggle("ask", !on && !muted);
      this.switch.classList.toggle("muted", muted);
      this.switch.title = muted ? "点击立即恢复声音（M）" : on ? "静音 10 分钟、30 分钟或到本班结束（M：10 分钟）" : "点击后，新的严重事件会有提示音（M）";
      this.switch.setAttribute("aria-pressed", Boolean(on));
      this.bar.hidden = muted || on;
    }

    // `before`: the rows as they were. Exercises and what was told hours late are shown, and do
    // not ring.
    heed(changed, before) {
      const fresh = [];
      for (const row of changed) {
        const old = before.get(row.id);
        const known = old ? old.rank : -1;
        if (row.exercise || (row.told_late && !old) || row.rank < SERIOUS || known >= row.rank || row.claimed_by) continue;
        this.waiting = this.waiting.filter((id) => id !== row.id);
        this.waiting.unshift(row.id);
        fresh.push(row);
      }
      this.show();
      if (fresh.length) this.ring(fresh);
    }

    ring(rows) {
      this.rung++;
      this.root.dataset.rung = this.rung;
      this.badge.add(rows.length);
      document.body.classList.remove("flash");
      void document.body.offsetWidth; // begin the animation anew
      document.body.classList.add("flash");
      rows.slice(0, PULSES).forEach((row) => this.pulse(row));
      this.remind(Math.max(...rows.map((row) => row.rank)));
    }

    // One sound at a time: what comes meanwhile sounds once, when its level may sound again.
    remind(rank) {
      const now = performance.now() / 1000;
      const wait = this.soundedAt[rank] + PACE_S[rank] - now;
      if (wait <= 0) {
        this.soundedAt[rank] = now;
        this.sound(rank);
      } else if (!this.later[rank]) {
        this.later[rank] = setTimeout(() => {
          this.later[rank] = null;
          if (!this.waiting.some((id) => (this.feed.incidents.get(id) || {}).rank >= rank)) return;
          this.soundedAt[rank] = performance.now() / 1000;
          this.sound(rank);
        }, wait * 1000);
      }
    }

    sound(rank) {
      if (this.muted() || !this.context) return;
      this.sounded++;
      const start = this.context.currentTime + 0.02;
      for (const [pitch, after] of TONES[rank] || TONES[SERIOUS]) {
        const tone = this.context.createOscillator();
        const volume = this.context.createGain();
        tone.frequency.value = pitch;
        volume.gain.setValueAtTime(0.0001, start + after);
        volume.gain.exponentialRampToValueAtTime(0.25, start + after + 0.02);
        volume.gain.exponentialRampToValueAtTime(0.0001, start + after + 0.19);
        tone.connect(volume).connect(this.context.destination);
        tone.start(start + after);
        tone.stop(start + after + 0.2);
      }
    }

    // A ring where it happened, for as long as an eye needs; the view stays where it is.
    pulse(row) {
      if (!row.located) return;
      const ring = L.circleMarker([row.lat, row.lon], { radius: 24, weight: 4, fill: false, interactive: false, className: `pulse ${row.severity}` });
      ring.addTo(this.map);
      setTimeout(() => ring.remove(), PULSE_MS);
    }

    show() {
      this.waiting = this.waiting.filter((id) => {
        const row = this.feed.incidents.get(id);
        return row && !row.claimed_by;
      });
      this.root.hidden = this.waiting.length === 0;
      if (this.root.hidden) return;
      const row = this.feed.incidents.get(this.waiting[0]);
      const text = Linkage.button("alarm-text", null, () => this.take(row.id));
      text.append(
        element("b", "", `新的${this.feed.words.severity[row.severity]}事件`),
        element("span", "", `${row.title} · ${row.place}`),
      );
      const rest = element("span", "alarm-rest", this.waiting.length > 1 ? `另有 ${this.waiting.length - 1} 起` : "");
      const done = Linkage.button("alarm-done", "知道了", () => { this.waiting = []; this.show(); });
      this.root.className = `alarm ${row.severity}`;
      this.root.replaceChildren(text, rest, done);
    }

    take(id) {
      this.waiting = this.waiting.filter((other) => other !== id);
      this.choose(id, "alarm");
      this.show();
    }
  }
  Linkage.Alarm = Alarm;
})();
