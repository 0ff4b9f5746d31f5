"use strict";
// Keys: one list that both acts and is shown on `?`, so that what is shown is what works.
window.Linkage = window.Linkage || {};
(() => {
  // Where somebody types, no key is a command.
  const TYPED = "textarea, select, [contenteditable=true], [role=combobox], [data-testid=stDataFrame], "
    + "input:not([type=radio]):not([type=checkbox]):not([type=button])";
  const PRESSED = "button, a, summary, [role=tab], [role=radio]"; // Enter and blank are theirs
  const STYLE = `
    .linkage-keys { border: 1px solid rgba(128, 140, 155, .5); border-radius: 8px; padding: 14px 20px; max-width: min(860px, 92vw); max-height: 90vh; overflow: auto; color: var(--st-text-color, var(--text-color, inherit)); background: var(--st-background-color, var(--background-color, Canvas)); font: inherit; }
    .linkage-keys::backdrop { background: rgba(10, 16, 24, .55); }
    .linkage-keys h2 { font-size: 17px; margin: 0 0 10px; padding: 0; }
    .linkage-keys dl { display: grid; grid-template-columns: max-content 1fr max-content 1fr; gap: 5px 12px; margin: 0; font-size: 14px; }
    .linkage-keys dd { margin: 0 18px 0 0; }
    .linkage-keys dt { margin: 0; }
    .linkage-keys kbd { display: inline-block; min-width: 1.6em; text-align: center; padding: 0 6px; border: 1px solid rgba(128, 140, 155, .7); border-bottom-width: 2px; border-radius: 4px; font: inherit; font-weight: 600; }
    .linkage-keys p { margin: 12px 0 0; font-size: 13px; opacity: .8; }`;

  const made = (tag, text) => {
    const part = document.createElement(tag);
    if (text) part.textContent = text;
    return part;
  };

  class KeyMap {
    // `rows`: [codes, what is printed on the keys, what they do, act]. A code is that of the key
    // on the board: an input method that is on changes the letter, and not the key.
    constructor(title, rows, home) {
      this.title = title;
      this.rows = rows;
      this.home = home;
      this.acts = new Map(rows.flatMap(([codes, , , act]) => codes.map((code) => [code, act])));
    }

    // Whether the key was one of ours.
    press(event) {
      if (event.defaultPrevented || event.repeat || event.isComposing) return false;
      if (event.ctrlKey || event.metaKey || event.altKey) return false;
      const at = event.target && event.target.closest ? event.target : null;
      if (at && at.closest(TYPED)) return false;
      if (event.key === "?" || event.key === "？") {
        this.show();
        event.preventDefault();
        return true;
      }
      if (this.shown() || event.shiftKey || document.querySelector("[role=dialog][aria-modal=true]")) return false;
      if (at && ["Enter", "NumpadEnter", "Space"].includes(event.code) && at.closest(PRESSED)) return false;
      const act = this.acts.get(event.code);
      if (!act || act(event) === false) return false;
      event.preventDefault();
      return true;
    }

    shown() {
      return Boolean(this.sheet && this.sheet.open);
    }

    show() {
      if (this.shown()) {
        this.sheet.close();
        return;
      }
      if (this.sheet) this.sheet.remove();
      this.sheet = made("dialog");
      this.sheet.className = "linkage-keys";
      this.sheet.setAttribute("aria-label", this.title);
      const list = made("dl");
      for (const [, shows, does] of [...this.rows, [[], "?", "显示或收起本表"]]) {
        const term = made("dt");
        term.append(made("kbd", shows));
        list.append(term, made("dd", does));
      }
      this.sheet.append(made("style", STYLE), made("h2", this.title), list, made("p", "正在输入文字时按键不起作用。Esc 关闭。"));
      this.sheet.addEventListener("click", () => this.sheet.close());
      (this.home || document.body).append(this.sheet);
      this.sheet.showModal();
    }
  }
  Linkage.KeyMap = KeyMap;
})();
