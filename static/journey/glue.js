// Datastar told in twenty lines: a regex, and some glue code.

const effects = [];
const signals = new Proxy({}, {
  set(all, name, value) {
    all[name] = value;
    effects.forEach((effect) => effect());
    return true;
  },
});

const run = (text) => Function('signals', `return ${text.replace(/\$(\w+)/g, 'signals.$1')}`)(signals);

const attributes = {
  text: (el, text) => effects.push(() => { el.textContent = run(text); }),
  bind: (el, name) => el.addEventListener('input', () => { signals[name] = el.value; }),
  click: (el, text) => el.addEventListener('click', () => run(text)),
  get: (el, url) => el.addEventListener('click', async () => {
    const piece = new DOMParser().parseFromString(await (await fetch(url)).text(), 'text/html').body.firstChild;
    document.getElementById(piece.id).replaceWith(piece);
  }),
};

for (const [name, apply] of Object.entries(attributes)) {
  for (const el of document.querySelectorAll(`[glue-${name}]`)) apply(el, el.getAttribute(`glue-${name}`));
}
effects.forEach((effect) => effect());
