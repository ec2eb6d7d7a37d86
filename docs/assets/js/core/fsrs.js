/**
 * FSRS-6, the free spaced repetition scheduler: what a rating does to a memory, and when to ask again.
 *
 * A port of the Python package `fsrs` 6.3.2 with fuzzing off; tests/core/test_fsrs.py compares the two. Names:
 * stability is the number of days after which the chance to recall has fallen to 90 %, difficulty goes from
 * 1 to 10, retrievability is the chance to recall now. Instants are milliseconds since 1970 in UTC, intervals
 * are whole days once a card has left its learning steps.
 */

/** Milliseconds. */
export const DAY = 86_400_000;
const MINUTE = 60_000;

const AGAIN = 1, HARD = 2, GOOD = 3, EASY = 4;

/** The default weights of FSRS-6, named as in its formulas; the last is the decay of the forgetting curve. */
const w = [
  0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796, 1.4835, 0.0614, 0.2629,
  1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
];
const DECAY = -w[20], FACTOR = 0.9 ** (1 / DECAY) - 1;
const LEAST_STABILITY = 0.001;

/**
 * @typedef {object} Settings
 * @property {number} retention the chance to recall at which a card falls due, between 0 and 1
 * @property {readonly number[]} learning waits of a new card before its first interval in days, in milliseconds
 * @property {readonly number[]} relearning the same for a card that was forgotten
 * @property {number} longest the longest interval, in days
 */

/**
 * @typedef {object} Card
 * @property {"learning" | "review" | "relearning"} state
 * @property {number | null} step place in the learning or relearning steps; null in review
 * @property {number | null} stability days; null before the first review
 * @property {number | null} difficulty 1 to 10; null before the first review
 * @property {number} due instant
 * @property {number | null} last instant of the last review
 */

/** @type {Readonly<Settings>} */
const DEFAULTS = Object.freeze({
  retention: 0.9,
  learning: Object.freeze([MINUTE, 10 * MINUTE]),
  relearning: Object.freeze([10 * MINUTE]),
  longest: 36_500,
});

/**
 * A card that was never reviewed.
 * @param {number} due instant from which it may be shown
 * @returns {Card}
 */
export const newCard = (due) => ({ state: "learning", step: 0, stability: null, difficulty: null, due, last: null });

/**
 * The chance to recall a memory of this stability so many days after its last review: the forgetting curve.
 * @param {number} days
 * @param {number} stability
 */
export const recall = (days, stability) => (1 + FACTOR * days / stability) ** DECAY;

/**
 * Python's `round`: the nearest whole number, and of two equally near the even one.
 * @param {number} value
 */
