import client_path  # noqa: F401
import unittest

from medsam2_client import Client, HubError, MedSam2Error, ServerError, Volume
from serving import ServedTestCase
from test_geometry import oblique
from test_rest import ball


class JobTests(ServedTestCase):
    def setUp(self):
        self.client = Client(self.server.url, user="reader")

    def test_a_batch_runs_in_the_background_and_is_watched_to_its_end(self):
        image = self.client.datastore.upload(ball())
        job = self.client.batch(images="all", prompts={image: {"roi": [4, 20, 12, 28, 3, 3], "label": "ball"}}, max_slices=1, save_label=True, label_tag="original")
        updates = list(self.client.watch_job(job.job_id))
        self.assertEqual({update.job_id for update in updates}, {job.job_id})
        self.assertTrue(job.wait(every=0.05).ended)
        self.assertNotIn(image, job.failed)
        self.assertEqual(updates[-1].state, job.status)
        self.assertEqual(self.client.job("batch/infer").job_id, job.job_id)
        self.assertTrue((self.client.datastore.label(image, "original").array != 0).any())

    def test_a_training_learns_from_approved_labels(self):
        for name in ("train-1", "train-2"):
            self.client.datastore.upload(ball(), name)
            self.addCleanup(self.client.datastore.remove, name)
            self.client.datastore.save_label(name, Volume(ball().array > 100, oblique()), ["ball"])
        job = self.client.train(steps=1, val_split=0, promote=False)
        self.assertEqual(job.job_id, self.client.job("train").job_id)
        job.wait(every=0.1)
        self.assertEqual((job.status, job.result["served"]), ("DONE", False))
        self.assertGreaterEqual(job.result["training_images"], 2)

    def test_a_job_that_fails_says_why(self):
        with self.assertRaises(MedSam2Error) as failed:
            self.client.train(learning_rate=7).wait(every=0.05)
        self.assertIn("learning_rate", str(failed.exception))

    def test_scores_are_given(self):
        self.client.datastore.upload(ball())
        self.assertEqual(self.client.score("diversity").wait(every=0.05).status, "DONE")

    def test_an_unknown_job_is_told(self):
        with self.assertRaises(HubError) as refused:
            list(self.client.watch_job("nonsense"))
        self.assertEqual(refused.exception.code, "not_found")

    def test_what_cannot_be_trained_or_scored_is_told(self):
        for start in (self.client.train, self.client.score):
            with self.assertRaises(ServerError) as refused:
                start("nonsense")
            self.assertEqual(refused.exception.status, 404)

    def test_a_batch_that_cannot_be_understood_is_refused_at_once(self):
        with self.assertRaises(MedSam2Error):
            self.client.batch(images="some")


if __name__ == "__main__":
    unittest.main()
