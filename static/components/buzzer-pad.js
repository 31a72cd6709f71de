// The buzzer's button: fills the screen at GO, and says how long after the paint it was pressed.

import { LitElement, css, html } from 'lit';
import { cue, stayAwake } from '../senses.js';
import { say } from '../words.js';

const WORDS = {
  idle: say('Get ready'), ready: say('Press to play'), wait: say('Wait...'), go: say('GO!'), sent: say('Pressed!'),
  pressed: say('Pressed!'), locked: say('Too soon!'), results: say('Round over'), watching: say('Watching'),
};
const HINTS = {
  ready: say('tap, or space bar'), wait: say('press when it says GO'), sent: say('checking'), pressed: say('waiting for the others'),
  locked: say('your button is locked for a moment'),
};
const OPEN = ['ready', 'wait', 'go'];
const WRITING = 'input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]';
const CONTROLS = `${WRITING}, input, button, a, summary`;
const HOPE = 4000; // ms to wait for an answer before the button works again
const SHIELD = 700; // ms that a pressed GO still fills the screen: a second tap must not hit what lies below

// Attributes in: phase (idle, ready, wait, go, pressed, locked, results, watching), round, label, hint, muted.
// Event out: buzz, with {round, reaction}: ms from the frame that painted GO, null when none did.
export class BuzzerPad extends LitElement {
  static properties = {
    phase: {}, round: { type: Number }, label: {}, hint: {}, muted: { type: Boolean }, sent: { state: true }, shield: { state: true },
  };

  static styles = css`
    :host { display: block; min-block-size: 12rem; }
    * { box-sizing: border-box; }
    button {
      inline-size: 100%; block-size: 100%; min-block-size: inherit; padding: 1rem 1rem 1.8rem; display: grid; place-content: center; gap: .4rem;
      font: inherit; color: var(--ink-on, #1b1430); background: var(--pad, #ffc928); cursor: pointer;
      border: 4px solid var(--line, #1b1430); border-radius: 2rem; box-shadow: inset 0 -.8rem 0 rgb(0 0 0 / .16);
      touch-action: manipulation; user-select: none; -webkit-user-select: none; -webkit-touch-callout: none;
      -webkit-tap-highlight-color: transparent;
    }
    button:focus-visible { outline: 4px solid var(--focus, #3d5afe); outline-offset: 4px; }
    button:disabled { cursor: default; opacity: 1; }
    b { display: block; font-size: clamp(min(2.2rem, 13vw), 11vmin, var(--biggest, 5rem)); font-weight: 900; line-height: 1.05; letter-spacing: -.02em; }
    small { display: block; min-block-size: 1.4em; font-size: 1.05rem; font-weight: 600; }
    .idle, .watching, .results { background: var(--calm, #e8def9); color: var(--ink, #1b1430); box-shadow: none; }
    .wait { background: var(--wait, #5b3fd6); color: #fff; }
    .pressed, .sent { background: var(--pressed, #ffe9a8); box-shadow: none; padding-block: 1.6rem 1rem; }
    .locked { background: var(--foul, #ff7a6b); box-shadow: none; }
    .go, .shield { position: fixed; inset: 0; z-index: 100; block-size: auto; border: 0; border-radius: 0; box-shadow: none; touch-action: none; }
    .go { background: var(--go, #1fe07b); color: #06240f; }
    .shield b { font-size: clamp(4rem, 18vmin, 10rem); }
    .go b { font-size: clamp(6rem, 42vmin, 26rem); letter-spacing: -.06em; }
    .go:focus-visible { outline-offset: -12px; outline-color: #06240f; }
    @media (prefers-reduced-motion: no-preference) {
      .go b { animation: pop .18s ease-out; }
      .locked b { animation: shake .3s; }
      .wait b { animation: breathe 1.6s ease-in-out infinite alternate; }
    }
    @keyframes pop { from { transform: scale(.8); } }
    @keyframes shake { 25% { translate: -.6rem; } 50% { translate: .6rem; } 75% { translate: -.3rem; } }
    @keyframes breathe { from { opacity: .65; } }
  `;

