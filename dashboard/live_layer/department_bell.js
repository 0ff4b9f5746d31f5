"use strict";
// 部门工作台: rings for what the page marks as new. Given no data: see department_bell.py.
(() => {
  const TONES = {
    3: [[740, 0], [740, 0.28]],
    4: [[988, 0], [784, 0.22], [988, 0.44], [784, 0.66]],
  };
  const MARK = /st-key-department_ring_(\d+_\d+)_(\d)/;
  const SEEN = "linkage.department.rung", MUTED = "linkage.department.sound";
  const seen = new Set(JSON.parse(sessionStorage.getItem(SEEN) || "[]"));
  const before = window.departmentBell;
  if (before) clearInterval(before.timer);
  const bell = window.departmentBell = {
    context: before && before.context,
    rung: before ? before.rung : 0,
  };
  const muted = () => localStorage.getItem(MUTED) === "muted";
  const on = () => !muted() && bell.context && bell.context.state === "running";

  function say() {
    const button = document.getElementById("department_sound");
    if (!button) return;
    const text = on() ? "提示音：开" : muted() ? "提示音：静音" : "启用提示音";
    if (button.textContent !== text) button.textContent = text;
    button.setAttribute("aria-pressed", String(Boolean(on())));
    button.onclick = () => {
      if (on()) localStorage.setItem(MUTED, "muted");
      else { localStorage.setItem(MUTED, "on"); enable(); sound(3); }
      say();
    };
  }
  function enable() {
    bell.context = bell.context || new AudioContext();
    bell.context.resume().then(say);
  }
  // Where sound was wanted before, any first touch of the page is leave enough.
  addEventListener("pointerdown", () => {
    if (localStorage.getItem(MUTED) === "on" && !on()) enable();
  });
  function sound(rank) {
    if (muted() || !bell.context) return;
    const start = bell.context.currentTime + 0.02;
    for (const [pitch, after] of TONES[rank] || [[660, 0]]) {
      const tone = bell.context.createOscillator(), volume = bell.context.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, start + after);
      volume.gain.exponentialRampToValueAtTime(0.25, start + after + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + after + 0.19);
      tone.connect(volume).connect(bell.context.destination);
      tone.start(start + after);
      tone.stop(start + after + 0.2);
    }
  }
  function ring(rank) {
    bell.rung += 1;
    document.body.dataset.departmentRung = bell.rung;
    const area = document.querySelector('[data-testid="stMain"]');
    if (area) {
      area.classList.remove("department_flash");
      void area.offsetWidth; // begin the animation anew
      area.classList.add("department_flash");
    }
    sound(rank);
    if (navigator.vibrate) navigator.vibrate([200, 100, 200]);
  }
  bell.timer = setInterval(() => {
    const here = document.getElementById("department_sound");
    const name = document.title.replace(/^（\d+）/, "");
    if (!here) { // another page
      clearInterval(bell.timer);
      document.title = name;
      return;
    }
    let worst = -1, waiting = 0;
    for (const one of document.querySelectorAll('[class*="st-key-department_ring_"]')) {
      const found = MARK.exec(one.className);
      if (!found) continue;
      waiting += 1;
      if (seen.has(found[1])) continue;
      seen.add(found[1]);
      worst = Math.max(worst, Number(found[2]));
    }
    const title = waiting ? `（${waiting}）${name}` : name;
    if (document.title !== title) document.title = title;
    if (worst >= 0) {
      sessionStorage.setItem(SEEN, JSON.stringify([...seen].slice(-200)));
      ring(worst);
    }
    say();
  }, 300);
  say();
})();
