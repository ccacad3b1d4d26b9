// What Streamlit mounts: the face of the one engine, told what Python wishes, telling what happened.

import { automix } from "./automix";
import { DECKS, type DeckId, type Wish } from "./contract";
import { engine } from "./engine";
import { midiPanel, midiStyles, midiWaiting } from "./midi";
import { Outbox } from "./protocol/outbox";
import { Face } from "./ui/face";

export { engine } from "./engine";
export { frameTimes } from "./ui/frames";

interface Mount {
  data: Wish | null;
  parentElement: Node;
  setStateValue: (name: string, value: unknown) => void;
}

/** All that lives as long as the page. */
class Shell {
  private readonly engine = engine();
  private readonly outbox = new Outbox(this.engine);
  private readonly automix = automix(this.engine);
  private readonly face = new Face(this.engine, {
    midiPanel: () => midiPanel(this.engine),
    styles: midiStyles,
    pickUps: () => midiWaiting(this.engine),
  });
  /** What was last asked for on each deck: an unchanged wish is never acted on twice. */
  private readonly asked: Record<DeckId, string> = { a: "", b: "" };
  private newest: Mount | null = null;

  mount(mount: Mount): () => void {
    const { data, parentElement, setStateValue } = mount;
    this.newest = mount;
    this.face.mount(parentElement);
    if (data) this.wish(data);
    const disconnect = this.outbox.connect((box) => setStateValue("outbox", box));
    return () => {
      disconnect();
      // Streamlit may take a mount back after the next one, in the same place: the face stays then
      if (this.newest === mount) this.face.unmount();
    };
  }

  private wish(wish: Wish): void {
    this.outbox.ack(wish.ack);
    this.face.wish(wish);
    this.engine.setBrowse?.(wish.browse);
    for (const deck of DECKS) {
      const wanted = wish.decks[deck];
      if (wanted === null) continue; // no opinion: what plays goes on
      const name = `${wanted.id}/${wanted.rev}`;
      if (name === this.asked[deck]) continue;
      this.asked[deck] = name;
      // what goes wrong is shown on the deck
      this.engine.load(deck, wanted, wish.settings.seekShare).catch(() => undefined);
    }
    this.automix.wish(wish.automix);
  }
}

let shell: Shell | null = null;

export default function decks(mount: Mount): () => void {
  shell ??= new Shell();
  return shell.mount(mount);
}
