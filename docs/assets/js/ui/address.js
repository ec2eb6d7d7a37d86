// The address bar as a place for the state of elements: late writes, links within the page, Back.
import { readState, writeState } from "../core/url-state.js";

/** Milliseconds from the last change to its write: browsers refuse a page that writes at every key. */
const PAUSE = 250;

const waiting = /** @type {Map<string, { path: string, state: State }>} */ (new Map());
let timer = 0;

/**
 * What the address says about an element; what `accepts` refuses is named in `ignored`.
 * @param {string} id
 * @param {(key: string, value: string) => boolean} accepts
 */
export function stateOf(id, accepts) {
  return readState(waiting.size ? (flush(), location.search) : location.search, id, accepts);
}

/**
 * Put the state of an element into the address, soon, and never into that of another page.
 * @param {string} id
 * @param {State} state
 */
export function keepState(id, state) {
  waiting.set(id, { path: location.pathname, state });
  clearTimeout(timer);
  timer = setTimeout(flush, PAUSE);
}

/** Write now what waits. */
export function flush() {
  clearTimeout(timer);
  for (const [id, { path, state }] of waiting) {
    if (path !== location.pathname) continue; // the reader is on another page already
    const query = writeState(location.search, id, state);
    // The theme keeps the place in the page in the history's state.
    if (query !== location.search) history.replaceState(history.state, "", location.pathname + query + location.hash);
  }
  waiting.clear();
}

/**
 * Call back when the address changes while the page stays: Back, or a link with `data-state`.
 * @param {() => void} read
 * @param {AbortSignal} signal
 */
export function onAddress(read, signal) {
  const path = location.pathname;
  const same = () => location.pathname === path && read();
  addEventListener("popstate", same, { signal });
  addEventListener("statelink", same, { signal });
}

/**
 * Links within the page keep the state that the address has now: instant navigation once made them absolute, with
 * the query of that moment. A link with `data-state` brings a state of its own, and opens it where it is.
 * @param {MouseEvent} event
 */
function follow(event) {
  flush(); // before the theme leaves the page
  const link = event.target instanceof Element && event.target.closest("a[href]");
  if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin) return;
  if (link.pathname !== location.pathname || !link.hash || link.target) return;
  if (!("state" in link.dataset)) {
    if (link.search !== location.search) link.search = location.search;
  } else if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    event.stopPropagation();
    history.pushState(null, "", link.href);
    dispatchEvent(new Event("statelink"));
    document.getElementById(link.hash.slice(1))?.scrollIntoView();
  }
}

addEventListener("click", follow, true);
addEventListener("pagehide", flush);
addEventListener("popstate", () => waiting.clear()); // where it leads has a state of its own
