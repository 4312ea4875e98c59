import client_path  # noqa: F401
import http.server
import socket
import threading
import unittest

import numpy as np

from medsam2_client import Client, ConnectionFailed, MedSam2Error, ProtocolError, ServerError, Volume
from medsam2_client.transport import multipart
from serving import CutLine, ServedTestCase
from test_geometry import oblique


def ball(size=(40, 32, 6)) -> Volume:
    """A bright ball, off the middle, in an oblique volume."""
    i, j, k = np.indices(size)
    return Volume(np.where((i - 12) ** 2 + (j - 20) ** 2 + (4 * (k - 3)) ** 2 < 64, 200, 20).astype(np.int16), oblique())


class RestTests(ServedTestCase):
    def setUp(self):
        self.client = Client(self.server.url, user="reader")

    def test_info_names_models_and_strategies(self):
        self.phantom()
        info = self.client.info()
        self.assertIn("medsam2", info.models)
        self.assertIn("random", info.strategies)
        self.assertGreater(info.total, 0)

    def test_a_volume_sent_along_is_segmented_on_its_own_grid(self):
        answer = self.client.segment(ball(), box=((4, 12, 3), (20, 28, 3)), label="ball")
        self.assertEqual(answer.mask.shape, ball().array.shape)
        np.testing.assert_allclose(answer.affine, oblique(), atol=1e-9)
        self.assertTrue(answer.mask[:, :, 3].any())
        self.assertEqual(answer.info["label_names"], {"ball": 1})

    def test_a_series_is_segmented_by_its_uid_on_the_prompted_slice_alone(self):
        answer = self.client.segment(self.phantom(), [(180, 210, 27)], [(10, 10, 27)], model="medsam2_2d")
        self.assertEqual(np.flatnonzero(answer.mask.any(axis=(0, 1))).tolist(), [27])

    def test_the_same_prompt_gives_the_same_mask(self):
        first, second = (self.client.segment(ball(), [(12, 20, 3)], max_slices=1).mask for _ in range(2))
        np.testing.assert_array_equal(first, second)

    def test_saved_segmentations_name_the_stored_object(self):
        answer = self.client.segment(self.phantom(), [(180, 210, 27)], model="medsam2_2d", label="liver", save=True)
        self.assertTrue(answer.info["stored"]["SOPInstanceUID"])

    def test_images_and_labels_go_in_and_come_out_the_same(self):
        store = self.client.datastore
        image = store.upload(ball())
        self.assertEqual(store.upload(ball()), image)
        self.assertTrue(store.has(image))
        back = store.download(image)
        np.testing.assert_array_equal(back.array, ball().array)
        np.testing.assert_allclose(back.affine, oblique(), atol=1e-6)

        self.assertIsNone(store.label(image))
        label = Volume((ball().array > 100), oblique())
        store.save_label(image, label, ["ball"])
        np.testing.assert_array_equal(store.label(image).array, label.array)
        listed = next(known for known in store.images() if known.image == image)
        self.assertTrue(listed.completed)
        self.assertEqual([entry["name"] for entry in listed.labels["final"]["label_info"]], ["ball"])
        self.assertEqual(listed.labels["final"]["client_id"], "reader")
        store.remove_label(image)
        self.assertIsNone(store.label(image))
        store.remove(image)
        self.assertFalse(store.has(image))

    def test_the_next_sample_is_an_image_without_an_approved_label(self):
        image = self.client.datastore.upload(ball())
        try:
            samples = [self.client.next_sample("first"), self.client.next_sample("first")]
            self.assertIn(image, [sample.image for sample in samples if sample])
            for _ in self.client.datastore.images():
                self.client.next_sample("first")  # each is held for whoever asked
            second = Client(self.server.url, user="second reader")
            self.assertIsNone(second.next_sample("first"))
            self.assertIsNotNone(second.next_sample("first", double_reading=True))
            self.client.datastore.save_label(image, Volume(ball().array > 100, oblique()), ["ball"])
            self.assertNotEqual(getattr(self.client.next_sample("first"), "image", None), image)
        finally:
            self.client.datastore.remove(image)
        with self.assertRaises(ServerError) as refused:
            self.client.next_sample("nonsense")
        self.assertEqual(refused.exception.status, 404)
        self.assertIn("random", str(refused.exception))

    def test_prompts_may_be_arrays_of_numpy(self):
        answer = self.client.segment(ball(), np.array([[12, 20, 3]]), np.array([[2, 3, 3]]), np.array([[4, 12, 3], [20, 28, 3]]), max_slices=1)
        self.assertTrue(answer.mask[:, :, 3].any())

    def test_what_is_no_image_is_told_before_it_is_sent(self):
        for call in (self.client.segment, self.client.session):
            with self.assertRaises(MedSam2Error) as refused:
                call(ball().array)
            self.assertIn("Volume", str(refused.exception))

    def test_refusals_come_in_the_servers_words(self):
        with self.assertRaises(ServerError) as refused:
            self.client.segment("9.9.9", [(1, 2, 3)])
        self.assertEqual(refused.exception.status, 404)
        with self.assertRaises(ServerError) as refused:
            self.client.segment(ball(), [(1, 2, 300)])
        self.assertEqual(refused.exception.status, 422)
        self.assertIn("300", str(refused.exception))
        with self.assertRaises(ServerError) as refused:
            self.client.segment(ball(), [(1, 2, 3)], model="nonsense")
        self.assertIn("nonsense", str(refused.exception))
        with self.assertRaises(ServerError):
            self.client.datastore.upload(ball(), "../away")
        with self.assertRaises(MedSam2Error):
            self.client.session()


