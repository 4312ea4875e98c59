using System.Net;
using System.Net.Http.Headers;
using System.Xml.Linq;
using FellowOakDicom;
using MedSam2.Studies.Tests.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.DicomWeb;

/// <summary>Answers in the native XML model, for senders that ask for it.</summary>
public sealed class XmlTests : IAsyncLifetime
{
    private const string Type = "application/dicom+xml";
    private const string Parts = $"multipart/related; type=\"{Type}\"";
    private static readonly XNamespace Native = "http://dicom.nema.org/PS3.19/models/NativeDICOM";

    private DicomWebServer _server = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await DicomWebServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_stow_answer_names_what_is_stored_and_what_failed()
    {
        var file = SyntheticSeries.Stack(1)[0];
        using var request = new HttpRequestMessage(HttpMethod.Post, "studies") { Content = DicomWebServer.Multipart([DicomWebServer.Bytes(file), "no dicom"u8.ToArray()]) };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(Type));

        using var response = await _server.Client.SendAsync(request, Stop);

        Assert.Equal((HttpStatusCode.Accepted, Type), (response.StatusCode, response.Content.Headers.ContentType?.ToString()));
        var answer = XDocument.Parse(await response.Content.ReadAsStringAsync(Stop)).Root!;
        var stored = Attribute(answer, "ReferencedSOPSequence").Element(Native + "Item")!;
        Assert.Equal(file.Dataset.GetString(DicomTag.SOPInstanceUID), Attribute(stored, "ReferencedSOPInstanceUID").Value);
        Assert.Equal("49152", Attribute(Attribute(answer, "OtherFailuresSequence").Element(Native + "Item")!, "FailureReason").Value);
    }

    [Fact]
    public async Task Query_and_metadata_come_as_a_part_for_each_match()
    {
        var files = SyntheticSeries.Stack(3, change: (_, d) => d.AddOrUpdate(DicomTag.PatientName, "Doe^Jane^^Dr.=&<日本>"));
        using (await _server.PostAsync(files.Select(DicomWebServer.Bytes)))
        {
        }

        var found = await PartsAsync("instances");
        var metadata = await PartsAsync($"{DicomWebServer.PathOf(files[0], 2)}/metadata");

        Assert.Equal((3, 3), (found.Count, metadata.Count));
        var name = Attribute(metadata[0], "PatientName").Element(Native + "PersonName")!;
        Assert.Equal(("Doe", "Jane", "Dr."), (
            name.Element(Native + "Alphabetic")!.Element(Native + "FamilyName")!.Value, name.Element(Native + "Alphabetic")!.Element(Native + "GivenName")!.Value,
            name.Element(Native + "Alphabetic")!.Element(Native + "NamePrefix")!.Value));
        Assert.StartsWith(_server.Client.BaseAddress!.ToString(), Attribute(metadata[0], "PixelData").Element(Native + "BulkData")!.Attribute("uri")!.Value, StringComparison.Ordinal);
        Assert.Equal(["0.8", "0.7"], Attribute(metadata[0], "PixelSpacing").Elements().OrderBy(v => (int)v.Attribute("number")!).Select(v => v.Value));
    }

    [Fact]
    public async Task Nothing_found_is_no_content()
    {
        using var response = await _server.GetAsync("studies?PatientID=nobody", Parts);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Theory]
    [InlineData("ct-abdomen-dicom/seg.dcm")]
    [InlineData("pet-headneck-seg/seg.dcm")]
    [InlineData("dicom-odd/charset/chrFren.dcm")]
    [InlineData("dicom-odd/pydicom/test-SR.dcm")]
    [InlineData("dicom-odd/pydicom/rtplan.dcm")]
    public async Task Attributes_are_those_that_dcmtk_writes(string name)
    {
        var tool = ExternalTool.Require("dcm2xml", "dcmtk");
        var path = SharedData.Require(name.Split('/'));
        using (var response = await _server.PostAsync([await File.ReadAllBytesAsync(path, Stop)]))
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var (status, output) = ExternalTool.Run(tool, "-q", "-nat", "+Xn", "+U8", path);
        Assert.True(status == 0, output);

        var ours = (await PartsAsync($"{DicomWebServer.PathOf(await DicomFile.OpenAsync(path), 3)}/metadata")).Single();

        var theirs = XDocument.Parse(output).Root!;
        Assert.Equal(Flat(theirs), Flat(ours));
        Assert.All(ours.Elements().Where(a => (string?)a.Attribute("tag") == "00080005"), a => Assert.Equal("ISO_IR 192", a.Value));
    }

    /// <summary>Each value with its path; binary ones by their tag alone, names as text.</summary>
    private static List<string> Flat(XElement model, string path = "")
    {
        var all = new List<string>();
        foreach (var attribute in model.Elements(Native + "DicomAttribute"))
        {
            var tag = (string)attribute.Attribute("tag")!;
            // dcmtk writes group lengths, the meta header's attributes, and a character set where there is none.
            if (tag is "00080005" || tag.EndsWith("0000", StringComparison.Ordinal) || tag.StartsWith("0002", StringComparison.Ordinal))
                continue;
            var (vr, here) = ((string)attribute.Attribute("vr")!, $"{path}/{tag}");
            foreach (var value in attribute.Elements())
            {
                var number = (string?)value.Attribute("number");
                if (value.Name == Native + "Item")
                    all.AddRange(Flat(value, $"{here}[{number}]"));
                else
                    all.Add($"{here} {vr} {number} {(number is null ? "" : Text(value, vr))}");
            }
        }

        return all;
    }

    // Numbers may be written in several ways, and padding may be kept.
    private static string Text(XElement value, string vr) => vr is "FL" or "FD" or "DS" or "IS"
        ? double.Parse(value.Value, System.Globalization.CultureInfo.InvariantCulture).ToString("G6", System.Globalization.CultureInfo.InvariantCulture)
        : vr == "PN" ? string.Join('^', value.Descendants().Where(v => !v.HasElements).Select(v => v.Value.Trim()))
        : value.Value.Trim().Replace("\r\n", "\n", StringComparison.Ordinal);

    private static XElement Attribute(XElement model, string keyword) => model.Elements(Native + "DicomAttribute").Single(a => (string?)a.Attribute("keyword") == keyword);

    private async Task<IReadOnlyList<XElement>> PartsAsync(string path)
    {
        using var response = await _server.GetAsync(path, Parts);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return [.. (await MultipartParts.ReadAsync(response)).Select(part => XDocument.Parse(System.Text.Encoding.UTF8.GetString(part.Content)).Root!)];
    }
}
