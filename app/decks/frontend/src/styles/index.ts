// The style sheets as one text: the decks live in a shadow root, which no sheet of the page reaches.

import base from "./base.css?inline";
import deck from "./deck.css?inline";
import mixer from "./mixer.css?inline";
import panels from "./panels.css?inline";
import waves from "./waves.css?inline";

export default [base, waves, deck, mixer, panels].join("\n");
