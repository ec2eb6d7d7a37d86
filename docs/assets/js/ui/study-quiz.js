// <study-quiz>; the module stands for its tag.
import "./study-card.js";
