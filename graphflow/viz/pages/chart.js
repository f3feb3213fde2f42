// Draws lines and points over x and y as SVG, in the size that the page gives it.

const data = JSON.parse(document.getElementById("data").textContent);

function followTheme() {
  const preferred = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const dark = data.theme === "dark" || (data.theme === "auto" && preferred.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  };
  preferred.addEventListener("change", apply);
  apply();
}

function element(name, attributes, parent) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (parent) parent.append(made);
  return made;
}

// Round numbers at about so many places of the range.
function ticks([low, high], wanted) {
  const raw = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) found.push(k * step);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const large = Math.max(Math.abs(low), Math.abs(high)) >= 1e6 || digits > 5;
  const write = (v) => (large ? Number(v.toPrecision(4)).toString() : v.toFixed(digits));
  return found.map((v) => [v, write(v === 0 ? 0 : v).replace("-", "−")]);
}

const DASHES = ["none", "9 5", "2 5", "12 5 3 5"];
const SHAPES = [
  (r) => `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`,
  (r) => `M${-r},${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (r) => `M0,${-1.2 * r}L${1.2 * r},${r}H${-1.2 * r}z`,
  (r) => `M0,${-1.3 * r}L${1.3 * r},0L0,${1.3 * r}L${-1.3 * r},0z`,
];

// How the mark in place k among all looks: a colour, and a dash or a shape beside it.
function styleOf(k, mark, font) {
  const color = `var(--series-${k % 6})`;
  const rank = data.kinds.slice(0, k).filter((kind) => kind === data.kinds[k]).length;
  return mark.kind === "line"
    ? { class: "line", style: `stroke:${color};stroke-width:${0.17 * font}`, "stroke-dasharray": DASHES[rank % DASHES.length] }
    : { class: "point", style: `fill:${color}`, d: SHAPES[rank % SHAPES.length](0.36 * font) };
}

function linePath(mark, px, py) {
  let text = "";
  let down = false;
  mark.x.forEach((x, i) => {
    const y = mark.y[i];
    const there = Number.isFinite(x) && Number.isFinite(y); // null and NaN make a gap
    if (there) text += `${down ? "L" : "M"}${px(x).toFixed(2)},${py(y).toFixed(2)}`;
    down = there;
  });
  return text;
}

// The chart: draw(marks, title) puts one picture in place of the last.
function makeChart() {
  const svg = document.getElementById("chart");
  const title = document.getElementById("title");
  let last = null;

  function axes(place, width, height, font) {
    const { left, right, top, bottom } = place;
    const px = (x) => left + ((x - data.xlim[0]) / (data.xlim[1] - data.xlim[0])) * (right - left);
    const py = (y) => bottom - ((y - data.ylim[0]) / (data.ylim[1] - data.ylim[0])) * (bottom - top);
    const words = (text, at) => { element("text", at, svg).textContent = text; };
    for (const [v, text] of ticks(data.xlim, Math.min(10, width / 70))) {
      element("line", { class: "grid", x1: px(v), x2: px(v), y1: top, y2: bottom }, svg);
      words(text, { x: px(v), y: bottom + 1.5 * font, "text-anchor": "middle" });
    }
    for (const [v, text] of ticks(data.ylim, Math.min(8, height / 55))) {
      element("line", { class: "grid", x1: left, x2: right, y1: py(v), y2: py(v) }, svg);
      words(text, { x: left - 0.5 * font, y: py(v) + 0.35 * font, "text-anchor": "end" });
    }
    element("path", { class: "axis", fill: "none", d: `M${left},${top}V${bottom}H${right}` }, svg);
    words(data.xlabel, { x: (left + right) / 2, y: height - 0.5 * font, "text-anchor": "middle" });
    const turned = `translate(${1.1 * font},${(top + bottom) / 2}) rotate(-90)`;
    words(data.ylabel, { transform: turned, "text-anchor": "middle" });
    return [px, py];
  }

  function draw(marks, text) {
    last = [marks, text];
    title.textContent = text;
    const width = Math.max(240, svg.clientWidth);
    const shape = width < 600 ? 0.78 : 0.62;
    const height = Math.round(Math.min(shape * width, Math.max(220, 0.6 * innerHeight)));
    const font = Math.min(22, Math.max(14, width / 50));
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.style.height = `${height}px`;
    svg.style.fontSize = `${font}px`;
    svg.replaceChildren();
    const below = data.xlabel ? 3.6 : 2.2;
    const beside = data.ylabel ? 4.8 : 3.4;
    const place = { left: beside * font, right: width - font, top: 0.6 * font, bottom: height - below * font };
    const [px, py] = axes(place, width, height, font);
    const clip = element("clipPath", { id: "inside" }, svg);
    const { left, right, top, bottom } = place;
    element("rect", { x: left - 4, y: top - 4, width: right - left + 8, height: bottom - top + 8 }, clip);
    const layer = element("g", { "clip-path": "url(#inside)" }, svg);
    [...data.fixed, ...marks].forEach((mark, k) => drawMark(layer, mark, styleOf(k, mark, font), px, py));
  }

  function drawMark(layer, mark, style, px, py) {
    if (mark.kind === "line") {
      element("path", { ...style, d: linePath(mark, px, py) }, layer);
      return;
    }
    mark.x.forEach((x, i) => {
      const y = mark.y[i];
      if (!Number.isFinite(x) || !Number.isFinite(y)) return;
      element("path", { ...style, transform: `translate(${px(x).toFixed(2)},${py(y).toFixed(2)})` }, layer);
    });
  }

  // Not the window's event: a frame may get its width after the first drawing.
  new ResizeObserver(() => { if (last) draw(...last); }).observe(svg.parentElement);
  return { draw };
}

// The legend of the marks that have a label; labels stay the same while the picture changes.
function makeLegend() {
  const list = document.getElementById("legend");
  data.labels.forEach((label, k) => {
    if (!label) return;
    const item = document.createElement("li");
    const sample = element("svg", { viewBox: "0 0 34 14", "aria-hidden": "true" }, item);
    const style = styleOf(k, { kind: data.kinds[k] }, 14);
    if (data.kinds[k] === "line") element("path", { ...style, d: "M2,7H32" }, sample);
    else element("path", { ...style, transform: "translate(17,7)" }, sample);
    item.append(document.createElement("span"));
    item.lastChild.textContent = label;
    list.append(item);
  });
}

followTheme();
document.getElementById("note").textContent = data.note;
