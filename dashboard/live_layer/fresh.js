"use strict";
// How old the picture is, seen without reading: it loses its colour. And what a hidden tab shows.
window.Linkage = window.Linkage || {};
(() => {
  const AMBER_S = 10;
  const RED_S = 60;

  // "green", "amber" or "red" of the feed, and the words beside it.
  function judge(feed) {
    const age = feed.ageSeconds();
    const heard = feed.heardAt ? `数据 ${Linkage.since(age)}` : "正在取数";
    const words = { connecting: "连接中", live: "实时", broken: "已断开，正在重连", refused: "登录已失效，请重新登录" };
    if (feed.stale) return { tone: "red", text: "数据库中断 · 画面停在最后一次读数", old: "red" };
    const old = feed.heardAt && age > RED_S ? "red" : feed.heardAt && age > AMBER_S ? "amber" : "";
    const tone = age > RED_S ? "red" : age > AMBER_S || feed.state !== "live" ? "amber" : "green";
    return { tone, text: `${words[feed.state]} · ${heard}`, old };
  }

  // Map and queue lose their colour with age, and say so where the eye is.
  function grey(stage, feed) {
    const { old } = judge(feed);
    if (stage.dataset.old === old) return;
    stage.dataset.old = old;
  }

  // "(3) 应急联动指挥" and a dot on the icon, while nobody looks at this tab.
  class Badge {
    constructor() {
      this.page = window.parent.document;
      this.title = null;
      this.count = 0;
      this.page.addEventListener("visibilitychange", () => { if (!this.page.hidden) this.clear(); });
    }

    add(count) {
      if (!count || !this.page.hidden) return;
      this.count += count;
      if (this.title === null) this.title = this.page.title;
      this.page.title = `(${this.count}) ${this.title}`;
      this.dot(true);
    }

    clear() {
      this.count = 0;
      if (this.title !== null) this.page.title = this.title;
      this.title = null;
      this.dot(false);
    }

    dot(on) {
      const icon = this.page.querySelector("link[rel~='icon']");
      if (!icon) return;
      if (!on) {
        if (this.icon) icon.href = this.icon;
        this.icon = null;
        return;
      }
      if (this.icon) return;
      this.icon = icon.href;
      const picture = new Image();
      picture.onload = () => {
        if (!this.icon) return; // looked at meanwhile
        const paper = document.createElement("canvas");
        paper.width = paper.height = 32;
        const pen = paper.getContext("2d");
        pen.drawImage(picture, 0, 0, 32, 32);
        pen.beginPath();
        pen.arc(23, 9, 9, 0, 2 * Math.PI);
        pen.fillStyle = "#d1001f";
        pen.fill();
        pen.lineWidth = 2;
        pen.strokeStyle = "#fff";
        pen.stroke();
        icon.href = paper.toDataURL("image/png");
      };
      picture.src = this.icon;
    }
  }

  Linkage.fresh = { judge, grey };
  Linkage.Badge = Badge;
})();
