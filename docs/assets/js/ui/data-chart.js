// A chart drawn at build time, to work with: every mark tells its words, arrow keys step through them, a family is
// brought out, and the scale is logarithmic or linear.
import { axis, labels, order, position, scaled, step } from "../core/chart.js";
import { readState, writeState } from "../core/url-state.js";
import { keepState, onAddress, stateOf } from "./address.js";
import { element, must, style } from "./dom.js";

/** @import { Scale } from "../core/chart.js" */

/**
 * @typedef {{ mark: SVGGElement, said: string, name: string, value: number, family: string, x: number, y: number,
 *   home: number }} Mark `x` and `y` in the units of the drawing; `home`: where the scale puts it when built
 */

const SVG = "http://www.w3.org/2000/svg";
/** Pixels from which a mark is meant: as wide as a fingertip needs. */
const NEAR = 24;

class DataChart extends HTMLElement {
  static keys = {
    of: "Chart",
    keys: [
      ["← →", "previous, next mark"],
      ["↑ ↓", "next higher, lower mark"],
      ["Home End", "first, last mark"],
      ["Esc", "hide what the mark tells"],
    ],
  };

  #leave = new AbortController();
  /** @type {Mark[]} */
  #marks = [];
  /** What the build drew, to come back to. @type {{ ticks: Node[], labels: Node[], title: string } | null} */
  #built = null;
  /** The link to the table, as built. @type {{ link: HTMLAnchorElement, words: string, query: string } | null} */
  #behind = null;
  #id = "";
  #tip = element("div", { class: "chart__tip", "aria-hidden": "true", hidden: true });
  #count = element("p", { class: "tool-count", role: "status" });
  #family = element("select");
  #linear = element("input", { type: "radio", value: "linear" });
  #logarithmic = element("input", { type: "radio", value: "logarithmic" });
  #notice = element("p", { class: "tool-notice", role: "status" });

  connectedCallback() {
    try {
      this.#start();
      this.dataset.ready = "";
    } catch (error) {
      this.dataset.error = "";
      console.error("<data-chart> stays a picture:", error);
    }
  }

  disconnectedCallback() {
    this.#leave.abort();
  }

