export { engine } from "./engine/index";
