"use strict";
// The tabs of the queue: what stands under each, and in which order.
window.Linkage = window.Linkage || {};
(() => {
  const SERIOUS = 3; // severity rank: severe
  const newest = (a, b) => b.opened_at - a.opened_at || (a.number < b.number) - (a.number > b.number);
  // More comes than a desk can take in: what is severe stands first, the newest of it on top.
  const inFlood = (a, b) => (b.rank >= SERIOUS ? b.rank : 0) - (a.rank >= SERIOUS ? a.rank : 0) || newest(a, b);
  // What can still be met stands first, the nearest limit on top; then what is late already.
  const pressing = (a, b) => (a.due_at ? 0 : 1) - (b.due_at ? 0 : 1) || a.due_at - b.due_at || b.late - a.late || b.rank - a.rank || newest(a, b);
  const alone = (row) => !row.claimed_by || Boolean(row.held);

  Linkage.orders = {
    inFlood,
    // What is real goes first, whatever an exercise claims to be.
    realFirst: (order) => (a, b) => a.exercise - b.exercise || order(a, b),
    tabs: {
      newest: { label: "最新", wanted: () => true, order: newest },
      worst: { label: "最重", wanted: () => true, order: (a, b) => b.rank - a.rank || (b.late > 0) - (a.late > 0) || newest(a, b) },
      unclaimed: { label: "未受理", title: "无人接手，或接手人久未处置、已离开座席", wanted: alone, order: (a, b) => Boolean(a.claimed_by) - Boolean(b.claimed_by) || b.rank - a.rank || -newest(a, b) },
      late: { label: "即将超时", title: "按离下一个时限的时间排列；已超时的在后", wanted: (row) => row.late > 0 || row.due_at > 0, order: pressing, plain: true },
      unlocated: { label: "待定位", wanted: (row) => row.lost, order: (a, b) => b.rank - a.rank || newest(a, b) },
    },
  };
})();
