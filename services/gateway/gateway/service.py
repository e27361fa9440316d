"""The card of the gateway: a server and a schema, no queues."""

from imece.service import Service

card = Service(name="gateway", about="HTTP API and web console", serves=True)
