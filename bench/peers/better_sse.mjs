// Node's own http server with better-sse: a session for each screen, a channel for all of them.

import { createServer } from "node:http";
import { createChannel, createSession } from "better-sse";

const [SHARED, OWN, PORT] = ["BENCH_SHARED", "BENCH_OWN", "BENCH_PORT"].map(name => Number(process.env[name]));
const FRAME = "event: datastar-patch-elements\ndata: elements \n\n".length;
const channel = createChannel();
let n = "10";

const padded = (head, size) => head.padEnd(size - FRAME - "</div>".length, "x") + "</div>";
const shared = () => "elements " + padded(`<div id="table">goal ${n} `, SHARED);
const own = me => "elements " + padded(`<div id="me">yours ${n} ${me} `, OWN);

createServer(async (request, response) => {
  const url = new URL(request.url, "http://here");
  if (url.pathname === "/live") {
    const session = await createSession(request, response, { serializer: String });
    session.state.me = url.searchParams.get("me");
    session.push(shared(), "datastar-patch-elements");
    if (OWN) session.push(own(session.state.me), "datastar-patch-elements");
    channel.register(session);
    return;
  }
  if (url.pathname === "/change") {
    n = url.searchParams.get("n");
    channel.broadcast(shared(), "datastar-patch-elements");
    if (OWN) for (const session of channel.activeSessions) session.push(own(session.state.me), "datastar-patch-elements");
  }
  response.writeHead(204).end();
}).listen(PORT, "127.0.0.1", 4096);
