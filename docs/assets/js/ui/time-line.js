// The timeline: the list that the macro wrote, with filters, and above it the same events on an axis of time.
import { axis, place, position, span, step, ticks, wanted } from "../core/timeline.js";
import { fold } from "../core/text.js";
import { keepState, onAddress, stateOf } from "./address.js";
import { button, element, must, style } from "./dom.js";

/** @import { Place } from "../core/timeline.js" */

/**
 * @typedef {{ id: string, item: HTMLElement, option: HTMLElement, label: HTMLElement, lane: string, year: number,
 *   start: number, end: number, title: string, text: string, parents: string[], children: string[] }} Event_
 */

/** In units of the text size: the least width of an axis, of a year's name, the height of a row, a dot's width. */
const [NARROW, YEAR, ROW, DOT] = [34, 2.9, 1.8, 1.25];
/** Rows with labels, of a lane at least and of all together; more is a dot, whose label is shown when it is chosen. */
const [FEW, ROWS] = [6, 40];
const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
function drawn(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/**
 * What an entry of the list says, and its mark for the axis.
 * @param {HTMLElement} item
 * @returns {Event_}
 */
function read(item) {
  const time = must(item, "time", HTMLTimeElement);
  const title = must(item, "strong", HTMLElement).textContent;
  const strand = must(item, ".strand", HTMLElement).textContent;
  const [start, end] = span(time.dateTime);
  const label = element("span", { class: "axis__label" }, title);
  const name = `${title}, ${time.textContent}, ${strand}`;
  const option = element("div", { role: "option", class: "axis__event", "aria-label": name, "data-id": item.id }, label);
  const parents = [...item.querySelectorAll(".based-on a")].map((a) => (a.getAttribute("href") ?? "").split("#")[1] ?? "");
  const lane = item.dataset.strand ?? "";
  const text = fold(item.textContent ?? "");
  const year = Math.floor(start);
  return { id: item.id, item, option, label, lane, year, start, end, title, text, parents, children: [] };
}

class TimeLine extends HTMLElement {
  static keys = {
    of: "Timeline",
    keys: [
      ["← →", "previous, next event"],
      ["↑ ↓", "nearest event of the strand above, below"],
      ["Home End", "first, last event"],
      ["Enter", "to the event in the list"],
      ["Esc", "choose none"],
    ],
  };

  #leave = new AbortController();
  /** @type {Map<string, Event_>} */
  #events = new Map();
  /** @type {Event_[]} */
  #shown = [];
  /** @type {Map<string, Place & { y: number }>} */
  #places = new Map();
  /** @type {Map<string, { group: HTMLElement, name: HTMLElement, box: HTMLInputElement }>} */
  #lanes = new Map();
  #chosen = "";
  /** An event that is shown although the filters leave it out, because a link leads to it. */
  #extra = "";
  /** What the address was last given. */
  #kept = "";
  #width = 0;
  /** @type {number[]} */
  #years = [];

  #search = element("input", { type: "search", autocomplete: "off", spellcheck: "false" });
  #from = element("select", { "aria-label": "From year" });
  #to = element("select", { "aria-label": "to year" });
  #eras = element("div", { class: "era-buttons", role: "group", "aria-label": "Zoom to an era" });
  #count = element("p", { class: "tool-count", role: "status" });
  #clear = button("Clear filters", () => this.#reset());
  #notice = element("p", { class: "tool-notice", role: "status" });
  #scale = element("div", { class: "axis__years", "aria-hidden": "true" });
  #list = element("div", { class: "axis__lanes", role: "listbox", "aria-label": "Events on an axis of time" });
  #axis = element("div", { class: "axis" });
  #card = element("div", { class: "event-card", role: "group", "aria-label": "Chosen event" });
  #grid = drawn("svg", { class: "axis__grid", "aria-hidden": "true" });
  #links = drawn("svg", { class: "axis__links", "aria-hidden": "true" });

  connectedCallback() {
    try {
      this.#start();
      this.dataset.ready = "";
    } catch (error) {
      this.querySelector(".time-line__view")?.remove();
      for (const item of this.querySelectorAll("ol > li[hidden]")) item.removeAttribute("hidden");
      this.dataset.error = "";
      console.error("<time-line> stays a list:", error);
    }
  }

  disconnectedCallback() {
    this.#leave.abort();
  }

  #start() {
    this.querySelector(".time-line__view")?.remove();
    this.#leave.abort();
    this.#leave = new AbortController();
    const { signal } = this.#leave;
    const events = [...this.querySelectorAll("ol > li")].map((item) => read(/** @type {HTMLElement} */ (item)));
    if (!events.length) throw new Error("no event in the list");
    this.#events = new Map(events.map((event) => [event.id, event]));
    for (const event of events) {
      event.parents = event.parents.filter((id) => this.#events.has(id));
      for (const id of event.parents) this.#events.get(id)?.children.push(event.id);
    }
    this.#years = [...new Set(events.map(({ year }) => year))].sort((a, b) => a - b);
    this.#kept = "";
    this.#build(events);
    this.#listen(signal);
    this.#load();
    if (!this.#chosen) this.#target();
  }

  /** Choose the event that the address names after its number sign. */
  #target() {
    const id = location.hash.slice(1);
    if (this.#events.has(id)) this.#reveal(id);
  }

  /** @param {Event_[]} events */
  #build(events) {
    for (const select of [this.#from, this.#to]) {
      select.replaceChildren(...this.#years.map((year) => element("option", { value: year }, String(year))));
    }
    this.#list.replaceChildren(this.#grid, this.#links);
    this.#lanes.clear();
    const boxes = (this.dataset.strands ?? "").split(" ").flatMap((lane) => {
      const those = events.filter((event) => event.lane === lane);
      if (!those[0]) return [];
      const strand = must(those[0].item, ".strand", HTMLElement).textContent;
      const title = strand.slice(0, 1).toUpperCase() + strand.slice(1);
      const name = element("span", { class: "axis__name", "aria-hidden": "true" }, title);
      const group = element("div", { role: "group", class: "axis__lane", "aria-label": title }, name);
      group.append(...those.map(({ option }) => option));
      this.#list.append(group);
      const box = element("input", { type: "checkbox", value: lane });
      this.#lanes.set(lane, { group, name, box });
      return [element("label", {}, box, ` ${title} (${those.length})`)];
    });
    const eras = (this.dataset.eras ?? "").split("|").map((era) => era.split(/ (.*)/));
    this.#eras.replaceChildren(...[["", "All"], ...eras].flatMap(([from = "", name = ""], i) => {
      const [first, last] = i ? this.#era(Number(from), Number(eras[i]?.[0] ?? Infinity)) : this.#era(0, Infinity);
      if (first === undefined || last === undefined) return [];
      const action = () => this.#zoom(first, last);
      const years = first === last ? String(first) : `${first}–${last}`;
      return [button(`${name} ${years}`, action, { "data-from": first, "data-to": last })];
    }));
    const hint = element("p", { class: "axis__hint" },
      "Years are as wide as their events need; a dark band is a stretch of years without any; a bar under a dot: only the month or year is known. ",
      element("kbd", {}, "←"), " ", element("kbd", {}, "→"), " step through time, ",
      element("kbd", {}, "↑"), " ", element("kbd", {}, "↓"), " from strand to strand.");
    this.#axis.replaceChildren(this.#scale, this.#list, hint);
    this.prepend(element("div", { class: "time-line__view" },
      element("div", { class: "tool-bar", role: "search", "aria-label": "Filter the timeline" },
        this.#eras,
        element("div", { class: "tool-fields" },
          element("label", {}, "Find ", this.#search),
          element("span", {}, element("label", {}, "From ", this.#from), " ", element("label", {}, "to ", this.#to))),
        element("fieldset", { class: "tool-choices" }, element("legend", {}, "Strands"), ...boxes)),
      element("div", { class: "tool-line" }, this.#count, this.#clear),
      this.#notice, this.#axis, this.#card));
  }

  /**
   * The first and last year with an event, from a year to before another.
   * @param {number} from
   * @param {number} before
   */
  #era(from, before) {
    const years = this.#years.filter((year) => year >= from && year < before);
    return [years[0], years.at(-1)];
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const changed = () => {
      this.#extra = "";
      this.#update();
    };
    this.#search.addEventListener("input", changed, { signal });
    for (const { box } of this.#lanes.values()) box.addEventListener("change", changed, { signal });
    this.#from.addEventListener("change", () => this.#zoom(this.#first, Math.max(this.#first, this.#last)), { signal });
    this.#to.addEventListener("change", () => this.#zoom(Math.min(this.#first, this.#last), this.#last), { signal });
    this.#list.addEventListener("keydown", (event) => this.#key(event), { signal });
    for (const type of ["focusin", "click"]) { // a click on what has the focus gives it none
      this.#list.addEventListener(type, ({ target }) => this.#of(target) && this.#choose(this.#of(target)), { signal });
    }
    this.addEventListener("click", (event) => this.#follow(event), { signal });
    onAddress(() => this.#load(), signal);
    addEventListener("hashchange", () => this.#target(), { signal });
    const watch = new ResizeObserver(() => this.clientWidth !== this.#width && this.#layOut());
    watch.observe(this);
    signal.addEventListener("abort", () => watch.disconnect());
  }

  get #first() {
    return Number(this.#from.value);
  }

  get #last() {
    return Number(this.#to.value);
  }

  /** @param {EventTarget | null} target */
  #of(target) {
    return (target instanceof Element && target.closest("[role=option]")?.getAttribute("data-id")) || "";
  }

  /** Take the filters and the chosen event from the address. */
  #load() {
    const years = new Set(this.#years.map(String));
    const { state, ignored } = stateOf(this.id, (key, value) => {
      if (key === "q") return value.length <= 200;
      if (key === "from" || key === "to") return years.has(value);
      if (key === "strand") return this.#lanes.has(value);
      return key === "at" && this.#events.has(`event-${value}`);
    });
    if (!ignored.length && JSON.stringify(state) === this.#kept) return; // a link within the page
    this.#search.value = state.q?.[0] ?? "";
    this.#from.value = state.from?.[0] ?? String(this.#years[0]);
    this.#to.value = state.to?.[0] ?? String(this.#years.at(-1));
    if (this.#first > this.#last) {
      ignored.push("from after to");
      this.#from.value = String(this.#years[0]);
      this.#to.value = String(this.#years.at(-1));
    }
    for (const [lane, { box }] of this.#lanes) box.checked = state.strand?.includes(lane) ?? false;
    this.#chosen = this.#extra = state.at?.[0] ? `event-${state.at[0]}` : "";
    this.#update(ignored.length ? `Not understood in the address, and left out: ${ignored.join(", ")}.` : "");
  }

  /**
   * Show what fits the filters, and say how much it is.
   * @param {string} [notice]
   */
  #update(notice = "") {
    const lanes = new Set([...this.#lanes].filter(([, { box }]) => box.checked).map(([lane]) => lane));
    const words = fold(this.#search.value).split(" ").filter(Boolean);
    const filter = { from: this.#first, to: this.#last, lanes, words };
    this.#shown = [];
    for (const event of this.#events.values()) {
      const fits = event.id === this.#extra || wanted(event, filter);
      event.item.hidden = event.option.hidden = !fits;
      if (fits) this.#shown.push(event);
    }
    if (!this.#shown.some(({ id }) => id === this.#chosen)) this.#chosen = "";
    const [all, some] = [this.#events.size, this.#shown.length];
    const filtered = words.length > 0 || lanes.size > 0 || !this.#whole();
    this.#count.textContent = `${filtered ? `${some} of ${all}` : all} events${filtered ? " shown" : ""}`
      + (some ? "." : ": none fits all filters. Take one away, or clear them all.");
    this.#clear.hidden = !filtered;
    this.#notice.textContent = notice;
    for (const era of this.#eras.querySelectorAll("button")) {
      const here = Number(era.dataset.from) === this.#first && Number(era.dataset.to) === this.#last;
      era.setAttribute("aria-pressed", String(here));
    }
    this.#layOut();
    this.#keep();
  }

  #whole() {
    return this.#first === this.#years[0] && this.#last === this.#years.at(-1);
  }

  #keep() {
    /** @type {Record<string, string[]>} */
    const state = {};
    if (this.#search.value.trim()) state.q = [this.#search.value.trim().slice(0, 200)];
    if (this.#first !== this.#years[0]) state.from = [this.#from.value];
    if (this.#last !== this.#years.at(-1)) state.to = [this.#to.value];
    const lanes = [...this.#lanes].filter(([, { box }]) => box.checked).map(([lane]) => lane);
    if (lanes.length) state.strand = lanes;
    if (this.#chosen) state.at = [this.#chosen.replace("event-", "")];
    this.#kept = JSON.stringify(state);
    keepState(this.id, state);
  }

  /** Place the events that are shown on the axis, where there is room for one. */
  #layOut() {
    this.#width = this.clientWidth;
    const em = parseFloat(getComputedStyle(this.#axis).fontSize);
    this.#axis.hidden = !this.#shown.length || this.#width < NARROW * em;
    this.#card.hidden = this.#axis.hidden;
    if (this.#axis.hidden) return;
    for (const [lane, { group }] of this.#lanes) group.hidden = !this.#shown.some((event) => event.lane === lane);
    const [dot, row] = [DOT * em, ROW * em];
    const width = this.#list.clientWidth;
    const names = new Map([...this.#lanes].map(([lane, { name }]) => [lane, name.offsetWidth]));
    const items = this.#shown.map((event) => ({ ...event, width: event.label.offsetWidth }));
    const lanes = new Set(items.map(({ lane }) => lane));
    const stretches = axis(items.map(({ start, end }) => (start + end) / 2), this.#first, this.#last, width);
    const places = place(items, stretches, {
      dot, gap: 0.3 * em, limit: Math.max(FEW, Math.floor(ROWS / lanes.size)), reserved: (lane) => names.get(lane) ?? 0,
    });
    const tall = new Map();
    for (const { lane, row: at } of places) tall.set(lane, Math.max(at + 1, tall.get(lane) ?? 1));
    for (const [lane, { group }] of this.#lanes) group.style.height = `${(tall.get(lane) ?? 1) * row}px`;
    const tops = new Map([...this.#lanes].map(([lane, { group }]) => [lane, group.offsetTop]));
    this.#places.clear();
    for (const [i, found] of places.entries()) {
      const { option, start, end } = /** @type {(typeof items)[number]} */ (items[i]);
      const long = position(stretches, end) - position(stretches, start);
      option.dataset.side = found.side;
      option.style.cssText = `left:${found.left}px;top:${found.row * row}px;width:${found.right - found.left}px;`
        + (long > dot ? `--span:${long}px` : "");
      this.#places.set(found.id, { ...found, y: (tops.get(found.lane) ?? 0) + (found.row + 0.5) * row });
    }
    this.#grid.replaceChildren(...stretches.map(({ left, right, cut }) =>
      drawn("rect", { x: left, y: 0, width: right - left, height: "100%", class: cut ? "cut" : "year" })));
    this.#scale.replaceChildren(
      ...ticks(stretches, YEAR * em).map(({ year, x }) => element("span", { style: `left:${x}px` }, String(year))));
    this.#mark();
  }

  /** Show what is chosen: in the axis, its lines to what it built on and led to, and its card. */
  #mark() {
    const chosen = this.#events.get(this.#chosen);
    const first = chosen?.id ?? this.#shown[0]?.id;
    for (const { id, option } of this.#shown) {
      option.setAttribute("aria-selected", String(id === this.#chosen));
      option.tabIndex = id === first ? 0 : -1;
      option.dataset.role = chosen?.parents.includes(id) ? "parent" : chosen?.children.includes(id) ? "child" : "";
    }
    const here = this.#places.get(this.#chosen);
    const line = (/** @type {string} */ id, /** @type {string} */ kind) => {
      const there = this.#places.get(id);
      if (!here || !there) return [];
      const bend = (there.x - here.x) / 2;
      const d = `M${here.x} ${here.y}C${here.x + bend} ${here.y} ${there.x - bend} ${there.y} ${there.x} ${there.y}`;
      return [drawn("path", { d, class: kind })];
    };
    this.#links.replaceChildren(
      ...(chosen?.parents ?? []).flatMap((id) => line(id, "parent")),
      ...(chosen?.children ?? []).flatMap((id) => line(id, "child")));
    if (!chosen) {
      this.#card.replaceChildren(element("p", {},
        "Choose an event to see what it changed, its source and its chapter, what it built on and what built on it."));
      return;
    }
    const copy = [...chosen.item.cloneNode(true).childNodes];
    const led = chosen.children.flatMap((id, i) => {
      const link = element("a", { href: `#${id}` }, this.#events.get(id)?.title ?? "");
      return i ? [", ", link] : [link];
    });
    this.#card.replaceChildren(...copy, ...(led.length ? [element("span", { class: "led-to" }, "Led to ", ...led, ".")] : []));
  }

  /** @param {string} id */
  #choose(id) {
    if (id === this.#chosen) return;
    this.#chosen = id;
    this.#mark();
    this.#keep();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const id = this.#of(event.target);
    const stops = this.#shown.flatMap((shown) => this.#places.get(shown.id) ?? []);
    const next = step(stops, id, event.key, [...this.#lanes.keys()]);
    if (next) this.#events.get(next.id)?.option.focus();
    else if (event.key === "Enter") this.#go(id);
    else if (event.key === "Escape") this.#choose("");
    else if (!/^(Arrow|Home|End)/.test(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /**
   * To an event in the list.
   * @param {string} id
   */
  #go(id) {
    const item = this.#events.get(id)?.item;
    item?.setAttribute("tabindex", "-1");
    item?.focus();
  }

  /**
   * Links to events: in the card they choose, in the list they lead to an entry even if it is filtered out.
   * @param {MouseEvent} event
   */
  #follow(event) {
    const link = event.target instanceof Element && event.target.closest("a[href*='#event-']");
    if (!(link instanceof HTMLAnchorElement) || link.pathname !== location.pathname) return;
    const found = this.#events.get(link.hash.slice(1));
    const inCard = this.#card.contains(link);
    if (!found || (!inCard && !found.item.hidden)) return;
    event.preventDefault();
    event.stopPropagation(); // the theme would fetch the page anew, because its query changes
    if (found.item.hidden) this.#reveal(found.id);
    if (inCard) found.option.focus();
    else this.#go(found.id);
  }

  /**
   * Choose an event, and show it whatever the filters say.
   * @param {string} id
   */
  #reveal(id) {
    if (this.#events.get(id)?.item.hidden) {
      this.#extra = id;
      this.#update("One event more is shown than the filters let through, because a link leads to it.");
    }
    this.#choose(id);
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  #zoom(from, to) {
    this.#from.value = String(from);
    this.#to.value = String(to);
    this.#extra = "";
    this.#update();
  }

  #reset() {
    this.#search.value = "";
    for (const { box } of this.#lanes.values()) box.checked = false;
    this.#zoom(Number(this.#years[0]), Number(this.#years.at(-1)));
    this.#search.focus(); // the button that had the focus is gone
  }
}

await style("time-line.css").catch((error) => console.error("time-line.css:", error));
if (!customElements.get("time-line")) customElements.define("time-line", TimeLine);
