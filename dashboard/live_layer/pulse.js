"use strict";
// On pages that are drawn on the server: told that what they show has changed, they look at once
// instead of when their time comes. Constant: it is given no data.
(() => {
  if (window.linkagePulse) return;
  const LOOK_MS = 400; // which part of the page watches, and what
  const AGAIN_MS = 3000;
  const FIRST_MS = 400; // so much sooner
  const REFUSED = 4401;
  const base = new URL(".", document.currentScript.src); // …/live/
  const state = { of: "", socket: null, refused: "" };
  window.linkagePulse = state;

  // The container's name says what is watched: pulse_5, an incident; pulse_own, an agency's desk.
  function part() {
    return document.querySelector('[class*="st-key-pulse_"]');
  }

  function named(found) {
    return found ? /st-key-pulse_(\w+)/.exec(found.className)[1] : "";
  }

  function look() {
    const of = named(part());
    if (of !== state.of) {
      state.of = of;
      state.refused = "";
      state.socket?.close();
      state.socket = null;
    }
    if (of && !state.socket && state.refused !== of) listen(of);
  }

  // Parts that this page draws alone come first: what moved is seen before all else is drawn.
  function heed({ parts, whole }) {
    const found = parts.map((name) => document.querySelector(`[class*="st-key-${name}_pulse_"] button`));
    const drawn = found.filter(Boolean);
    drawn.forEach((button) => button.click());
    if (whole || drawn.length < parts.length) {
      setTimeout(() => part()?.querySelector("button")?.click(), drawn.length ? FIRST_MS : 0);
    }
  }

  function listen(of) {
    const address = new URL("../api/live/pulse", base);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    state.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify(of === "own" ? {} : { incident: Number(of) }));
    socket.onmessage = (told) => socket === state.socket && heed(JSON.parse(told.data));
    socket.onclose = (why) => {
      if (socket !== state.socket) return;
      if (why.code === REFUSED) state.refused = of;
      setTimeout(() => { if (socket === state.socket) state.socket = null; }, AGAIN_MS);
    };
  }

  setInterval(look, LOOK_MS);
})();
