// A scratch card: foil over nine buttons, that a finger, a mouse or a key takes off.

import { LitElement, css, html } from 'lit';
import { Foil } from '../foil.js';
import { cue } from '../senses.js';
import { Shavings } from '../shavings.js';

const SIDE = 3; // cells in a row
const ENOUGH = .45; // of a cell's foil must be off before the server is asked
const TAP = 8; // px: who moves less does not scratch, but taps
const HOPE = 4000; // ms to wait for an answer before the foil comes back
const ZIGZAG = [[.12, .2], [.88, .16], [.14, .5], [.86, .46], [.14, .8], [.88, .8]]; // how a tap scratches
const SWEEP = 320; // ms it takes
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -SIDE, ArrowDown: SIDE };

const calm = matchMedia('(prefers-reduced-motion: reduce)');
const one = (...choices) => choices[Math.floor(Math.random() * choices.length)];

// Attributes in: round, phase (play, still), open (the uncovered cells, as "4 0 8"), won (what won), muted.
// Inside: nine buttons, the cells, in order. What is under the foil comes only when `open` says so.
// Event out: scratch, with {round, cell}: enough of the foil is off.
export class ScratchCard extends LitElement {
  static properties = { round: { type: Number }, phase: {}, open: {}, won: {}, muted: { type: Boolean } };

  static styles = css`
    :host { position: relative; overflow: hidden; user-select: none; -webkit-user-select: none; -webkit-touch-callout: none; -webkit-tap-highlight-color: transparent; }
    :host([phase=play]) { touch-action: none; cursor: crosshair; }
    canvas, .shine { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; pointer-events: none; }
    .shine { display: none; background: linear-gradient(115deg, transparent 40%, rgb(255 255 255 / .85) 50%, transparent 60%) no-repeat 150% 0 / 250% 100%; }
    @media (prefers-reduced-motion: no-preference) {
      .shine.on { display: block; animation: shine .9s ease-out 2 both; }
    }
    @keyframes shine { to { background-position: -50% 0; } }
  `;

  #cells = Array.from({ length: SIDE * SIDE }, (_, n) => ({ n, foil: new Foil(String(n + 1)), open: false, asked: false }));
  #dust = new Shavings(() => this.#pen('dust'));
  #sizes = new ResizeObserver(() => this.hasUpdated && this.#paint());
  #fingers = new Map(); // by pointer: where it is, and whether it has only tapped so far
  #pointed = false; // a click to come is the end of a tap
  #corner = [0, 0]; // of the canvas, in the window