  #onKey = (event) => this.#key(event);
  #onKeyUp = (event) => this.#swallowed && event.code === 'Space' && (event.preventDefault(), this.#swallowed = false);
  #swallowed = false;
  #painted = null;
  #reaction = null;
  #hope;
  #calm;

  connectedCallback() {
    super.connectedCallback();
    window.addEventListener('keydown', this.#onKey);
    window.addEventListener('keyup', this.#onKeyUp);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    window.removeEventListener('keydown', this.#onKey);
    window.removeEventListener('keyup', this.#onKeyUp);
    clearTimeout(this.#hope);
    clearTimeout(this.#calm);
    stayAwake(false);
  }

  willUpdate(changed) {
    if (changed.has('phase') || changed.has('round')) this.sent = false;
    if (this.phase === 'wait') this.#reaction = null;
  }

  render() {
    const shown = this.sent ? 'sent' : this.phase;
    const time = ['sent', 'pressed'].includes(shown) && this.#reaction !== null ? `${Math.round(this.#reaction)} ms` : '';
    return html`<button type="button" aria-label=${say('Buzz')} class="${shown} ${this.shield ? 'shield' : ''}" ?disabled=${['idle', 'results', 'watching'].includes(shown)}
      @pointerdown=${this.#point} @touchstart=${this.#touch} @contextmenu=${(event) => event.preventDefault()}>
      <b>${(!this.sent && this.label) || time || WORDS[shown]}</b><small>${this.hint ?? HINTS[shown]}</small></button>`;
  }

  updated(changed) {
    if (!changed.has('phase') && !changed.has('round')) return;
    this.#painted = null;
    stayAwake(!this.muted && !['idle', 'ready'].includes(this.phase));
    if (this.phase === 'locked') cue('foul', this.muted);
    if (this.phase !== 'go') return;
    // Only a page that waited saw GO come: not one that was locked, or was opened, when it came.
    const surprised = changed.get('phase') === 'wait';
    const round = this.round;
    // The frame that runs this is the frame that paints what was just rendered.
    requestAnimationFrame((now) => {
      if (surprised && this.phase === 'go' && this.round === round) this.#painted = now;
      cue('go', this.muted);
    });
  }

  #point(event) {
    if (event.isPrimary && event.button === 0) this.#press(event);
  }

  // The click that ends a tap would land on whatever the vanished GO had covered.
  #touch = {
    handleEvent: (event) => (this.phase === 'go' || this.shield) && event.preventDefault(),
    passive: false,
  };

  #key(event) {
    if (event.code !== 'Space' && event.key !== 'Enter') return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const [target] = event.composedPath();
    const ours = this.renderRoot.contains(target);
    // GO covers every other control, so then only writing goes before the space bar.
    const first = this.phase === 'go' && event.code === 'Space' ? WRITING : CONTROLS;
    const busy = !ours && target instanceof Element && target.closest(first);
    const asked = ours || ['wait', 'go', 'pressed', 'locked'].includes(this.phase);
    if (busy || !asked) return;
    event.preventDefault();
    this.#swallowed = event.code === 'Space';
    if (!event.repeat) this.#press(event);
  }

  #press(event) {
    if (this.sent || !OPEN.includes(this.phase)) return;
    const reaction = this.#painted === null ? null : Math.max(0, event.timeStamp - this.#painted);
    this.#reaction = reaction;
    this.sent = this.phase !== 'ready';
    this.shield = this.phase === 'go';
    clearTimeout(this.#calm);
    this.#calm = setTimeout(() => { this.shield = false; }, SHIELD);
    clearTimeout(this.#hope);
    this.#hope = setTimeout(() => { this.sent = false; }, HOPE);
    const detail = { round: this.round, reaction };
    this.dispatchEvent(new CustomEvent('buzz', { detail, bubbles: true, composed: true }));
    cue('press', this.muted); // after the event: opening the sound device may take its time
  }
}

customElements.define('buzzer-pad', BuzzerPad);
