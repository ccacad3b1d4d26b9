// The state of decks on which nothing has happened yet.

import { CONTROLS, type DeckState, type MixerState, type State } from "../contract";

const PADS = 8;

export function freshDeck(): DeckState {
  return {
    track: null, loadedShare: 0, playable: false, problem: "",
    playing: false, cueing: false, positionSec: 0, rate: 0, tempo: 1, tempoRange: 6,
    keylock: true, keyShift: 0, synced: false, leader: false,
    bpm: null, camelot: null, key: null, phaseBeats: null,
    cueSec: 0, hotCues: new Array<null>(PADS).fill(null), loop: null,
    slip: false, quantise: true, touched: false, reverse: false, padMode: "hot_cue",
    trim: CONTROLS.trim.rest ?? 0.5, autoGainDb: 0,
    eqHigh: CONTROLS.eq_high.rest ?? 0.5, eqMid: CONTROLS.eq_mid.rest ?? 0.5, eqLow: CONTROLS.eq_low.rest ?? 0.5,
    killHigh: false, killMid: false, killLow: false,
    filter: CONTROLS.filter.rest ?? 0.5, fader: CONTROLS.fader.rest ?? 0.5, pfl: false, fx: false, meterDb: -60,
  };
}

export function freshMixer(): MixerState {
  return {
    crossfader: 0.5, curve: 0, master: 0.8, phonesMix: 0, phonesLevel: 0.7,
    fxKind: 0, fxBeats: 3, fxOn: false, fxLevel: 0.5,
    meterDb: [-60, -60], limiterDb: 0, recordingSec: null, browseIndex: 0,
  };
}

export function freshState(): State {
  return {
    audio: "off", notice: "",
    decks: { a: freshDeck(), b: freshDeck() },
    mixer: freshMixer(),
    automix: null,
    outputs: { phones: "none", devices: [], phonesDevice: "" },
  };
}
