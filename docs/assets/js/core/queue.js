/**
 * What to review today, and in which order. The scheduler says at which instant a card falls due; this module
 * turns instants into study days, which begin at 4 a.m. by the wall clock of the reader's device.
 */

import { DAY } from "./fsrs.js";

const MINUTE = 60_000;
/** A study day begins at this hour, so that an evening that ends after midnight is one evening. */
const FIRST_HOUR = 4;

/** @typedef {(instant: number) => number} Offset minutes by which the wall clock is ahead of UTC at an instant */

/**
 * The offsets of the device's time zone, daylight saving included.
 * @returns {Offset}
 */
export const offsetIn = () => (instant) => -new Date(instant).getTimezoneOffset();

/**
 * The study day of an instant: days since 1970-01-01 of the date that the wall clock showed four hours before.
 * @param {number} instant
 * @param {Offset} offset
 */
export const studyDay = (instant, offset) =>
  Math.floor((instant + offset(instant) * MINUTE - FIRST_HOUR * 60 * MINUTE) / DAY);

/**
 * The date of a study day, as readers write it. To tell a date, count in study days (`studyDay(now, offset) + 3`):
 * instants mislead before 4 a.m. and on days of 23 or 25 hours.
 * @param {number} day as `studyDay` counts them
 */
export const dateOf = (day) =>
  new Date(day * DAY).toLocaleDateString("en", { timeZone: "UTC", day: "numeric", month: "long", year: "numeric" });

/**
 * @typedef {object} Entry a card as the queue sees it
 * @property {string} id
 * @property {string} chapter cards of one chapter are spread over the queue
 * @property {number | null} due instant; null for a card that was never reviewed
 * @property {number | null} first instant of its first review
 * @property {boolean} [steps] whether it is in its learning or relearning steps
 * @property {boolean} [suspended]
 * @property {boolean} [changed] whether its answer is another one since the last review: then it is due
 */

/**
 * @typedef {object} Queue
 * @property {string[]} now what to show, in this order: steps that are over, then reviews with new cards between
 * @property {string[]} soon steps of today that are not over yet, by the instant at which they are
 * @property {number} reviews how many of `now` were seen before
 * @property {number} fresh how many of `now` are new
 */

/**
 * The cards of this study day. The same input always gives the same order.
 * @param {readonly Entry[]} cards in the order of the course
 * @param {number} now instant
 * @param {Offset} offset
 * @param {number} newADay how many new cards may be begun in one study day
 * @returns {Queue}
 */
export function queue(cards, now, offset, newADay) {
  const today = studyDay(now, offset);
  /** @param {Entry} card */
  const isToday = (card) => card.changed || (card.due !== null && studyDay(card.due, offset) <= today);
  const active = cards.filter((card) => !card.suspended);
  const known = active.filter((card) => card.due !== null && isToday(card)).sort(byDue);
  const begun = cards.filter((card) => card.first !== null && studyDay(card.first, offset) === today).length;
  const fresh = active.filter((card) => card.due === null).slice(0, Math.max(0, newADay - begun));

  /** @param {Entry} card */
  const waits = (card) => Boolean(card.steps && !card.changed && (card.due ?? 0) > now);
  const over = known.filter((card) => card.steps && !waits(card));
  const reviews = interleave(known.filter((card) => !card.steps), (card) => card.chapter);
  const mixed = interleave([...reviews, ...fresh], (card) => (card.due === null ? "new" : "known"));
  return {
    now: [...over, ...mixed].map((card) => card.id),
    soon: known.filter(waits).map((card) => card.id),
    reviews: over.length + reviews.length,
    fresh: fresh.length,
  };
}

/**
 * How many cards fall due on each of the next study days; what is overdue counts as today.
 * @param {readonly Entry[]} cards
 * @param {number} now instant
 * @param {Offset} offset
 * @param {number} days
 * @returns {number[]}
 */
export function forecast(cards, now, offset, days) {
  const today = studyDay(now, offset), counts = Array(days).fill(0);
  for (const card of cards) {
    if (card.suspended || card.due === null) continue;
    const day = card.changed ? 0 : Math.max(0, studyDay(card.due, offset) - today);
    if (day < days) counts[day] += 1;
  }
  return counts;
}

/** @param {Entry} a @param {Entry} b */
const byDue = (a, b) => (a.due ?? 0) - (b.due ?? 0) || (a.id < b.id ? -1 : Number(a.id > b.id));

/**
 * The items in an order in which each group is spread evenly; within a group the order stays. Each group begins a
 * little later than the one before, so that groups of one item do not meet in the middle.
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T) => string} group
 * @returns {T[]}
 */
function interleave(items, group) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const item of items) groups.set(group(item), [...(groups.get(group(item)) ?? []), item]);
  const placed = [...groups.values()].flatMap((some, order) =>
    some.map((item, place) => ({ item, at: (place + (order + 0.5) / groups.size) / some.length })));
  return placed.sort((a, b) => a.at - b.at).map(({ item }) => item);
}
