"""What needs a server of its own: logins, and a server that ends and comes back."""

import client_path  # noqa: F401
import hashlib
import socket
import unittest

import numpy as np

from medsam2_client import Client, ConnectionFailed, HubError, ServerError
from serving import Server
from test_rest import ball
from test_session import BOX

TOKENS = {"annotator": "a-long-secret-of-an-annotator", "user": "a-long-secret-of-a-user"}
LOGIN = [f"--MedSam2:Auth:Tokens:{role}={role}:{hashlib.sha256(token.encode()).hexdigest()}" for role, token in TOKENS.items()]


class OwnServerTests(unittest.TestCase):
    def setUp(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.server = Server(*LOGIN, urls=self.url)
        self.addCleanup(lambda: self.server.stop())

    def test_logins_and_a_session_that_outlives_its_server(self):
        self.login()
        session = Client(self.url, token=TOKENS["annotator"]).session(ball())
        session.prompt(box=BOX)
        session.propagate([1]).run()
        before = session.mask(1)

        self.server.kill()
        self.server = Server(*LOGIN, urls=self.url, data=self.server.data)
        session.refresh()
        np.testing.assert_array_equal(session.mask(1), before)
        self.assertEqual(session.objects[1].prompts[0].box, BOX)
        session.undo()
        self.assertEqual(np.flatnonzero(session.mask(1).any(axis=(0, 1))).tolist(), [3])
        session.close(discard=True)

    def login(self):
        for token in (None, "wrong"):
            client = Client(self.url, token=token)
            told = client.check()[-1]
            self.assertFalse(told.passed)
            self.assertIn("401", told.told)
            with self.assertRaises(ConnectionFailed) as refused:
                client.session("any")
            self.assertIn("login", str(refused.exception))
        looking = Client(self.url, token=TOKENS["user"])
        self.assertTrue(looking.check()[-1].passed, looking.check())
        with self.assertRaises(ServerError) as forbidden:
            looking.datastore.upload(ball())
        self.assertEqual(forbidden.exception.status, 403)
        image = Client(self.url, token=TOKENS["annotator"]).datastore.upload(ball())
        with looking.session(image) as session:
            session.prompt(box=BOX)
            with self.assertRaises(HubError) as refused_by_hub:
                session.commit("final", names={1: "ball"})
            self.assertEqual(refused_by_hub.exception.code, "forbidden")
            session.close(discard=True)


if __name__ == "__main__":
    unittest.main()
