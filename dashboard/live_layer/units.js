"use strict";
// Vehicles and crews on the map: whose, which way, how old; dangerous goods stand out.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const LABEL_ZOOM = 13; // from here on a vehicle with dangerous goods says its plate
  const OLD_S = 300; // terminals report every half minute or so, crews when something changes
  const OLD_CREW_S = 1800;
  const GONE_S = 86400; // a vehicle not heard of for a day is not where it was
  const FONT = "'Noto Sans CJK SC','Microsoft YaHei',sans-serif";
  const CREW = "#0c7c59";
  const WATCHED = { light: "#4a5b70", dark: "#9fb0c4" };
  const [PLATE, YELLOW] = ["#20262e", "#ffd84a"]; // as the mark 危 of an incident

  const age = (feed, unit) => feed.now() - unit.reported_at;
  const isOld = (feed, unit) => age(feed, unit) > (unit.watched ? OLD_S : OLD_CREW_S);

  Linkage.drawUnits = (marks, pen, origin) => {
    const { feed, shown } = marks;
    const close = marks._map.getZoom() >= LABEL_ZOOM;
    const goods = []; // on top of the others
    for (const unit of feed.units.values()) {
      if (unit.lon === null || unit.lat === null || !shown[unit.watched ? "vehicles" : "units"]) continue;
      if (unit.watched && age(feed, unit) > GONE_S) continue;
      const world = marks.place(unit);
      const x = world.x - origin.x;
      const y = world.y - origin.y;
      if (!marks._bounds.contains([x, y])) continue;
      if (unit.hazmat) goods.push([unit, x, y]);
      else draw(marks, pen, unit, x, y);
    }
    goods.sort((a, b) => a[0].reported_at - b[0].reported_at);
    for (const [unit, x, y] of goods) {
      draw(marks, pen, unit, x, y);
      if (close) label(marks, pen, unit, x, y);
    }
  };

  function draw(marks, pen, unit, x, y) {
    const [fill, rim] = unit.hazmat ? [YELLOW, null] : [unit.watched ? WATCHED[marks.dark ? "dark" : "light"] : CREW, "#ffffff"];
    pen.save();
    pen.translate(x, y);
    if (isOld(marks.feed, unit)) pen.globalAlpha = 0.45;
    pen.lineJoin = "round";
    if (unit.hazmat) plate(pen);
    if (unit.watched && !unit.speed_kmh) dot(pen, fill, rim);
    else arrow(pen, unit.heading || 0, unit.hazmat ? 12 : 14, fill, rim);
    pen.restore();
    marks.items.push({ x, y, r: unit.hazmat ? 14 : 9, rows: [], unit });
  }

  // Dark and wide: no mark of an incident is. The direction stands left of the middle.
  function plate(pen) {
    pen.beginPath();
    pen.roundRect(-16, -9, 32, 18, 4.5);
    pen.fillStyle = PLATE;
    pen.fill();
    pen.lineWidth = 1.6;
    pen.strokeStyle = "#ffffff";
    pen.stroke();
    pen.fillStyle = YELLOW;
    pen.font = `700 11.5px ${FONT}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText("危", 7.5, 0.8);
    pen.translate(-7, 0);
  }

  function dot(pen, fill, rim) {
    pen.beginPath();
    pen.arc(0, 0, 4.5, 0, 7);
    if (rim) {
      pen.strokeStyle = rim;
      pen.lineWidth = 3;
      pen.stroke();
    }
    pen.fillStyle = fill;
    pen.fill();
  }

  // Points the way the vehicle goes; a crew without a direction points up, as it always did.
  function arrow(pen, heading, side, fill, rim) {
    pen.rotate((heading * Math.PI) / 180);
    pen.translate(-side / 2, -side / 2);
    pen.scale(side / 24, side / 24);
    const shape = Linkage.shapes.path("unit");
    if (rim) {
      pen.strokeStyle = rim;
      pen.lineWidth = 4;
      pen.stroke(shape);
    }
    pen.fillStyle = fill;
    pen.fill(shape);
  }

  function label(marks, pen, unit, x, y) {
    const old = isOld(marks.feed, unit);
    const text = old ? `${unit.label} · ${Linkage.since(age(marks.feed, unit))}` : unit.label;
    pen.font = `600 11px ${FONT}`;
    const half = pen.measureText(text).width / 2 + 4;
    pen.beginPath();
    pen.roundRect(x - half, y + 14, half * 2, 15, 4);
    pen.fillStyle = marks.dark ? "rgba(15,22,32,.88)" : "rgba(255,255,255,.92)";
    pen.fill();
    pen.fillStyle = old ? "#7c8794" : marks.dark ? "#ffd084" : "#7a3b00";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(text, x, y + 22);
  }

  const WINDS = ["北", "东北", "东", "东南", "南", "西南", "西", "西北"];

  Linkage.unitHint = (feed, unit) => {
    const moving = unit.speed_kmh ? `${Math.round(unit.speed_kmh)} 千米/时` : "";
    const way = moving && unit.heading !== null ? `向${WINDS[Math.round(unit.heading / 45) % 8]}` : "";
    const lines = [unit.state, [way, moving].filter(Boolean).join(" ")];
    if (unit.hazmat) lines.push(`危险货物：${unit.cargo || "品名未登记"}`);
    const old = isOld(feed, unit) ? "，可能已不在此处" : "";
    lines.push(`${Linkage.since(age(feed, unit))}报告${old}`);
    return [element("b", "", unit.label), ...lines.filter(Boolean).map((line) => element("span", "", line))];
  };
})();
