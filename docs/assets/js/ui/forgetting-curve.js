// <forgetting-curve>: the curve of the scheduler's own module, for a stability that the reader sets.
import { recall } from "../core/fsrs.js";
import { element } from "./dom.js";
import { dress } from "./memory.js";
import { svg } from "./study-chart.js";

const WIDTH = 340, HEIGHT = 150, LEFT = 34, DAYS = 100;

class ForgettingCurve extends HTMLElement {
  async connectedCallback() {
    if (this.querySelector("[data-view]")) return;
    await dress();
    const range = element("input", { type: "range", min: 0, max: 100, value: 35, "aria-label": "Stability" });
    const told = element("output", {});
    const line = svg("path", { class: "study-line", fill: "none" }), mark = svg("line", { class: "study-guide" });
    const art = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT + 22}`, role: "img", "aria-label": "The chance to recall, over a hundred days" },
      ...[0, 50, 90, 100].flatMap((share) => [
        svg("line", { class: "study-grid", x1: LEFT, x2: WIDTH, y1: y(share / 100), y2: y(share / 100) }),
        svg("text", { x: LEFT - 4, y: y(share / 100) + 3, "text-anchor": "end" }, share === 90 ? "90" : `${share}${share ? "" : " %"}`),
      ]),
      ...[0, 30, 60, 90].map((day) => svg("text", { x: x(day), y: HEIGHT + 16, "text-anchor": "middle" }, day ? `${day} d` : "0")),
      mark, line);
    const draw = () => {
      const stability = 1.06 ** Number(range.value) * 0.5;
      const points = Array.from({ length: DAYS + 1 }, (_, day) => `${x(day).toFixed(1)},${y(recall(day, stability)).toFixed(1)}`);
      line.setAttribute("d", `M${points.join("L")}`);
      const at = Math.min(stability, DAYS);
      for (const [name, value] of Object.entries({ x1: x(at), x2: x(at), y1: y(recall(at, stability)), y2: y(0) })) mark.setAttribute(name, String(value));
      const after = Math.round(100 * recall(30, stability));
      told.textContent = `Stability ${stability < 10 ? stability.toFixed(1) : Math.round(stability)} days: after 30 days ${after} %.`;
      range.setAttribute("aria-valuetext", told.textContent);
    };
    range.addEventListener("input", draw);
    draw();
    this.prepend(element("div", { "data-view": true, class: "study-chart" }, art, element("p", {}, range, " ", told)));
    this.dataset.ready = "";
  }
}

/** @param {number} day */
const x = (day) => LEFT + (WIDTH - LEFT - 8) * day / DAYS;
/** @param {number} chance */
const y = (chance) => 6 + (HEIGHT - 6) * (1 - chance);

customElements.define("forgetting-curve", ForgettingCurve);
