// Small helpers of the elements. Nothing here writes markup from text: all text becomes text nodes.

/**
 * Make an element: attributes by name (`true` is an empty one, `false` and `null` leave it out), then children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | null>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/**
 * A button that does nothing but what its listener does.
 * @param {string} label
 * @param {() => void} action
 * @param {Record<string, string | number | boolean | null>} [attributes]
 */
export function button(label, action, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", action);
  return made;
}

/**
 * The element that has to be there; the message says what is missing from what.
 * @template {Element} Kind
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function must(root, selector, kind) {
  const found = root.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`no ${selector} in ${root instanceof Element ? `<${root.localName} id="${root.id}">` : "page"}`);
}

/**
 * Let the page have a style sheet that only some pages need. A `<link>` would go with the next page's head.
 * @param {string} name of a file beside `site.css`
 */
export async function style(name) {
  const answer = await fetch(new URL(`../../css/${name}`, import.meta.url));
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  const sheet = await new CSSStyleSheet().replace(await answer.text());
  document.adoptedStyleSheets.push(sheet);
}
