namespace MedSam2.Studies.DicomWebClient.Retrieving;

/// <summary>
/// Accept headers to try one after the other until the archive takes one. What it took last is tried first: an archive
/// hardly changes its mind. Safe for any number of threads.
/// </summary>
internal sealed class AcceptLadder(IReadOnlyList<string> rungs)
{
    private volatile int _first;

    public IEnumerable<string> Rungs
    {
        get
        {
            var first = _first;
            return Enumerable.Range(0, rungs.Count).Select(n => rungs[(first + n) % rungs.Count]);
        }
    }

    public void Took(string rung)
    {
        for (var n = 0; n < rungs.Count; n++)
        {
            if (rungs[n] == rung)
                _first = n;
        }
    }

    /// <summary>Whole instances: each transfer syntax in the standard's form, then forms for archives that know no transfer syntax, then no quotes.</summary>
    public static AcceptLadder Instances(IEnumerable<string> transferSyntaxes) => new([
        .. transferSyntaxes.Select(syntax => $"multipart/related; type=\"application/dicom\"; transfer-syntax={syntax}"),
        "multipart/related; type=\"application/dicom\"",
        "multipart/related; type=application/dicom",
        "application/dicom",
        "*/*",
    ]);

    /// <summary>Frames or bulk data.</summary>
    public static AcceptLadder Octets(IEnumerable<string> transferSyntaxes) => new([
        .. transferSyntaxes.Select(syntax => $"multipart/related; type=\"application/octet-stream\"; transfer-syntax={syntax}"),
        "multipart/related; type=\"application/octet-stream\"",
        "multipart/related; type=\"*/*\"",
        "application/octet-stream",
        "*/*",
    ]);
}
