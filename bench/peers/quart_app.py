"""Quart under hypercorn: the generator and the broker of Quart's own documentation, with
datastar-py's decorator."""

import asyncio

import page
from datastar_py.quart import ServerSentEventGenerator as SSE
from datastar_py.quart import datastar_response
from quart import Quart, request

app = Quart(__name__)
app.config["RESPONSE_TIMEOUT"] = None
screens: set[asyncio.Queue] = set()
state = {"n": "10"}


@app.get("/live")
@datastar_response
async def live():
    me, queue = request.args["me"], asyncio.Queue()
    screens.add(queue)
    try:
        event = SSE.patch_elements(page.shared(state["n"]))
        while True:
            yield event
            if page.OWN:
                yield SSE.patch_elements(page.own(me, state["n"]))
            event = await queue.get()
    finally:
        screens.discard(queue)


@app.post("/change")
async def change():
    state["n"] = request.args["n"]
    event = SSE.patch_elements(page.shared(state["n"]))
    for queue in screens:
        queue.put_nowait(event)
    return "", 204


@app.post("/move")
async def move():
    return "", 204
