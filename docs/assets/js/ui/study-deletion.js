// Deletion of the log, after a typed word; fetched when the reader opens it.
import { button, element } from "./dom.js";
import { forgetExport } from "./study-reminder.js";

/** @import { Store } from "./store.js" */

const WORD = "delete";

/** @param {Store} store @param {() => void} save exports @param {(text: string) => void} tell takes the focus */
export function deletion(store, save, tell) {
  const field = element("input", { type: "text", autocomplete: "off", spellcheck: "false" });
  const go = button("Delete everything of mine", async () => {
    if (field.value.trim().toLowerCase() !== WORD) return tell(`Nothing was deleted: type the word “${WORD}” first.`);
    try {
      await store.clear();
    } catch (error) {
      return tell(`It could not be deleted: ${error instanceof Error ? error.message : error}`);
    }
    forgetExport();
    field.value = "";
    tell("Deleted, in all tabs. This site keeps nothing of yours in this browser.");
  });
  return [
    element("p", {}, "All answers, grades and settings of this site in this browser go. Nobody can bring them back, unless you have an export: ",
      button("Export first", save)),
    element("p", {}, element("label", {}, `Type “${WORD}”: `, field), " ", go),
  ];
}
