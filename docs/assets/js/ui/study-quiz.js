// <study-quiz> around a quiz: a form with its options in an order that a seed decides, and a reason for each of them
// once it is answered. A wrong answer counts as "again"; after a right one the reader says how hard it was.
// Attributes: `seed` for the order (else it is another one every day), `exam`: no check of its own.
import { shuffled } from "../core/cards.js";
import { element, must } from "./dom.js";
import { StudyCard } from "./study-card.js";

/** @typedef {{ label: HTMLLabelElement, input: HTMLInputElement, right: boolean, reason: HTMLElement }} Option */

let forms = 0;

class StudyQuiz extends StudyCard {
  /** @type {Keys} */
  static keys = { of: "Quizzes", keys: [["Space", "choose an option"], ["Enter", "check the answer"]] };

  /** @type {Option[]} */
  #options = [];
  /** @type {HTMLFormElement | null} */
  #form = null;

  /** @param {AbortSignal} signal */
  build(signal) {
    this.#form ??= this.makeForm();
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.check();
    }, { signal });
  }

  makeForm() {
    const list = must(this, ".quiz__options", HTMLUListElement);
    const reasons = [...this.querySelectorAll(".quiz__reasons > li")];
    const several = reasons.filter(isRight).length > 1, name = `quiz-${(forms += 1)}`;
    this.#options = [...list.children].map((item, place) => {
      const input = element("input", { type: several ? "checkbox" : "radio", name, value: place });
      const text = element("span", {}, ...copies(item.childNodes));
      const reason = element("p", { class: "quiz__reason", id: `${name}-${place}`, hidden: true }, ...reasonOf(reasons[place]));
      input.setAttribute("aria-describedby", reason.id);
      return { label: element("label", {}, input, text), input, right: isRight(reasons[place]), reason };
    });
    const seed = this.getAttribute("seed") ?? new Date().toDateString();
    const field = element("fieldset", {},
      element("legend", {}, several ? "Choose every option that is right." : "Choose one."),
      ...shuffled(this.#options, `${seed} ${this.card}`).map(({ label, reason }) =>
        element("div", { class: "quiz__choice" }, label, reason)));
    const check = this.hasAttribute("exam") ? "" : element("button", { type: "submit" }, "Check");
    const form = element("form", { class: "quiz__form" }, field, check, this.view);
    list.hidden = true;
    list.after(form);
    return form;
  }

  get #field() {
    return must(this, "fieldset", HTMLFieldSetElement);
  }

  /** Whether something is chosen. */
  get answered() {
    return this.#options.some(({ input }) => input.checked);
  }

  /** Show which options are right, and why. @returns whether exactly these were chosen */
  resolve() {
    for (const { label, input, right, reason } of this.#options) {
      const box = /** @type {HTMLElement} */ (label.parentElement);
      box.dataset.verdict = right ? "right" : "wrong";
      box.toggleAttribute("data-chosen", input.checked);
      reason.hidden = false;
    }
    this.#field.disabled = true;
    const submit = this.#form?.querySelector("[type=submit]");
    if (submit instanceof HTMLElement) submit.hidden = true;
    const answer = this.querySelector("details.quiz__answer");
    const more = answer?.querySelector(".quiz__reasons ~ *");
    if (answer instanceof HTMLDetailsElement) {
      answer.hidden = !more;
      answer.open = Boolean(more);
      must(answer, ".quiz__reasons", HTMLElement).hidden = true; // they stand beside the options now
    }
    return this.#options.every(({ input, right }) => input.checked === right);
  }

  async check() {
    if (!this.answered) {
      this.say("Choose an option first.");
      this.#form?.querySelector("input")?.focus();
      return;
    }
    const right = this.resolve();
    this.dispatchEvent(new CustomEvent("answered", { bubbles: true, detail: { card: this.card, right } }));
    if (right) {
      await this.offer("Right. How hard was it?");
      this.status.focus({ preventScroll: true });
    } else await this.grade(1, "Not right");
  }

  /** @param {string} told */
  async again(told) {
    this.reset();
    this.say(`${told} Answer it again, or leave it.`);
  }

  reset() {
    for (const { label, reason } of this.#options) {
      const box = /** @type {HTMLElement} */ (label.parentElement);
      delete box.dataset.verdict;
      delete box.dataset.chosen;
      reason.hidden = true;
    }
    this.#field.disabled = false;
    this.#form?.reset();
    for (const hidden of this.querySelectorAll("[type=submit], .quiz__answer, .quiz__reasons")) {
      hidden.removeAttribute("hidden");
      if (hidden instanceof HTMLDetailsElement) hidden.open = false;
    }
  }
}

/** @param {Element} item of the list of reasons */
const isRight = (item) => item.classList.contains("right");

/** @param {Iterable<Node>} nodes */
const copies = (nodes) => [...nodes].map((node) => node.cloneNode(true));

/**
 * The verdict and the reason, without the option that stands between them.
 * @param {Element} item
 */
function reasonOf(item) {
  const copy = /** @type {Element} */ (item.cloneNode(true)), option = copy.querySelector(".quiz__option");
  const dash = option?.nextSibling;
  if (dash instanceof Text) dash.data = dash.data.replace(/^ — /, "");
  else copy.querySelector("strong")?.replaceChildren(isRight(item) ? "Right." : "Wrong.");
  option?.remove();
  return [...copy.childNodes];
}

customElements.define("study-quiz", StudyQuiz);
export { StudyQuiz };
