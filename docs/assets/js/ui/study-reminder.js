// How much of the log is in no export yet. When it was last exported is kept beside the log, in this browser.
import { use } from "../core/statistics.js";
import { SITE } from "./memory.js";

/** @import { Store } from "./store.js" */

/** After so many reviews, or days of use, since the last export the reader is reminded. */
const REVIEWS = 200, DAYS = 5;
const KEY = `${SITE.pathname}study-exported`;

/** Up to which instant the log was exported; 0 for never. */
function exported() {
  try {
    return Number(localStorage.getItem(KEY)) || 0;
  } catch {
    return 0;
  }
}

/**
 * Remember that everything until now is in a file, or until its last event, where a clock was ahead.
 * @param {number} last instant
 */
export function noteExport(last) {
  try {
    localStorage.setItem(KEY, String(Math.max(Date.now(), last)));
  } catch {
    // storage is blocked: the reminder comes again
  }
}

export function forgetExport() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // storage is blocked: nothing is there
  }
}

/** What is in no export; nothing where the log cannot be read. @param {Store} store */
const unsaved = async (store) => use(await store.events().catch(() => []), exported());

/** @param {Store} store */
export const isExported = async (store) => (await unsaved(store)).reviews === 0;

/** The sentence that reminds of exporting; empty when it is not time for it. @param {Store} store */
export async function reminder(store) {
  const { reviews, days } = await unsaved(store);
  return reviews < REVIEWS && days < DAYS ? "" : `${reviews} reviews on ${days} days are in no export yet. Export them: then they can be restored.`;
}
