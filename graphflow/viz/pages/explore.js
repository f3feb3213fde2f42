const MANY = 12; // arrows of kept values, above which they are pale until a box is picked
const FOUND = 40; // results of a search

const levels = data.views.map((view, at) => ({ ...view, at })).filter((view) => view.depth);
const away = new Set(); // parts that are switched off

let at = 0; // the view
let picked = null; // the item that is picked in it
let picture = null; // its svg, elements and pan and zoom

function showView(number, node = null) {
  at = number;
  picked = null;
  const view = data.views[at];
  const svg = drawn("svg", { viewBox: `0 0 ${view.size[0] || 1} ${view.size[1] || 1}` });
  const kept = view.links.filter(([, , , , carried]) => carried === "kept").length;
  svg.classList.toggle("quiet", kept > MANY);
  const frames = view.frames.map(drawnFrame);
  const links = view.links.map(drawnLink);
  const items = view.items.map(drawnItem);
  svg.append(arrowHead(), ...frames, ...links, ...items);
  byId("picture").replaceChildren(svg);
  picture = { svg, frames, links, items, zoom: new PanZoom(svg, (event) => clicked(event)) };
  svg.addEventListener("dblclick", (event) => opened(event), { capture: true });
  crumbs();
  pressLevels();
  applyParts();
  if (node === null) pick(null);
  else pickNode(node);
}

function itemAt(event) {
  const group = event.target.closest("g.node");
  return group ? Number(group.dataset.item) : null;
}

function clicked(event) {
  pick(itemAt(event));
}

function opened(event) {
  const number = itemAt(event);
  if (number === null) return;
  event.stopImmediatePropagation(); // a double click elsewhere fits the view
  open(number);
}

/** Go into an item; of several alike into the first. */
function open(number = picked) {
  const inner = number === null ? undefined : data.views[at].items[number].open[0];
  if (inner !== undefined && inner !== at) showView(inner);
}

function up() {
  const { parent } = data.views[at];
  if (parent !== null) showView(parent);
  else if (at !== 0) showView(0);
}

/** Pick an item: light what it depends on and what depends on it. */
function pick(number, node = null) {
  picked = number;
  const card = byId("card");
  card.classList.toggle("empty", number === null);
  if (number === null) {
    light(new Set(), new Set(), new Set());
    card.replaceChildren(...overview());
    return;
  }
  const item = data.views[at].items[number];
  const members = membersOf(item);
  const starts = node === null ? members : [node];
  const [before, after] = [upstream(starts), downstream(starts)];
  light(new Set(starts), before, after);
  const single = node ?? (members.length === 1 ? members[0] : null);
  const parts =
    single === null ? itemCard(item, members, reveal, showView) : nodeCard(single, reveal);
  card.replaceChildren(...traceCard(before, after), ...parts);
  card.scrollTop = 0;
}

function light(starts, before, after) {
  const view = data.views[at];
  picture.svg.classList.toggle("tracing", starts.size > 0);
  const lit = view.items.map((item) => {
    const members = membersOf(item);
    const any = (among) => among.size > 0 && members.some((member) => among.has(member));
    return { picked: any(starts), up: any(before), down: any(after) };
  });
  picture.items.forEach((group, number) => {
    for (const [name, on] of Object.entries(lit[number])) group.classList.toggle(name, on);
  });
  picture.links.forEach((path, number) => {
    const [from, to, , , carried] = view.links[number];
    const [source, target] = [lit[from], lit[to]];
    // Values kept for the backward pass cross everything: only those of the picked box light up.
    const near = carried !== "kept" || source.picked || target.picked;
    path.classList.toggle("up", near && source.up && (target.up || target.picked));
    path.classList.toggle("down", near && target.down && (source.down || source.picked));
  });
}

/** Show a node: in this view if it is here, else in the view that shows it best. */
function reveal(node) {
  const here = data.views[at].items.some((item) => !item.outside && membersOf(item).length === 1 &&
    membersOf(item)[0] === node);
  if (here) pickNode(node);
  else showView(viewOf(node), node);
}

function pickNode(node) {
  const items = data.views[at].items;
  const number = items.findIndex((item) => !item.outside && membersOf(item).includes(node));
  if (number < 0) return pick(null);
  const [x, y, width, height] = items[number].at;
  switchOn(items[number].part);
  pick(number, node);
  picture.zoom.center({ x: x + width / 2, y: y + height / 2 });
}

/** The item to go to from the picked one with an arrow key. */
function walk(right, down) {
  const { items, links } = data.views[at];
  if (picked === null) return pick(items.findIndex((item) => !away.has(item.part)));
  const middle = ({ at: [x, y, width, height] }) => [x + width / 2, y + height / 2];
  const [x, y] = middle(items[picked]);
  const linked = down > 0
    ? links.filter(([source]) => source === picked).map(([, target]) => target)
    : links.filter(([, target]) => target === picked).map(([source]) => source);
  const beside = items.keys();
  let best = null;
  for (const number of down ? linked : beside) {
    const [otherX, otherY] = middle(items[number]);
    const ahead = down ? 1 : (otherX - x) * right;
    if (number === picked || ahead <= 0 || away.has(items[number].part)) continue;
    const far = down ? Math.abs(otherX - x) : ahead + 4 * Math.abs(otherY - y);
    if (best === null || far < best.far) best = { number, far };
  }
  if (best === null) return;
  pick(best.number);
  picture.zoom.keepInSight(picture.items[best.number]);
}

