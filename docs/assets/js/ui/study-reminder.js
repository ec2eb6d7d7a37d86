// How much of the log no file has yet. How many reviews one has is kept beside the log, in this browser.
import { use } from "../core/statistics.js";
import { SITE } from "./memory.js";

/** @import { Store } from "./store.js" */
/** @import { LogEvent } from "../core/log.js" */

/** After so many reviews, or days of use, since the last export the reader is reminded. */
const REVIEWS = 200, DAYS = 5;
const KEY = `${SITE.pathname}study-saved`;

function saved() {
  try {
    return Number(localStorage.getItem(KEY)) || 0;
  } catch {
    return 0;
  }
}

/** @param {number} reviews that some file has */
function note(reviews) {
  try {
    localStorage.setItem(KEY, String(reviews));
  } catch {
    // storage is blocked: the reminder comes again
  }
}

/** All of the log is in a file now. @param {Store} store */
export const noteExport = async (store) => note(use(await store.events(), 0).reviews);

/** These came from a file. @param {LogEvent[]} events */
export const noteImport = (events) => note(saved() + use(events, 0).reviews);

export function forgetExport() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // storage is blocked: nothing is there
  }
}

/** The sentence that reminds of exporting; empty when it is not time for it. @param {Store} store */
export async function reminder(store) {
  const { reviews, days } = use(await store.events().catch(() => []), saved()); // nothing where it cannot be read
  return reviews < REVIEWS && days < DAYS ? "" : `${reviews} reviews on ${days} days are in no export yet. Export them: then they can be restored.`;
}
