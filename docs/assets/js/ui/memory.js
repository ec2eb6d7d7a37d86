// The one store of this page, and what the elements of the study part ask it.
import { entry } from "../core/cards.js";
import { DAY } from "../core/fsrs.js";
import { offsetIn, queue, studyDay } from "../core/queue.js";
import { style } from "./dom.js";

/** @import { Store } from "./store.js" */

/** The root of the site. */
export const SITE = new URL("../../../", import.meta.url);
/** Set while this browser has a log, so that other pages need not open the database to find out. */
const USED = `${SITE.pathname}study`;

/** @type {Promise<Store> | null} */
let opened = null;
/** @type {Promise<void> | null} */
let dressed = null;

/** The store, opened when first asked for; it lives as long as the tab. */
export const memory = () => (opened ??= open());

async function open() {
  const { Store } = await import("./store.js"); // who answers nothing does not load it
  const store = await new Store().open();
  const remember = () => {
    try {
      if (store.state.count) localStorage.setItem(USED, "1");
      else localStorage.removeItem(USED);
    } catch {
      // storage is blocked; the store says so itself
    }
  };
  store.addEventListener("change", remember);
  remember();
  return store;
}

/** Whether this browser has a log. */
export function isUsed() {
  try {
    return localStorage.getItem(USED) !== null;
  } catch {
    return false;
  }
}

/** The style sheet of the study part, once. */
export const dress = () => (dressed ??= style("study.css"));

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

/** A study day as readers write it, whatever the zone. @param {number} day as `studyDay` counts them */
export const dayName = (day) =>
  new Date(day * DAY).toLocaleDateString("en", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

/** The date of the study day of an instant. @param {number} instant */
export const dayOf = (instant) => dayName(studyDay(instant, offsetIn()));
