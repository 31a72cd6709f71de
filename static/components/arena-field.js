// The arena's field: your own avatar answers your keys at once, and all glide to where they are at each tick.

import { LitElement, css, html, nothing } from 'lit';
import { say } from '../words.js';

const UP = 1, RIGHT = 2, DOWN = 4, LEFT = 8;
const KEYS = {
  ArrowUp: UP, ArrowRight: RIGHT, ArrowDown: DOWN, ArrowLeft: LEFT, KeyW: UP, KeyD: RIGHT, KeyS: DOWN, KeyA: LEFT,
};
const PAD = [[UP, say('Up'), 'M12 4l8 12H4z'], [LEFT, say('Left'), 'M4 12l12-8v16z'], [RIGHT, say('Right'), 'M20 12L8 4v16z'], [DOWN, say('Down'), 'M12 20L4 8h16z']];
const EIGHTHS = [RIGHT, RIGHT | DOWN, DOWN, DOWN | LEFT, LEFT, LEFT | UP, UP, UP | RIGHT]; // clockwise from the right
const WRITING = 'input, textarea, select, summary, [contenteditable]';
const REPEAT = 1000; // ms: how often the page says again that keys are down
const BURST = 10, A_SECOND = 8; // messages: what the server takes for haste is a little more
const MEMORY = 1500; // ms: how far behind the server may be on my way
const REST = 700; // ms after the last key: by then the server has come to where I stand
const GLIDE = 90; // ms in which two thirds of a drift are gone
const STEP = 150; // ms that a click on the pad walks, without a finger that holds it
const NEAR = 130; // units to a neighbour
const WHERE = [
  say('You are at the top left.'), say('You are at the top.'), say('You are at the top right.'),
  say('You are at the left.'), say('You are in the middle.'), say('You are at the right.'),
  say('You are at the bottom left.'), say('You are at the bottom.'), say('You are at the bottom right.'),
];
const LEAST = 400; // CSS pixels: Twitch plays in nothing narrower

// Attributes in: at (the number of this tick), places ("p1,800,450 p2,840,450,2,1234 ...": where each stands, or where a
// walker was at which tick, with which keys since), names (the id of a list of `data-player`s), me, size ("1600 900"),
// edge and speed (units, a second), rate (ticks, a second), still (while paused), pops ("p1:heart ..."), emotes (a picture with a view of
// each), channel (of Twitch). Event out: keys, with {n, keys}: what is held, with a counter that only goes up.
export class ArenaField extends LitElement {
  static properties = {
    at: { type: Number }, places: {}, names: {}, me: {}, size: {}, edge: { type: Number }, speed: { type: Number },
    rate: { type: Number }, still: { type: Boolean }, pops: {}, emotes: {}, channel: {}, wide: { state: true }, where: { state: true },
  };

