// <study-exam>: a mixed quiz over chosen chapters. The address holds chapters, number and seed: the same link is the
// same exam. Nothing of it goes into the schedule, unless the reader sends what was missed there.
import { fingerprint, shuffled } from "../core/cards.js";
import { flush, keepState, onAddress, stateOf } from "./address.js";
import { button, element, must } from "./dom.js";
import { dress, SITE } from "./memory.js";
import { copyOf, courseCards, grouped, notFetched, placeOf } from "./study-cards.js";
import { QuizForm } from "./study-form.js";

/** @import { Listed } from "./study-cards.js" */
/** @typedef {{ card: Listed, quiz: HTMLElement, hash: string, form: QuizForm }} Asked */

const SIZES = [5, 10, 20, 40], ID = "exam";

/**
 * The exam that goes on, and its address. At the first link within a page the theme puts a fresh copy of the page in
 * place, without the answers.
 * @type {{ exam: StudyExam, query: string } | null}
 */
let running = null;

class StudyExam extends HTMLElement {
  #leave = new AbortController();
  /** @type {Listed[]} */
  #cards = [];
  /** Seed, size and chapters of what is shown, as the address has them. */
  #shown = "";
  /** Whether the reader was told that questions are open. */
  #warned = false;
  #status = element("p", { class: "study-status", role: "status", tabindex: -1 });
  #place = element("div", {});

  async connectedCallback() {
    if (running && running.exam !== this && running.query === location.search) return this.replaceWith(running.exam);
    const { signal } = (this.#leave = new AbortController());
    try {
      const [all] = await Promise.all([courseCards(), dress()]);
      if (signal.aborted) return;
      this.#cards = all.filter(({ kind }) => kind === "quiz");
    } catch (error) {
      notFetched(this, error, () => this.connectedCallback());
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

  /** Do what the address says, unless it is done: a link within the page changes nothing. */
  async follow() {
    const names = new Set(this.#cards.map(nameOf));
    const { state, ignored } = stateOf(ID, (key, value) => key === "seed" ? /^[a-z0-9]{1,12}$/.test(value)
      : key === "size" ? SIZES.includes(Number(value)) : key === "chapter" && names.has(value));
    const wanted = JSON.stringify(state), [seed] = state.seed ?? [];
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    this.#status.textContent = ignored.length ? `The address says something that this page does not know: ${ignored.join(", ")}.` : "";
    running = seed ? { exam: this, query: location.search } : null;
    if (seed) await this.begin(seed, Number(state.size?.[0] ?? 10), state.chapter ?? []);
    else this.choose();
  }

  choose() {
    /** @type {HTMLInputElement[]} */
    const boxes = [];
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
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chapter = boxes.filter(({ checked }) => checked).map(({ value }) => value);
      if (!chapter.length) {
        this.#status.textContent = "Choose a chapter first.";
        boxes[0].focus();
        return;
      }
      const seed = crypto.getRandomValues(new Uint32Array(1))[0].toString(36);
      this.go({ seed: [seed], size: [size.value], chapter: chapter.length === boxes.length ? [] : chapter });
    });
    this.#place.replaceChildren(form);
  }

  /** To another exam, or to the choice. @param {State} state */
  async go(state) {
    keepState(ID, state);
    flush();
    await this.follow();
    this.#status.focus();
  }

  /** @param {string} seed @param {number} size @param {string[]} chapters all where there are none */
  async begin(seed, size, chapters) {
    const pool = this.#cards.filter((card) => !chapters.length || chapters.includes(nameOf(card)));
    const chosen = shuffled(pool, seed).slice(0, size), shown = this.#shown;
    this.#warned = false;
    this.#status.textContent = "Fetching the questions …";
    try {
      const asked = await Promise.all(chosen.map((card) => ask(card, seed)));
      // The reader may have gone on meanwhile.
      if (shown !== this.#shown) return;
      const row = element("div", { class: "study-row" }, button("Hand in", () => this.handIn(asked, row), { class: "main" }), this.another());
      this.#place.replaceChildren(element("ol", { class: "exam-list" }, ...asked.map(({ quiz }) => element("li", {}, quiz))), row);
      this.#status.textContent = `${chosen.length} questions. Whoever opens this address gets the same ones.`;
    } catch (error) {
      if (shown !== this.#shown) return;
      console.warn(error);
      this.#status.textContent = "Some questions could not be fetched. Is there a connection?";
      this.#place.replaceChildren(button("Try again", () => this.begin(seed, size, chapters)));
    }
  }

  another() {
    return button("Another exam", () => this.go({}));
  }

  /** @param {Asked[]} asked @param {HTMLElement} row of buttons, which the result replaces */
  async handIn(asked, row) {
    const open = asked.filter(({ form }) => !form.answered);
    if (open.length && !this.#warned) {
      this.#warned = true;
      row.prepend(element("p", { role: "alert" }, `${open.length} questions are not answered. Hand in again to count them as missed, or `,
        button("go to the first of them", () => open[0].form.focus()), "."));
      return;
    }
    // First of all, as it may not come.
    const { result } = await import("./study-result.js");
    const missed = asked.filter(({ form }) => !form.resolve());
    row.remove();
    this.#place.prepend(result(asked, missed, this.#status, this.another()));
    this.#status.textContent = `${asked.length - missed.length} of ${asked.length} right. The reasons stand beside each option.`;
    this.#status.focus();
    this.scrollIntoView({ block: "start" });
  }
}

/** A quiz as it is asked here: without its answer, and without a check of its own. @param {Listed} card @param {string} seed */
async function ask(card, seed) {
  const quiz = must(await copyOf(placeOf(card)), ".quiz", HTMLElement), hash = fingerprint(quiz.textContent ?? "");
  must(quiz, ".quiz__answer", HTMLElement).hidden = true;
  return { card, quiz, hash, form: new QuizForm(quiz, seed) };
}

/** A chapter in the address: its path below the site. @param {Listed} card */
const nameOf = ({ chapter }) => new URL(chapter).pathname.slice(SITE.pathname.length).replace(/\/$/, "");

customElements.define("study-exam", StudyExam);
