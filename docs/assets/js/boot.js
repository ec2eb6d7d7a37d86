// The only script that every page loads: it fetches the module of an element when the reader comes near it.
// Instant navigation swaps the page and runs no script again, so it watches for new pages, too.

/** Elements with a module of their own: `<data-table>` is `ui/data-table.js`. */
const TAGS = [
  "data-chart", "data-table", "study-before", "study-exam", "study-progress", "study-question", "study-quiz",
  "study-review", "study-storage", "study-today", "forgetting-curve", "time-line",
];
const ANY = TAGS.join(",");

/** @type {Map<string, Promise<unknown>>} */
const loaded = new Map();
/** @type {WeakSet<Element>} */
const watched = new WeakSet();

/**
 * Fetch the module of a tag, once. Where that fails, the HTML in the page stays as it is.
 * @param {string} tag
 */
function load(tag) {
  let module = loaded.get(tag);
  if (!module) {
    module = import(`./ui/${tag}.js`).catch((error) => {
      loaded.delete(tag); // the next click tries again
      console.error(`<${tag}> stays as it is:`, error);
    });
    loaded.set(tag, module);
  }
  return module;
}

/** @param {Element} element */
const wake = (element) => load(element.localName);

const near =
  "IntersectionObserver" in window
    ? new IntersectionObserver(
        (entries) => {
          for (const { isIntersecting, target } of entries) {
            if (!isIntersecting) continue;
            near?.unobserve(target);
            wake(target);
          }
        },
        { rootMargin: "300px" },
      )
    : null;

function scan() {
  for (const element of document.querySelectorAll(ANY)) {
    if (watched.has(element) || element.matches(":defined")) continue;
    watched.add(element);
    if (near) near.observe(element);
    else wake(element);
  }
}

/** @param {Event} event */
function touched(event) {
  const element = event.target instanceof Element && event.target.closest(ANY);
  if (element) wake(element);
}

/** @param {KeyboardEvent} event */
async function help(event) {
  const target = event.target;
  const typing =
    target instanceof HTMLElement && (target.isContentEditable || target.matches("input, select, textarea"));
  if (event.key !== "?" || typing || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const present = TAGS.filter((tag) => document.querySelector(tag));
  const [keys] = await Promise.all([import("./ui/keys.js"), ...present.map(load)]);
  keys.show(present);
}

/** Who has answered questions before sees in the menu what is due. */
function greet() {
  try {
    if (!localStorage.getItem(`${new URL("../../", import.meta.url).pathname}study`)) return;
  } catch {
    return; // storage is blocked
  }
  import("./ui/study-menu.js").catch((error) => console.error(error));
}

addEventListener("focusin", touched);
addEventListener("click", touched, true);
addEventListener("keydown", help);
addEventListener("beforeprint", () => document.querySelectorAll(ANY).forEach(wake));
// Both engines replace a child of <body>, the container of the page.
new MutationObserver(scan).observe(document.body, { childList: true });
scan();
(window.requestIdleCallback ?? setTimeout)(greet);
