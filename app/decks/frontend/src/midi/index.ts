export { midiDesk, midiPanel, midiWaiting } from "./panel";
export { midiStyles } from "./styles";