/** The views around this one, outermost first. */
function crumbs() {
  const path = [];
  for (let view = at; view !== null; view = data.views[view].parent) path.unshift(view);
  const buttons = path.map((view) => {
    const button = element("button", "", data.views[view].title);
    button.disabled = view === at;
    button.addEventListener("click", () => showView(view));
    return button;
  });
  const separated = buttons.flatMap((button, place) => (place ? [" › ", button] : [button]));
  byId("crumbs").replaceChildren(...separated);
}

function makeLevels() {
  if (levels.length < 2) return;
  const buttons = levels.map((level) => {
    const button = element("button", "", level.depth);
    button.title = "How many scopes deep boxes are shown";
    button.addEventListener("click", () => showView(level.at));
    return button;
  });
  byId("levels").append(element("span", "faint", "depth"), ...buttons);
}

function pressLevels() {
  const buttons = byId("levels").querySelectorAll("button");
  buttons.forEach((button, place) => {
    button.setAttribute("aria-pressed", String(levels[place].at === at));
  });
}

/** Fold or unfold by one level. */
function level(by) {
  const order = [...levels.slice(1), ...(levels.length > 1 ? [] : levels)];
  const now = order.findIndex((one) => one.at === at);
  const next = now < 0 ? (by > 0 ? order.length - 1 : 0) : now + by;
  if (order[next]) showView(order[next].at);
}

function makeParts() {
  const present = new Set(data.nodes.map((node) => node.part));
  if (present.size < 2) return;
  for (const part of ["", "gradients", "optimizer"].filter((one) => present.has(one))) {
    const button = element("button", "", PARTS[part]);
    button.dataset.part = part;
    button.addEventListener("click", () => togglePart(part));
    byId("parts").append(button);
  }
}

function togglePart(part) {
  if (!away.delete(part)) away.add(part);
  applyParts();
}

function switchOn(part) {
  if (away.delete(part)) applyParts();
}

function applyParts() {
  const { items, links, frames } = data.views[at];
  const hidden = items.map((item) => away.has(item.part));
  picture.items.forEach((group, number) => group.classList.toggle("away", hidden[number]));
  picture.frames.forEach((frame, n) => frame.classList.toggle("away", away.has(frames[n][5])));
  picture.links.forEach((path, number) => {
    const [source, target] = links[number];
    path.classList.toggle("away", hidden[source] || hidden[target]);
  });
  for (const button of byId("parts").children) {
    button.setAttribute("aria-pressed", String(!away.has(button.dataset.part)));
  }
  const shown = items.filter((item) => !away.has(item.part)).map((item) => item.at);
  if (shown.length) picture.zoom.frame(bounds([...shown, ...frames.filter((f) => !away.has(f[5]))]));
  picture.zoom.begin();
}

/** The rectangle around rectangles. */
function bounds(rectangles) {
  const least = (values) => values.reduce((a, b) => Math.min(a, b));
  const most = (values) => values.reduce((a, b) => Math.max(a, b));
  const x = least(rectangles.map(([left]) => left));
  const y = least(rectangles.map(([, top]) => top));
  const width = most(rectangles.map(([left, , wide]) => left + wide)) - x;
  return { x, y, width, height: most(rectangles.map(([, top, , high]) => top + high)) - y };
}

function search() {
  const numbers = matches(byId("find").value, FOUND);
  const list = byId("found");
  list.hidden = !byId("find").value.trim();
  const rows = numbers.map((number) => element("li", "", nodeButton(number, choose)));
  list.replaceChildren(...(rows.length ? rows : [element("li", "faint", "nothing found")]));
}

function choose(number) {
  byId("find").value = "";
  byId("found").hidden = true;
  byId("find").blur();
  reveal(number);
}

function letGo() {
  if (!byId("found").hidden || document.activeElement === byId("find")) {
    byId("find").value = "";
    byId("found").hidden = true;
    byId("find").blur();
  } else {
    pick(null);
  }
}

byId("title").textContent = data.title;
byId("find").addEventListener("input", search);
byId("find").addEventListener("keydown", (event) => {
  if (event.key === "Enter") byId("found").querySelector("button")?.click();
  if (event.key === "ArrowDown") byId("found").querySelector("button")?.focus();
});
onKeys({
  "/": () => byId("find").focus(),
  Escape: letGo,
  Enter: () => open(),
  Backspace: up,
  "[": () => level(-1),
  "]": () => level(1),
  ArrowDown: () => walk(0, 1),
  ArrowUp: () => walk(0, -1),
  ArrowRight: () => walk(1, 0),
  ArrowLeft: () => walk(-1, 0),
  "+": () => picture.zoom.zoom(1.25),
  "-": () => picture.zoom.zoom(0.8),
  0: () => picture.zoom.fit(),
  f: () => togglePart(""),
  g: () => togglePart("gradients"),
  o: () => togglePart("optimizer"),
  t: toggleTheme,
});
makeLevels();
makeParts();
showView(0);
