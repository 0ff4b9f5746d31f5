"use strict";
// What was typed and not yet sent stays in this tab: after a broken line, a reload or a restart of
// the server it is offered back, to the same person, in the same field. Constant: it is given no data.
(() => {
  if (window.linkageDrafts) return;
  window.linkageDrafts = true;
  const KEPT_MS = 12 * 3600 * 1000; // a shift
  const SENT_MS = 30000; // after a press: a field that is emptied or gone by then has been sent
  const NAME = "linkage.drafts";
  const FIELDS = 'section textarea, section input[type="text"], [role="dialog"] textarea, [role="dialog"] input[type="text"], [data-baseweb="popover"] textarea, [data-baseweb="popover"] input[type="text"]';
  // What is looked for, or chosen from a list, is no draft.
  const NOT = '[data-baseweb="select"], [class*="_find"], [class*="search"], [class*="st-key-desk_"], [class*="sign_in"], [data-testid="stDateInput"], [data-testid="stNumberInput"]';
  const bar = document.createElement("div");
  bar.className = "linkage-draft";
  bar.setAttribute("role", "status");
  bar.hidden = true;
  document.body.append(bar);
  // A press outside a menu shuts it, and the field to be filled stands in one. Windows hear first.
  for (const press of ["pointerdown", "pointerup", "mousedown", "mouseup", "touchstart", "focusin", "click"]) {
    window.addEventListener(press, (event) => {
      if (!bar.contains(event.target)) return;
      event.stopImmediatePropagation();
      if (press === "mousedown" || press === "pointerdown") event.preventDefault(); // the focus stays where it is
      if (press === "click" && event.target.act) event.target.act();
    }, true);
  }

  const who = () => (document.querySelector('[class*="st-key-desk_who"] button') || { textContent: "" }).textContent.trim();
  const where = () => {
    const incident = new URLSearchParams(location.search).get("incident") || "";
    return `${location.pathname}|${incident}`;
  };
  const label = (field) => field.getAttribute("aria-label") || field.placeholder || "";
  const isDraft = (field) => label(field) && !field.disabled && !field.closest(NOT);

  function read() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(NAME)) || [];
      return kept.filter((draft) => Date.now() - draft.at < KEPT_MS);
    } catch {
      return [];
    }
  }

  function write(drafts) {
    sessionStorage.setItem(NAME, JSON.stringify(drafts));
  }

  const mine = (draft) => draft.who === who() && draft.where === where();
  const without = (name) => read().filter((draft) => !(mine(draft) && draft.label === name));

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches || !field.matches(FIELDS) || !isDraft(field)) return;
    const others = without(label(field));
    // By hand only: what the page empties itself has been sent, and is seen below.
    if (field.value) others.push({ who: who(), where: where(), label: label(field), text: field.value, at: Date.now() });
    write(others);
  }, true);

  const fieldsNow = () => [...document.querySelectorAll(FIELDS)].filter(isDraft);

  // Pressed while the line stands: soon the field is empty or gone if it was sent.
  document.addEventListener("click", (event) => {
    if (!event.target.closest || !event.target.closest("button") || bar.contains(event.target)) return;
    const before = new Map(fieldsNow().filter((field) => field.value).map((field) => [label(field), field.value]));
    if (!before.size) return;
    const place = where();
    const toasts = () => [...document.querySelectorAll('[data-testid="stToast"]')];
    const stood = new Set(toasts());
    const asked = Date.now();
    const timer = setInterval(() => {
      const lost = document.documentElement.classList.contains("linkage-lost");
      if (lost || place !== where() || Date.now() - asked > SENT_MS || !before.size) return clearInterval(timer);
      const now = fieldsNow();
      for (const name of before.keys()) {
        const field = now.find((one) => label(one) === name);
        // What was sent is emptied, or its menu is shut and the page says that it was done.
        const sent = field ? !field.value : toasts().some((toast) => !stood.has(toast));
        if (!sent) continue;
        write(without(name));
        before.delete(name);
      }
      return undefined;
    }, 300);
  }, true);

  // Shut by the officer's own hand a menu needs no reminder: only after a break, or on a new page.
  let lostAt = Date.now();
  window.addEventListener("linkage-lost", () => { lostAt = Date.now(); });
  window.addEventListener("linkage-found", () => { lostAt = Date.now(); setTimeout(look, 1500); });

  function put(field, text) {
    const kind = field.tagName === "TEXTAREA" ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(field, text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
    field.blur(); // Streamlit takes it over when the field is left
  }

  function look() {
    const drafts = read().filter((draft) => mine(draft) && draft.at < lostAt);
    const found = [];
    const hidden = []; // in a menu that is shut: the field comes when it is opened
    const fields = drafts.length ? fieldsNow() : []; // looking for them costs 40 ms on a long page
    for (const draft of drafts) {
      const same = fields.filter((field) => label(field) === draft.label);
      const empty = same.find((field) => !field.value && field !== document.activeElement);
      if (empty) found.push([empty, draft]);
      else if (!same.length) hidden.push(draft);
    }
    const key = [...found.map(([, draft]) => draft.label), "|", ...hidden.map((draft) => draft.label)].join();
    if (key === bar.dataset.key) return;
    if (document.activeElement && document.activeElement.matches(FIELDS)) return; // somebody types
    bar.dataset.key = key;
    bar.hidden = !found.length && !hidden.length;
    if (bar.hidden) return;
    const all = [...found.map(([, draft]) => draft), ...hidden];
    const text = document.createElement("span");
    const told = all.map((draft) => `${draft.label.replace(/（.*/, "")}“${draft.text.slice(0, 16)}${draft.text.length > 16 ? "…" : ""}”`).join("、");
    text.textContent = `有填写到一半、没有提交的内容：${told}${found.length ? "" : "。打开原来的菜单后可以填回"}`;
    const back = document.createElement("button");
    back.textContent = "填回";
    back.act = () => { found.forEach(([field, draft]) => put(field, draft.text)); bar.hidden = true; };
    const drop = document.createElement("button");
    drop.textContent = "丢弃";
    drop.act = () => { all.forEach((draft) => write(without(draft.label))); bar.hidden = true; };
    bar.replaceChildren(text, ...(found.length ? [back] : []), drop);
  }

  setInterval(look, 1000);
})();
