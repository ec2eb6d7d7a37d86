/**
 * What the log says about a learner: how much was remembered, set beside what the schedule predicted, and how well
 * each chapter is known now.
 */

import { newCard, scheduler } from "./fsrs.js";
import { inOrder } from "./log.js";
import { studyDay } from "./queue.js";
import { undoneBy } from "./replay.js";

/** @import { LogEvent } from "./log.js" */
/** @import { State } from "./replay.js" */

/** @typedef {{ least: number, most: number, count: number, predicted: number, remembered: number }} Bin shares from 0 to 1 */

const EDGES = [0, 0.7, 0.8, 0.85, 0.9, 0.95, 1];

/**
 * Predicted against measured recall, in bins of what was predicted. Only reviews of cards that had left their
 * learning steps count, and none of the day of the last review: minutes after it nothing is there to predict.
 * @param {readonly LogEvent[]} events
 * @returns {Bin[]} those with reviews
 */
export function calibration(events) {
  const undone = undoneBy(events), rules = scheduler(), cards = new Map();
  const bins = EDGES.slice(1).map((most, place) => ({ least: EDGES[place], most, count: 0, predicted: 0, remembered: 0 }));
  for (const event of [...events].sort(inOrder)) {
    if (event.kind !== "review" || undone.has(`${event.id} ${event.card}`)) continue;
    const card = cards.get(event.card) ?? newCard(event.at), chance = rules.retrievability(card, event.at);
    if (card.state === "review" && chance < 1) {
      const bin = bins.find(({ most }) => chance <= most) ?? bins[0];
      bin.count += 1;
      bin.predicted += chance;
      bin.remembered += Number((event.rating ?? 0) > 1);
    }
    cards.set(event.card, rules.review(card, event.rating ?? 0, event.at));
  }
  return bins.filter(({ count }) => count).map((bin) =>
    ({ ...bin, predicted: bin.predicted / bin.count, remembered: bin.remembered / bin.count }));
}

/**
 * How much of a set of cards would be recalled now, as a share of all of them; what was never answered counts as
 * not known.
 * @param {State} state @param {readonly string[]} ids @param {number} now instant
 */
export function mastery({ cards }, ids, now) {
  const { retrievability } = scheduler();
  const known = ids.flatMap((id) => cards.get(id)?.memory ?? []);
  const recalled = known.reduce((sum, memory) => sum + retrievability(memory, now), 0);
  return { answered: known.length, all: ids.length, share: ids.length ? recalled / ids.length : 0 };
}

/**
 * How many reviews no file has, and on how many study days they were made; undone ones count, too, as they are work
 * that could be lost. Files are told by the number of their reviews: instants come from clocks that may be wrong,
 * and old reviews that were imported just now lie in a file.
 * @param {readonly LogEvent[]} events in order
 * @param {number} saved how many of their reviews were exported or imported
 */
export function use(events, saved) {
  const left = events.filter(({ kind }) => kind === "review").slice(saved);
  return { reviews: left.length, days: new Set(left.map(({ at, zone }) => studyDay(at, () => zone))).size };
}
