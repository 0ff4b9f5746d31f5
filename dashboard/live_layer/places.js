"use strict";
// Place search on the map: Chinese, pinyin, initials, typed coordinates. By keyboard alone, if liked.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const WAIT_MS = 80; // between two letters of who types fast
  const PIN_S = 90; // long enough to read a place out to a crew
  const NEAR_ZOOM = 14;
  const FAR_ZOOM = 12; // what is only known to a kilometre or two

  class Places {
    constructor(map) {
      this.map = map;
      this.hits = [];
      this.turn = 0;
      this.build();
      this.map.createPane("pin").style.zIndex = 620;
    }

    build() {
      this.root = element("div", "places");
      this.field = element("input", "places-field");
      this.list = element("div", "places-list");
      this.note = element("div", "places-note");
      const { field, list } = this;
      field.type = "search";
      field.placeholder = "找地点：名称、拼音或 119.2,34.6";
      field.title = "区县、乡镇、驻地、测站、风险点位；可打拼音全拼或首字母；也可写经纬度（g）";
      list.id = "places-list";
      list.setAttribute("role", "listbox");
      list.setAttribute("aria-label", "地点");
      for (const [name, value] of [["role", "combobox"], ["aria-label", "在地图上找地点"], ["aria-controls", list.id], ["aria-expanded", "false"], ["aria-autocomplete", "list"], ["autocomplete", "off"], ["maxlength", "60"]]) field.setAttribute(name, value);
      this.note.setAttribute("role", "status");
      list.hidden = this.note.hidden = true;
      field.addEventListener("input", () => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => { this.answer = this.ask(); }, WAIT_MS);
      });
      field.addEventListener("keydown", (event) => this.key(event));
      this.root.append(field, list, this.note);
    }

    focus() {
      this.field.focus();
      this.field.select();
    }

    async ask() {
      const text = this.field.value.trim();
      const turn = ++this.turn;
      this.asked = text;
      if (!text) return this.show([], "");
      const at = this.map.getCenter();
      const query = new URLSearchParams({ q: text, near: `${at.lng.toFixed(4)},${at.lat.toFixed(4)}` });
      let told = null;
      try {
        const answer = await Linkage.ask(`api/live/places?${query}`);
        if (turn !== this.turn) return undefined; // more was typed meanwhile
        if (answer.ok) told = await answer.json();
        else if (answer.status === 401) told = { hits: [], note: "登录已失效，请重新登录" };
      } catch { /* the line is broken: said below */ }
      if (turn !== this.turn) return undefined;
      if (!told) return this.show([], "暂时查不到：与系统的连接断开了");
      return this.show(told.hits, told.hits.length ? "" : told.note || "没有这个地点。换个写法，或直接写经纬度");
    }

    show(hits, note) {
      this.hits = hits;
      this.list.replaceChildren(...hits.map((hit, n) => this.row(hit, n)));
      this.list.hidden = hits.length === 0;
      this.note.textContent = note;
      this.note.hidden = !note;
      this.field.setAttribute("aria-expanded", String(hits.length > 0));
      this.mark(0);
    }

    row(hit, n) {
      const row = element("div", "place");
      row.id = `place-${n}`;
      row.setAttribute("role", "option");
      const more = [hit.reason, hit.about, hit.within_m >= 1000 ? `位置约略，可能差 ${hit.within_m / 1000} 公里` : ""].filter(Boolean);
      row.append(element("b", "", hit.name), element("span", "place-kind", hit.kind), element("span", "place-where", [hit.district, ...more].join(" · ")));
      row.addEventListener("mousedown", (event) => { event.preventDefault(); this.go(hit); });
      row.addEventListener("mousemove", () => this.mark(n));
      return row;
    }

    mark(n) {
      this.chosen = n;
      [...this.list.children].forEach((row, m) => row.setAttribute("aria-selected", String(m === n)));
      const row = this.list.children[n];
      if (row) {
        this.field.setAttribute("aria-activedescendant", row.id);
        row.scrollIntoView({ block: "nearest" });
      } else this.field.removeAttribute("aria-activedescendant");
    }

    key(event) {
      event.stopPropagation(); // letters typed here are no commands of the desk
      if (event.isComposing) return;
      const last = this.hits.length - 1;
      if (event.key === "ArrowDown") this.mark(Math.min(last, this.chosen + 1));
      else if (event.key === "ArrowUp") this.mark(Math.max(0, this.chosen - 1));
      else if (event.key === "Enter") this.enter();
      else if (event.key === "Escape") this.leave();
      else return;
      event.preventDefault();
    }

    // Enter right after the last letter: the answer to what is typed, not to what was typed before.
    async enter() {
      clearTimeout(this.timer);
      if (this.asked !== this.field.value.trim()) this.answer = this.ask();
      await this.answer; // it may be on its way
      const marked = this.hits[this.chosen];
      if (marked) this.go(marked);
    }

    // First the list, then the text, then the pin; at last the keys are the desk's again.
    leave() {
      if (!this.list.hidden || !this.note.hidden) {
        this.turn += 1;
        this.asked = null;
        return this.show([], "");
      }
      this.field.value = "";
      this.unpin();
      this.field.blur();
      this.map.fire("placesleft");
      return undefined;
    }

    go(hit) {
      this.turn += 1;
      this.asked = null;
      this.show([], "");
      const at = L.latLng(hit.lat, hit.lon);
      const limits = this.map.options.maxBounds;
      if (limits && !L.latLngBounds(limits).contains(at)) {
        this.note.textContent = `${hit.name} 在本图范围以外`;
        this.note.hidden = false;
        return;
      }
      if (hit.bounds) {
        const [west, south, east, north] = hit.bounds;
        this.map.flyToBounds([[south, west], [north, east]], { duration: 0.5, padding: [20, 20] });
      } else {
        const zoom = hit.within_m >= 1000 ? FAR_ZOOM : NEAR_ZOOM;
        this.map.flyTo(at, Math.max(this.map.getZoom(), zoom), { duration: 0.5 });
      }
      this.pin(hit, at);
      this.field.blur();
      this.map.getContainer().focus({ preventScroll: true });
    }

    pin(hit, at) {
      this.unpin();
      const head = element("div", "pin");
      head.append(element("i", "pin-head"), element("span", "pin-name", hit.name));
      const icon = L.divIcon({ className: "pin-icon", html: head, iconSize: [0, 0] });
      this.pinned = L.layerGroup([L.marker(at, { icon, pane: "pin", interactive: false, keyboard: false })]);
      // The ring says how far off the position may be.
      if (hit.within_m >= 1000 && !hit.bounds) {
        this.pinned.addLayer(L.circle(at, { radius: hit.within_m, pane: "pin", interactive: false, color: "#d1001f", weight: 1.4, dashArray: "5 5", fill: false }));
      }
      this.pinned.addTo(this.map);
      this.pinnedHit = hit;
      this.fading = setTimeout(() => {
        head.classList.add("fading");
        this.fading = setTimeout(() => this.unpin(), 3000);
      }, PIN_S * 1000);
    }

    unpin() {
      clearTimeout(this.fading);
      if (this.pinned) this.pinned.remove();
      this.pinned = this.pinnedHit = null;
    }
  }
  Linkage.Places = Places;
})();
