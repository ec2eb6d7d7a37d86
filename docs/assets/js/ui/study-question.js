// <study-question> around a question: open it after thinking, then say how well you knew the answer.
import { must } from "./dom.js";
import { StudyCard } from "./study-card.js";

class StudyQuestion extends StudyCard {
  /** @type {Keys} */
  static keys = {
    of: "Questions",
    keys: [
      ["Space", "on a question: show the answer, or hide it"],
      ["1 2 3 4", "in an open question: again, hard, good, easy"],
    ],
  };

  /** @param {AbortSignal} signal */
  build(signal) {
    const details = must(this, "details.question", HTMLDetailsElement);
    details.append(this.view);
    details.addEventListener("toggle", () => (details.open ? this.offer() : this.say("")), { signal });
    if (details.open) this.offer();
  }

  /** Show the answer. */
  reveal() {
    must(this, "details.question", HTMLDetailsElement).open = true;
  }
}

customElements.define("study-question", StudyQuestion);
