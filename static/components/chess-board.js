// The chess board: legal moves by click, drag or keyboard, a choice when a pawn arrives, and the clocks.

import { LitElement, css, html, nothing } from 'lit';
import 'gchessboard';
import { cue } from '../senses.js';
import { say } from '../words.js';

const PIECES = { q: say('Queen'), r: say('Rook'), b: say('Bishop'), n: say('Knight') };
const GLYPHS = { q: '♛', r: '♜', b: '♝', n: '♞' };
const LOW = 20; // seconds: from here on tenths are shown

// The board brings its look as an inline style, which our pages do not allow; it is adopted instead,
// before the board is in the page.
let look;

function board() {
  const made = document.createElement('g-chess-board');
  const inline = made.shadowRoot.querySelector('style');
  if (!look) {
    look = new CSSStyleSheet();
    look.replaceSync(`${inline.textContent} .wrapper.inside > .coords > .coord.coord { color: #33208a; }`);
  }
  inline.remove();
  const marks = new CSSStyleSheet();
  made.shadowRoot.adoptedStyleSheets = [look, marks];
  return { made, marks };
}

function words(seconds) {
  const tenths = Math.ceil(seconds * 10) / 10;
  if (tenths < LOW) return `0:${tenths.toFixed(1).padStart(4, '0')}`;
  const whole = Math.ceil(seconds);
  const two = (n) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

// Attributes in: fen, ply, moves (the legal ones: "e2e4 e2e3 ..."), turn, last ("e2 e4"), check ("e1"); side (white, black,
// or nothing: only watching), flipped, muted; white-left and black-left in seconds at the server's time `at`, runs (whose
// clock does), now (the server's time when this was set). Slots: white, black: what stands beside their clocks.
// Event out: move, with {move: "e7e8q", ply, took: ms from the frame that showed the position, or null}.
export class ChessBoard extends LitElement {
  static properties = {
    fen: {}, ply: { type: Number }, moves: {}, turn: {}, last: {}, check: {}, side: {}, flipped: { type: Boolean }, muted: { type: Boolean },
    whiteLeft: { type: Number, attribute: 'white-left' }, blackLeft: { type: Number, attribute: 'black-left' },
    at: { type: Number }, runs: {}, now: { type: Number }, pawn: { state: true },
  };

  static styles = css`
    :host { display: grid; grid-template-columns: minmax(0, 1fr); gap: .4rem; inline-size: 100%; max-inline-size: max(20rem, 100svh - var(--above, 22.5rem)); margin-inline: auto; }
    g-chess-board {
      --square-color-light: #f3ebff; --square-color-dark: #a58fdc; --inner-border-width: 0px;
      --square-color-light-hover: #ffe28a; --square-color-dark-hover: #f3c53c;
      --square-color-light-active: #ffd75e; --square-color-dark-active: #f0bb1e;
      --outline-color-light-active: #1b1430; --outline-color-dark-active: #1b1430; --outline-color-focus: #2440e8;
      --move-target-marker-color-light-square: #4b2fb8; --move-target-marker-color-dark-square: #33208a;
      --coords-font-size: .75rem; --coords-font-family: inherit; --piece-drag-coarse-scale: 1.8;
      border: 3px solid var(--line, #1b1430); border-radius: .6rem; overflow: clip;
    }
    .bar { display: flex; align-items: center; gap: .6rem; min-block-size: 2.5rem; }
    ::slotted(*), slot { flex: 1; min-inline-size: 0; }
    time {
      padding: .15rem .6rem; font-size: 1.35rem; font-weight: 800; font-variant-numeric: tabular-nums; border-radius: .6rem;
      background: var(--card, #fffdf8); color: var(--ink, #1b1430); border: 2px solid var(--line, #1b1430);
    }
    time.runs { background: var(--accent, #ffc928); color: var(--ink-on, #1b1430); }
    time.runs.low { background: #c81e3a; color: #fff; }
    dialog { color: inherit; background: var(--card, #fffdf8); border: 3px solid var(--line, #1b1430); border-radius: 1.25rem; padding: 1.2rem; }
    dialog::backdrop { background: rgb(10 7 22 / .5); }
    h2 { margin: 0 0 .8rem; font-size: 1.2rem; font-weight: 900; }
    .choice { display: grid; grid-template-columns: repeat(2, minmax(7rem, 1fr)); gap: .6rem; }
    .choice .away { grid-column: 1 / -1; }
    button {
      min-block-size: 3rem; padding: .4rem 1rem; font: inherit; font-weight: 800; color: inherit; background: var(--calm, #efe6fb);
      border: 2px solid var(--line, #1b1430); border-radius: .8rem; cursor: pointer; touch-action: manipulation;
    }
    button span { font-size: 1.6rem; }
    button:focus-visible { outline: 3px solid var(--focus, #3d5afe); outline-offset: 2px; }
  `;

  #still = matchMedia('(prefers-reduced-motion: reduce)');
  #skew = Infinity; // seconds: this device's clock less the server's
  #sent = false;
  #seen = null;
  #ticking;

  constructor() {
    super();
    ({ made: this.board, marks: this.marks } = board());
    this.board.animationDuration = 0;
    this.board.addEventListener('movestart', ({ detail }) => detail.setTargets(this.#targets(detail.from)));
    this.board.addEventListener('moveend', ({ detail }) => this.#moved(detail.from + detail.to));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#ticking);
  }

  connectedCallback() {
    super.connectedCallback();
    this.#tick();
  }

  get near() {
    return (this.side === 'black') !== Boolean(this.flipped) ? 'black' : 'white';
  }

  get myTurn() {
    return this.side && this.side === this.turn && !this.#sent;
  }

  // A refused move goes back: what the server last said is shown again.
  back() {
    this.#sent = false;
    this.pawn = '';
    this.board.cancelMove();
    this.board.fen = this.fen;
  }

  willUpdate(changed) {
    if (changed.has('now') && this.now) this.#skew = Date.now() / 1000 - this.now;
    // A drawing that comes late makes the server's clock look slower than it is, never faster.
    else if (changed.has('at')) this.#skew = Math.min(this.#skew, Date.now() / 1000 - this.at);
    if (changed.has('ply')) this.pawn = '';
  }

  render() {
    const [far, near] = this.near === 'black' ? ['white', 'black'] : ['black', 'white'];
    return html`${this.#bar(far)}${this.board}${this.#bar(near)}
      <dialog aria-labelledby="choose" @cancel=${() => this.back()}>
        <h2 id="choose">${say('Promote to')}</h2>
        <div class="choice">
          ${Object.keys(PIECES).map((p) => html`<button type="button" @click=${() => this.#promote(p)}><span aria-hidden="true">${GLYPHS[p]}</span> ${PIECES[p]}</button>`)}
          <button type="button" class="away" @click=${() => this.back()}>${say('Another move')}</button>
        </div>
      </dialog>`;
  }

  #bar(side) {
    const left = this.#left(side);
    const runs = this.runs === side;
    const name = side === 'white' ? say("White's clock") : say("Black's clock");
    return html`<div class="bar"><slot name=${side}></slot>${left === null ? nothing
      : html`<time role="timer" aria-label=${name} class="${runs ? 'runs' : ''} ${left < LOW ? 'low' : ''}">${words(left)}</time>`}</div>`;
  }

  #left(side) {
    const left = side === 'white' ? this.whiteLeft : this.blackLeft;
    if (left == null) return null;
    const spent = this.runs === side ? Math.max(0, Date.now() / 1000 - this.#skew - this.at) : 0;
    return Math.max(0, left - spent);
  }

  updated(changed) {
    if (changed.has('side') || changed.has('flipped')) {
      this.board.orientation = this.near;
    }
    if (changed.has('side')) {
      this.board.turn = this.side || undefined;
      this.board.interactive = Boolean(this.side);
    }
    if (changed.has('fen') || changed.has('ply')) this.#show(changed.get('ply'));
    if (changed.has('last') || changed.has('check')) this.#mark();
    if (changed.has('runs')) this.#tick();
    const dialog = this.renderRoot.querySelector('dialog');
    if (this.pawn && !dialog.open) dialog.showModal();
    if (!this.pawn && dialog.open) dialog.close();
  }

  #show(before) {
    const mine = this.#sent;
    this.#sent = false;
    this.board.fen = this.fen;
    this.board.animationDuration = this.#still.matches ? 0 : 150; // the first position is simply there
    if (before !== undefined && this.ply === before + 1 && !mine) cue('press', this.muted);
    this.#seen = null;
    const { ply } = this;
    requestAnimationFrame((now) => { if (this.ply === ply) this.#seen = now; });
  }

  #mark() {
    const squares = (this.last || '').split(' ').filter(Boolean).map((square) => `[data-square="${square}"]`);
    const rules = squares.map((square) => `${square}[data-square-color] { --p-square-color: #e9c75b; }`);
    if (this.check) rules.push(`[data-square="${this.check}"] { background-image: radial-gradient(#f21d3f 25%, #f21d3f00 72%); }`);
    this.marks.replaceSync(rules.join('\n'));
  }

  #tick() {
    clearInterval(this.#ticking);
    if (this.runs && this.whiteLeft != null) this.#ticking = setInterval(() => this.requestUpdate(), 100);
  }

  #targets(from) {
    if (!this.myTurn) return [];
    return (this.moves || '').split(' ').filter((move) => move.startsWith(from)).map((move) => move.slice(2, 4));
  }

  #moved(move) {
    if ((this.moves || '').split(' ').includes(`${move}q`)) this.pawn = move;
    else this.#send(move);
  }

  #promote(piece) {
    const move = this.pawn + piece;
    this.pawn = '';
    this.#send(move);
  }

  #send(move) {
    this.#sent = true;
    const took = this.#seen === null ? null : Math.max(0, performance.now() - this.#seen);
    const detail = { move, ply: this.ply, took };
    this.dispatchEvent(new CustomEvent('move', { detail, bubbles: true, composed: true }));
    cue('press', this.muted);
  }
}

customElements.define('chess-board', ChessBoard);
