"use strict";
// The second language, put over the first as the page is drawn; and Streamlit's own English words,
// which it cannot be told to say otherwise, in Chinese. A catalogue maps what we say to what is
// read; {} stands for what differs. Words of the record that no entry knows stay as they are.
window.Linkage = window.Linkage || {};
(() => {
  const HAN = /[\u3400-\u9fff]/;
  const LATIN = /[A-Za-z]{2}/;
  const ATTRIBUTES = ["placeholder", "title", "aria-label", "alt", "data-text"];
  const UNTOUCHED = "script, style, textarea, [contenteditable], .as-said";
  const MARKS = { "，": ", ", "、": ", ", "；": "; ", "。": ". ", "：": ": ", "（": " (", "）": ")", "！": "! ", "？": "? ", "“": "“", "”": "”", "　": " · ", "＝": " = ", "＋": " + " };
  const CUT = /([，、；。：（）！？“”·　＝＋\n|/]|\s{1,}[-–—]\s{1,}|\s{2,}|(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff]))/;
  const NUMBER = /(\s*[+-]?\d[\d.,:%-]*\s*)/;
  const ENDS = /^([·，、；：。\s]*)([\s\S]*?)([·，、；：。\s]*)$/;
  const UNITS = /^(\{\}(年|月|日|天|小时|分钟|分|秒))+$/;
  const HAN_FIRST = /^\s*[\u3400-\u9fff]/;
  const KEPT = 4000;
  const LEAST = 3;
  const marked = (signs) => [...signs].map((sign) => MARKS[sign] || sign).join("");

  class Catalogue {
    constructor(entries, foreign) {
      this.foreign = foreign; // what a text must hold to be worth a look
      this.exact = new Map();
      this.forms = [];
      this.known = new Map();
      for (const [ours, read] of Object.entries(entries)) {
        if (!ours.includes("{}")) this.exact.set(ours, read);
        else this.forms.push(this.form(ours, read));
      }
      this.forms.sort((a, b) => b.weight - a.weight); // what is said most exactly goes first
    }

    form(ours, read) {
      const parts = ours.split("{}");
      const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      const anchor = parts.reduce((a, b) => (b.length > a.length ? b : a));
      const touching = parts.flatMap((part, n) => (n > 0 && n < parts.length - 1 && !part ? [n - 1] : []));
      let differs = escaped.join("([\\s\\S]*?)");
      // 26分56秒 and 未送达 26分56秒, but not 还剩26分56秒.
      if (UNITS.test(ours)) differs = `((?:[\\s\\S]*\\s)?[\\d.,]+)${escaped.slice(1).join("([\\d.,\\s]+)")}`;
      return { pattern: new RegExp(`^${differs}$`), anchor, read, touching, weight: ours.length, own: ours.replace(/\{\}|[\s\p{P}\d]/gu, "").length };
    }

    // What `text` is read as; itself where no entry knows it.
    read(text) {
      const had = this.known.get(text);
      if (had !== undefined) return had;
      const found = this.find(text, 0);
      const said = found === null ? text : found;
      if (this.known.size > KEPT) this.known.clear();
      this.known.set(text, said);
      return said;
    }

    find(text, depth) {
      const bare = text.trim();
      if (!bare || !this.foreign.test(bare)) return text;
      const whole = this.exact.get(bare);
      if (whole !== undefined) return text.replace(bare, () => whole);
      const ends = ENDS.exec(bare);
      if (ends && (ends[1] || ends[3])) {
        const said = this.find(ends[2], depth);
        return said === null ? null : text.replace(bare, () => marked(ends[1]) + said + marked(ends[3]).trimEnd());
      }
      if (depth > 7) return null;
      // The form that leaves the least unread; of equals, what is said most exactly.
      let best = null;
      for (const form of this.forms) {
        if (!bare.includes(form.anchor)) continue;
        const match = form.pattern.exec(bare);
        if (!match) continue;
        const parts = match.slice(1);
        const read = parts.map((part) => this.find(part, depth + 1));
        for (const n of form.touching) this.share(parts, read, n, depth);
        if (form.touching.some((n) => read[n] === "" || read[n + 1] === "")) continue;
        const unread = read.filter((said) => said === null).length;
        if (unread && form.own < LEAST) continue; // of a text of the record, that is a sign by chance
        const cost = unread + parts.filter((part) => !part).length / 2; // a form whose every part is there
        if (best && cost >= best.cost) continue;
        best = { cost, said: form.read.replace(/\{(\d)\}/g, (_all, n) => read[Number(n)] ?? parts[Number(n)] ?? "") };
        if (!cost) break;
      }
      return best ? text.replace(bare, () => best.said) : this.pieces(text, depth);
    }

    // Where two parts touch (超时{}{}), nothing in the form says where the first ends: there, where
    // both can be read.
    share(parts, read, n, depth) {
      if (read[n] && read[n + 1]) return;
      const both = parts[n] + parts[n + 1];
      for (let at = both.length - 1; at > 0; at--) {
        const halves = [both.slice(0, at), both.slice(at)];
        if (!halves.every((part) => /[\p{L}\d]/u.test(part))) continue;
        const said = halves.map((part) => this.find(part, depth + 2));
        if (said.includes(null)) continue;
        [read[n], read[n + 1]] = said;
        return;
      }
    }

    // A list of things we say, one after the other: all of it or nothing.
    pieces(text, depth) {
      const at = text.indexOf("："); // a name, and what is said of it
      if (at > 0) {
        const two = [text.slice(0, at), text.slice(at + 1)].map((part) => this.find(part, depth + 1));
        if (!two.includes(null)) return two.join(": ");
      }
      const parted = text.split(CUT);
      const cut = parted.length < 3 ? text.split(NUMBER) : parted; // what differs, last
      if (cut.length < 3) return null;
      const said = cut.map((part) => (part in MARKS ? MARKS[part] : this.find(part, depth + 1)));
      if (said.includes(null)) return null;
      // A number or a bracket and the word after it: Chinese needs no space there.
      const apart = said.map((word, n) => (n > 0 && HAN_FIRST.test(cut[n]) && /[\d）]$/.test(cut[n - 1]) ? ` ${word}` : word));
      return apart.join("").replace(/ +/g, " ");
    }
  }

  class Reader {
    constructor(root, catalogue) {
      Object.assign(this, { root, catalogue });
      this.own = new WeakMap(); // node → what we wrote there
      this.all(root);
      new MutationObserver((changes) => changes.forEach((change) => this.heed(change))).observe(root, {
        subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES,
      });
    }

    heed(change) {
      if (change.type === "characterData") this.text(change.target);
      else if (change.type === "attributes") this.attribute(change.target, change.attributeName);
      else change.addedNodes.forEach((node) => this.all(node));
    }

    all(node) {
      if (node.nodeType === Node.TEXT_NODE) { this.text(node); return; }
      if (node.nodeType !== Node.ELEMENT_NODE && node !== this.root) return;
      const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
      for (let at = walker.currentNode; at; at = walker.nextNode()) {
        if (at.nodeType === Node.TEXT_NODE) this.text(at);
        else if (at.nodeType === Node.ELEMENT_NODE) for (const name of ATTRIBUTES) if (at.hasAttribute(name)) this.attribute(at, name);
      }
    }

    text(node) {
      const now = node.nodeValue;
      if (!this.catalogue.foreign.test(now) || this.own.get(node) === now) return;
      if (!node.parentElement || node.parentElement.closest(UNTOUCHED)) return;
      const said = this.catalogue.read(now);
      if (said === now) return;
      this.own.set(node, said);
      node.nodeValue = said;
    }

    attribute(element, name) {
      const now = element.getAttribute(name);
      if (!now || !this.catalogue.foreign.test(now)) return;
      const said = this.catalogue.read(now);
      if (said !== now) element.setAttribute(name, said);
    }
  }

  const chosen = () => (/(?:^|; )linkage_language=(\w+)/.exec(document.cookie) || [])[1] || "zh";

  // The page says which language its person chose; a browser that knew another loads once more.
  function follow() {
    const mark = document.querySelector("#linkage-language");
    const told = mark && mark.dataset.language;
    if (!told || told === chosen() || sessionStorage.getItem("linkage.language") === told) return;
    sessionStorage.setItem("linkage.language", told); // once: a browser may keep no cookies
    document.cookie = `linkage_language=${told}; path=/; max-age=31536000; samesite=lax`;
    location.reload();
  }

  async function begin(here) {
    const english = chosen() === "en";
    const outermost = window === window.parent;
    if (outermost) setInterval(follow, 500);
    if (!english && !outermost) return; // within the frames everything is ours, and Chinese
    const answer = await fetch(new URL(english ? "en.json" : "zh.json", here)).catch(() => null);
    if (!answer || !answer.ok) return;
    const entries = await answer.json();
    if (english) {
      // Names of agencies, systems and districts: what the tables of this city hold.
      const names = await fetch(new URL("en_names.json", here)).catch(() => null);
      if (names && names.ok) Object.assign(entries, await names.json());
    }
    Linkage.words = new Catalogue(entries, english ? HAN : LATIN);
    if (english) document.documentElement.lang = "en";
    Linkage.reader = new Reader(document.documentElement, Linkage.words);
  }

  Object.assign(Linkage, { Catalogue, Reader });
  begin(document.currentScript.src);
})();
