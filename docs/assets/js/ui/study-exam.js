// <study-exam>: a mixed quiz over chosen chapters. The address holds chapters, number and seed: the same link is the
// same exam. Nothing of it goes into the schedule, unless the reader sends what was missed there.
import { shuffled } from "../core/cards.js";
import { flush, keepState, onAddress, stateOf } from "./address.js";
import { button, element } from "./dom.js";
import { dress, memory, SITE } from "./memory.js";
import { courseCards, grouped, nodeOf, placeOf } from "./study-cards.js";

/** @import { Listed } from "./study-cards.js" */

const SIZES = [5, 10, 20, 40], ID = "exam";

class StudyExam extends HTMLElement {
  #leave = new AbortController();
  #cards = /** @type {Listed[]} */ ([]);
  #status = element("p", { class: "study-status", role: "status", tabindex: -1 });
  #place = element("div", {});

  async connectedCallback() {
    const { signal } = (this.#leave = new AbortController());
    try {
      const [all] = await Promise.all([courseCards(), dress()]);
      if (signal.aborted) return;
      this.#cards = all.filter(({ kind }) => kind === "quiz");
    } catch (error) {
      console.warn(error);
      this.replaceChildren(element("p", { role: "alert" }, "The list of quizzes could not be fetched. Is there a connection? "),
        button("Try again", () => this.connectedCallback()));
      return;
    }
    this.replaceChildren(this.#status, this.#place);
    onAddress(() => this.follow(), signal);
    await this.follow();
    this.dataset.ready = "";
  }

  disconnectedCallback() {
    this.#leave.abort();
  }

  /** Do what the address says. */
  async follow() {
    const names = new Set(this.#cards.map(nameOf));
    const { state, ignored } = stateOf(ID, (key, value) => key === "seed" ? /^[a-z0-9]{1,12}$/.test(value)
      : key === "size" ? SIZES.includes(Number(value)) : key === "chapter" && names.has(value));
    this.#status.textContent = ignored.length ? `The address says something that this page does not know: ${ignored.join(", ")}.` : "";
    const [seed] = state.seed ?? [];
    if (seed) await this.begin(seed, Number(state.size?.[0] ?? 10), state.chapter ?? []);
    else this.choose();
  }

  choose() {
    const boxes = /** @type {HTMLInputElement[]} */ ([]);
    const parts = [...grouped(this.#cards, ({ part }) => part)].map(([part, cards]) => element("fieldset", {}, element("legend", {}, part),
      ...[...grouped(cards, nameOf)].map(([name, some]) => {
        const box = element("input", { type: "checkbox", value: name });
        boxes.push(box);
        return element("label", {}, box, ` ${some[0].title} (${some.length})`);
      })));
    const size = element("select", {}, ...SIZES.map((count) => element("option", { value: count, selected: count === 10 }, String(count))));
    const form = element("form", { class: "exam-choice" }, ...parts,
      element("div", { class: "study-row" }, element("label", {}, "Questions: ", size),
        button("Choose all", () => boxes.forEach((box) => (box.checked = true))), element("button", { type: "submit", class: "main" }, "Start")));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const chapter = boxes.filter(({ checked }) => checked).map(({ value }) => value);
      if (!chapter.length) {
        this.#status.textContent = "Choose a chapter first.";
        boxes[0].focus();
        return;
      }
      const seed = crypto.getRandomValues(new Uint32Array(1))[0].toString(36);
      keepState(ID, { seed: [seed], size: [size.value], chapter: chapter.length === new Set(this.#cards.map(nameOf)).size ? [] : chapter });
      flush();
      await this.follow();
      this.#status.focus({ preventScroll: true });
    });
    this.#place.replaceChildren(form);
  }

  /** @param {string} seed @param {number} size @param {string[]} chapters all where there are none */
  async begin(seed, size, chapters) {
    const pool = this.#cards.filter((card) => !chapters.length || chapters.includes(nameOf(card)));
    const chosen = shuffled(pool, seed).slice(0, size);
    this.#status.textContent = "Fetching the questions …";
    try {
      const nodes = await Promise.all(chosen.map((card) => nodeOf(card, { exam: "", cram: "", seed })));
      const form = element("div", {}, element("ol", { class: "exam-list" }, ...nodes.map((node) => element("li", {}, node))),
        element("div", { class: "study-row" }, button("Hand in", () => this.result(chosen, nodes), { class: "main" }), this.another()));
      this.#place.replaceChildren(form);
      this.#status.textContent = `${chosen.length} questions. Whoever opens this address gets the same ones.`;
    } catch (error) {
      console.warn(error);
      this.#status.textContent = "Some questions could not be fetched. Is there a connection?";
      this.#place.replaceChildren(button("Try again", () => this.begin(seed, size, chapters)));
    }
  }

  another() {
    return button("Another exam", async () => {
      keepState(ID, {});
      flush();
      await this.follow();
      this.#status.focus({ preventScroll: true });
    });
  }

  /** @param {Listed[]} cards @param {HTMLElement[]} nodes */
  result(cards, nodes) {
    const quizzes = /** @type {import("./study-quiz.js").StudyQuiz[]} */ (/** @type {unknown} */ (nodes));
    const open = quizzes.filter((quiz) => !quiz.answered);
    if (open.length && !this.hasAttribute("data-warned")) {
      this.setAttribute("data-warned", "");
      this.#status.textContent = `${open.length} questions are not answered. Hand in again to count them as missed.`;
      open[0].querySelector("input")?.focus();
      return;
    }
    this.removeAttribute("data-warned");
    const right = new Set(cards.filter((_, place) => quizzes[place].resolve()).map(({ id }) => id));
    const missed = cards.filter(({ id }) => !right.has(id));
    const stems = new Map(cards.map(({ id }, place) => [id, nodes[place].querySelector(".quiz__stem")?.textContent ?? id]));
    const rows = [...grouped(cards, ({ title }) => title)].map(([title, some]) => element("tr", {},
      element("th", { scope: "row" }, title), element("td", {}, `${some.filter(({ id }) => right.has(id)).length} of ${some.length}`),
      element("td", {}, element("ul", {}, ...some.filter(({ id }) => !right.has(id)).map((card) =>
        element("li", {}, element("a", { href: placeOf(card) }, stems.get(card.id) ?? card.id)))))));
    const table = element("table", { class: "data-table" }, element("caption", {}, "Result by chapter"),
      element("thead", {}, element("tr", {}, ...["Chapter", "Right", "Missed"].map((name) => element("th", { scope: "col" }, name)))),
      element("tbody", {}, ...rows));
    const send = button("Put what was missed into review", () => this.send(missed, send));
    const box = element("div", { class: "exam-result" }, element("div", { class: "table-scroll", tabindex: 0, role: "group", "aria-label": "Result by chapter" }, table),
      element("div", { class: "study-row" }, ...(missed.length ? [send] : []), this.another()));
    this.#place.firstElementChild?.querySelector(":scope > .study-row")?.remove();
    this.#place.prepend(box);
    this.#status.textContent = `${right.size} of ${cards.length} right. The reasons stand beside each option.`;
    this.#status.focus();
    this.scrollIntoView({ block: "start" });
  }

  /** @param {Listed[]} missed @param {HTMLButtonElement} sent */
  async send(missed, sent) {
    sent.disabled = true;
    const store = await memory();
    for (const { id } of missed) await store.add({ kind: "review", card: id, rating: 1 });
    this.#status.replaceChildren(`${missed.length} questions will be asked again. `, element("a", { href: new URL("study/review/", SITE).href }, "To the review"));
    this.#status.focus({ preventScroll: true });
  }
}

/** A chapter in the address: its path below the site. @param {Listed} card */
const nameOf = ({ chapter }) => new URL(chapter).pathname.slice(SITE.pathname.length).replace(/\/$/, "");

customElements.define("study-exam", StudyExam);
