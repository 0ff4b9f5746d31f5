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
  const COLON = "：";
  const FACTS = /(\s*[·　]\s*|\s{2,})/;
  const CUTS = [
    /([。！？\n])/, /([；|])/, COLON, FACTS,
    /([，、；。：（）！？“”·　＝＋\n|/]|\s{1,}[-–—]\s{1,}|\s{2,}|(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff]))/,
    /(\s\d+)$/, /(?<=^[\u3400-\u9fff]{2,})(\s)/, // 110 接处警 31; 邮箱 a@b
  ];
  const NUMBER = /(\s*[+-]?\d[\d.,:%-]*\s*)/;
  const ENDS = /^([·，、；：。\s]*)([\s\S]*?)([·，、；：。\s]*)$/;
  const UNITS = /^(\{\}(年|月|日|天|小时|分钟|分|秒))+$/;
  const HAN_FIRST = /^\s*[\u3400-\u9fff]/;
  const OVER = `[data-said] { position: relative; } [data-said]:not(:focus-within) > input { color: transparent; }
    [data-said]:not(:focus-within)::after { content: attr(data-said); position: absolute; inset: 0; display: flex; align-items: center; padding-left: 8px; font-size: .875rem; pointer-events: none; white-space: nowrap; overflow: hidden; }`;
  const KEPT = 4000;
  // A text from outside may be made of nothing but our words: who reads it is not kept waiting.
  const LONGEST = 1000;
  const STEPS = 400; // the longest of ours takes some sixty
  const LEAST = 3;
  const han = (text) => (text.match(/[\u3400-\u9fff]/g) || []).length;
  const atFirst = (text, sign) => (text.indexOf(sign) > 0 ? [text.slice(0, text.indexOf(sign)), sign, text.slice(text.indexOf(sign) + 1)] : []);
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
      this.forms.sort((a, b) => b.weight - a.weight || b.own - a.own); // what is said most exactly goes first
    }

    form(ours, read) {
      const parts = ours.split("{}");
      const touching = parts.flatMap((part, n) => (n > 0 && n < parts.length - 1 && !part ? [n - 1] : []));
      // 26分56秒 and 未送达 26分56秒, but not 还剩26分56秒.
      const units = UNITS.test(ours) && new RegExp(`^((?:[\\s\\S]*\\s)?[\\d.,]+)${parts.slice(1).join("([\\d.,\\s]+)")}$`);
      return { parts, units, read, touching, weight: ours.length, own: ours.replace(/\{\}|[\s\p{P}\d]/gu, "").length };
    }

    // What stands where the form differs, each as short as it can be; null: it is no such text.
    differing({ parts, units }, bare) {
      if (units) return units.exec(bare)?.slice(1) || null;
      const last = parts[parts.length - 1];
      if (!bare.startsWith(parts[0]) || !bare.endsWith(last)) return null;
      const end = bare.length - last.length;
      const found = [];
      let at = parts[0].length;
      for (const part of parts.slice(1, -1)) {
        const next = bare.indexOf(part, at);
        if (next < 0 || next + part.length > end) return null;
        found.push(bare.slice(at, next));
        at = next + part.length;
      }
      return at > end ? null : [...found, bare.slice(at, end)];
    }

    // What `text` is read as; itself where no entry knows it.
    read(text) {
      const had = this.known.get(text);
      if (had !== undefined) return had;
      const said = this.whole(text);
      if (this.known.size > KEPT) this.known.clear();
      this.known.set(text, said);
      return said;
    }

    whole(text) {
      if (text.length > LONGEST) return text;
      Object.assign(this, { steps: STEPS, found: new Map() });
      const found = this.find(text);
      return found === null || this.steps < 0 ? text : found.said;
    }

    // How it is read, and how many Chinese characters of it no entry knows; null: none knows any.
    find(text) {
      if (!this.found.has(text)) this.found.set(text, this.steps-- > 0 ? this.search(text) : null);
      return this.found.get(text);
    }

    search(text) {
      const bare = text.trim();
      if (!bare || !this.foreign.test(bare)) return { said: text, left: 0 };
      const put = (said, left) => ({ said: text.replace(bare, () => said), left });
      const whole = this.exact.get(bare);
      if (whole !== undefined) return put(whole, 0);
      const ends = ENDS.exec(bare);
      if (ends && (ends[1] || ends[3])) {
        const found = this.find(ends[2]);
        return found && put(marked(ends[1]) + found.said + marked(ends[3]).trimEnd(), found.left);
      }
      // The form that leaves the least unread; of equals, what is said most exactly.
      let best = null;
      for (const form of this.forms) {
        const parts = this.steps < 0 ? null : this.differing(form, bare);
        if (!parts) continue;
        const read = parts.map((part) => this.find(part));
        for (const n of form.touching) this.share(parts, read, n);
        if (form.touching.some((n) => !parts[n] || !parts[n + 1])) continue;
        if (read.includes(null) && form.own < LEAST) continue; // of a text of the record, that is a sign by chance
        const left = read.reduce((sum, one, n) => sum + (one ? one.left : han(parts[n])), 0);
        const cost = left + parts.filter((part) => !part).length / 2; // a form whose every part is there
        if (best && cost >= best.cost) continue;
        best = { cost, left, said: form.read.replace(/\{(\d)\}/g, (_all, n) => (read[n] ? read[n].said : parts[n]) || "") };
        if (!cost) break;
      }
      if (best && !best.left) return put(best.said, 0);
      const list = this.pieces(text);
      if (list && (!best || list.left < best.left)) return list;
      return best && put(best.said, best.left);
    }

    // Where two parts touch (超时{}{}), nothing in the form says where the first ends: there, where
    // both can be read.
    share(parts, read, n) {
      if (parts[n] && parts[n + 1] && read[n] && read[n + 1]) return;
      const both = parts[n] + parts[n + 1];
      for (let at = both.length - 1; at > 0 && this.steps > 0; at--) {
        const halves = [both.slice(0, at), both.slice(at)];
        if (/\d$/.test(halves[0]) || !halves.every((part) => /[\p{L}\d]/u.test(part))) continue; // a number keeps its unit
        const found = halves.map((part) => this.find(part));
        if (found.some((one) => !one || one.left)) continue;
        [parts[n], parts[n + 1]] = halves;
        [read[n], read[n + 1]] = found;
        return;
      }
    }

    // A list of things we say, one after the other: all of it or nothing, but for facts in a row,
    // among which words of the record stand. Sentences are parted before their clauses.
    pieces(text) {
      for (const cut of [...CUTS, NUMBER]) {
        const parted = cut === COLON ? atFirst(text, COLON) : text.split(cut);
        if (parted.length < 3) continue;
        const found = parted.map((part) => (part in MARKS ? { said: MARKS[part], left: 0 } : this.find(part)));
        if (found.includes(null)) {
          if (cut !== FACTS || !found.some((one, n) => one && !one.left && this.foreign.test(parted[n]))) continue;
          parted.forEach((part, n) => { found[n] = found[n] || { said: part, left: han(part) }; });
        }
        // A number or a bracket and the word after it: Chinese needs no space there.
        const apart = found.map(({ said }, n) => (n > 0 && HAN_FIRST.test(parted[n]) && /[\d）]$/.test(parted[n - 1]) ? ` ${said}` : said));
        return { said: apart.join("").replace(/ +/g, " "), left: found.reduce((sum, one) => sum + one.left, 0) };
      }
      return null;
    }
  }

  class Reader {
    constructor(root, catalogue) {
      Object.assign(this, { root, catalogue });
      this.own = new WeakMap(); // node → what we wrote there
      this.all(root);
      new MutationObserver((changes) => changes.forEach((change) => this.heed(change))).observe(root, {
        subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: [...ATTRIBUTES, "value"],
      });
      const over = document.createElement("style");
      over.textContent = OVER;
      (document.head || root).append(over);
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
        else if (at.nodeType === Node.ELEMENT_NODE) for (const name of [...ATTRIBUTES, "value"]) if (at.hasAttribute(name)) this.attribute(at, name);
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

    // What is chosen in a list stands in a field that Streamlit writes anew whenever it likes: its
    // reading lies over the field while nobody types there.
    choice(field) {
      if (!field.matches("input[role=combobox]")) return;
      const own = field.getAttribute("value") || "";
      const said = this.catalogue.foreign.test(own) ? this.catalogue.read(own) : own;
      if (said === own) delete field.parentElement.dataset.said;
      else field.parentElement.dataset.said = said;
    }

    attribute(element, name) {
      if (name === "value") { this.choice(element); return; }
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
    document.documentElement.lang = "zh-CN"; // Streamlit's frames call themselves English
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

  // What is drawn on a canvas is no text of the page: whoever draws it asks here.
  Linkage.say = (text) => (Linkage.words ? Linkage.words.read(text) : text);

  Object.assign(Linkage, { Catalogue, Reader });
  Linkage.wording = begin(document.currentScript.src);
})();