  static styles = css`
    :host { display: grid; gap: .6rem; container-type: inline-size; }
    * { box-sizing: border-box; }
    p { margin: 0; }
    .quiet { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    .both { display: grid; gap: .6rem; align-items: center; }
    iframe { display: block; inline-size: 100%; min-inline-size: 400px; min-block-size: 300px; aspect-ratio: 16 / 9; border: 0; border-radius: 1rem; background: #000; }
    .twitch p { padding: .3rem .6rem; font-weight: 600; }
    a { color: inherit; display: inline-block; padding-block: .65rem; }
    .field {
      position: relative; aspect-ratio: var(--shape, 16 / 9); container-type: size; overflow: hidden; isolation: isolate; border-radius: 1rem;
      background: var(--card, #fffdf8) radial-gradient(circle, var(--calm, #efe6fb) 12%, transparent 13%) 0 0 / 6.25cqw 6.25cqw;
    }
    .avatar {
      position: absolute; inset-block-start: 0; inset-inline-start: 0; inline-size: max(3.5cqw, 1.15rem); aspect-ratio: 1; border-radius: 50%;
      display: grid; place-content: center; font-weight: 900; font-size: max(1.6cqw, .6rem); line-height: 1; color: #1b1430;
      border: max(2px, .25cqw) solid #1b1430; direction: ltr; transition: translate .13s linear;
    }
    .avatar::after {
      content: attr(data-name); position: absolute; inset-block-start: 100%; inset-inline: -3cqw; text-align: center; white-space: nowrap;
      overflow: hidden; text-overflow: ellipsis; font-weight: 700; font-size: max(1.3cqw, .58rem); line-height: 1.3; color: var(--ink, #1b1430);
    }
    .me { z-index: 1; transition: none; outline: max(3px, .3cqw) solid var(--accent, #ffc928); }
    .me::after { margin-block-start: .2em; }
    .avatar img {
      position: absolute; inset-block-end: 90%; inset-inline-start: 50%; translate: -50%; inline-size: max(4.4cqw, 2rem); aspect-ratio: 1; z-index: 2;
    }
    .pad { position: relative; inline-size: 11rem; aspect-ratio: 1; margin-inline: auto; border-radius: 50%; background: var(--card, #fffdf8); touch-action: none; }
    .pad:not(:focus-within) { display: none; }
    @media (any-pointer: coarse) { .pad:not(:focus-within) { display: block; } }
    .pad button {
      position: absolute; inline-size: 3.4rem; block-size: 3.4rem; padding: .8rem; border: 0; background: none; color: var(--ink, #1b1430); border-radius: 50%;
      touch-action: none; user-select: none; -webkit-user-select: none; -webkit-touch-callout: none; -webkit-tap-highlight-color: transparent;
    }
    .pad svg { display: block; fill: currentColor; pointer-events: none; }
    .pad .held { background: var(--accent, #ffc928); color: #1b1430; }
    .pad button:focus-visible { outline: 3px solid var(--focus, #3d5afe); }
    .k1, .k4 { left: calc(50% - 1.7rem); } .k2, .k8 { top: calc(50% - 1.7rem); }
    .k1 { top: .3rem; } .k2 { right: .3rem; } .k4 { bottom: .3rem; } .k8 { left: .3rem; }
    @container (min-width: 70rem) { .both:has(.twitch) { grid-template-columns: 1fr 1fr; } }
    @media (prefers-reduced-motion: no-preference) { .avatar img { animation: pop .25s cubic-bezier(.2, 1.6, .4, 1); } }
    @keyframes pop { from { scale: 0; } }
  `;

  #avatars = new Map(); // by player: {el, x, y, at the server}
  #down = new Set(); // codes of the keys that are down
  #touched = 0;
  #keys = 0;
  #n = Date.now(); // above what this page said before it was reloaded
  #budget = BURST;
  #counted = 0;
  #again;
  #late;
  #frame = 0;
  #painted = 0;
  #released = -REST;
  #settling;
  #x = 0; // where my avatar is shown
  #y = 0;
  #drift = [0, 0]; // how far that is from where it should be
  #trail = []; // [time, x, y] of my way
  #framed; // whether this page may show the player: that was settled when it was loaded
  #watch = new ResizeObserver(([{ contentRect }]) => { this.wide = contentRect.width >= LEAST; });
  #listeners;

