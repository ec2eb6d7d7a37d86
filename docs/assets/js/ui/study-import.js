// What a file would add to the log, shown before it counts; fetched when the reader has chosen one.
import { preview as planOf } from "../core/log-file.js";
import { button, element } from "./dom.js";
import { dayOf } from "./memory.js";
import { noteImport } from "./study-reminder.js";

/** @import { Store } from "./store.js" */
/** @import { Import } from "../core/log-file.js" */

const LARGEST = 130_000_000;

/** @param {Store} store @param {File} file @param {Element} place @param {(text: string) => void} tell takes the focus */
export async function preview(store, file, place, tell) {
  place.replaceChildren();
  if (file.size > LARGEST) return tell(`The file has ${Math.round(file.size / 1e6)} MB; no log of this site is that large.`);
  // A file that was changed or deleted since it was chosen cannot be read: it is no log.
  const plan = planOf(await file.text().catch(() => ""), await store.events(), Date.now());
  if (plan.fault) return tell(plan.fault);
  const kept = new Set((await store.damaged()).map((one) => JSON.stringify(one)));
  plan.damaged = plan.damaged.filter((one) => !kept.has(JSON.stringify(one)));
  const lines = [
    [plan.added.length, "entries are new and would be added"], [plan.known, "are here already"],
    [plan.conflicting, "say something else than yours of the same number: yours stay"],
    [plan.future, "of all lie in the future, as a clock was wrong"],
    [plan.damaged.length, "cannot be read: they would be set aside"],
  ].flatMap(([count, text]) => (count ? [element("li", {}, `${count} ${text}.`)] : []));
  const first = plan.added[0], last = plan.added.at(-1), span = first && last ? `From ${dayOf(first.at)} to ${dayOf(last.at)}.` : "";
  const leave = button("Leave it", () => {
    place.replaceChildren();
    tell("Nothing was imported.");
  });
  const take = plan.added.length + plan.damaged.length ? [button("Import", () => add(store, plan, place, tell), { class: "main" })] : [];
  place.replaceChildren(element("p", {}, take.length ? `This file would change your log. ${span}` : "This file has nothing that is not here already."),
    element("ul", {}, ...lines), element("div", { class: "study-row" }, ...take, leave));
  tell("Nothing is imported yet. This is what the file has.");
}

/** @param {Store} store @param {Import} plan @param {Element} place @param {(text: string) => void} tell */
async function add(store, plan, place, tell) {
  try {
    await store.import(plan);
    noteImport(plan.added);
    place.replaceChildren();
    tell(`${plan.added.length} entries imported.`);
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
  }
}
