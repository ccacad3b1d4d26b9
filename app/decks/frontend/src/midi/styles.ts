// The MIDI panel's looks, out of the page's colour tokens.

export const midiStyles = `
.midi-panel { display: grid; gap: 8px; color: var(--text, #e6eaf0); background: var(--panel, #161b22);
  border-radius: 6px; width: 640px; max-width: 100%; font-size: 13px; }
.midi-panel p, .midi-panel ul, .midi-panel ol { margin: 0; padding: 0; list-style: none; }
.midi-line, .midi-device { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; }
.midi-devices { display: grid; gap: 8px; }
.midi-status, .midi-said, .midi-learning { color: var(--text-2, #9aa5b4); }
.midi-panel .midi-wrong { color: var(--bad, #ff5a5f); }
.midi-pickup { color: var(--unsure, #ffd166); }
.midi-pickup:empty, .midi-learning:empty { display: none; }
.midi-heading, .midi-panel legend { margin: 0; padding: 0; font-size: 13px; font-weight: 600; }
.midi-button, .midi-select { min-height: 28px; padding: 0 12px; color: inherit; font: inherit; cursor: pointer;
  background: var(--raised, #1f2630); border: 1px solid var(--hairline, #2b3340); border-radius: 6px; }
.midi-button[aria-disabled="true"] { color: var(--text-off, #5b6675); cursor: default; }
.midi-learn[aria-pressed="true"] { border-color: var(--unsure, #ffd166); }
.midi-select { flex: 1 1 0; min-width: 0; }
.midi-import { position: relative; display: inline-flex; align-items: center; }
.midi-file { position: absolute; inset: 0; opacity: 0; cursor: pointer; font-size: 0; }
.midi-panel :is(button, select, summary, ol):focus-visible, .midi-import:focus-within {
  outline: 2px solid var(--text, #e6eaf0); outline-offset: 1px; }
.midi-teach { display: grid; gap: 8px; margin: 0; padding: 8px; border: 1px solid var(--hairline, #2b3340); border-radius: 6px; }
.midi-teach[hidden] { display: none; }
.midi-all { flex-basis: 100%; }
.midi-rows { display: grid; gap: 4px; max-height: 200px; overflow: auto; }
.midi-listening { display: grid; gap: 8px; }
.midi-listening[hidden] { display: none; }
.midi-monitor { display: grid; align-content: start; gap: 4px; height: 220px; overflow: auto; font-variant-numeric: tabular-nums; }
.midi-monitor li { display: grid; grid-template-columns: 80px 1fr; gap: 8px; }
.midi-monitor code, .midi-rows code { color: var(--text, #e6eaf0); background: none; }
`;
