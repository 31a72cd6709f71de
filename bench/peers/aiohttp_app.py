"""aiohttp on uvloop: a StreamResponse for each screen, and one loop that writes to all of them."""

import asyncio
import os

import page
import uvloop
from aiohttp import web

screens: dict[web.StreamResponse, str] = {}
state = {"n": "10"}
HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}


async def live(request):
    response = web.StreamResponse(headers=HEADERS)
    me = request.query["me"]
    await response.prepare(request)
    await show(response, me, page.event(page.shared(state["n"])))
    screens[response] = me
    await asyncio.Event().wait()


async def show(response, me, event):
    if page.OWN:
        event += page.event(page.own(me, state["n"]))
    await response.write(event)


async def change(request):
    state["n"] = request.query["n"]
    event = page.event(page.shared(state["n"]))
    for response, me in [*screens.items()]:
        try:
            await show(response, me, event)
        except ConnectionResetError:
            screens.pop(response, None)
    return web.Response(status=204)


async def move(request):
    return web.Response(status=204)


app = web.Application()
app.add_routes([web.get("/live", live), web.post("/change", change), web.post("/move", move)])
uvloop.install()
port = int(os.environ["BENCH_PORT"])
web.run_app(app, host="127.0.0.1", port=port, access_log=None, backlog=4096)
