"use strict";
// On every page: whether the server is still there, said in Chinese within five seconds; and the
// time by the server's clock where this machine's is wrong. Constant: it is given no data.
(() => {
  if (window.linkageGuard) return;
  const EVERY_MS = 1500;
  const PATIENCE_MS = 2500;
  const TELL_MS = 3000; // since the last answer
  const MAP_MS = 10000; // a map that is not there by then is fetched again
  const WRONG_S = 5; // a clock that is off by less troubles nobody
  const BLANK_MS = 1500; // without a page at all
  const AGAIN_MS = 10000; // a page that breaks at once again is left alone for so long
  const base = new URL(".", document.currentScript.src); // …/live/
  const state = { answeredAt: performance.now(), lost: false, stale: false, ahead: 0, drawnAt: 0 };
  window.linkageGuard = state;

  const banner = document.createElement("div");
  banner.className = "linkage-guard";
  banner.setAttribute("role", "alert");
  banner.hidden = true;
  const note = document.createElement("div");
  note.className = "linkage-clock";
  note.setAttribute("role", "status");
  note.hidden = true;
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("guard.css", base);
  document.head.append(style);
  document.body.append(banner, note);

  async function ask() {
    const hurry = new AbortController();
    const timer = setTimeout(() => hurry.abort(), PATIENCE_MS);
    try {
      const began = Date.now();
      const answer = await fetch(new URL("../api/health", base), { signal: hurry.signal, cache: "no-store" });
      const told = await answer.json().catch(() => ({}));
      state.answeredAt = performance.now();
      state.stale = told.picture === "stale";
      if (told.at) state.ahead = told.at - (began + Date.now()) / 2000;
    } catch { /* no answer: the time since the last one says it */ }
    clearTimeout(timer);
    say();
    setTimeout(ask, EVERY_MS);
  }

  function say() {
    const silent = performance.now() - state.answeredAt;
    const lost = silent > TELL_MS;
    if (lost !== state.lost) {
      state.lost = lost;
      document.documentElement.classList.toggle("linkage-lost", lost);
      window.dispatchEvent(new Event(lost ? "linkage-lost" : "linkage-found"));
    }
    let text = "";
    if (lost) text = `与服务器的连接已中断 ${Math.round(silent / 1000)} 秒，正在重连。画面停在中断前；已填写的内容保留在本机，恢复前请勿提交。`;
    else if (state.stale) text = "数据库暂时连不上，画面停在最后一次读数；操作暂不能写入，恢复后会自动更新。";
    if (banner.textContent !== text) banner.textContent = text;
    banner.hidden = !text;
    const wrong = Math.abs(state.ahead) > WRONG_S;
    note.hidden = !wrong;
    if (wrong) {
      const beijing = new Date(Date.now() + (state.ahead + 8 * 3600) * 1000).toISOString().slice(11, 19);
      note.textContent = `本机时钟${state.ahead > 0 ? "慢" : "快"} ${Math.round(Math.abs(state.ahead))} 秒；服务器时间 ${beijing}`;
    }
    hideForeign();
    mend();
    if (!lost) revive();
  }

  // A fault in Streamlit's own drawing (an update for a part that is gone) takes the whole page
  // away and leaves a white one: it is loaded again, with what was typed (drafts.js).
  function revive() {
    const now = performance.now();
    if (document.querySelector('[data-testid="stApp"]')) { state.drawnAt = now; return; }
    if (!state.drawnAt || now - state.drawnAt < BLANK_MS) return;
    const last = Number(sessionStorage.getItem("linkage.mended") || 0);
    if (Math.abs(Date.now() - last) < AGAIN_MS) return;
    sessionStorage.setItem("linkage.mended", String(Date.now()));
    location.reload();
  }

  // Streamlit says the same in a dialog over everything, forms included.
  function hideForeign() {
    for (const dialog of document.querySelectorAll('[role="dialog"]')) {
      if (!/Connection error|Is Streamlit still running|Connection failed|^\s*(close)?\s*连接中断|正在重新连接服务器/i.test(dialog.textContent)) continue;
      const whole = dialog.closest('[data-testid="stDialog"], [data-baseweb="modal"]') || dialog;
      whole.style.display = "none";
    }
  }

  // A map whose scripts were on their way when the line broke never comes by itself.
  const since = new WeakMap(); // frame → when it was first seen without its map
  function mend() {
    if (state.lost) return;
    for (const frame of document.querySelectorAll('iframe[title^="streamlit_folium"]')) {
      if (drawn(frame)) since.delete(frame);
      else if (!since.has(frame)) since.set(frame, performance.now());
      else if (performance.now() - since.get(frame) > MAP_MS) {
        since.delete(frame);
        frame.src = String(frame.src);
      }
    }
  }

  function drawn(frame) {
    try {
      return Boolean(frame.contentWindow.map);
    } catch {
      return false; // the browser's own page, that nothing was found
    }
  }

  new MutationObserver(hideForeign).observe(document.body, { childList: true });
  setInterval(say, 500);
  ask();
})();
