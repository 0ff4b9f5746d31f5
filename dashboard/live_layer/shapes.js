"use strict";
// Shapes by family of kind, colours by severity: one definition for map, queue and legend.
window.Linkage = window.Linkage || {};
(() => {
  // Paths in a 24 × 24 box.
  const PATHS = {
    fire: "M12.4 1.2C13 4.6 18.9 7.6 19.6 13.2A7.7 7.7 0 1 1 4.4 13.6C4.6 10.2 6.6 8.9 7.4 6.4 8.4 7.4 9 8.3 9.3 9.6 11.4 7.6 12.6 4.6 12.4 1.2Z",
    hazard: "M12 1.6 23 21.4 1 21.4Z",
    traffic: "M4.5 3H19.5A2 2 0 0 1 21.5 5V19A2 2 0 0 1 19.5 21H4.5A2 2 0 0 1 2.5 19V5A2 2 0 0 1 4.5 3Z",
    rescue: "M12 1.6 22.6 9.3 18.5 21.8 5.5 21.8 1.4 9.3Z",
    medical: "M7.6 1.8H16.4V7.6H22.2V16.4H16.4V22.2H7.6V16.4H1.8V7.6H7.6Z",
    police: "M12 1.4 21.2 4.4V11.4C21.2 16.8 17.4 20.8 12 22.8 6.6 20.8 2.8 16.8 2.8 11.4V4.4Z",
    nature: "M12 1.6 22.4 12 12 22.4 1.6 12Z",
    utility: "M6.6 2.4H17.4L22.8 12 17.4 21.6H6.6L1.2 12Z",
    routine: "M12 2.6A9.4 9.4 0 1 1 11.99 2.6Z",
    unit: "M12 3 20.5 20.5 12 16.6 3.5 20.5Z",
  };
  // Where the middle of the letter stands: not every shape is heaviest in its middle.
  const LETTER_Y = { fire: 14.6, hazard: 15.6, rescue: 12.9, police: 11.6 };
  const COLOURS = {
    extreme: ["#d1001f", "#ffffff"],
    severe: ["#f0690f", "#ffffff"],
    moderate: ["#f4c20d", "#2b2200"],
    minor: ["#2b7de1", "#ffffff"],
    unknown: ["#808c9b", "#ffffff"],
  };
  // Beside colour and letter: one ring for severe, two for extreme; widths of the strokes.
  const RINGS = { severe: [8], extreme: [13, 7.6] };
  const SVG = "http://www.w3.org/2000/svg";
  const sprites = new Map();
  const paths = Object.fromEntries(Object.entries(PATHS).map(([k, d]) => [k, new Path2D(d)]));

  function colours(severity) {
    return COLOURS[severity] || COLOURS.unknown;
  }

  // A symbol for the map, drawn once and kept: shape, colour, letter, rim.
  function sprite(family, severity, letter, exercise, size) {
    const key = `${family}|${severity}|${exercise}|${size}`;
    let canvas = sprites.get(key);
    if (canvas) return canvas;
    const scale = Math.max(2, window.devicePixelRatio || 1);
    const rings = exercise ? [] : RINGS[severity] || [];
    const margin = rings.length ? 7 : 3;
    canvas = document.createElement("canvas");
    canvas.width = canvas.height = (size + 2 * margin) * scale;
    const pen = canvas.getContext("2d");
    const [fill, ink] = colours(severity);
    pen.scale(scale, scale);
    pen.translate(margin, margin);
    pen.scale(size / 24, size / 24);
    pen.lineJoin = "round";
    pen.strokeStyle = "rgba(10,16,24,.75)";
    pen.lineWidth = rings.length ? rings[0] + 1.2 : 4.4;
    pen.stroke(paths[family]);
    rings.forEach((width) => { // from the outermost inwards, a white gap after each
      for (const [wide, colour] of [[width, fill], [width - 3, "#ffffff"]]) {
        pen.strokeStyle = colour;
        pen.lineWidth = wide;
        pen.stroke(paths[family]);
      }
    });
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = 2.6;
    if (exercise) pen.setLineDash([3, 2.4]);
    pen.stroke(paths[family]);
    pen.setLineDash([]);
    pen.fillStyle = exercise ? "#e9edf2" : fill;
    pen.fill(paths[family]);
    if (exercise) {
      pen.strokeStyle = fill;
      pen.lineWidth = 2;
      pen.stroke(paths[family]);
    }
    pen.fillStyle = exercise ? "#1b2430" : ink;
    pen.font = "700 10.5px 'Noto Sans CJK SC','Microsoft YaHei',sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(Linkage.say(exercise ? "演" : letter), 12, LETTER_Y[family] || 12.4);
    canvas.cssSize = size + 2 * margin;
    sprites.set(key, canvas);
    return canvas;
  }

  // The same symbol as an element, for queue, card and legend.
  function svg(family, severity, letter, exercise, size) {
    const [fill, ink] = severity ? colours(severity) : ["none", "currentColor"];
    const root = document.createElementNS(SVG, "svg");
    root.setAttribute("viewBox", "-1 -1 26 26");
    root.setAttribute("width", size);
    root.setAttribute("height", size);
    root.setAttribute("aria-hidden", "true");
    const shape = document.createElementNS(SVG, "path");
    shape.setAttribute("d", PATHS[family]);
    shape.setAttribute("fill", exercise ? "#e9edf2" : fill);
    shape.setAttribute("stroke", severity ? (exercise ? fill : "rgba(10,16,24,.45)") : "currentColor");
    shape.setAttribute("stroke-width", severity && !exercise ? 1 : 1.8);
    if (exercise) shape.setAttribute("stroke-dasharray", "3 2.4");
    root.append(shape);
    if (letter) {
      const text = document.createElementNS(SVG, "text");
      text.setAttribute("x", 12);
      text.setAttribute("y", (LETTER_Y[family] || 12.4) + 0.4);
      text.setAttribute("text-anchor", "middle");
      text.setAttribute("dominant-baseline", "central");
      text.setAttribute("font-size", 10.5);
      text.setAttribute("font-weight", 700);
      text.setAttribute("fill", exercise ? "#1b2430" : ink);
      text.textContent = exercise ? "演" : letter;
      root.append(text);
    }
    return root;
  }

  // The symbol of the map as an element, rings and all.
  function picture(...what) {
    const drawn = sprite(...what);
    const copy = document.createElement("canvas");
    copy.width = drawn.width;
    copy.height = drawn.height;
    copy.style.width = copy.style.height = `${drawn.cssSize}px`;
    copy.setAttribute("aria-hidden", "true");
    copy.getContext("2d").drawImage(drawn, 0, 0);
    return copy;
  }

  Linkage.shapes = { colours, sprite, svg, picture, path: (family) => paths[family] };

  // An element with classes and text. Text is always text: nothing here reads markup.
  Linkage.element = (tag, classes, text) => {
    const made = document.createElement(tag);
    if (classes) made.className = classes;
    if (text !== undefined && text !== null) made.textContent = text;
    return made;
  };
  Linkage.button = (classes, text, act) => {
    const made = Linkage.element("button", classes, text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  };
  Linkage.since = (seconds) => {
    const passed = Math.max(0, Math.floor(seconds));
    if (passed < 1) return "刚刚";
    if (passed < 60) return `${passed} 秒前`;
    if (passed < 3600) return `${Math.floor(passed / 60)} 分钟前`;
    if (passed < 86400) return `${Math.floor(passed / 3600)} 小时前`;
    return `${Math.floor(passed / 86400)} 天前`;
  };
  // Beijing has no summer time: eight hours, all year.
  Linkage.clock = (epoch, withDay) => {
    const day = new Date((epoch + 8 * 3600) * 1000).toISOString();
    return withDay ? `${day.slice(5, 10)} ${day.slice(11, 16)}` : day.slice(11, 19);
  };
})();
