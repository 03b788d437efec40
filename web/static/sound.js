// Two short notes, made by the browser itself: no file is asked for.
//
//   chime() ──▶ ♪♪  at most once in two seconds

const NOTES_HZ = [880, 659];
const NOTE_S = 0.14;
const LOUDNESS = 0.12;
const PAUSE_MS = 2000;

let context = null;
let last_ms = -PAUSE_MS;

export function chime() {
  if (performance.now() - last_ms < PAUSE_MS) return;
  last_ms = performance.now();
  context ??= new AudioContext();
  // A browser lets no page sound before it was touched; until then this is silent, and no error.
  if (context.state === "suspended") context.resume();
  NOTES_HZ.forEach((hz, index) => note(context, hz, context.currentTime + index * NOTE_S));
}

function note(audio, hz, at_s) {
  const tone = audio.createOscillator();
  const gain = audio.createGain();
  tone.frequency.value = hz;
  gain.gain.setValueAtTime(LOUDNESS, at_s);
  gain.gain.exponentialRampToValueAtTime(0.001, at_s + NOTE_S);
  tone.connect(gain).connect(audio.destination);
  tone.start(at_s);
  tone.stop(at_s + NOTE_S);
}
