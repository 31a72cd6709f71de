// The service worker keeps one page, and the files it takes, for when there is no line. It has no
// part in anything else: streams, forms and pages go the way they would go without it.
// A newer one begins when the last page of the older is closed: were it to take over at once, a page
// that is asked for in that moment might never come.

const PAGES = {{ pages|tojson }};
const FILES = {{ files|tojson }};
const HEADERS = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': {{ policy|tojson }} };
const SHELF = 'offline {{ mark }}';

async function fill() {
  const shelf = await caches.open(SHELF);
  await shelf.addAll(FILES);
}

async function tidy() {
  for (const name of await caches.keys()) if (![SHELF, 'reader'].includes(name)) await caches.delete(name);
}

async function page() {
  const told = await caches.match('/language');  // as the last page said
  return new Response(PAGES[await told?.text()] ?? PAGES.en, { status: 503, headers: HEADERS });
}

self.addEventListener('install', (event) => event.waitUntil(fill()));
self.addEventListener('activate', (event) => event.waitUntil(tidy()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  if (request.mode === 'navigate') {
    event.respondWith(fetch(request).catch(page));
  } else if (FILES.includes(new URL(request.url).pathname)) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});
