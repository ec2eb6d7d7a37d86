// <study-before> around links to quizzes on what a chapter requires: opened, they can be answered in place, and a
// wrong answer says where to read again.
import { element, must } from "./dom.js";
import "./study-card.js";
import { copyOf, fetchPage } from "./study-cards.js";

class StudyBefore extends HTMLElement {
  #leave = new AbortController();

  connectedCallback() {
    const details = must(this, "details", HTMLDetailsElement), { signal } = (this.#leave = new AbortController());
    const open = () => details.open && this.fill();
    details.addEventListener("toggle", open, { signal });
    this.addEventListener("answered", (event) => this.answered(/** @type {CustomEvent} */ (event)), { signal });
    open();
  }

  disconnectedCallback() {
    this.#leave.abort();
  }

  async fill() {
    for (const item of this.querySelectorAll("li:not([data-filled])")) {
      const link = must(item, "a", HTMLAnchorElement);
      item.setAttribute("data-filled", "");
      try {
        const node = await copyOf(link.href);
        link.hidden = true;
        item.replaceChildren(node, element("p", { class: "study-status" }, "From ", link));
        link.textContent = (await title(link.href)) ?? "its chapter";
        link.hidden = false;
      } catch (error) {
        // The link stays.
        item.removeAttribute("data-filled");
        console.warn(error);
      }
    }
  }

  /** @param {CustomEvent<{ card: string, right: boolean }>} event */
  answered({ target, detail }) {
    const link = target instanceof Element && target.closest("li")?.querySelector("p.study-status a");
    if (link && !detail.right) link.previousSibling?.replaceWith("Read it again before you go on: ");
  }
}

/** The heading above a card, with its page's title. @param {string} address */
async function title(address) {
  const [page, id] = address.split("#"), found = await fetchPage(page);
  const card = found.getElementById(id), name = found.querySelector("h1")?.firstChild?.textContent?.trim();
  const headings = [...found.querySelectorAll("article h2")].filter((heading) =>
    card && heading.compareDocumentPosition(card) & Node.DOCUMENT_POSITION_FOLLOWING);
  return [name, headings.at(-1)?.firstChild?.textContent?.trim()].filter(Boolean).join(": ");
}

customElements.define("study-before", StudyBefore);
