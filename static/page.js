// What every page needs from scripts beside Datastar: our elements and a few small helpers.

import './components/arena-field.js';
import './components/buzzer-pad.js';
import './components/cheer-button.js';
import './components/chess-board.js';
import './components/practice-buzzer.js';
import './components/scratch-card.js';
import { cue } from './senses.js';
import { say } from './words.js';

// An id for one action, so that sending it again has no second effect.
window.act = () => [...crypto.getRandomValues(new Uint8Array(12))]
  .map((byte) => byte.toString(16).padStart(2, '0')).join('');

window.form = (el) => ({ ...Object.fromEntries(new FormData(el)), act: window.act() });

window.muted = () => localStorage.getItem('mute') === 'yes';
window.mute = (muted) => localStorage.setItem('mute', muted ? 'yes' : 'no');
window.cue = (name) => cue(name, window.muted());

window.copy = async (button, from) => {
  const text = button.textContent;
  await navigator.clipboard.writeText(document.querySelector(from).value);
  button.textContent = say('Copied');
  setTimeout(() => { button.textContent = text; }, 2000);
};

// Another tab has logged in or out, or changed the name or the language: the cookie of this one
// changed with it. So it asks for its page again; not by a reload, which would send a form again.
let me;
window.iam = (mark) => { me = mark; localStorage.setItem('who', mark); };
window.addEventListener('storage', ({ key, newValue }) => {
  if (key === 'who' && me && newValue && newValue !== me) location.replace(location.pathname + location.search);
});

// Shows a page of ours, in the language of this one, where the browser would say that there is no
// connection.
navigator.serviceWorker?.register('/sw.js').catch(() => {});
window.caches?.open('reader').then((shelf) => shelf.put('/language', new Response(document.documentElement.lang))).catch(() => {});

// A presenter's keys: each presses the button that names it.
document.addEventListener('keydown', (event) => {
  if (!document.body.classList.contains('view-present') || event.repeat) return;
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest('input, textarea, select')) return;
  const button = document.querySelector(`button[aria-keyshortcuts="${CSS.escape(event.key.toUpperCase())}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

// A refusal comes as a sentence in an answer. These come without one, so the page finds the words.
const EXCUSES = {
  413: say('That is too much to send at once.'),
  429: say('Not so fast. Wait a moment, then try again.'),
};

const alert = document.getElementById('alert');
let patience;

function show(sentence) {
  clearTimeout(patience);
  alert.textContent = sentence;
}

function excuse({ type, argsRaw }) {
  if (type === 'retries-failed') return say('The server cannot be reached. Try again in a moment.');
  if (type !== 'error') return '';
  if (argsRaw.status >= 500) return say('The server is in trouble. Try again in a moment.');
  return EXCUSES[argsRaw.status] ?? say('That did not work. Reload the page and try again.');
}

document.addEventListener('datastar-fetch', ({ detail }) => {
  if (detail.el.closest('#live, [data-own-errors]')) return;
  if (detail.type === 'started') show('');
  const sentence = excuse(detail);
  if (sentence) show(sentence);
  if (detail.type === 'finished' && alert.textContent) patience = setTimeout(show, 12_000, '');
});

alert.addEventListener('click', () => show(''));
