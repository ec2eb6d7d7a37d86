// The one store of this page, and what the elements of the study part ask it.
import { entry } from "../core/cards.js";
import { dateOf, offsetIn, queue, studyDay } from "../core/queue.js";
import { style } from "./dom.js";

/** @import { Store } from "./store.js" */

/** The root of the site. */
export const SITE = new URL("../../../", import.meta.url);
/** Set while this browser has a log, so that other pages need not open the database to find out. */
const USED = `${SITE.pathname}study`;

/**
 * What is made when first asked for; a failure is tried again.
 * @template T @param {() => Promise<T>} make
 */
function once(make) {
  /** @type {Promise<T> | null} */
  let made = null;
  return () => (made ??= make().catch((error) => {
    made = null;
    throw error;
  }));
}

/** The store; it lives as long as the tab. */
export const memory = once(async () => {
  const { Store } = await import("./store.js"); // who answers nothing does not load it
  const store = await new Store().open();
  const remember = () => {
    try {
      if (store.state.count) localStorage.setItem(USED, "1");
      else if (!store.problem) localStorage.removeItem(USED);
    } catch {
      // storage is blocked; the store says so itself
    }
  };
  store.addEventListener("change", remember);
  remember();
  return store;
});

/** Whether this browser has a log. */
export function isUsed() {
  try {
    return localStorage.getItem(USED) !== null;
  } catch {
    return false;
  }
}

/** The style sheet of the study part. */
export const dress = once(() => style("study.css"));

/**
 * The queue of these cards now, by the clock and the zone that the device has now.
 * @param {Store} store
 * @param {readonly { id: string, chapter: string, hash?: string }[]} cards in the order of the course
 * @param {number} [newADay]
 */
export const dueOf = (store, cards, newADay = 0) =>
  queue(cards.map((card) => entry(store.state, card)), Date.now(), offsetIn(), newADay);

/** The study day that it is now. */
export const today = () => studyDay(Date.now(), offsetIn());

/** The study day of an instant, as readers write it. @param {number} instant */
export const dayOf = (instant) => dateOf(studyDay(instant, offsetIn()));