  get #svg() {
    return must(this, "svg", SVGSVGElement);
  }

  /** What the build says about the axis that has a scale: `axis` x or y, `start` and `end` on it, `across`. */
  get #axis() {
    const ticks = this.#svg.querySelector(".ticks[data-axis]");
    return ticks instanceof SVGElement ? ticks.dataset : {};
  }

  #start() {
    this.#leave.abort();
    this.#leave = new AbortController();
    const { signal } = this.#leave;
    this.querySelector(".data-chart__bar")?.remove();
    this.#id = this.closest("figure")?.id ?? "";
    const svg = this.#svg;
    if (!this.#built) {
      const nodes = (/** @type {string} */ selector) => [...(svg.querySelector(selector)?.childNodes ?? [])];
      this.#built = { ticks: nodes(".ticks"), labels: nodes(".labels"), title: nodes("title")[0]?.nodeValue ?? "" };
      this.#marks = [...svg.querySelectorAll("g[role=img]")].map((mark) => this.#read(/** @type {SVGGElement} */ (mark)));
    }
    if (!this.#marks.length) throw new Error("no mark in the drawing");
    must(this, ".figure__art", HTMLElement).append(this.#tip);
    this.#stop(this.#marks[0]);
    const scaling = this.#axis.axis !== undefined;
    if (scaling) this.#bar(signal);
    // On the drawing itself, listeners to focus would make a tab stop of it.
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.addEventListener("focusin", ({ target }) => this.#show(this.#of(target)), { signal });
    this.addEventListener("focusout", () => this.#show(undefined), { signal });
    svg.addEventListener("pointermove", (event) => this.#point(event), { signal });
    svg.addEventListener("click", (event) => this.#near(event)?.mark.focus(), { signal });
    this.addEventListener("pointerleave", () => this.#show(this.#of(document.activeElement)), { signal });
    if (!scaling) return;
    const link = this.closest("figure")?.querySelector(".behind a");
    if (link instanceof HTMLAnchorElement) {
      this.#behind ??= { link, words: link.textContent ?? "", query: link.search };
      // The rest of its address has to be that of the page when it is followed.
      for (const type of ["focus", "pointerenter"]) link.addEventListener(type, () => this.#lead(), { signal });
    }
    this.#load();
    onAddress(() => this.#load(), signal);
  }

  /**
   * @param {SVGGElement} mark
   * @returns {Mark}
   */
  #read(mark) {
    const said = mark.getAttribute("aria-label") ?? "";
    const shape = must(mark, "circle, path", SVGGraphicsElement).getBBox();
    const [x, y] = [shape.x + shape.width / 2, shape.y + shape.height / 2];
    const home = this.#axis.axis === "x" ? x : y;
    const name = said.split(": ")[0] ?? said;
    return { mark, said, name, value: Number(mark.dataset.value), family: mark.dataset.family ?? "", x, y, home };
  }

  /** @param {AbortSignal} signal */
  #bar(signal) {
    const families = (this.dataset.families ?? "").split("|").filter(Boolean).map((family) => family.split(/ (.*)/));
    this.#family.replaceChildren(element("option", { value: "" }, "none"), ...families.map(([id = "", name = id]) =>
      element("option", { value: id }, `${name} (${this.#marks.filter(({ family }) => family === id).length})`)));
    for (const radio of [this.#logarithmic, this.#linear]) radio.name = `${this.#id}-scale`;
    const bar = element("div", { class: "data-chart__bar", role: "group", "aria-label": "How the chart is shown" },
      element("fieldset", { class: "tool-choices" }, element("legend", {}, "Scale"),
        element("label", {}, this.#logarithmic, "logarithmic"), element("label", {}, this.#linear, "linear")));
    if (families.length > 1) bar.append(element("label", {}, "Bring out ", this.#family), this.#count);
    bar.append(this.#notice);
    this.prepend(bar);
    for (const control of [this.#family, this.#linear, this.#logarithmic]) {
      control.addEventListener("change", () => this.#update(), { signal });
    }
  }

  #load() {
    const families = new Set([...this.#family.options].map(({ value }) => value).filter(Boolean));
    const { state, ignored } = stateOf(this.#id, (key, value) =>
      (key === "scale" && value === "linear") || (key === "family" && families.has(value)));
    (state.scale ? this.#linear : this.#logarithmic).checked = true;
    this.#family.value = state.family?.[0] ?? "";
    const twin = this.closest("figure")?.querySelector("details.twin");
    const target = document.getElementById(location.hash.slice(1));
    if (twin instanceof HTMLDetailsElement && target && twin.contains(target)) twin.open = true;
    this.#update(ignored.length ? `Not understood in the address, and left out: ${ignored.join(", ")}.` : "");
  }

  /** @param {string} [notice] */
  #update(notice = "") {
    const family = this.#family.value;
    this.#draw(this.#linear.checked ? "linear" : "logarithmic", family);
    const some = this.#marks.filter((mark) => mark.family === family).length;
    this.#count.textContent = family ? `${some} of ${this.#marks.length} marks` : `${this.#marks.length} marks`;
    this.#notice.textContent = notice;
    keepState(this.#id, this.#state);
    this.#stop(this.#lit[0]);
    this.#lead();
  }

  /** The one mark that the Tab key comes to. @param {Mark | undefined} mark */
  #stop(mark) {
    for (const other of this.#marks) other.mark.setAttribute("tabindex", other === mark ? "0" : "-1");
  }

  /** What the address says about this chart: only what is not as built. */
  get #state() {
    const family = this.#family.value;
    return { ...(this.#linear.checked ? { scale: ["linear"] } : {}), ...(family ? { family: [family] } : {}) };
  }

  /**
   * Move the marks to a scale, and name it wherever it is named.
   * @param {Scale} scale
   * @param {string} family that is brought out, or none
   */
  #draw(scale, family) {
    const svg = this.#svg;
    const across = this.#axis.axis === "x";
    const [start, end] = [Number(this.#axis.start), Number(this.#axis.end)];
    const line = axis(this.#marks.map(({ value }) => value), scale);
    const built = scale === "logarithmic";
    for (const mark of this.#marks) {
      const at = built ? mark.home : position(line, mark.value, start, end);
      mark[across ? "x" : "y"] = at;
      const shape = must(mark.mark, "circle, path", SVGGraphicsElement);
      shape.setAttribute("transform", across ? `translate(${at - mark.home} 0)` : `translate(0 ${at - mark.home})`);
      mark.mark.classList.toggle("dim", family !== "" && mark.family !== family);
    }
    if (this.#built) {
      must(svg, ".ticks", SVGElement).replaceChildren(...this.#built.ticks);
      if (!built) this.#ticks(line.ticks.map((tick) => [position(line, tick, start, end), scaled(tick)]), across);
      const named = svg.querySelector(".labels");
      if (named) {
        named.replaceChildren(...this.#built.labels);
        if (!built || family) this.#labels(/** @type {SVGElement} */ (named), family);
      }
      must(svg, "title", SVGElement).textContent = this.#built.title.replace("logarithmic", scale);
    }
    for (const word of this.closest("figure")?.querySelectorAll(".scale-word") ?? []) word.textContent = scale;
  }

  /**
   * @param {[at: number, words: string][]} ticks
   * @param {boolean} across
   */
  #ticks(ticks, across) {
    const group = must(this.#svg, ".ticks", SVGElement);
    const [low = "0", high = "0"] = (this.#axis.across ?? "").split(" ");
    const made = ticks.flatMap(([at, words], i) => {
      const line = document.createElementNS(SVG, "path");
      line.setAttribute("class", "ink thin grid");
      line.setAttribute("d", across ? `M${at} ${low}V${high}` : `M${low} ${at}H${high}`);
      const text = document.createElementNS(SVG, "text");
      text.setAttribute("class", "muted");
      text.setAttribute("x", String(across ? at : Number(low) - 4));
      text.setAttribute("y", String(across ? Number(high) + 18 : at + 5));
      text.setAttribute("text-anchor", !across || i === ticks.length - 1 ? "end" : i ? "middle" : "start");
      text.textContent = words;
      return [line, text];
    });
    group.replaceChildren(...made);
  }

  /**
   * @param {SVGElement} group
   * @param {string} family
   */
  #labels(group, family) {
    const { width, height } = this.#svg.viewBox.baseVal;
    const left = Number((this.#axis.across ?? "").split(" ")[0]);
    const frame = { left, right: width - 2, top: 26, bottom: height - 30 };
    const years = this.#marks.map(({ said }) => Number(/\d{4}$/.exec(said)?.[0]));
    const first = order(this.#marks, years).filter((i) => !family || this.#marks[i]?.family === family);
    group.replaceChildren(...[...labels(this.#marks, first, frame)].map(([i, { left: x, base }]) => {
      const text = document.createElementNS(SVG, "text");
      text.setAttribute("class", "ink label");
      text.setAttribute("x", String(x));
      text.setAttribute("y", String(base));
      text.textContent = this.#marks[i]?.name ?? "";
      return text;
    }));
  }

  /** The link to the table asks for the family that is brought out, and leaves all else as it is. */
  #lead() {
    if (!this.#behind) return;
    const { link, words, query } = this.#behind;
    const family = this.#family.value;
    const table = decodeURIComponent(link.hash.slice(1));
    const { state } = readState(query, table, () => true);
    if (family) state.family = [family];
    const here = link.pathname === location.pathname ? writeState(location.search, this.#id, this.#state) : "";
    link.search = writeState(here, table, state);
    link.textContent = family ? `${words} (only ${this.#family.selectedOptions[0]?.text.replace(/ \(\d+\)$/, "")})` : words;
  }

  /**
   * @param {EventTarget | null} target
   * @returns {Mark | undefined}
   */
  #of(target) {
    const mark = target instanceof Element && target.closest("g[role=img]");
    return this.#marks.find((other) => other.mark === mark);
  }

  /** Those that arrow keys lead to. */
  get #lit() {
    const family = this.#family.value;
    return family ? this.#marks.filter((mark) => mark.family === family) : this.#marks;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const here = this.#of(event.target);
    if (!here || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!/^(Arrow|Home|End|Escape)/.test(event.key)) return;
    const marks = this.#lit;
    if (event.key === "Escape") this.#show(undefined);
    else if (!marks.includes(here)) marks[0]?.mark.focus();
    else marks[step(marks, marks.indexOf(here), event.key) ?? -1]?.mark.focus();
    event.preventDefault();
    event.stopPropagation();
  }

  /**
   * The mark that a pointer means: the one under it, or the nearest within reach.
   * @param {MouseEvent} event
   */
  #near(event) {
    const under = this.#of(event.target);
    if (under) return under;
    const box = this.#svg.getBoundingClientRect();
    const unit = box.width / this.#svg.viewBox.baseVal.width;
    /** @type {Mark | undefined} */
    let found;
    let least = NEAR;
    for (const mark of this.#lit) {
      const away = Math.hypot(box.left + mark.x * unit - event.clientX, box.top + mark.y * unit - event.clientY);
      if (away < least) [found, least] = [mark, away];
    }
    return found;
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const mark = this.#near(event);
    if (mark) this.#show(mark);
  }

  /**
   * Show what a mark tells, beside it.
   * @param {Mark | undefined} mark
   */
  #show(mark) {
    for (const other of this.#svg.querySelectorAll(".told")) other.classList.remove("told");
    this.#tip.hidden = !mark;
    if (!mark) return;
    mark.mark.classList.add("told");
    if (mark.mark === document.activeElement) this.#stop(mark);
    this.#tip.replaceChildren(element("strong", {}, mark.name), mark.said.slice(mark.name.length));
    const art = must(this, ".figure__art", HTMLElement);
    const [box, svg] = [art.getBoundingClientRect(), this.#svg.getBoundingClientRect()];
    const unit = svg.width / this.#svg.viewBox.baseVal.width;
    const x = svg.left - box.left + mark.x * unit;
    const y = svg.top - box.top + mark.y * unit;
    const left = Math.max(0, Math.min(x - this.#tip.offsetWidth / 2, box.width - this.#tip.offsetWidth));
    const above = y - this.#tip.offsetHeight - 14;
    this.#tip.style.left = `${left}px`;
    this.#tip.style.top = `${above < 0 ? y + 14 : above}px`;
  }
}

await style("data-chart.css").catch((error) => console.error("data-chart.css:", error));
if (!customElements.get("data-chart")) customElements.define("data-chart", DataChart);