export function roundHalfToEven(value) {
  const below = Math.floor(value), rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

/**
 * The scheduler for these settings.
 * @param {Partial<Settings>} [given]
 * @throws {RangeError} for settings that make no sense
 */
export function scheduler(given = {}) {
  const settings = { ...DEFAULTS, ...given };
  check(settings);

  /** @param {number} stability */
  function interval(stability) {
    const days = roundHalfToEven(stability / FACTOR * (settings.retention ** (1 / DECAY) - 1));
    return Math.min(Math.max(days, 1), settings.longest) * DAY;
  }

  /** @param {number} rating */
  const firstDifficulty = (rating) => w[4] - Math.E ** (w[5] * (rating - 1)) + 1;

  /** @param {number} difficulty @param {number} rating */
  function nextDifficulty(difficulty, rating) {
    const damped = difficulty + (10 - difficulty) * -(w[6] * (rating - 3)) / 9;
    return clampDifficulty(w[7] * firstDifficulty(EASY) + (1 - w[7]) * damped);
  }

  /** Stability after a review on the day of the last one. @param {number} stability @param {number} rating */
  function sameDay(stability, rating) {
    const growth = Math.E ** (w[17] * (rating - 3 + w[18])) * stability ** -w[19];
    return stability * (rating === AGAIN ? growth : Math.max(growth, 1));
  }

  /** @param {number} difficulty @param {number} stability @param {number} chance */
  function forgotten(difficulty, stability, chance) {
    const long = w[11] * difficulty ** -w[12] * ((stability + 1) ** w[13] - 1) * Math.E ** ((1 - chance) * w[14]);
    return Math.min(long, stability / Math.E ** (w[17] * w[18]));
  }

  /** @param {number} difficulty @param {number} stability @param {number} chance @param {number} rating */
  function recalled(difficulty, stability, chance, rating) {
    const penalty = rating === HARD ? w[15] : 1, bonus = rating === EASY ? w[16] : 1;
    const surprise = Math.E ** ((1 - chance) * w[10]) - 1;
    return stability
      * (1 + Math.E ** w[8] * (11 - difficulty) * stability ** -w[9] * surprise * penalty * bonus);
  }

  /** @param {Card} card @param {number} when */
  function retrievability(card, when) {
    if (card.last === null || card.stability === null) return 0;
    return recall(Math.max(0, Math.floor((when - card.last) / DAY)), card.stability);
  }

  /** Stability and difficulty after a review. @param {Card} card @param {number} rating @param {number} when */
  function memory(card, rating, when) {
    const { stability, difficulty } = card;
    if (stability === null || difficulty === null) {
      return { stability: clampStability(w[rating - 1]), difficulty: clampDifficulty(firstDifficulty(rating)) };
    }
    const chance = retrievability(card, when);
    const next = card.last !== null && when - card.last < DAY ? sameDay(stability, rating)
      : rating === AGAIN ? forgotten(difficulty, stability, chance)
      : recalled(difficulty, stability, chance, rating);
    return { stability: clampStability(next), difficulty: nextDifficulty(difficulty, rating) };
  }

  /**
   * The card after a review; the given one stays as it is.
   * @param {Card} card
   * @param {number} rating AGAIN, HARD, GOOD or EASY
   * @param {number} when instant
   * @returns {Card}
   */
  function review(card, rating, when) {
    if (![AGAIN, HARD, GOOD, EASY].includes(rating)) throw new RangeError(`rating ${rating}: 1 to 4 are known`);
    if (!Number.isFinite(when)) throw new RangeError(`instant ${when}: no number of milliseconds`);
    const next = memory(card, rating, when);
    const lapsed = card.state === "review" && rating === AGAIN;
    const state = lapsed ? "relearning" : card.state;
    const waits = state === "review" ? [] : settings[state];
    const step = lapsed ? 0 : nextStep(card.step ?? 0, rating, waits.length);
    if (step === null || !waits.length) {
      return { ...next, state: "review", step: null, due: when + interval(next.stability), last: when };
    }
    return { ...next, state, step, due: when + wait(waits, step, rating), last: when };
  }

  return { review, retrievability };
}

/**
 * The step that follows, or null when the card leaves its steps.
 * @param {number} step @param {number} rating @param {number} steps
 */
function nextStep(step, rating, steps) {
  if (rating === AGAIN) return 0;
  if (step >= steps || rating === EASY || (rating === GOOD && step + 1 === steps)) return null;
  return rating === GOOD ? step + 1 : step;
}

/**
 * Milliseconds until the next showing; "hard" on the first step waits for longer than the step says.
 * @param {readonly number[]} waits @param {number} step @param {number} rating
 */
function wait(waits, step, rating) {
  if (rating !== HARD || step > 0) return waits[step];
  return waits.length === 1 ? waits[0] * 1.5 : (waits[0] + waits[1]) / 2;
}

/** @param {number} value */
const clampStability = (value) => Math.max(value, LEAST_STABILITY);

/** @param {number} value */
const clampDifficulty = (value) => Math.min(Math.max(value, 1), 10);

/** @param {Settings} settings */
function check({ retention, learning, relearning, longest }) {
  if (!(retention > 0 && retention < 1)) throw new RangeError(`retention ${retention}: between 0 and 1`);
  if (![...learning, ...relearning].every((time) => time > 0)) throw new RangeError("steps: milliseconds above 0");
  if (!(Number.isInteger(longest) && longest >= 1)) throw new RangeError(`longest ${longest}: whole days from 1 on`);
}
