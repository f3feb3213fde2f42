/** Pan and zoom of an SVG by its view box: wheel, drag, two fingers, double click. */
class PanZoom {
  static MOST = 40; // times the size at which all fits
  static LEAST = 0.1;
  static READABLE = 0.7; // pixels for a unit of the drawing, below which text is too small
  static LARGEST = 1.6; // the same, where a small drawing is shown whole
  static MARGIN = 12; // around the drawing, in its own units

  constructor(svg, onClick = () => {}) {
    this.svg = svg;
    this.onClick = onClick;
    this.pointers = new Map();
    this.moved = false;
    svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.down(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      svg.addEventListener(kind, (event) => this.up(event));
    }
    svg.addEventListener("dblclick", () => this.fit());
    this.frame(svg.viewBox.baseVal);
  }

  /** Show a rectangle of the drawing, which is all there is to see from now on. */
  frame({ x, y, width, height }) {
    const margin = PanZoom.MARGIN;
    this.whole = {
      x: x - margin, y: y - margin, width: width + 2 * margin, height: height + 2 * margin,
    };
    this.fit();
  }

  fit() {
    this.show({ ...this.whole });
  }

  show(box) {
    this.box = box;
    this.svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
  }

  /** Show all where its text can be read then, not larger than life; else the top of it. */
  begin() {
    const { width, height } = this.svg.getBoundingClientRect();
    const whole = this.whole;
    const scale = Math.min(width / whole.width, height / whole.height);
    this.fit();
    if (scale > PanZoom.LARGEST) this.zoom(PanZoom.LARGEST / scale);
    if (!scale || scale >= PanZoom.READABLE) return;
    const wanted = Math.max(PanZoom.READABLE, Math.min(width / whole.width, 1));
    const box = { width: width / wanted, height: height / wanted };
    const x = box.width < whole.width ? whole.x : whole.x + (whole.width - box.width) / 2;
    this.show({ ...box, x, y: whole.y });
  }

  /** Zoom by a factor around a point of the drawing; the middle by default. */
  zoom(factor, at = this.middle()) {
    const scale = this.whole.width / (this.box.width / factor);
    if (scale > PanZoom.MOST || scale < PanZoom.LEAST) return;
    this.show({
      x: at.x - (at.x - this.box.x) / factor,
      y: at.y - (at.y - this.box.y) / factor,
      width: this.box.width / factor,
      height: this.box.height / factor,
    });
  }

  /** Put a point of the drawing in the middle. */
  center(at) {
    const { width, height } = this.box;
    this.show({ x: at.x - width / 2, y: at.y - height / 2, width, height });
  }

  /** Move an element to the middle unless it is in sight. */
  keepInSight(element) {
    const frame = this.svg.getBoundingClientRect();
    const box = element.getBoundingClientRect();
    const inside = box.left > frame.left && box.right < frame.right;
    if (inside && box.top > frame.top && box.bottom < frame.bottom) return;
    const middle = { clientX: (box.left + box.right) / 2, clientY: (box.top + box.bottom) / 2 };
    this.center(this.point(middle));
  }

  middle() {
    return { x: this.box.x + this.box.width / 2, y: this.box.y + this.box.height / 2 };
  }

  /** A place on the screen as a point of the drawing. */
  point(event) {
    const inverse = this.svg.getScreenCTM().inverse();
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(inverse);
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 400), this.point(event));
  }

  down(event) {
    if (this.pointers.size === 0) this.moved = false;
    this.pointers.set(event.pointerId, event);
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const far = Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
    if (!this.moved && far < 4) return;
    if (!this.moved) this.svg.setPointerCapture(event.pointerId);
    this.moved = true;
    const others = [...this.pointers.values()].filter((p) => p.pointerId !== event.pointerId);
    if (others.length) this.pinch(before, event, others[0]);
    else this.drag(before, event);
    this.pointers.set(event.pointerId, event);
  }

  drag(before, event) {
    const from = this.point(before);
    const to = this.point(event);
    const { x, y, width, height } = this.box;
    this.show({ x: x + from.x - to.x, y: y + from.y - to.y, width, height });
  }

  pinch(before, event, other) {
    const apart = (one) =>
      Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
    this.zoom(apart(event) / apart(before), this.point(other));
  }

  up(event) {
    const clicked = this.pointers.delete(event.pointerId) && !this.moved;
    if (clicked && event.type === "pointerup") this.onClick(event);
  }
}
