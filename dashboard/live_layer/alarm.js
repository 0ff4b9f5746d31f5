"use strict";
// A new serious incident: seen always, heard once the officer has let the browser sound.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const SERIOUS = 3; // severity rank: severe
  const TONES = { 3: [[740, 0], [740, 0.28]], 4: [[988, 0], [784, 0.22], [988, 0.44], [784, 0.66]] };
  const PREFERENCE = "linkage.sound";

  class Alarm {
    constructor(feed, choose) {
      Object.assign(this, { feed, choose });
      this.waiting = [];
      this.rung = 0;
      this.root = element("div", "alarm");
      this.root.hidden = true;
      this.root.setAttribute("role", "alert");
      this.switch = Linkage.button("tool sound", "", () => this.toggle());
      this.muted = localStorage.getItem(PREFERENCE) === "muted";
      this.say();
      // Any first touch of the page is leave enough where sound was wanted before.
      addEventListener("pointerdown", (event) => {
        if (!this.muted && !this.context && !this.switch.contains(event.target)) this.enable();
      });
    }

    enable() {
      this.context = this.context || new AudioContext();
      this.context.resume().then(() => this.say());
    }

    toggle() {
      if (!this.context) {
        this.muted = false;
        this.enable();
        this.sound(SERIOUS);
      } else this.muted = !this.muted;
      localStorage.setItem(PREFERENCE, this.muted ? "muted" : "on");
      this.say();
    }

    say() {
      const on = !this.muted && this.context && this.context.state === "running";
      this.switch.textContent = on ? "声音：开" : this.muted ? "声音：静音" : "启用声音";
      this.switch.classList.toggle("ask", !on && !this.muted);
      this.switch.title = (on ? "点击静音（M）" : "点击后，新的严重事件会有提示音（M）")
        + "。静音只管新事件：时限守时出错时仍会响一次";
      this.switch.setAttribute("aria-pressed", Boolean(on));
    }

    // `before`: the rows as they were. Exercises and what was told hours late are shown, and do
    // not ring.
    heed(changed, before) {
      let worst = 0;
      for (const row of changed) {
        const old = before.get(row.id);
        const known = old ? old.rank : -1;
        if (row.exercise || (row.told_late && !old) || row.rank < SERIOUS || known >= row.rank || row.claimed_by) continue;
        this.waiting = this.waiting.filter((id) => id !== row.id);
        this.waiting.unshift(row.id);
        worst = Math.max(worst, row.rank);
      }
      this.show();
      if (worst) this.ring(worst);
    }

    ring(rank) {
      this.rung++;
      this.root.dataset.rung = this.rung;
      document.body.classList.remove("flash");
      void document.body.offsetWidth; // begin the animation anew
      document.body.classList.add("flash");
      this.sound(rank);
    }

    sound(rank) {
      if (this.muted || !this.context) return;
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
