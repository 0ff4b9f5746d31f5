"use strict";
// What a tab remembers while its officer visits other pages; layers and filters go with the person.
window.Linkage = window.Linkage || {};
(() => {
  const ADDRESS = "../../api/live/preference"; // from the component's folder
  const PERSONAL = new Set(["sift", "ground"]); // as NAMES of dashboard/preference_feed.py
  const WAIT_MS = 2000; // a desk opens without them rather than not at all
  const REST_MS = 400; // one message for a run of clicks
  const UNSENT = "linkage.unsent"; // names whose last value the account has not got
  const waiting = new Map();

  const stored = (name) => {
    try {
      return JSON.parse(sessionStorage.getItem(name));
    } catch {
      return null;
    }
  };
  const unsent = () => new Set(stored(UNSENT) || []);
  const mark = (name, on) => {
    const names = unsent();
    if (on) names.add(name);
    else names.delete(name);
    sessionStorage.setItem(UNSENT, JSON.stringify([...names]));
  };

  Linkage.remembered = (name, otherwise) => stored(`linkage.${name}`) || otherwise;

  Linkage.remember = (name, value) => {
    sessionStorage.setItem(`linkage.${name}`, JSON.stringify(value));
    if (!PERSONAL.has(name)) return;
    mark(name, true);
    clearTimeout(waiting.get(name));
    waiting.set(name, setTimeout(() => send(name), REST_MS));
  };

  async function send(name) {
    clearTimeout(waiting.get(name));
    waiting.delete(name);
    const value = stored(`linkage.${name}`);
    const answer = await fetch(ADDRESS, {
      method: "PUT", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name, value }),
    }).catch(() => null);
    // Not kept (locked, away): it stands in this tab, and goes again with the next start.
    if (answer && answer.ok && !waiting.has(name)) mark(name, false);
  }
  addEventListener("pagehide", () => { for (const name of [...waiting.keys()]) send(name); });

  // What the account has goes before what this tab had, unless that never got there.
  const read = (async () => {
    const answer = await fetch(ADDRESS).catch(() => null);
    if (!answer || !answer.ok) return;
    const late = unsent();
    for (const [name, value] of Object.entries(await answer.json())) {
      if (PERSONAL.has(name) && !late.has(name)) sessionStorage.setItem(`linkage.${name}`, JSON.stringify(value));
    }
    for (const name of late) send(name);
  })();
  Linkage.personal = Promise.race([read, new Promise((done) => { setTimeout(done, WAIT_MS); })]);
})();
