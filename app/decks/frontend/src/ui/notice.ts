// What stands in the way of the sound, in one sentence with one button.

import type { State } from "../contract";
import type { Desk } from "./desk";
import { el } from "./dom";

export interface Notice {
  sentence: string;
  button: string;
  act: "start" | "claim" | "none";
}

/** What to say about the sound, or null where all is well. */
export function noticeOf(state: Pick<State, "audio" | "notice">): Notice | null {
  switch (state.audio) {
    case "off":
      return { sentence: state.notice || "The browser keeps the sound off until you start it.", button: "Start audio", act: "start" };
    case "suspended":
      return { sentence: state.notice || "The browser has paused the sound.", button: "Start audio", act: "start" };
    case "elsewhere":
      return { sentence: state.notice || "Another tab has the sound.", button: "Take over", act: "claim" };
    case "broken":
      return { sentence: state.notice || "The sound card does not answer.", button: "Try again", act: "start" };
    case "running":
      return state.notice ? { sentence: state.notice, button: "", act: "none" } : null;
  }
}

export function noticeBar(desk: Desk): HTMLElement {
  const words = el("span");
  const button = el("button", "key", { type: "button" });
  const root = el("div", "notice", { role: "status" }, words, button);
  button.addEventListener("click", () => {
    const act = noticeOf(desk.engine.state)?.act;
    // a refusal shows as the next notice
    if (act === "start") void desk.engine.start().catch(() => undefined);
    if (act === "claim") void desk.engine.claim().catch(() => undefined);
  });
  desk.live.bind(
    () => {
      const notice = noticeOf(desk.engine.state);
      return notice ? `${notice.sentence}\n${notice.button}` : "";
    },
    (text) => {
      const [sentence = "", label = ""] = text.split("\n");
      root.hidden = sentence === "";
      words.textContent = sentence;
      button.textContent = label;
      button.hidden = label === "";
    },
  );
  return root;
}
