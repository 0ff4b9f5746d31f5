"use strict";
// The view in the address: what a colleague who opens it sees too. The page writes it; we read it.
window.Linkage = window.Linkage || {};
(() => {
  const PARTS = ["tab", "level", "family", "state", "source", "within", "routine", "drill", "q"];
  const MOST = 200; // letters of one part, as in dashboard/live_acts.py

  // What the address says of the view; null where it says nothing.
  function read() {
    const asked = new URLSearchParams(window.parent.location.search);
    const view = {};
    for (const part of PARTS) if (asked.get(part)) view[part] = asked.get(part).slice(0, MOST);
    return Object.keys(view).length ? view : null;
  }

  // The address of a view, with the incident that is looked at.
  function link(view, incident) {
    const { origin, pathname } = window.parent.location;
    const asked = new URLSearchParams(Object.entries(view).filter(([, value]) => value));
    if (incident) asked.set("incident", incident);
    const query = asked.toString();
    return `${origin}${pathname}${query ? `?${query}` : ""}`;
  }

  // On the intranet without TLS the browser has no clipboard for scripts: the old way then.
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const field = document.createElement("textarea");
      field.value = text;
      field.style.position = "fixed";
      field.style.opacity = "0";
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      return done;
    }
  }

  Linkage.address = { read, link, copy };
})();