class UnreachableTests(ServedTestCase):
    """A failed connection says why, in words that lead to the mend."""

    def told(self, url, **options):
        checks = Client(url, **options).check()
        self.assertFalse(checks[-1].passed)
        return checks[-1].told

    def test_nothing_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.assertIn("nothing listens", self.told(f"http://127.0.0.1:{port}"))
        with self.assertRaises(ConnectionFailed):
            Client(f"http://127.0.0.1:{port}").info()

    def test_no_such_machine(self):
        self.assertIn("no machine is known", self.told("http://no-such-host.invalid:8000"))

    def test_https_where_plain_http_is_spoken(self):
        self.assertIn("http://", self.told(self.server.url.replace("http://", "https://")))

    def test_silence(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.assertIn("no answer within", self.told(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.3))

    def test_another_web_server(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _SomePage)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            self.assertIn("no JSON", self.told(f"http://127.0.0.1:{server.server_port}"))
            with self.assertRaises(ProtocolError):
                Client(f"http://127.0.0.1:{server.server_port}").info()
        finally:
            server.shutdown()
            server.server_close()

    def test_a_line_that_breaks(self):
        host, port = self.server.url[len("http://"):].split(":")
        line = CutLine(host, int(port))
        try:
            self.assertGreater(Client(line.url).info().total, 0)
            line.cut(refuse=True)
            with self.assertRaises(ConnectionFailed):
                Client(line.url).info()
        finally:
            line.close()

    def test_what_is_no_address(self):
        for url in ("", "127.0.0.1:8000", "ftp://server", "http://", "http://server:notaport"):
            with self.subTest(url=url), self.assertRaises(ConnectionFailed):
                Client(url)

    def test_an_address_below_a_path(self):
        self.assertEqual(Client("http://server/medsam2/").address.path("/info/"), "/medsam2/info/")

    def test_a_token_that_none_can_be_is_refused(self):
        for token in ("a b", "a\r\nHost: other", "schlüssel"):
            with self.assertRaises(ConnectionFailed):
                Client("http://server", token=token)

    def test_a_token_is_not_shown(self):
        self.assertNotIn("secret", repr(Client("http://server", token="secret").address))


class MultipartTests(unittest.TestCase):
    def test_there_and_back(self):
        parts = [multipart.Part("params", b'{"a": 1}'), multipart.Part("file", bytes(range(256)) * 40 + b"\r\n--", "a b\".nrrd")]
        content_type, body = multipart.encode(parts)
        back = multipart.decode(content_type, body)
        self.assertEqual([part.content for part in back.values()], [part.content for part in parts])
        self.assertEqual(back["file"].file_name, "a b%22.nrrd")

    def test_what_is_cut_off_is_refused(self):
        content_type, body = multipart.encode([multipart.Part("a", b"one"), multipart.Part("b", b"two", "b")])
        for length in range(len(body) - 5):
            with self.assertRaises(ProtocolError):
                multipart.decode(content_type, body[:length])


class _SomePage(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html>hello</html>")

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    unittest.main()
