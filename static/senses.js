// Sound, vibration, and a screen that stays awake, where the device has them.

const TUNES = { // notes: pitch in Hz, beginning and length in seconds
  go: [[880, 0, 0.16], [1320, 0.05, 0.2]],
  press: [[330, 0, 0.05]],
  foul: [[160, 0, 0.16], [120, 0.14, 0.22]],
  win: [[523, 0, 0.14], [659, 0.12, 0.14], [784, 0.24, 0.14], [1047, 0.36, 0.45]],
};
const SHAKES = { go: 80, press: 20, foul: [40, 40, 40], win: [60, 60, 60, 60, 160] };

let audio, lock;

export function cue(name, muted) {
  // Before the first tap a page may neither sound nor shake, and trying is reported as an error.
  if (muted || !navigator.userActivation?.hasBeenActive) return;
  navigator.vibrate?.(SHAKES[name]);
  if (!window.AudioContext) return;
  audio ??= new AudioContext();
  audio.resume();
  for (const [pitch, from, length] of TUNES[name]) {
    const note = new OscillatorNode(audio, { type: 'triangle', frequency: pitch });
    const begin = audio.currentTime + from;
    const loudness = new GainNode(audio, { gain: 0.25 });
    loudness.gain.exponentialRampToValueAtTime(0.001, begin + length);
    note.connect(loudness).connect(audio.destination);
    note.start(begin);
    note.stop(begin + length);
  }
}

export async function stayAwake(wanted) {
  if (!wanted) return lock?.release();
  if (lock && !lock.released) return;
  // Refused on a low battery or in a hidden tab; the game goes on without.
  lock = await navigator.wakeLock?.request('screen').catch(() => undefined);
}