  connectedCallback() {
    super.connectedCallback();
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    window.addEventListener('keydown', (event) => this.#press(event), { signal });
    window.addEventListener('keyup', (event) => this.#down.delete(event.code) && this.#hold(), { signal });
    window.addEventListener('blur', () => this.#letGo(), { signal });
    document.addEventListener('visibilitychange', () => document.hidden && this.#letGo(), { signal });
    this.#watch.observe(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#letGo();
    this.#listeners.abort();
    this.#watch.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    for (const timer of [this.#again, this.#late, this.#settling]) clearTimeout(timer);
  }

  render() {
    this.#framed ??= Boolean(this.channel);
    return html`<div class="both">${this.channel ? this.#twitch() : nothing}<div class="field" aria-hidden="true"></div></div>
      ${this.#mine ? html`<div class="pad" role="group" aria-label=${say('Walk')} @pointerdown=${this.#touch} @pointermove=${this.#touch} @pointerup=${this.#lift}
        @pointercancel=${this.#lift} @contextmenu=${(event) => event.preventDefault()}>${PAD.map(([key, name, path]) => html`
        <button type="button" class="k${key}" aria-label=${name} @click=${(event) => this.#click(event, key)}><svg viewBox="0 0 24 24" aria-hidden="true"><path d=${path} /></svg></button>`)}</div>` : nothing}
      <p class="quiet" role="status" aria-label=${say('Where you are')}>${this.where}</p>`;
  }

  #twitch() {
    const words = say('Watch {channel} on Twitch', { channel: this.channel });
    const link = html`<a href="https://www.twitch.tv/${this.channel}" target="_blank" rel="noopener">${words}</a>`;
    if (!window.isSecureContext) return html`<div class="twitch"><p>${say('Twitch plays only on pages with HTTPS.')} ${link}</p></div>`;
    if (!this.wide || !this.#framed) return html`<div class="twitch"><p>${link}</p></div>`;
    const query = new URLSearchParams({ channel: this.channel, parent: window.location.hostname, muted: 'true' });
    return html`<div class="twitch"><iframe title="Twitch: ${this.channel}" src="https://player.twitch.tv/?${query}" allow="autoplay; fullscreen"></iframe>
      <p>${say('No picture?')} ${link}</p></div>`;
  }

  get #mine() {
    return this.me && new RegExp(`(^| )${this.me},`).test(this.places);
  }

  updated(changed) {
    if (['at', 'places', 'me', 'size', 'names'].some((name) => changed.has(name))) this.#look();
    if (changed.has('pops') || changed.has('places')) this.#pop();
    if (changed.has('still') && this.still) this.#letGo();
  }

  // Everybody is where the server says, or on the way there.
  #look() {
    const [width, height] = this.size.split(' ').map(Number);
    const field = this.renderRoot.querySelector('.field');
    const gone = new Set(this.#avatars.keys());
    for (const place of this.places ? this.places.split(' ') : []) {
      const [player, ...told] = place.split(',');
      const [fromX, fromY, keys = 0, since = this.at] = told.map(Number);
      const [x, y] = this.#way(fromX, fromY, keys, Math.max(0, this.at - since) / this.rate);
      gone.delete(player);
      const known = this.#avatars.get(player);
      const avatar = known ?? this.#enter(player);
      const moved = avatar.x !== x || avatar.y !== y;
      Object.assign(avatar, { x, y });
      const mine = player === this.me;
      if (mine && !avatar.mine) [this.#x, this.#y, this.#trail, this.#drift] = [avatar.x, avatar.y, [], [0, 0]];
      if (mine !== Boolean(avatar.mine)) avatar.el.classList.toggle('me', avatar.mine = mine);
      if (mine) this.#compare();
      else if (moved || !known) this.#put(avatar.el, avatar.x, avatar.y, width, height);
      if (!known) field.append(avatar.el);
    }
    for (const player of gone) {
      this.#avatars.get(player).el.remove();
      this.#avatars.delete(player);
    }
    if (!this.#mine) this.#letGo();
  }

  // Where these keys lead from there in so many seconds. The server reckons it alike: see myapp/games/arena.py.
  #way(x, y, keys, seconds) {
    const [width, height] = this.size.split(' ').map(Number);
    const across = ((keys & RIGHT) > 0) - ((keys & LEFT) > 0);
    const down = ((keys & DOWN) > 0) - ((keys & UP) > 0);
    const far = (this.speed * seconds) / (Math.hypot(across, down) || 1);
    const inside = (at, whole) => Math.min(Math.max(at, this.edge), whole - this.edge);
    return [inside(x + across * far, width), inside(y + down * far, height)];
  }

  #enter(player) {
    const name = document.querySelector(`#${this.names} [data-player="${player}"]`)?.textContent ?? '';
    const el = document.createElement('div');
    el.className = 'avatar';
    el.dataset.name = name;
    el.textContent = [...name][0] ?? '';
    el.style.background = `hsl(${(Number(player.slice(1)) * 137.508) % 360} 75% 70%)`; // far from its neighbours'
    const avatar = { el };
    this.#avatars.set(player, avatar);
    return avatar;
  }

  #put(el, x, y, width, height) {
    el.style.translate = `calc(${(x / width * 100).toFixed(3)}cqw - 50%) calc(${(y / height * 100).toFixed(3)}cqh - 50%)`;
  }

  #pop() {
    const shown = new Map((this.pops || '').split(' ').filter(Boolean).map((pop) => pop.split(':')));
    for (const [player, { el }] of this.#avatars) {
      const emote = shown.get(player);
      if (el.dataset.pop === emote) continue;
      el.querySelector('img')?.remove();
      if (!emote) {
        delete el.dataset.pop;
        continue;
      }
      el.dataset.pop = emote;
      el.append(Object.assign(new Image(), { src: `${this.emotes}#${emote}`, alt: '' }));
    }
  }

  // The server comes after me on my own way; only how far it is from that way is drift.
  #compare() {
    const { x, y } = this.#avatars.get(this.me);
    const now = performance.now();
    const resting = !this.#keys && now - this.#released >= REST;
    this.#trail = this.#trail.filter(([at]) => now - at < MEMORY);
    const way = resting ? [[now, this.#x, this.#y]] : [...this.#trail, [now, this.#x, this.#y]];
    const far = ([, ownX, ownY]) => (x - ownX) ** 2 + (y - ownY) ** 2;
    const [, nearX, nearY] = way.reduce((best, point) => (far(point) <= far(best) ? point : best));
    this.#drift = [x - nearX, y - nearY];
    this.#run();
  }

  #run() {
    if (this.#frame) return;
    this.#painted = performance.now();
    this.#frame = requestAnimationFrame((now) => this.#walk(now));
  }

  #walk(now) {
    this.#frame = 0;
    const [width, height] = this.size.split(' ').map(Number);
    const passed = Math.max(0, now - this.#painted);
    this.#painted = now;
    const glided = 1 - Math.exp(-passed / GLIDE);
    const [driftX, driftY] = this.#drift.map((drift) => drift * glided);
    this.#drift = [this.#drift[0] - driftX, this.#drift[1] - driftY];
    for (const point of this.#trail) {
      point[1] += driftX;
      point[2] += driftY;
    }
    [this.#x, this.#y] = this.#way(this.#x + driftX, this.#y + driftY, this.#keys, passed / 1000);
    this.#trail.push([now, this.#x, this.#y]);
    const avatar = this.#avatars.get(this.me);
    if (!avatar) return;
    this.#put(avatar.el, this.#x, this.#y, width, height);
    if (this.#keys || Math.hypot(...this.#drift) > 0.5) {
      this.#frame = requestAnimationFrame((then) => this.#walk(then));
    }
  }

  #press(event) {
    const key = KEYS[event.code];
    const [target] = event.composedPath();
    if (!key || !this.#mine || this.still || event.ctrlKey || event.altKey || event.metaKey) return;
    if (target instanceof Element && target.closest(WRITING)) return;
    event.preventDefault();
    if (event.repeat) return;
    this.#down.add(event.code);
    this.#hold();
  }

  // A finger on the pad points where to go.
  #touch(event) {
    if (event.type === 'pointermove' && !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    if (!event.isPrimary || event.button > 0 || this.still) return;
    const pad = event.currentTarget.getBoundingClientRect();
    const angle = Math.atan2(event.clientY - pad.y - pad.height / 2, event.clientX - pad.x - pad.width / 2);
    event.currentTarget.setPointerCapture(event.pointerId);
    this.#touched = EIGHTHS[(Math.round(angle / (Math.PI / 4)) + 8) % 8];
    this.#hold();
  }

  #lift() {
    this.#touched = 0;
    this.#hold();
  }

  // A click that no finger made: by keyboard or a screen reader.
  #click(event, key) {
    if (event.detail || this.still) return;
    this.#touched = key;
    this.#hold();
    setTimeout(() => this.#lift(), STEP);
  }

  #letGo() {
    this.#down.clear();
    this.#touched = 0;
    this.#hold();
  }

  #hold() {
    const keys = [...this.#down].reduce((all, code) => all | KEYS[code], this.#touched);
    if (keys === this.#keys) return;
    if (this.#frame) this.#walk(performance.now()); // as far as the keys before led
    else this.#run();
    this.#keys = keys;
    for (const [key] of PAD) this.renderRoot.querySelector(`.k${key}`)?.classList.toggle('held', (keys & key) > 0);
    clearTimeout(this.#settling);
    if (!keys) {
      this.#released = performance.now();
      this.#settling = setTimeout(() => this.#settle(), REST);
    }
    this.#send();
  }

  #settle() {
    const avatar = this.#avatars.get(this.me);
    if (!avatar) return;
    this.#compare();
    const [width, height] = this.size.split(' ').map(Number);
    const third = (part, whole) => Math.min(2, Math.floor((part / whole) * 3));
    const near = [...this.#avatars.values()].filter((other) => other !== avatar && Math.hypot(other.x - avatar.x, other.y - avatar.y) < NEAR);
    const names = near.slice(0, 3).map(({ el }) => el.dataset.name).join(', ');
    const place = WHERE[third(avatar.y, height) * 3 + third(avatar.x, width)];
    this.where = names ? say('{place} Near you: {names}.', { place, names }) : place;
  }

  #send() {
    clearTimeout(this.#again);
    clearTimeout(this.#late);
    const now = performance.now();
    this.#budget = Math.min(BURST, this.#budget + ((now - this.#counted) * A_SECOND) / 1000);
    this.#counted = now;
    if (this.#budget < 1) {
      this.#late = setTimeout(() => this.#send(), 1000 / A_SECOND);
      return;
    }
    this.#budget -= 1;
    this.#n += 1;
    const detail = { n: this.#n, keys: this.#keys };
    this.dispatchEvent(new CustomEvent('keys', { detail, bubbles: true, composed: true }));
    if (this.#keys) this.#again = setTimeout(() => this.#send(), REPEAT);
  }
}

customElements.define('arena-field', ArenaField);
