// The service worker keeps one page, and the files it takes, for when there is no line. It has no
// part in anything else: streams, forms and pages go the way they would go without it.

const PAGE = {{ page|tojson }};
const FILES = {{ files|tojson }};
const HEADERS = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': {{ policy|tojson }} };
const SHELF = 'offline {{ mark }}';

async function fill() {
  const shelf = await caches.open(SHELF);
  await shelf.addAll(FILES);
  await self.skipWaiting();
}

async function tidy() {
  for (const name of await caches.keys()) if (name !== SHELF) await caches.delete(name);
  await self.clients.claim();
}

self.addEventListener('install', (event) => event.waitUntil(fill()));
self.addEventListener('activate', (event) => event.waitUntil(tidy()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  if (request.mode === 'navigate') {
    event.respondWith(fetch(request).catch(() => new Response(PAGE, { status: 503, headers: HEADERS })));
  } else if (FILES.includes(new URL(request.url).pathname)) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});
