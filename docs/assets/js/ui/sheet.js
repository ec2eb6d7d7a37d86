// Styles that no page needs before one of its elements works: fetched with the element's module, once.

/** @type {Promise<void> | undefined} */
let fetched;

/** Wait until the styles of the elements are there; without them no element is defined, and the HTML stays. */
export function sheet() {
  fetched ??= new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL("../../css/elements.css", import.meta.url).href;
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => reject(new Error("its styles could not be fetched")));
    document.head.append(link); // instant navigation leaves style sheets where they are
  });
  return fetched;
}
