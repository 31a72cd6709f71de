// A button that fills up again after it was used; what the server draws inside works without it, too.

import { LitElement, css, html } from 'lit';

// Attributes in: wait (seconds until it is ready, when this was drawn), of (seconds that filling up takes), until (differs
// from one use to the next). Slot: a form.
export class CheerButton extends LitElement {
  static properties = { wait: { type: Number }, of: { type: Number }, until: {} };

  static styles = css`
    :host { position: relative; display: block; }
    i { position: absolute; inset: 0; clip-path: inset(0 0 100%); border-radius: 1rem; background: var(--paper, #fff6e5); opacity: .75; pointer-events: none; }
  `;

  #filling;

  constructor() {
    super();
    this.wait = 0;
    // Before the form hears of it: a click while it fills would only bring a refusal.
    this.addEventListener('click', (event) => this.#filling && (event.preventDefault(), event.stopPropagation()), { capture: true });
  }

  render() {
    return html`<slot @slotchange=${this.#mark}></slot><i></i>`;
  }

  updated(changed) {
    if (!changed.has('wait') && !changed.has('until')) return;
    this.#filling?.cancel();
    this.#filling = undefined;
    if (this.wait > 0) {
      const full = `inset(0 0 ${100 - (100 * this.wait) / this.of}%)`;
      this.#filling = this.renderRoot.querySelector('i').animate({ clipPath: [full, 'inset(0 0 100%)'] }, this.wait * 1000);
      this.#filling.onfinish = () => this.#ready();
    }
    this.#mark();
  }

  #ready() {
    this.#filling = undefined;
    this.#mark();
  }

  #mark() {
    this.querySelector('button')?.setAttribute('aria-disabled', this.#filling ? 'true' : 'false');
  }
}

customElements.define('cheer-button', CheerButton);
