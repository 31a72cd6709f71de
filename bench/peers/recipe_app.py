"""The usual recipe: Flask on gunicorn's own gevent worker, a queue for each subscriber."""

import page
from datastar_py import SSE_HEADERS
from datastar_py import ServerSentEventGenerator as SSE
from flask import Flask, Response, request
from gevent.queue import Queue

app = Flask(__name__)
screens: set[Queue] = set()
state = {"n": "10"}


@app.get("/live")
def live():
    me = request.args["me"]

    def events():
        queue = Queue()
        screens.add(queue)
        try:
            event = SSE.patch_elements(page.shared(state["n"]))
            while True:
                yield event
                if page.OWN:
                    yield SSE.patch_elements(page.own(me, state["n"]))
                event = queue.get()
        finally:
            screens.discard(queue)

    return Response(events(), headers=SSE_HEADERS)


@app.post("/change")
def change():
    state["n"] = request.args["n"]
    event = SSE.patch_elements(page.shared(state["n"]))
    for queue in screens:
        queue.put(event)
    return "", 204


@app.post("/move")
def move():
    return "", 204
