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

  const GREY = { light: "#7c8794", dark: "#8d9aa8" };
  const LETTERS = { free: "待", busy: "忙", off: "停", unknown: "？" };
  const SIDE = 15;
  const SMALL_ZOOM = 11; // below it a crew is a small square: filled when busy, hollow when not

  const age = (feed, unit) => feed.now() - unit.reported_at;
  const isOld = (feed, unit) => age(feed, unit) > (unit.watched ? OLD_S : OLD_CREW_S);
  Linkage.isOldUnit = isOld;

  // Reckoned once for a state as it came, not at every picture.
  function able(feed, unit) {
    if (unit.ableOf !== unit.state) {
      unit.able = feed.words.unit_states ? Linkage.readiness(feed.words, unit.state) : "unknown";
      unit.ableOf = unit.state;
    }
    return unit.able;
  }

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
      if (!marks.sees(x, y)) continue;
      if (unit.hazmat) goods.push([unit, x, y]);
      else {
        draw(marks, pen, unit, x, y);
        if (close && !unit.watched) label(marks, pen, unit, x, y);
      }
    }
    goods.sort((a, b) => a[0].reported_at - b[0].reported_at);
    for (const [unit, x, y] of goods) {
      draw(marks, pen, unit, x, y);
      if (close) label(marks, pen, unit, x, y);
    }
  };

  // Whose by shape: crews are squares with the letter of their state, watched vehicles arrows or
  // dots, dangerous goods a dark plate. Old positions are grey with a broken rim.
  function draw(marks, pen, unit, x, y) {
    const old = isOld(marks.feed, unit);
    const grey = GREY[marks.dark ? "dark" : "light"];
    pen.save();
    pen.translate(x, y);
    pen.lineJoin = "round";
    let reach = 9;
    if (unit.hazmat) {
      plate(pen, old);
      vehicle(pen, unit, 12, old ? "#c9ced4" : YELLOW, null);
      reach = 14;
    } else if (unit.watched) vehicle(pen, unit, 14, old ? grey : WATCHED[marks.dark ? "dark" : "light"], "#ffffff", old);
    else reach = crew(marks, pen, unit, old ? grey : CREW, old);
    pen.restore();
    marks.items.push({ x, y, r: reach, rows: [], unit });
  }

  function vehicle(pen, unit, side, fill, rim, old) {
    if (unit.speed_kmh && unit.heading !== null) arrow(pen, unit.heading, side, fill, rim);
    else dot(pen, fill, rim, old);
  }

  function crew(marks, pen, unit, fill, old) {
    const can = able(marks.feed, unit);
    const small = marks._map.getZoom() < SMALL_ZOOM;
    const side = small ? 9 : SIDE;
    if (unit.heading !== null) pointer(pen, unit.heading, side / 2, fill);
    pen.beginPath();
    pen.roundRect(-side / 2, -side / 2, side, side, small ? 2 : 3.5);
    pen.strokeStyle = marks.dark ? "#0b121a" : "#ffffff";
    pen.lineWidth = 3.4;
    pen.stroke();
    const hollow = can === "free" || can === "unknown";
    pen.fillStyle = hollow ? (marks.dark ? "#17212e" : "#ffffff") : fill;
    pen.fill();
    pen.strokeStyle = fill;
    pen.lineWidth = small ? 2.4 : 2;
    if (old) pen.setLineDash([2.5, 2]);
    pen.stroke();
    pen.setLineDash([]);
    if (small) return 7;
    pen.fillStyle = hollow ? (marks.dark && !old ? "#7fe0b4" : fill) : "#ffffff";
    pen.font = `700 10px ${FONT}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(Linkage.say(LETTERS[can]), 0, 0.7);
    return 10;
  }

  // A small tip outside the square, the way the crew goes.
  function pointer(pen, heading, half, fill) {
    pen.save();
    pen.rotate((heading * Math.PI) / 180);
    pen.beginPath();
    pen.moveTo(0, -half - 8);
    pen.lineTo(5, -half - 1);
    pen.lineTo(-5, -half - 1);
    pen.closePath();
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = 2;
    pen.stroke();
    pen.fillStyle = fill;
    pen.fill();
    pen.restore();
  }

  // Dark and wide: no mark of an incident is. The direction stands left of the middle.
  function plate(pen, old) {
    pen.beginPath();
    pen.roundRect(-16, -9, 32, 18, 4.5);
    pen.fillStyle = old ? "#6b7480" : PLATE;
    pen.fill();
    pen.lineWidth = 1.6;
    pen.strokeStyle = "#ffffff";
    if (old) pen.setLineDash([4, 3]);
    pen.stroke();
    pen.setLineDash([]);
    pen.fillStyle = old ? "#ffffff" : YELLOW;
    pen.font = `700 11.5px ${FONT}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(Linkage.say("危"), 7.5, 0.8);
    pen.translate(-7, 0);
  }

  function dot(pen, fill, rim, old) {
    pen.beginPath();
    pen.arc(0, 0, 4.5, 0, 7);
    if (rim) {
      pen.strokeStyle = rim;
      pen.lineWidth = 3;
      pen.stroke();
    }
    if (old) {
      pen.strokeStyle = fill;
      pen.lineWidth = 2;
      pen.setLineDash([2, 2]);
      pen.stroke();
      pen.setLineDash([]);
      return;
    }
    pen.fillStyle = fill;
    pen.fill();
  }

  // Points the way the vehicle goes. Where the direction is not known there is no arrow.
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
    const said = unit.watched ? unit.label : `${unit.label} · ${Linkage.say(unit.state)}`;
    const text = old ? `${said} · ${Linkage.say(Linkage.since(age(marks.feed, unit)))}` : said;
    pen.font = `600 11px ${FONT}`;
    const half = pen.measureText(text).width / 2 + 4;
    pen.beginPath();
    pen.roundRect(x - half, y + 14, half * 2, 15, 4);
    pen.fillStyle = marks.dark ? "rgba(15,22,32,.88)" : "rgba(255,255,255,.92)";
    pen.fill();
    pen.fillStyle = old ? (marks.dark ? "#a9b4c0" : "#5f6a76") : unit.watched ? (marks.dark ? "#ffd084" : "#7a3b00") : marks.dark ? "#7fe0b4" : "#0a5c42";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(text, x, y + 22);
  }

  const WINDS = ["北", "东北", "东", "东南", "南", "西南", "西", "西北"];

  Linkage.unitHint = (feed, unit) => {
    const moving = unit.speed_kmh ? `${Math.round(unit.speed_kmh)} 千米/时` : "";
    const way = moving && unit.heading !== null ? `向${WINDS[Math.round(unit.heading / 45) % 8]}` : "";
    const whose = (feed.words.agencies || {})[unit.agency_id];
    const can = unit.watched || !feed.words.readiness ? "" : feed.words.readiness[able(feed, unit)];
    const lines = [unit.state + (can && can !== unit.state ? `（${can}）` : ""), whose, [way, moving].filter(Boolean).join(" ")];
    if (unit.hazmat) lines.push(`危险货物：${unit.cargo || "品名未登记"}`);
    const old = isOld(feed, unit) ? "，可能已不在此处" : "";
    lines.push(`${Linkage.since(age(feed, unit))}报告${old}`);
    return [element("b", "", unit.label), ...lines.filter(Boolean).map((line) => element("span", "", line))];
  };

  // One of each for the legend: [element, text].
  Linkage.unitSigns = (dark) => {
    const feed = { words: { unit_states: {} }, now: () => 0 };
    const one = (unit, text) => {
      const canvas = element("canvas");
      canvas.width = 64;
      canvas.height = 44;
      canvas.style.width = "32px";
      canvas.style.height = "22px";
      canvas.setAttribute("aria-hidden", "true");
      const pen = canvas.getContext("2d");
      pen.scale(2, 2);
      const marks = { feed, dark, items: [], _map: { getZoom: () => 14 } };
      draw(marks, pen, { state: "", ableOf: "", reported_at: 0, heading: null, speed_kmh: null, ...unit }, 16, 12);
      return [canvas, text];
    };
    return [
      one({ able: "free", heading: 90 }, "力量·待命，朝向"), one({ able: "busy" }, "力量·执行任务"), one({ able: "busy", reported_at: -9999 }, "位置已旧"),
      one({ watched: true, speed_kmh: 30, heading: 45 }, "监管车辆"), one({ watched: true, hazmat: true }, "危货车辆"),
    ];
  };
})();
