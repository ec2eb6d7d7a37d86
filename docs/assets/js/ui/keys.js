// `?` opens the list of keys: those of the theme, and those of the elements on this page.
import { button, element } from "./dom.js";

/** @type {Keys} */
const EVERYWHERE = {
  of: "Everywhere",
  keys: [
    ["/", "search"],
    ["n", "next page"],
    ["p", "previous page"],
    ["?", "this list"],
  ],
};

/**
 * Show the keys of the elements with these tags; their modules are there already.
 * @param {string[]} tags
 */
export function show(tags) {
  if (document.querySelector("dialog.keys")) return;
  const classes = tags.map((tag) => /** @type {{ keys?: Keys } | undefined} */ (customElements.get(tag)));
  const lists = [EVERYWHERE, ...classes.flatMap((kind) => kind?.keys ?? [])].flatMap(({ of, keys }) => [
    element("h2", {}, of),
    element("dl", {}, ...keys.map(([key, does]) =>
      element("div", {}, element("dt", {}, element("kbd", {}, key)), element("dd", {}, does)))),
  ]);
  const close = button("Close", () => dialog.close());
  const dialog = element("dialog", { class: "keys md-typeset", "aria-label": "Keys of this page" }, ...lists, close);
  dialog.addEventListener("keydown", (event) => event.stopPropagation()); // the theme would turn the page
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close()); // outside its box
  const leave = new AbortController();
  addEventListener("popstate", () => dialog.close(), { signal: leave.signal });
  dialog.addEventListener("close", () => {
    leave.abort();
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}
