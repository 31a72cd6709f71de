// Plays a hidden tab, for those who cannot look at a page while they do not look at it.
window.hide = (ms) => {
  const look = () => document.dispatchEvent(new Event('visibilitychange'));
  Object.defineProperty(document, 'hidden', { value: true, configurable: true });
  look();
  setTimeout(() => { delete document.hidden; look(); }, ms);
};
