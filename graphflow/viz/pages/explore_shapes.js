const SVG = "http://www.w3.org/2000/svg";

/** An SVG element with attributes. */
function drawn(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const LINE = 16; // pixels from a line of text to the next

/** The outline of a kind of node around [x, y, width, height]; kinds differ in shape. */
const OUTLINES = {
  operation: ([x, y, width, height]) => drawn("rect", { x, y, width, height, rx: 8 }),
  gradient: ([x, y, width, height]) => drawn("rect", { x, y, width, height, rx: 8 }),
  constant: ([x, y, width, height]) =>
    drawn("ellipse", { cx: x + width / 2, cy: y + height / 2, rx: width / 2, ry: height / 2 }),
  placeholder: ([x, y, w, h]) =>
    drawn("path", { d: `M${x} ${y}h${w}v${h - 6}l${-w / 2} 6l${-w / 2} -6z` }),
  variable: ([x, y, w, h]) =>
    drawn("path", {
      d:
        `M${x} ${y + 4}v${h - 8}a${w / 2} 4 0 0 0 ${w} 0v${8 - h}` +
        `a${w / 2} 4 0 0 0 ${-w} 0a${w / 2} 4 0 0 0 ${w} 0`,
    }),
  update: ([x, y, w, h]) =>
    drawn("path", {
      d: `M${x + 8} ${y}h${w - 16}l8 8v${h - 16}l-8 8h${16 - w}l-8 -8v${16 - h}z`,
    }),
  scope: ([x, y, w, h]) =>
    drawn("path", {
      d: `M${x} ${y}h${w}v${h}h${-w}zM${x + w} ${y + 4}h4v${h}h${-w}v-4h${w - 4}z`,
    }),
};

/** A box with its lines of text; what follows the first line is faint. */
function drawnItem(item, number) {
  const [x, y, width, height] = item.at;
  const classes = `node ${item.kind}${item.outside ? " outside" : ""}`;
  const group = drawn("g", { class: classes, "data-item": number }, OUTLINES[item.kind](item.at));
  const top = y + height / 2 - ((item.lines.length - 1) * LINE) / 2 + 4;
  item.lines.forEach((line, place) => {
    const text = drawn("text", { x: x + width / 2, y: top + place * LINE });
    text.textContent = line;
    if (place) text.classList.add("more");
    group.append(text);
  });
  return group;
}

function drawnFrame([x, y, width, height, title]) {
  const text = drawn("text", { x: x + 10, y: y + 16 });
  text.textContent = title;
  return drawn("g", { class: "frame" }, drawn("rect", { x, y, width, height, rx: 8 }), text);
}

function drawnLink([, , path, count, carried]) {
  const classes = `link ${carried}${count > 1 ? " several" : ""}`;
  return drawn("path", { class: classes, d: path, "marker-end": "url(#arrow)" });
}

/** The head of all arrows. */
function arrowHead() {
  const head = { id: "arrow", viewBox: "0 0 8 8", refX: 8, refY: 4, orient: "auto" };
  const size = { markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse" };
  const tip = drawn("path", { id: "tip", d: "M0 1L8 4L0 7z" });
  return drawn("defs", {}, drawn("marker", { ...head, ...size }, tip));
}
