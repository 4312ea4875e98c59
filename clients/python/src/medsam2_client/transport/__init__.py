"""How bytes get to the server and back, with Python's standard library alone: HTTP, WebSocket, SignalR."""
