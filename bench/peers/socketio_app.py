"""Flask-SocketIO on gevent, over websockets: an emit to all, and one to each where they differ."""

import page
from flask import Flask, request
from flask_socketio import SocketIO, emit

app = Flask(__name__)
socketio = SocketIO(app, async_mode="gevent")
screens: dict[str, str] = {}
state = {"n": "10"}


@socketio.on("connect")
def live():
    screens[request.sid] = request.args["me"]
    emit("change", page.shared(state["n"]))
    if page.OWN:
        emit("change", page.own(request.args["me"], state["n"]))


@socketio.on("disconnect")
def gone():
    screens.pop(request.sid, None)


@app.post("/change")
def change():
    state["n"] = request.args["n"]
    socketio.emit("change", page.shared(state["n"]))
    if page.OWN:
        for sid, me in [*screens.items()]:
            socketio.emit("change", page.own(me, state["n"]), to=sid)
    return "", 204


@app.post("/move")
def move():
    return "", 204
