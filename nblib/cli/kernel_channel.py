"""How the notebook server hands a kernel's messages to the page: at once."""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptChannel(ZMQChannelsWebsocketConnection):
    """jupyter_server's own, with TCP_NODELAY on the page's socket.

    Without it the second of two small messages waits until the page has acknowledged the first, which a page does
    after 40 ms: "busy" and then the picture that a slider asked for (Nagle's algorithm and delayed acknowledgements).
    """

    def connect(self):
        self.websocket_handler.set_nodelay(True)
        return super().connect()
