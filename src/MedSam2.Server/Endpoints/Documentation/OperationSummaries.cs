namespace MedSam2.Server.Endpoints.Documentation;

/// <summary>One line about each operation of MONAI Label's API, by method and path.</summary>
internal static class OperationSummaries
{
    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["GET /info"] = "What clients build their panels from: models, labels, strategies, how many images are done.",
        ["GET /auth"] = "How to log in; 404 where nobody does.",
        ["POST /auth/token"] = "Logs in: a form with username and password gives {\"access_token\": \"...\", \"token_type\": \"Bearer\"}.",
        ["GET /auth/token/valid"] = "Who the token belongs to, and the roles.",
        ["POST /infer/{model}"] = "Prompts in, mask out. Query: image (of a series with several volumes, UID@2 is the second), session_id, output (all, image, json, dicom_seg). Form: params, such as {\"foreground\": [[70, 17, 4]], \"result_extension\": \".nrrd\"}, and file.",
        ["GET /batch/infer"] = "The batch started last: status, done of total, the last log lines, which images failed and why, the result. all=true lists all; check_if_running=true is 404 unless one is running.",
        ["POST /batch/infer/{model}"] = "Segments many images in the background and keeps each result as a label. Query: images (all, labeled, unlabeled), run_sync, enqueue. Body: prompts {\"image id\": {\"roi\": [...], \"label\": \"liver\"}}, or a roi and foreground for all images; without them a box around each object of an image's own label. label_tag (original), save_label, max_workers, max_batch_size. medsam2_set needs no prompts.",
        ["DELETE /batch/infer"] = "Stops the running batch; null when none is running.",
        ["GET /train"] = "The training started last, as GET /batch/infer.",
        ["POST /train"] = "Starts all trainers, or those that the body names: {\"medsam2\": {\"max_epochs\": 3}}.",
        ["POST /train/{model}"] = "Starts a training in the background. Query: run_sync, enqueue. Body: the trainer's settings, as /info lists them.",
        ["DELETE /train"] = "Stops the running training; null when none is running.",
        ["GET /scoring"] = "The scoring started last, as GET /batch/infer.",
        ["POST /scoring"] = "Starts all scoring methods.",
        ["POST /scoring/{method}"] = "Starts a scoring method in the background. Query: run_sync, enqueue.",
        ["DELETE /scoring"] = "Stops the running scoring; null when none is running.",
        ["POST /infer/wsi/{model}"] = "Always 501: this server has no pathology models.",
        ["POST /infer/wsi_v2/{model}"] = "Always 501: this server has no pathology models.",
        ["POST /activelearning/{strategy}"] = "The next image to label (strategies random, first), or {} when none is left. Body: {\"client_id\": \"anna\"}.",
        ["GET /datastore"] = "How many images and labels there are; output=all lists them, output=train pairs them.",
        ["PUT /datastore"] = "Takes in a volume (NIfTI, NRRD) as form file 'file', under query 'image'; a DICOM file goes to its series.",
        ["PUT /datastore/image"] = "As PUT /datastore.",
        ["DELETE /datastore"] = "Deletes the image of query 'id' and its labels.",
        ["DELETE /datastore/image"] = "As DELETE /datastore.",
        ["GET /datastore/image"] = "The file of query 'image'; a series comes as NIfTI.",
        ["HEAD /datastore/image"] = "Whether there is the image, and has the checksum of query 'check_sum'.",
        ["GET /datastore/image/info"] = "What is known of query 'image'.",
        ["PUT /datastore/image/info"] = "Adds the JSON object of form field 'info'.",
        ["GET /datastore/label"] = "The label file of image 'label' and tag 'tag'.",
        ["HEAD /datastore/label"] = "Whether image 'image' has a label of tag 'tag'.",
        ["PUT /datastore/label"] = "Saves form file 'label' (NIfTI, NRRD, DICOM SEG) of query 'image' under query 'tag' (final). A final label of a series also becomes a SEG in the archive.",
        ["DELETE /datastore/label"] = "Deletes the label of query 'id' and 'tag'.",
        ["GET /datastore/label/info"] = "What is known of a label.",
        ["PUT /datastore/label/info"] = "Adds the JSON object of form field 'info'.",
        ["PUT /datastore/updatelabelinfo"] = "Adds the JSON object of form field 'params'.",
        ["GET /datastore/dataset"] = "All images with a final label as a ZIP; 'limit_cases' bounds it.",
        ["PUT /session"] = "Uploads form files 'files' as an image for a while. Query: expiry in seconds, uncompress for a ZIP.",
        ["GET /session/{id}"] = "What is known of a session; image=true sends the image, update_ts=true prolongs it.",
        ["DELETE /session/{id}"] = "Ends a session.",
        ["GET /model/info/{model}"] = "Checksum and age of the weights.",
        ["GET /model/{model}"] = "The weights file.",
        ["GET /logs"] = "The last log lines as a page, or as text with text=true.",
        ["GET /logs/gpu"] = "What nvidia-smi prints.",
        ["POST /reload"] = "Does nothing: images are read again when they change.",
    };

    public static string? Find(string operation) => Known.GetValueOrDefault(operation);
}
