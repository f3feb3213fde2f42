const LISTED = 100; // nodes of a list

const PARTS = { "": "forward", gradients: "gradients", optimizer: "optimizer" };

const KEYS_HELP = [
  ["/", "find"], ["Enter", "open what is folded"], ["Backspace", "one view up"],
  ["[  ]", "fold, unfold"], ["arrows", "walk along the graph"], ["+  −  0", "zoom, fit"],
  ["f  g  o", "forward, gradients, optimizer"], ["t", "light or dark"], ["Esc", "let go"],
];

/** What stands beside the picture while nothing is picked. */
function overview() {
  const counts = new Map();
  for (const { part } of data.nodes) counts.set(part, (counts.get(part) ?? 0) + 1);
  const facts = [...counts].map(([part, count]) => [PARTS[part], count.toLocaleString("en")]);
  return [
    element("h2", "", data.title),
    facts.length > 1 ? definitions(facts) : "",
    element("p", "", "Click a box: all that it is computed from and all that depends on it lights up."),
    element("p", "", "A box with a shadow is folded: double click it, or press Enter, to go inside."),
    legend(),
    element("h3", "", "Keys"),
    keys(),
  ];
}

/** A box of each kind that there is. */
function legend() {
  const present = new Set(data.views.flatMap((view) => view.items.map((item) => item.kind)));
  const samples = Object.keys(OUTLINES).filter((kind) => present.has(kind)).map((kind) => {
    const text = kind === "scope" ? "folded" : kind;
    const sample = drawnItem({ at: [2, 2, 88, 24], kind, lines: [text], outside: false }, "");
    return drawn("svg", { viewBox: "0 0 98 32", width: 98, height: 32 }, sample);
  });
  return element("div", "legend", ...samples);
}

function keys() {
  const rows = KEYS_HELP.flatMap(([key, what]) => [
    element("dt", "", element("kbd", "", key)),
    element("dd", "", what),
  ]);
  return element("dl", "", ...rows);
}

function definitions(pairs) {
  const rows = pairs.flatMap(([name, text]) => [
    element("dt", "", name),
    element("dd", "", text),
  ]);
  return element("dl", "", ...rows);
}

/** All about one node. */
function nodeCard(number, show) {
  const node = data.nodes[number];
  const facts = [["operation", node.op], ["type", node.type], ["part", PARTS[node.part]]];
  if (node.attributes) facts.push(["with", node.attributes]);
  if (node.time) facts.push(["time", node.time]);
  const parts = [element("h2", "", node.name), definitions(facts)];
  if (node.line) parts.push(heading(node.line[0]), element("code", "", node.line[1]));
  if (node.value) parts.push(heading("value"), ...paragraphs(node.value));
  if (node.gradient) {
    const [gradient, ...lines] = node.gradient;
    parts.push(heading("gradient"), ...paragraphs(lines), nodeList([gradient], show));
  }
  parts.push(...listed("inputs", [...new Set(node.inputs)], show));
  parts.push(...listed("used by", consumers[number], show));
  return parts;
}

/** What a folded box, or one that stands for several, holds; of alike scopes each can be opened. */
function itemCard(item, members, show, open) {
  const parts = [element("h2", "", item.lines.join(" · "))];
  const opener = (view, text) => {
    const button = element("button", "", text);
    button.addEventListener("click", () => open(view));
    return button;
  };
  if (item.open.length) parts.push(opener(item.open[0], "open (Enter)"));
  if (item.open.length > 1) {
    const rows = item.open.map((view) => element("li", "", opener(view, data.views[view].title)));
    parts.push(heading(`alike (${rows.length})`), element("ul", "", ...rows));
  }
  return [...parts, ...listed("holds", members, show)];
}

/** How much lies up and down the graph. */
function traceCard(up, down) {
  const line = (kind, count, where) =>
    element("p", "faint", element("span", `swatch ${kind}`), `${count.toLocaleString("en")} ${where}`);
  return [line("up", up.size, "upstream"), line("down", down.size, "downstream")];
}

function listed(title, numbers, show) {
  if (!numbers.length) return [];
  const more = numbers.length - LISTED;
  const parts = [heading(`${title} (${numbers.length.toLocaleString("en")})`)];
  parts.push(nodeList(numbers.slice(0, LISTED), show));
  if (more > 0) parts.push(element("p", "faint", `and ${more.toLocaleString("en")} more`));
  return parts;
}

function nodeList(numbers, show) {
  return element("ul", "", ...numbers.map((number) => element("li", "", nodeButton(number, show))));
}

function nodeButton(number, show) {
  const node = data.nodes[number];
  const kind = element("span", "faint", ` ${node.op} ${node.type}`);
  const button = element("button", "", node.name, kind);
  button.addEventListener("click", () => show(number));
  return button;
}

const heading = (text) => element("h3", "", text);
const paragraphs = (lines) => lines.map((line) => element("p", "", line));
