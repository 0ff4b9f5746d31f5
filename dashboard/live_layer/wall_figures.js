"use strict";
// The wall's words and figures: few, large, counted from the rows that every desk has.
window.Linkage = window.Linkage || {};
(() => {
  const { element } = Linkage;
  const LEVELS = ["", "Ⅰ级", "Ⅱ级", "Ⅲ级", "Ⅳ级"];
  const DAYS = ["周日", "周一", "周二", "周三", "周四", "周五", "周六"];
  const SERIOUS = 3; // severity rank

  Linkage.wallLevel = (row) => (row.response_level ? `${LEVELS[row.response_level]}响应` : "");

  // 45 秒, 3 分 20 秒, 2 小时 5 分
  Linkage.lasting = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    if (whole < 60) return `${whole} 秒`;
    if (whole < 3600) return `${Math.floor(whole / 60)} 分 ${whole % 60} 秒`;
    if (whole < 86400) return `${Math.floor(whole / 3600)} 小时 ${Math.floor((whole % 3600) / 60)} 分`;
    return `${Math.floor(whole / 86400)} 天 ${Math.floor((whole % 86400) / 3600)} 小时`;
  };

  Linkage.wallDay = (epoch) => {
    const day = new Date((epoch + 8 * 3600) * 1000);
    return `${day.toISOString().slice(0, 10)} ${DAYS[day.getUTCDay()]}`;
  };

  // What is real before what is practised, the worst before the rest, the newest first.
  Linkage.seriousRows = (feed) => [...feed.incidents.values()]
    .filter((row) => row.rank >= SERIOUS && !row.fault)
    .sort((a, b) => a.exercise - b.exercise || b.rank - a.rank || (a.response_level || 9) - (b.response_level || 9) || b.opened_at - a.opened_at);

  Linkage.wallCounts = (feed) => {
    const counts = { open: 0, serious: 0, unclaimed: 0 };
    for (const row of feed.incidents.values()) {
      if (row.exercise || row.fault) continue;
      counts.open++;
      if (row.rank >= SERIOUS) counts.serious++;
      if (!row.claimed_by && !row.routine) counts.unclaimed++;
    }
    const { tally, limits, fresh } = feed;
    return [
      ["在办", counts.open],
      ["严重以上", counts.serious, "red"],
      ["未受理", counts.unclaimed, "amber"],
      ["超时", limits ? limits.late || 0 : 0, "late"],
      ["联动中", limits ? limits.engaged || 0 : 0],
      ["今日立案", tally ? tally.opened_today : 0],
      ["失联系统", fresh && fresh.intake.alive ? fresh.silent.length : "—", "red"],
    ];
  };

  // An order as the wall says it: what is due has precedence over what was answered.
  Linkage.orderState = (order, words, now) => {
    const [name, part, status, due, late] = order;
    const label = words.order[status] || status;
    if (due && due < now) return { name, part, tone: "late", mark: "!", text: `超时 ${Linkage.lasting(now - due)}`, more: late };
    if (status === "declined") return { name, part, tone: "late", mark: "×", text: label, more: "" };
    if (["on_scene", "working", "reported"].includes(status)) return { name, part, tone: "there", mark: "●", text: label, more: "" };
    if (status === "completed") return { name, part, tone: "done", mark: "✓", text: label, more: "" };
    if (status === "issued") return { name, part, tone: "waits", mark: "…", text: "待签收", more: due ? `剩 ${Linkage.lasting(due - now)}` : "" };
    return { name, part, tone: "answered", mark: "✓", text: label, more: "" };
  };

  Linkage.orderTally = (orders, now) => {
    const of = (test) => orders.filter(test).length;
    const answered = ["acknowledged", "en_route", "on_scene", "working", "reported", "completed"];
    return [
      ["签收", `${of(([, , status]) => answered.includes(status))} / ${orders.length}`, ""],
      ["到场", of(([, , status]) => ["on_scene", "working", "reported", "completed"].includes(status)), ""],
      ["超时", of(([, , , due]) => due && due < now), "late"],
      ["退回", of(([, , status]) => status === "declined"), "late"],
    ].filter(([label, value]) => value || label === "签收" || label === "到场");
  };

  Linkage.figure = (label, value, tone, classes = "figure") => {
    const made = element("div", `${classes} ${value && tone ? tone : ""}`);
    made.append(element("b", "", value), element("span", "", label));
    return made;
  };

  // A row of bars: each its length against the longest, and its number.
  Linkage.bars = (rows) => {
    const most = Math.max(1, ...rows.map(([, count]) => count));
    const root = element("div", "bars");
    for (const [label, count] of rows) {
      const bar = element("i");
      bar.style.width = `${(count / most) * 100}%`;
      bar.hidden = !count;
      const track = element("span", "track");
      track.append(bar);
      root.append(element("span", "bar-label", label), track, element("b", "", count));
    }
    return root;
  };
})();
