// What benchmarks/decks.py does inside the page, through the engine alone.
window.bench = (() => {
  const { engine, address } = window.__segueDecks;
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const move = (control, deck, value = 1, index = 0) =>
    engine.dispatch({ control, deck, value, index, from: "test" });
  let count = 0;
  let tap = null;
  let frameTimes = [];

  const state = (deck) => {
    engine.tick();
    return engine.state.decks[deck];
  };

  /** Both decks at rest, at their start, at their own tempo, only what is named heard. */
  const reset = async (crossfader) => {
    for (const deck of ["a", "b"]) {
      if (state(deck).playing) move("play", deck);
      move("sync_off", deck);
      move("tempo_range", deck, 2); // 16 %
      move("tempo", deck, 0.5);
      move("seek", deck, 0.05);
    }
    move("crossfader", undefined, crossfader);
    await wait(300);
  };

  const beginRecording = async () => {
    tap = await engine.tap();
  };
  const endRecording = async () => {
    const { channels } = await tap.stop();
    const bytes = new Uint8Array(channels[0].buffer);
    let text = "";
    for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
    return { sound: btoa(text), rate: tap.sampleRate };
  };

  let bare = null;

  return {
    /** A sound that no script makes, counted as ours is: one tone of the browser's own, unheard. */
    startBare() {
      const context = new AudioContext({ latencyHint: 0.02 });
      const tone = new OscillatorNode(context);
      tone.connect(new GainNode(context, { gain: 0 })).connect(context.destination);
      tone.start();
      bare = context;
    },
    bareUnderruns: () => bare.playbackStats?.underrunEvents ?? bare.playoutStats?.fallbackFramesEvents ?? 0,
    endBare: () => bare.close(),
    start: () => engine.start(),
    unload: (deck) => engine.unload(deck),
    underruns: () => engine.stats().underruns,
    async load(deck, id) {
      engine.unload(deck);
      const began = performance.now();
      await engine.load(deck, { id, rev: `bench${++count}` });
      if (!state(deck).playable) throw new Error(state(deck).problem || "not playable");
      return performance.now() - began;
    },
    async loadWhole(deck, id) {
      await this.load(deck, id);
      while (engine.state.decks[deck].loadedShare < 1) await wait(50);
    },
    whole: () => ["a", "b"].every((deck) => state(deck).loadedShare === 1),
    beginRecording,
    endRecording,
    async record(act) {
      await beginRecording();
      const result = await act();
      return { ...(await endRecording()), result };
    },
    async playBoth() {
      await reset(0.5);
      move("play", "a");
      await wait(500);
      move("sync", "b");
      move("play", "b");
      await wait(700);
    },
    /** Seconds into the recording at which the leader's tempo was changed. */
    async tempoChanges() {
      const began = performance.now();
      const changes = [];
      const note = () => changes.push((performance.now() - began) / 1000);
      await this.playBoth();
      note();
      for (const tempo of [0.75, 0.25, 0.6, 0.5]) {
        await wait(3500);
        note();
        move("tempo", "a", tempo);
      }
      await wait(3500);
      return changes;
    },
    async lockedAt(tempo) {
      await reset(1);
      move("tempo", "b", tempo);
      if (!state("b").keylock) move("keylock", "b");
      move("play", "b");
      await wait(4500);
    },
    async plain() {
      await reset(0);
      move("play", "a");
      await wait(3000);
    },
    /** Scratches for three seconds as a hand does; returns the fastest speed of the record. */
    async scratch() {
      await reset(0);
      move("play", "a");
      await wait(500);
      move("jog_touch", "a");
      let fastest = 1;
      const began = performance.now();
      let turned = 0;
      while (performance.now() - began < 3000) {
        const at = Math.round(150 * Math.sin(((performance.now() - began) / 1000) * 2 * Math.PI * 1.5));
        move("jog_turn", "a", at - turned);
        turned = at;
        await wait(4);
        fastest = Math.max(fastest, Math.abs(state("a").rate));
      }
      move("jog_touch", "a", 0);
      await wait(300);
      return fastest;
    },
    async watchFrames() {
      ({ frameTimes } = await import(address));
      frameTimes.length = 0;
    },
    frames: () => [...frameTimes],
  };
})();
