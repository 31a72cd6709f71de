"""Starlette under uvicorn, with datastar-py's decorator and a queue for each screen."""

import asyncio

import page
from datastar_py.starlette import ServerSentEventGenerator as SSE
from datastar_py.starlette import datastar_response
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

screens: set[asyncio.Queue] = set()
state = {"n": "10"}


@datastar_response
async def live(request):
    me, queue = request.query_params["me"], asyncio.Queue()
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


async def change(request):
    state["n"] = request.query_params["n"]
    event = SSE.patch_elements(page.shared(state["n"]))
    for queue in screens:
        queue.put_nowait(event)
    return Response(status_code=204)


async def move(request):
    return Response(status_code=204)


app = Starlette(
    routes=[
        Route("/live", live),
        Route("/change", change, methods=["POST"]),
        Route("/move", move, methods=["POST"]),
    ]
)
