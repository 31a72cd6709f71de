// A bell behind a door: how far it is heard depends on two words.
class DoorBell extends HTMLElement {
  connectedCallback() {
    const inside = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    inside.innerHTML = '<button type="button" part="button"><slot></slot></button>';
    const button = inside.querySelector('button');
    button.onclick = () => button.dispatchEvent(new CustomEvent('ring', {
      bubbles: this.hasAttribute('bubbles'), // up the tree, from parent to parent
      composed: this.hasAttribute('composed'), // and out through the wall of a shadow root
    }));
  }
}

customElements.define('door-bell', DoorBell);
