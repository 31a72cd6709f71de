// A number comes in as an attribute, a tap goes out as an event. It knows nothing else.
class TapCounter extends HTMLElement {
  static observedAttributes = ['count'];

  connectedCallback() {
    this.inside ??= this.hasAttribute('naked') ? this : this.attachShadow({ mode: 'open' });
    this.inside.innerHTML = '<button type="button" part="button"></button>';
    this.onclick = () => this.dispatchEvent(new CustomEvent('tap', { bubbles: true }));
    this.attributeChangedCallback();
  }

  attributeChangedCallback() {
    this.inside?.querySelector('button')?.replaceChildren(this.getAttribute('count'));
  }
}

customElements.define('tap-counter', TapCounter);
