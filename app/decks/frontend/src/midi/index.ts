export { midiDesk, midiPanel } from "./panel";
export { midiStyles } from "./styles";