  constructor() {
    super();
    this.addEventListener('pointerdown', this.#down);
    this.addEventListener('pointermove', this.#move);
    this.addEventListener('pointerup', this.#up);
    for (const gone of ['pointercancel', 'pointerleave']) this.addEventListener(gone, (event) => this.#fingers.delete(event.pointerId));
    this.addEventListener('click', this.#click);
    this.addEventListener('keydown', this.#key);
  }

  connectedCallback() {
    super.connectedCallback();
    this.#sizes.observe(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#sizes.disconnect();
    for (const cell of this.#cells) clearTimeout(cell.hope);
  }

  render() {
    return html`<slot></slot><canvas id="foil"></canvas><canvas id="dust"></canvas><div class="shine ${this.won ? 'on' : ''}"></div>`;
  }

  updated(changed) {
    const open = new Set((this.open || '').split(' ').filter(Boolean).map(Number));
    const dealt = changed.has('round');
    let back = false; // a replay covers what was open
    for (const cell of this.#cells) {
      const news = open.has(cell.n) && !cell.open;
      const gone = cell.open && !open.has(cell.n);
      cell.open = open.has(cell.n);
      if (dealt || news || gone) this.#renew(cell);
      if (news && !dealt) this.#reveal(cell);
      back ||= gone;
    }
    if (dealt || back) this.#paint();
    if (this.won && changed.has('won') && !dealt) this.#celebrate();
  }

  // What hands do

  #down = (event) => {
    if (this.phase !== 'play' || event.button !== 0) return;
    const at = this.#enter(event);
    this.#pointed = true;
    this.#fingers.get(event.pointerId).from = at;
    this.#scratch(at, at);
  };

  #move = (event) => {
    if (this.phase !== 'play' || !(event.buttons & 1)) return;
    if (!this.#fingers.has(event.pointerId)) this.#enter(event); // pressed elsewhere, and dragged in
    const finger = this.#fingers.get(event.pointerId);
    const between = event.getCoalescedEvents?.() ?? [];
    for (const point of between.length ? between : [event]) {
      const at = this.#at(point);
      if (finger.from && Math.hypot(at[0] - finger.from[0], at[1] - finger.from[1]) > TAP) finger.from = null;
      this.#scratch(finger.at, at);
      finger.at = at;
    }
  };

  #up = (event) => {
    const finger = this.#fingers.get(event.pointerId);
    this.#fingers.delete(event.pointerId);
    if (finger?.from) this.#sweep(this.#cells.find((cell) => cell.foil.holds(finger.at)));
  };

  // A key, a screen reader or a voice clicks without a pointer. The forms are for pages without scripts.
  #click = (event) => {
    event.preventDefault();
    const pointed = event.detail && this.#pointed;
    this.#pointed = false;
    if (!pointed) this.#sweep(this.#cells[this.#buttons.indexOf(event.target.closest('button'))]);
  };

  #key = (event) => {
    const from = this.#buttons.indexOf(event.target);
    const step = STEPS[event.key];
    if (from < 0 || !step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const sameRow = Math.floor(from / SIDE) === Math.floor((from + step) / SIDE);
    if (sameRow || Math.abs(step) === SIDE) this.#buttons[from + step]?.focus();
  };

  get #buttons() {
    return [...this.querySelectorAll('button')].slice(0, this.#cells.length);
  }

  #enter(event) {
    this.#measure();
    const at = this.#at(event);
    this.#fingers.set(event.pointerId, { at });
    return at;
  }

  #at(event) {
    return [event.clientX - this.#corner[0], event.clientY - this.#corner[1]];
  }

  // Scratch a whole cell, as a tap or a key asks for: dragging is not for everyone.
  #sweep(cell) {
    if (this.phase !== 'play' || !cell || cell.open || cell.asked || cell.swept) return;
    this.#measure();
    const { x, y, size } = cell.foil;
    const path = ZIGZAG.map(([right, down]) => [x + right * size, y + down * size]);
    const legs = path.length - 1;
    const began = performance.now();
    let [done, at] = [0, path[0]];
    cell.swept = true;
    const on = (now) => {
      const until = calm.matches ? legs : Math.min(legs, Math.max(0, now - began) * legs / SWEEP);
      while (done < until) {
        const leg = Math.floor(done);
        done = Math.min(until, leg + 1);
        const to = [0, 1].map((i) => path[leg][i] + (path[leg + 1][i] - path[leg][i]) * (done - leg));
        this.#scratch(at, to);
        at = to;
      }
      cell.swept = done < legs && this.isConnected;
      if (cell.swept) requestAnimationFrame(on);
    };
    on(began);
  }

  // Take foil off along a line; at once, for the finger must not wait for anybody.
  #scratch(from, to) {
    const pen = this.#pen('foil');
    let felt = false;
    for (const cell of this.#cells) {
      if (cell.open) continue;
      felt = cell.foil.scratch(pen, [...from, ...to]) || felt;
      if (!cell.asked && cell.foil.off >= ENOUGH) this.#ask(cell);
    }
    if (felt) this.#shave(to, Math.hypot(to[0] - from[0], to[1] - from[1]));
  }

  #ask(cell) {
    cell.asked = true;
    cell.hope = setTimeout(() => { // refused, or never heard
      this.#renew(cell);
      cell.foil.paint(this.#pen('foil'));
    }, HOPE);
    const detail = { round: this.round, cell: cell.n };
    this.dispatchEvent(new CustomEvent('scratch', { detail, bubbles: true, composed: true }));
    cue('press', this.muted); // after the event: opening the sound device may take its time
  }

  #renew(cell) {
    clearTimeout(cell.hope);
    cell.asked = false;
    cell.foil.renew();
  }

  // What one sees

  #measure() {
    const card = this.getBoundingClientRect();
    this.#corner = [card.left + this.clientLeft, card.top + this.clientTop]; // inside the border
    this.#buttons.forEach((button, n) => {
      const { x, y, width } = button.getBoundingClientRect();
      this.#cells[n].foil.place(x - this.#corner[0], y - this.#corner[1], width);
    });
  }

  #pen(id) {
    const canvas = this.renderRoot.getElementById(id);
    const sharp = Math.min(devicePixelRatio, 2);
    const [width, height] = [Math.round(this.clientWidth * sharp), Math.round(this.clientHeight * sharp)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const pen = canvas.getContext('2d');
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    return pen;
  }

  #paint() {
    this.#measure();
    const pen = this.#pen('foil');
    pen.clearRect(0, 0, this.clientWidth, this.clientHeight);
    for (const cell of this.#cells) if (!cell.open) cell.foil.paint(pen);
  }

  // The answer is there: what is left of the foil goes.
  #reveal(cell) {
    const { x, y, size } = cell.foil;
    const round = this.round;
    let frames = calm.matches ? 1 : 8;
    const fade = () => {
      if (this.round !== round || !cell.open) return;
      frames -= 1;
      cell.foil.fade(this.#pen('foil'), frames ? .3 : 1);
      if (frames) requestAnimationFrame(fade);
    };
    this.#shave([x + size / 2, y + size / 2], size);
    fade();
  }

  #shave([x, y], length) {
    this.#dust.fly(Math.min(8, Math.ceil(length / 7)), () => ({
      x, y, dx: (Math.random() - .5) * 240, dy: -Math.random() * 220,
      size: 2 + Math.random() * 4, colour: one('#8c92a4', '#c9cdd8', '#eef0f5'),
    }));
  }

  #celebrate() {
    cue('win', this.muted);
    this.#dust.fly(90, () => ({
      x: Math.random() * this.clientWidth, y: -Math.random() * 120, dx: (Math.random() - .5) * 60, dy: 60 + Math.random() * 120,
      size: 5 + Math.random() * 5, colour: one('#5b3fd6', '#1fe07b', '#fffdf8', '#e2304e'),
    }));
  }
}

customElements.define('scratch-card', ScratchCard);
