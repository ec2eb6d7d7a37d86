/**
 * From the log to what is remembered: the state of every card, worked out afresh from all events in order.
 * What an undo names never happened. Each review follows the settings that were in force when it was made.
 */

import { newCard, scheduler } from "./fsrs.js";
import { inOrder } from "./log.js";

/** @import { Card } from "./fsrs.js" */
/** @import { LogEvent } from "./log.js" */

/**
 * @typedef {object} Known what the log says about one card
 * @property {Card | null} memory null when it has no review
 * @property {boolean} suspended
 * @property {number | null} first instant of its first review
 * @property {number} reviews
 * @property {string | null} hash of the text shown at its last review
 * @property {string | null} answer shown at its last review
 */

/**
 * @typedef {object} State
 * @property {Map<string, Known>} cards
 * @property {{ retention: number, newADay: number }} settings in force at the end
 * @property {number} count of the events that went in
 * @property {{ at: number, id: string } | null} last of these events
 * @property {Set<string>} undone what their undos name, as "event card", also events that are not there yet
 */

/** @returns {State} */
const empty = () =>
  ({ cards: new Map(), settings: { retention: 0.9, newADay: 10 }, count: 0, last: null, undone: new Set() });

/** @returns {Known} */
const unknown = () =>
  ({ memory: null, suspended: false, first: null, reviews: 0, hash: null, answer: null });

/** Schedulers by retention: a log has few settings and many reviews. */
function makeSchedulers() {
  /** @type {Map<number, ReturnType<typeof scheduler>>} */
  const made = new Map();
  return (/** @type {number} */ retention) => {
    const ready = made.get(retention) ?? scheduler({ retention });
    made.set(retention, ready);
    return ready;
  };
}

/**
 * The state after all these events, which may come in any order.
 * @param {readonly LogEvent[]} events
 * @returns {State}
 */
export function replay(events) {
  const schedulers = makeSchedulers(), state = { ...empty(), undone: undoneBy(events) };
  for (const event of [...events].sort(inOrder)) {
    if (!isUndone(state, event)) apply(state, event, schedulers(state.settings.retention));
    count(state, event);
  }
  return state;
}

/**
 * The state after some more events, or null where they reach back and everything has to be replayed: an undo,
 * an event that was undone before it came, or one that is older than the last one.
 * @param {State} state stays as it is
 * @param {readonly LogEvent[]} events
 * @returns {State | null}
 */
export function extend(state, events) {
  const sorted = [...events].sort(inOrder), schedulers = makeSchedulers();
  const first = sorted[0];
  const reachesBack = first && state.last && (first.at < state.last.at
    || (first.at === state.last.at && first.id <= state.last.id));
  if (reachesBack || sorted.some((event) => event.kind === "undo" || isUndone(state, event))) return null;
  const next = { ...state, cards: new Map(state.cards), settings: { ...state.settings } };
  for (const event of sorted) {
    apply(next, event, schedulers(next.settings.retention));
    count(next, event);
  }
  return next;
}

/**
 * What the undos among these events name, as "event card".
 * @param {readonly LogEvent[]} events
 * @returns {Set<string>}
 */
export const undoneBy = (events) =>
  new Set(events.filter(({ kind }) => kind === "undo").map(({ of, card }) => `${of} ${card}`));

/**
 * Whether an undo takes the event back. It must name the event of its own card; an undo is not undone.
 * @param {State} state @param {LogEvent} event
 */
const isUndone = (state, event) => event.kind !== "undo" && state.undone.has(`${event.id} ${event.card}`);

/** @param {State} state @param {LogEvent} event */
function count(state, event) {
  state.count += 1;
  state.last = { at: event.at, id: event.id };
}

/**
 * @param {State} state is changed
 * @param {LogEvent} event
 * @param {ReturnType<typeof scheduler>} rules
 */
function apply(state, event, rules) {
  if (event.kind === "setting") Object.assign(state.settings, { [event.name ?? ""]: event.value });
  if (!event.card || event.kind === "undo") return;
  const card = state.cards.get(event.card) ?? unknown();
  if (event.kind === "suspend" || event.kind === "resume") {
    state.cards.set(event.card, { ...card, suspended: event.kind === "suspend" });
    return;
  }
  state.cards.set(event.card, {
    memory: rules.review(card.memory ?? newCard(event.at), event.rating ?? 0, event.at),
    suspended: card.suspended,
    first: card.first ?? event.at,
    reviews: card.reviews + 1,
    hash: event.hash ?? null,
    answer: event.answer ?? null,
  });
}
