// A buzzer for one, played in the page alone: wait for GO, press, see how fast.

import { LitElement, css, html, nothing } from 'lit';
import { say } from '../words.js';
import './buzzer-pad.js';

const DELAY = [1500, 6000]; // ms before GO
const ANTICIPATION = 100; // ms: nobody reacts faster
const PAUSE = { pressed: 700, locked: 1200 }; // ms before the next round can begin
const KEPT = 5; // rounds that are shown

export class PracticeBuzzer extends LitElement {
  static properties = {
    muted: { type: Boolean }, phase: { state: true }, round: { state: true }, times: { state: true },
  };

  static styles = css`
    :host { display: grid; grid-template-rows: 1fr auto; gap: .75rem; }
    buzzer-pad { --biggest: 3.9rem; }
    ol { list-style: none; margin: 0; padding: 0; min-block-size: 2.2rem; display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; }
    li { padding: .2rem .7rem; border-radius: 99rem; background: var(--calm, #e8def9); font-weight: 700; font-variant-numeric: tabular-nums; }
    li.best { background: var(--go, #1fe07b); color: #06240f; }
    p { margin: 0; font-weight: 600; min-block-size: 1.5em; }
  `;

  #timer;

  constructor() {
    super();
    this.phase = 'ready';
    this.round = 0;
    this.times = [];
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  render() {
    const last = this.times.at(-1);
    const done = this.phase === 'pressed' || (this.phase === 'ready' && last);
    const best = Math.min(...this.times);
    const average = Math.round(this.times.reduce((sum, time) => sum + time, 0) / this.times.length);
    const told = last ? say('Last {last} ms. Best {best} ms, average {average} ms.', { last, best, average }) : say('No rounds yet.');
    return html`
      <buzzer-pad phase=${this.phase} round=${this.round} label=${done ? `${last} ms` : ''} hint=${done ? say('press for another round') : nothing}
        ?muted=${this.muted} @buzz=${this.#buzz}></buzzer-pad>
      <div>
        <p role="status">${told}</p>
        <ol aria-label=${say('Your last rounds')}>${this.times.map((time) => html`<li class=${time === best ? 'best' : ''}>${time} ms</li>`)}</ol>
      </div>`;
  }

  #to(phase, after, then) {
    clearTimeout(this.#timer);
    this.phase = phase;
    if (then) this.#timer = setTimeout(then, after);
  }

  #buzz(event) {
    event.stopPropagation(); // nobody outside plays this round
    const { reaction } = event.detail;
    const [least, most] = DELAY;
    if (this.phase === 'ready') {
      this.round += 1;
      this.#to('wait', least + Math.random() * (most - least), () => this.#to('go', 10_000, () => this.#to('ready')));
    } else if (reaction === null || reaction < ANTICIPATION) {
      this.#to('locked', PAUSE.locked, () => this.#to('ready'));
    } else {
      this.times = [...this.times, Math.round(reaction)].slice(-KEPT);
      this.#to('pressed', PAUSE.pressed, () => this.#to('ready'));
    }
  }
}

customElements.define('practice-buzzer', PracticeBuzzer);
