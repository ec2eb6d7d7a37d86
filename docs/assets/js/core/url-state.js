// The state of one element in the query of an address: `table-models.sort=-date&table-models.maker=Google`.
// Whatever else stands in the query belongs to others and is kept.

/** Characters. What our controls write is far shorter; a longer query is not looked at. */
export const LONGEST = 8000;

const KEY = /^[a-z][a-z0-9_]*$/;

/**
 * Read what belongs to an element.
 *
 * `accepts` decides on every value; what it refuses is left out and told, never an error.
 * @param {string} query `location.search`, with or without the question mark
 * @param {string} id of the element
 * @param {(key: string, value: string) => boolean} accepts
 * @returns {{ state: State, ignored: string[] }} `ignored`: the keys, or words, that were not understood
 */
export function readState(query, id, accepts) {
  const state = /** @type {State} */ ({});
  const ignored = /** @type {Set<string>} */ (new Set());
  if (query.length > LONGEST) return { state, ignored: [`an address of ${query.length} characters`] };
  for (const [name, value] of new URLSearchParams(query)) {
    if (!name.startsWith(`${id}.`)) continue;
    const key = name.slice(id.length + 1);
    if (!KEY.test(key) || !accepts(key, value)) ignored.add(key.slice(0, 40));
    else if (!Object.hasOwn(state, key)) state[key] = [value];
    else if (!state[key].includes(value)) state[key].push(value);
  }
  return { state, ignored: [...ignored] };
}

/**
 * The query with the element's state in it; what it had there before is gone.
 * @param {string} query
 * @param {string} id
 * @param {State} state
 * @returns {string} with the question mark, or empty
 */
export function writeState(query, id, state) {
  const kept = query.length > LONGEST ? [] : [...new URLSearchParams(query)];
  const parameters = new URLSearchParams(kept.filter(([name]) => !name.startsWith(`${id}.`)));
  for (const [key, values] of Object.entries(state)) {
    for (const value of values) parameters.append(`${id}.${key}`, value);
  }
  const text = parameters.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return text && `?${text}`;
}
