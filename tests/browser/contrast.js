// WCAG 2.1 AA, 1.4.3 and 1.4.11: every visible text of a document that does not stand out enough
// from what is behind it. Left out: what is disabled or just being redrawn, text with a halo (over the map), pictures.
() => {
  if (!document.body) return [];
  const pot = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (colour) => {
    if (!known.has(colour)) {
      pot.clearRect(0, 0, 1, 1);
      pot.fillStyle = colour;
      pot.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pot.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((v, n) => v * a + under[n] * (1 - a));
  const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = (c) => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;

  // What is behind an element's text, and how much of the text shows; null where a picture is.
  const behind = (element) => {
    const layers = [];
    let shown = 1;
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      shown *= Number(style.opacity);
      if (/url|gradient/.test(style.backgroundImage)) return null;
      const colour = rgba(style.backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    const frame = window.frameElement && getComputedStyle(window.frameElement.ownerDocument.querySelector("[data-testid=stApp]") || window.frameElement);
    const ground = frame ? rgba(frame.backgroundColor).slice(0, 3) : dark ? [0, 0, 0] : [255, 255, 255];
    return [layers.reverse().reduce((under, layer) => over(layer, under), ground), shown];
  };

  const failing = new Map();
  const judge = (element, text, style, icon) => {
    if (element.closest("[disabled], [aria-disabled=true], [inert], [data-stale=true], .leaflet-pane, .leaflet-control-attribution")) return;
    if (style.textShadow !== "none" || rgba(style.color)[3] === 0) return;
    const found = behind(element);
    if (!found) return;
    const [r, g, b, a] = rgba(style.color);
    const got = ratio(over([r, g, b, a * found[1]], found[0]), found[0]);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (got >= (large || icon ? 3 : 4.5) - 0.01) return;
    const named = element.closest("[data-testid], [id]");
    const where = `${element.tagName}.${element.className} in ${named ? named.dataset.testid || named.id : "body"}`;
    const key = `${got.toFixed(2)} ${style.color} on ${found[0].map(Math.round)} ${where}`;
    if (!failing.has(key)) failing.set(key, text.trim().slice(0, 24));
  };

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.nodeValue.trim() || element.closest("script, style, noscript, svg")) continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    const style = getComputedStyle(element);
    judge(element, node.nodeValue, style, /Material/.test(style.fontFamily));
  }
  for (const field of document.querySelectorAll("input, textarea")) {
    if (!field.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (["checkbox", "radio", "range", "file"].includes(field.type)) continue;
    const style = getComputedStyle(field);
    if (field.value) judge(field, field.value, style, false);
    else if (field.placeholder) judge(field, field.placeholder, getComputedStyle(field, "::placeholder"), false);
  }
  return [...failing].map(([how, text]) => `${how} “${text}”`);
}
