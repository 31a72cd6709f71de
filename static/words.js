// What scripts say, in the language of the page: the server brings the words of any but English.

const words = JSON.parse(document.querySelector('meta[name=words]')?.content ?? '{}');

export const say = (sentence, fields = {}) =>
  (words[sentence] ?? sentence).replace(/\{(\w+)\}/g, (_, name) => fields[name]);
