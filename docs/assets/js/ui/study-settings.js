// The two settings of the schedule, fetched when the reader opens them.
import { element } from "./dom.js";

/** @import { Store } from "./store.js" */

/** @param {Store} store @param {() => void} changed */
export function fields(store, changed) {
  const { retention, newADay } = store.state.settings;
  /** @param {string} label @param {string} name @param {number} value @param {number} least @param {number} most @param {number} unit */
  const field = (label, name, value, least, most, unit) => {
    const input = element("input", { type: "number", required: true, min: least, max: most, value: Math.round(value / unit) });
    input.addEventListener("change", async () => {
      if (!input.reportValidity()) return;
      await store.add({ kind: "setting", name, value: Number(input.value) * unit });
      changed();
    });
    return element("p", {}, element("label", {}, `${label} `, input));
  };
  return element("div", {}, field("New cards a day", "newADay", newADay, 0, 200, 1),
    field("Ask again when the chance to know it has fallen to (%)", "retention", retention, 70, 97, 0.01));
}
