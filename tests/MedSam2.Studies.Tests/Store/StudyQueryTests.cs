using FellowOakDicom;
using MedSam2.Studies.Store;
using MedSam2.Studies.Store.Query;
using Xunit;

namespace MedSam2.Studies.Tests.Store;

public sealed class StudyQueryTests(FourStudies studies) : IClassFixture<FourStudies>
{
    private readonly List<DicomFile> _files = studies.Files;
    private readonly StudyStore _store = studies.Store;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("PatientName", "Doe^Jane", "1")]
    [InlineData("PatientName", "doe*", "12")]
    [InlineData("PatientName", "*J?hn", "2")]
    [InlineData("PatientName", "Müller*", "3")]
    [InlineData("PatientName", "O_Neill*", "4")]
    [InlineData("PatientName", "O%", "")]
    [InlineData("PatientName", "*100%", "4")]
    [InlineData("PatientName", "", "1234")]
    [InlineData("PatientName", "*", "1234")]
    [InlineData("PatientID", "ID[2]", "2")]
    [InlineData("PatientID", "ID[*", "1234")]
    [InlineData("PatientID", "id[2]", "")]
    [InlineData("StudyDate", "20200101", "1")]
    [InlineData("StudyDate", "20200101-20200615", "12")]
    [InlineData("StudyDate", "20200102-", "23")]
    [InlineData("StudyDate", "-20200615", "12")]
    [InlineData("StudyTime", "09", "2")]
    [InlineData("StudyTime", "080000-0930", "12")]
    [InlineData("StudyTime", "17:45:00", "")]
    [InlineData("StudyTime", "17:45", "3")]
    [InlineData("ModalitiesInStudy", "CT", "13")]
    [InlineData("ModalitiesInStudy", "CT,PT", "134")]
    [InlineData("PatientName", "' OR 1=1 --", "")]
    public async Task Studies_match(string keyword, string value, string expected)
    {
        var answer = await QueryAsync(new StudyQuery(QueryLevel.Study) { Filters = [new(DicomDictionary.Default[keyword], value)] });

        Assert.Equal(expected, answer);
    }

    [Fact]
    public async Task Uids_match_as_lists()
    {
        var uids = string.Join(',', _files[0].Dataset.GetString(DicomTag.StudyInstanceUID), _files[^1].Dataset.GetString(DicomTag.StudyInstanceUID));

        Assert.Equal("14", await QueryAsync(new StudyQuery(QueryLevel.Study) { Filters = [new(DicomTag.StudyInstanceUID, uids)] }));
    }

    [Fact]
    public async Task All_filters_must_match()
    {
        Assert.Equal("3", await QueryAsync(new StudyQuery(QueryLevel.Study)
        {
            Filters = [new(DicomTag.ModalitiesInStudy, "CT"), new(DicomTag.StudyDate, "20210101-"), new(DicomTag.PatientID, "ID*")],
        }));
    }

    [Fact]
    public async Task Pages_follow_each_other_without_overlap()
    {
        Assert.Equal("12", await QueryAsync(new StudyQuery(QueryLevel.Study) { Limit = 2 }));
        Assert.Equal("34", await QueryAsync(new StudyQuery(QueryLevel.Study) { Limit = 2, Offset = 2 }));
        Assert.Equal("", await QueryAsync(new StudyQuery(QueryLevel.Study) { Limit = 2, Offset = 4 }));
    }

    [Fact]
    public async Task Series_match_by_attributes_of_their_study_and_their_own()
    {
        Assert.Equal("1", await QueryAsync(new StudyQuery(QueryLevel.Series) { Filters = [new(DicomTag.PatientName, "Doe*"), new(DicomTag.Modality, "CT")] }));
        Assert.Equal("1234", await QueryAsync(new StudyQuery(QueryLevel.Series) { Filters = [new(DicomTag.SeriesNumber, "7")] }));
    }

    [Fact]
    public async Task Instances_come_by_their_number()
    {
        var answer = await _store.QueryAsync(new StudyQuery(QueryLevel.Instance) { StudyInstanceUid = _files[3].Dataset.GetString(DicomTag.StudyInstanceUID) }, Stop);

        Assert.Equal(["1", "2", "3"], answer.Matches.Select(m => m.GetString(DicomTag.InstanceNumber)));
        Assert.Equal("2", Assert.Single((await _store.QueryAsync(
            new StudyQuery(QueryLevel.Instance) { Filters = [new(DicomTag.InstanceNumber, "2"), new(DicomTag.StudyID, "4")] }, Stop)).Matches).GetString(DicomTag.InstanceNumber));
    }

    [Fact]
    public async Task Studies_say_what_is_in_them()
    {
        var study = (await _store.QueryAsync(new StudyQuery(QueryLevel.Study) { Limit = 1 }, Stop)).Matches[0];

        Assert.Equal("CT", study.GetString(DicomTag.ModalitiesInStudy));
        Assert.Equal("1", study.GetString(DicomTag.NumberOfStudyRelatedSeries));
        Assert.Equal("3", study.GetString(DicomTag.NumberOfStudyRelatedInstances));
        Assert.False(study.Contains(DicomTag.PatientWeight));
    }

    [Fact]
    public async Task Attributes_outside_the_index_are_included_on_request()
    {
        var one = await _store.QueryAsync(new StudyQuery(QueryLevel.Study) { Limit = 1, Include = [DicomTag.PatientWeight] }, Stop);
        var all = await _store.QueryAsync(new StudyQuery(QueryLevel.Instance) { Limit = 1, IncludeAll = true }, Stop);

        Assert.Equal("70", one.Matches[0].GetString(DicomTag.PatientWeight));
        Assert.Equal("-1024", all.Matches[0].GetString(DicomTag.RescaleIntercept));
        Assert.False(all.Matches[0].Contains(DicomTag.PixelData));
    }

    [Theory]
    [InlineData("StudyDate", "yesterday")]
    [InlineData("StudyDate", "-")]
    [InlineData("StudyTime", "99999")]
    [InlineData("StudyInstanceUID", "1.2.x")]
    [InlineData("PatientWeight", "70")]
    [InlineData("Modality", "CT")]
    public async Task A_query_that_makes_no_sense_is_refused(string keyword, string value)
    {
        var refusal = await Assert.ThrowsAsync<StudyStoreException>(() =>
            _store.QueryAsync(new StudyQuery(QueryLevel.Study) { Filters = [new(DicomDictionary.Default[keyword], value)] }, Stop));

        Assert.Equal(StoreFault.BadRequest, refusal.Fault);
        Assert.Contains(keyword == "StudyInstanceUID" ? "UID" : keyword, refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>The matching studies' IDs in order, one after the other.</summary>
    private async Task<string> QueryAsync(StudyQuery query) =>
        string.Concat((await _store.QueryAsync(query, Stop)).Matches.Select(m => m.GetString(DicomTag.StudyID)));
}
