// What several scripts know of each other. The scripts name these types in their comments; browsers never load this.

interface HTMLElementTagNameMap {
  "study-question": HTMLElement;
  "study-quiz": HTMLElement;
}

/** Values by key, as an address has them; a key may have several. */
type State = Record<string, string[]>;

/** What an element says about its keys, as `static keys` of its class. */
type Keys = { of: string; keys: [key: string, does: string][] };

/** A column of a table. `facet`: rows are chosen by the `options` that occur in it, or by a `range` from … to. */
type Column = {
  name: string;
  label: string;
  type: "text" | "number" | "date" | "list";
  facet: "" | "options" | "range";
};

/**
 * A cell. `value` is what it is sorted by, null where nothing is known; `missing` says why: "undisclosed",
 * "not-reported", "not-applicable", "none" (no entry), or "".
 */
type Cell = { text: string; value: number | string | null; missing: string; options: string[] };

/** A row; `folded` is the text of all its cells, to search in. */
type Row = { id: string; cells: Cell[]; folded: string };

/** A cell with all that it says. `form` is how a number is meant: "at least", "total", "undisclosed" … */
type FullCell = {
  text: string;
  value: number | string | null;
  form: string;
  /** a third party's number, where the maker gave none */
  estimate: number | null;
  sources: { text: string; url: string }[];
};
type FullRow = { id: string; cells: FullCell[] };

type Order = { column: string; down: boolean };

/** What the reader chose for a table. */
type Chosen = {
  /** words that must all occur in a row */
  text: string;
  /** the first counts most */
  sort: Order[];
  /** by column: any of them */
  options: Record<string, string[]>;
  /** by column; an empty end is no bound */
  ranges: Record<string, [from: string, to: string]>;
  /** columns */
  hidden: string[];
  /** ids of rows */
  compare: string[];
  /** whether these are shown side by side, and then only what differs */
  side: boolean;
  only: boolean;
  /** all rows, however many */
  all: boolean;
};
type Update = (change: (chosen: Chosen) => void) => void;

/** Something that opens under the tools of a table; `show` brings it in line with the state. */
type Panel = { node: HTMLElement; show: (chosen: Chosen) => void };

/** A tall table: `fit` when other columns are shown, `place` when rows are, or in another order. */
type Tall = { fit: () => void; place: (rows: HTMLTableRowElement[]) => void };

/** What the parts of a table share. */
type View = {
  table: HTMLTableElement;
  title: string;
  columns: Column[];
  /** in the order of the page */
  rows: Row[];
  nodes: Map<Row, HTMLTableRowElement>;
  /** after all filters, in the order shown */
  shown: Row[];
  chosen: Chosen;
  update: Update;
  /** tell the reader something, aloud too */
  say: (text: string) => void;
};
