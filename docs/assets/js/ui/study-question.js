// <study-question>; the module stands for its tag.
import "./study-card.js";
