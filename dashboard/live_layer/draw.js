"use strict";
// A circle or a polygon drawn on the map, by mouse, finger or keys; then its corners can be moved.
window.Linkage = window.Linkage || {};
(() => {
  const { element, geo } = Linkage;
  const INK = { light: "#6a1fd0", dark: "#cda6ff" }; // no level has it
  const LEAST_M = 10;
  const MOST_M = 100000;
  const MOST_CORNERS = 200;
  const NEAR_PX = 12;
  const STEP_PX = 8;
  const LOOK_MS = 1000; // the list is reckoned anew at most so often
  const ICONS = {
    circle: "M12 4A8 8 0 1 1 11.99 4ZM12 11.2V12.8M11.2 12H12.8M12 12L18 7",
    ring: "M5 6L17 4L20 15L11 20L4 14Z",
  };
  const HINTS = {
    circle: "画圆：先点圆心，再点边上一点。用键盘：方向键移动地图，回车定圆心（十字处），再填半径。",
    ring: "画多边形：逐点点击，双击或点回第一点结束。用键盘：方向键移动地图，回车在十字处加一点，退格撤回一点。",
  };

  class Draw {
    // board: map, feed, and what happens when something in the list is chosen.
    constructor(board, area) {
      const { map, feed } = board;
      Object.assign(this, { board, map, feed, mode: null, points: [], outline: null, cursor: null });
      this.pane("drawn", 440); // below the incidents, which stay to be clicked
      this.pane("drawn-handles", 640);
      this.pane("drawn-notes", 645);
      this.renderer = L.svg({ pane: "drawn", padding: 0.5 });
      this.shape = L.layerGroup().addTo(map);
      this.preview = L.layerGroup().addTo(map);
      this.handles = L.layerGroup().addTo(map);
      this.panel = new Linkage.InsidePanel(feed, board.sift.wanted, {
        choose: (id) => board.choose(id, "area"),
        station: (id) => board.station.show(id),
        look: (lon, lat) => { if (!map.getBounds().contains([lat, lon])) map.panTo([lat, lon]); this.blink(lon, lat); },
        whole: () => this.outline && this.whole(),
        export: () => board.tell({ outline: this.outline, outline_of: this.plume.row ? "plume" : "drawn" }),
        close: () => this.clear(),
      });
      this.plume = new Linkage.Plume(this);
      this.bar = this.toolbar();
      this.cross = element("div", "draw-cross");
      this.cross.hidden = true;
      area.append(this.bar, this.cross, this.panel.root);
      this.tools();
      map.on("click", (event) => this.mode && this.point(this.place(event.latlng)));
      map.on("dblclick", () => this.mode === "ring" && this.finish());
      map.on("mousemove", (event) => this.mode && this.follow(this.place(event.latlng)));
      map.on("move", () => this.mode && this.keyed && this.follow(this.middle()));
      document.addEventListener("keydown", (event) => this.key(event), true);
      map.on("tool", () => this.cancel()); // another tool takes the hand
      const kept = Linkage.remembered("outline", null);
      if (kept) this.take(kept, true);
    }

    pane(name, height) {
      const pane = this.map.createPane(name);
      pane.style.zIndex = height;
      pane.style.pointerEvents = "none";
    }

    place(latlng) {
      return [Math.round(latlng.lng * 1e6) / 1e6, Math.round(latlng.lat * 1e6) / 1e6];
    }

    middle() {
      return this.place(this.map.getCenter());
    }

    get ink() {
      return INK[this.board.theme === "dark" ? "dark" : "light"];
    }

    // Whether a click or a move on the map is ours alone.
    takes() {
      return Boolean(this.mode);
    }

    tools() {
      const control = L.control({ position: "topright" });
      control.onAdd = () => {
        const box = element("div", "leaflet-bar draw-tools");
        this.buttons = {};
        for (const [mode, label] of [["circle", "画圆圈选"], ["ring", "画多边形圈选"]]) {
          const button = Linkage.button("draw-tool", null, () => (this.mode === mode ? this.cancel() : this.begin(mode)));
          button.title = `${label}：里面有哪些事件、力量、测站`;
          button.setAttribute("aria-label", label);
          button.setAttribute("aria-pressed", "false");
          button.append(sign(ICONS[mode]));
          box.append(button);
          this.buttons[mode] = button;
        }
        L.DomEvent.disableClickPropagation(box);
        return box;
      };
      control.addTo(this.map);
    }

    toolbar() {
      const bar = element("div", "panel draw-bar");
      bar.hidden = true;
      this.hint = element("span", "draw-hint");
      this.hint.setAttribute("role", "status");
      this.radius = element("input", "draw-radius");
      Object.assign(this.radius, { type: "number", min: 0.01, max: 100, step: "any", placeholder: "半径" });
      this.radius.setAttribute("aria-label", "半径，公里");
      this.wrap = element("label", "draw-label");
      this.wrap.append(this.radius, element("span", "", "公里"));
      this.done = Linkage.button("plain", "完成", () => this.finish());
      this.undo = Linkage.button("plain", "撤回一点", () => this.back());
      bar.append(this.hint, this.wrap, this.done, this.undo, Linkage.button("plain", "取消（Esc）", () => this.cancel()));
      this.radius.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.stopPropagation();
        this.finish();
      });
      L.DomEvent.disableClickPropagation(bar).disableScrollPropagation(bar);
      return bar;
    }

    begin(mode) {
      this.leave();
      const { tools } = this.board.baseMap;
      if (tools && tools.measure.on) tools.measure.stop();
      this.mode = mode;
      this.points = [];
      this.keyed = false;
      this.hint.textContent = HINTS[mode];
      this.wrap.hidden = mode !== "circle";
      this.undo.hidden = mode === "circle";
      this.radius.value = "";
      this.bar.hidden = this.cross.hidden = false;
      this.buttons[mode].setAttribute("aria-pressed", "true");
      this.map.doubleClickZoom.disable();
      this.map.getContainer().classList.add("drawing");
      this.map.getContainer().focus({ preventScroll: true });
    }

    // Out of drawing; what was drawn before stays.
    leave() {
      if (!this.mode) return;
      this.buttons[this.mode].setAttribute("aria-pressed", "false");
      this.mode = null;
      this.bar.hidden = this.cross.hidden = true;
      this.preview.clearLayers();
      this.map.getContainer().classList.remove("drawing");
      setTimeout(() => this.map.doubleClickZoom.enable(), 300); // not for the click that ended it
    }

    cancel() {
      const { mode } = this;
      this.leave();
      if (mode) this.buttons[mode].focus({ preventScroll: true });
    }

    key(event) {
      if (!this.mode || event.ctrlKey || event.metaKey || event.altKey) return;
      const typing = event.target.closest && event.target.closest("input, select, button, a");
      if (event.key === "Escape") this.cancel();
      else if (typing) return;
      else if (event.key === "Enter") {
        this.keyed = true;
        this.point(this.middle());
      } else if (event.key === "Backspace") this.back();
      else {
        if (event.key.startsWith("Arrow")) this.keyed = true;
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    }

    near(a, b) {
      const [p, q] = [a, b].map(([lon, lat]) => this.map.latLngToContainerPoint([lat, lon]));
      return p.distanceTo(q) <= NEAR_PX;
    }

    point(at) {
      const { points } = this;
      if (this.mode === "circle") {
        if (points.length && !this.near(points[0], at)) return this.take({ form: "circle", lon: points[0][0], lat: points[0][1], radius_m: geo.metres(points[0], at) });
        this.points = [at];
        if (this.keyed) this.radius.focus();
      } else if (points.length >= 3 && this.near(points[0], at)) return this.finish();
      else if (points.length < MOST_CORNERS && !(points.length && this.near(points[points.length - 1], at))) points.push(at);
      return this.follow(at);
    }

    back() {
      this.points.pop();
      this.follow(this.cursor);
    }

    finish() {
      const { points } = this;
      if (this.mode === "circle") {
        const km = Number(this.radius.value);
        if (!(km >= LEAST_M / 1000 && km <= MOST_M / 1000)) return this.say("请填半径：0.01 到 100 公里。");
        const [lon, lat] = points[0] || this.middle();
        return this.take({ form: "circle", lon, lat, radius_m: km * 1000 });
      }
      if (points.length < 3) return this.say("多边形至少要三个点。");
      return this.take({ form: "ring", corners: points });
    }

    say(text) {
      this.hint.textContent = text;
    }

    follow(at) {
      this.cursor = at;
      this.preview.clearLayers();
      if (!this.points.length || !at) return;
      const style = { pane: "drawn", renderer: this.renderer, interactive: false, color: this.ink, weight: 2, dashArray: "6 5", fillOpacity: 0.06 };
      if (this.mode === "circle") {
        const radius = geo.metres(this.points[0], at);
        const [lon, lat] = this.points[0];
        if (radius < MOST_M) L.circle([lat, lon], { ...style, radius }).addTo(this.preview);
        if (radius > 1) this.say(`圆心已定，半径 ${Linkage.far(radius)}。再点一下定边；或填半径后按“完成”。`);
      } else {
        const line = [...this.points, at].map(([lon, lat]) => [lat, lon]);
        L.polygon(line, { ...style, fill: line.length > 2 }).addTo(this.preview);
        this.say(`已定 ${this.points.length} 点。${this.points.length < 3 ? "至少三点。" : "双击、点回第一点或按“完成”结束。"}`);
        for (const [lon, lat] of this.points) L.circleMarker([lat, lon], { ...style, dashArray: null, radius: 4, fillOpacity: 1, fillColor: this.ink }).addTo(this.preview);
      }
    }

    // This is the outline from now on: drawn, with handles, its contents listed.
    take(outline, kept) {
      this.leave();
      this.plume.shut();
      this.outline = outline;
      Linkage.remember("outline", outline);
      this.paint();
      this.handle();
      this.fields();
      if (!kept || this.feed.words) this.panel.show("圈选范围", outline);
      else this.waiting = true;
    }

    paint() {
      this.shape.clearLayers();
      const { outline } = this;
      if (!outline) return;
      const style = { pane: "drawn", renderer: this.renderer, interactive: false, color: this.ink, weight: 2.5, fillColor: this.ink, fillOpacity: 0.08 };
      if (outline.form === "circle") this.drawn = L.circle([outline.lat, outline.lon], { ...style, radius: outline.radius_m });
      else this.drawn = L.polygon(outline.corners.map(([lon, lat]) => [lat, lon]), style);
      this.drawn.addTo(this.shape);
    }

    changed(outline) {
      this.outline = outline;
      Linkage.remember("outline", outline);
      this.paint();
      this.panel.outline = outline;
      if (this.radiusField && document.activeElement !== this.radiusField && outline.form === "circle") this.radiusField.value = km(outline.radius_m);
      this.panel.update();
    }

    handle() {
      this.handles.clearLayers();
      const { outline } = this;
      if (!outline) return;
      if (outline.form === "circle") {
        const { lon, lat } = outline;
        const edge = this.grip(geo.away([lon, lat], 90, outline.radius_m), "edge", "半径", (at) => {
          const radius = Math.min(MOST_M, Math.max(LEAST_M, geo.metres([this.outline.lon, this.outline.lat], at)));
          this.changed({ ...this.outline, radius_m: radius });
        });
        this.grip([lon, lat], "middle", "圆心", (at) => {
          this.changed({ ...this.outline, lon: at[0], lat: at[1] });
          const [x, y] = geo.away(at, 90, this.outline.radius_m);
          edge.setLatLng([y, x]);
        });
        this.edge = edge;
        return;
      }
      outline.corners.forEach((corner, n) => {
        this.grip(corner, "corner", `第 ${n + 1} 个顶点`, (at) => {
          const corners = this.outline.corners.map((old, m) => (m === n ? at : old));
          this.changed({ form: "ring", corners });
        }, () => this.handle(), () => this.drop(n));
        const next = outline.corners[(n + 1) % outline.corners.length];
        if (outline.corners.length >= MOST_CORNERS) return;
        let grown = false;
        this.grip([(corner[0] + next[0]) / 2, (corner[1] + next[1]) / 2], "between", `在第 ${n + 1} 个顶点后加一个`, (at) => {
          const corners = [...this.outline.corners];
          corners.splice(n + 1, grown ? 1 : 0, at);
          grown = true;
          this.changed({ form: "ring", corners });
        }, () => this.handle());
      });
    }

    drop(n) {
      if (this.outline.corners.length <= 3) return;
      this.changed({ form: "ring", corners: this.outline.corners.filter((_, m) => m !== n) });
      this.handle();
    }

    grip(at, kind, label, moved, ended, removed) {
      const icon = L.divIcon({ className: `draw-grip ${kind}`, iconSize: kind === "between" ? [10, 10] : [14, 14] });
      const title = removed ? `${label}：拖动，或用方向键移动，Delete 删除` : `${label}：拖动，或用方向键移动`;
      const grip = L.marker([at[1], at[0]], { icon, draggable: true, keyboard: true, title, alt: label, pane: "drawn-handles" }).addTo(this.handles);
      grip.getElement().style.pointerEvents = "auto";
      grip.getElement().setAttribute("aria-label", title);
      grip.on("drag", () => moved(this.place(grip.getLatLng())));
      grip.on("dragend", () => ended && ended());
      grip.getElement().addEventListener("keydown", (event) => {
        const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
        if (event.key === "Delete" && removed) removed();
        else if (step) {
          const far = event.shiftKey ? 5 * STEP_PX : STEP_PX;
          const point = this.map.latLngToLayerPoint(grip.getLatLng()).add([step[0] * far, step[1] * far]);
          grip.setLatLng(this.map.layerPointToLatLng(point));
          moved(this.place(grip.getLatLng()));
        } else return;
        event.preventDefault();
        event.stopPropagation();
      });
      return grip;
    }

    // All of it beside the panel, and beside the card where both leave room.
    whole() {
      const { x } = this.map.getSize();
      const right = this.panel.root.getBoundingClientRect().width + 70;
      const { root } = this.board.card;
      const left = root.hidden ? 30 : root.getBoundingClientRect().width + 30;
      this.map.fitBounds(this.bounds(), { maxZoom: 16, paddingTopLeft: [x - left - right > 250 ? left : 30, 100], paddingBottomRight: [right, 50] });
    }

    bounds() {
      const { outline } = this;
      const corners = outline.form === "ring" ? outline.corners : [0, 90, 180, 270].map((turn) => geo.away([outline.lon, outline.lat], turn, outline.radius_m));
      return L.latLngBounds(corners.map(([lon, lat]) => [lat, lon]));
    }

    // The radius can be typed at any time.
    fields() {
      const { outline } = this;
      this.radiusField = null;
      this.panel.form.replaceChildren();
      if (outline.form !== "circle") return;
      const label = element("label", "draw-label");
      const field = element("input", "draw-radius");
      Object.assign(field, { type: "number", min: 0.01, max: 100, step: "any", value: km(outline.radius_m) });
      field.addEventListener("input", () => {
        const radius = Number(field.value) * 1000;
        field.classList.toggle("wrong", !(radius >= LEAST_M && radius <= MOST_M));
        if (!(radius >= LEAST_M && radius <= MOST_M)) return;
        this.changed({ ...this.outline, radius_m: radius });
        const [x, y] = geo.away([this.outline.lon, this.outline.lat], 90, radius);
        this.edge.setLatLng([y, x]);
      });
      label.append(element("span", "", "半径"), field, element("span", "", "公里"));
      this.panel.form.append(label);
      this.radiusField = field;
    }

    clear() {
      this.plume.shut();
      this.outline = null;
      Linkage.remember("outline", null);
      this.shape.clearLayers();
      this.handles.clearLayers();
      this.panel.hide();
      if (this.board.map.getContainer().contains(document.activeElement)) this.map.getContainer().focus({ preventScroll: true });
    }

    // Where something of the list is, for a moment.
    blink(lon, lat) {
      const ring = L.circleMarker([lat, lon], { pane: "drawn-notes", interactive: false, radius: 18, color: this.ink, weight: 4, fill: false }).addTo(this.map);
      setTimeout(() => ring.remove(), 2500);
    }

    // Something came in: the list follows, the map does not move.
    update() {
      if (this.waiting && this.feed.words) {
        this.waiting = false;
        this.panel.show("圈选范围", this.outline);
      }
      if (this.asked || this.panel.root.hidden) return;
      this.asked = setTimeout(() => {
        this.asked = null;
        this.panel.update();
      }, LOOK_MS);
    }

    repaint() {
      this.plume.repaint();
      if (!this.plume.row) this.paint();
    }
  }

  const km = (metres) => String(Math.round(metres / 10) / 100);

  function sign(path) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true" })) made.setAttribute(key, value);
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    for (const [key, value] of Object.entries({ d: path, fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linejoin": "round", "stroke-linecap": "round" })) line.setAttribute(key, value);
    made.append(line);
    return made;
  }
  Linkage.Draw = Draw;
})();
