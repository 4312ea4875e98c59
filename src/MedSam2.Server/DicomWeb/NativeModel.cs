using System.Globalization;
using System.Text;
using System.Xml;
using FellowOakDicom;
using FellowOakDicom.IO.Buffer;

namespace MedSam2.Server.DicomWeb;

/// <summary>Writes datasets in the native DICOM model, XML (PS3.19 A.1).</summary>
internal static class NativeModel
{
    private const string Namespace = "http://dicom.nema.org/PS3.19/models/NativeDICOM";

    private static readonly string[] NameGroups = ["Alphabetic", "Ideographic", "Phonetic"];
    private static readonly string[] NameParts = ["FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix"];

    // UTF-8 is what it becomes on the wire; a writer over a string would announce UTF-16.
    private static readonly XmlWriterSettings Settings = new() { OmitXmlDeclaration = true, NewLineHandling = NewLineHandling.Entitize };

    public static string Write(DicomDataset dataset)
    {
        var text = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        using (var xml = XmlWriter.Create(text, Settings))
        {
            xml.WriteStartElement("NativeDicomModel", Namespace);
            xml.WriteAttributeString("xml", "space", null, "preserve");
            WriteItems(xml, dataset);
            xml.WriteEndElement();
        }

        return text.ToString();
    }

    private static void WriteItems(XmlWriter xml, DicomDataset dataset)
    {
        foreach (var item in dataset.Where(item => item.Tag.Element != 0 && item is not DicomFragmentSequence))
        {
            xml.WriteStartElement("DicomAttribute");
            if (item.Tag.DictionaryEntry.Keyword is { Length: > 0 } and not "Unknown" and var keyword && !item.Tag.IsPrivate)
                xml.WriteAttributeString("keyword", keyword);
            xml.WriteAttributeString("tag", item.Tag.ToString("J", CultureInfo.InvariantCulture));
            xml.WriteAttributeString("vr", item.ValueRepresentation.Code);
            if (item.Tag is { IsPrivate: true, PrivateCreator: { } creator })
                xml.WriteAttributeString("privateCreator", Clean(creator.Creator));
            WriteValues(xml, item);
            xml.WriteEndElement();
        }
    }

    private static void WriteValues(XmlWriter xml, DicomItem item)
    {
        switch (item)
        {
            case DicomSequence sequence:
                for (var n = 0; n < sequence.Items.Count; n++)
                    WriteNumbered(xml, "Item", n, () => WriteItems(xml, sequence.Items[n]));
                break;
            case DicomElement { Buffer: IBulkDataUriByteBuffer bulk }:
                xml.WriteStartElement("BulkData");
                xml.WriteAttributeString("uri", bulk.BulkDataUri);
                xml.WriteEndElement();
                break;
            case DicomElement { ValueRepresentation.Code: "OB" or "OD" or "OF" or "OL" or "OV" or "OW" or "UN" } binary:
                if (binary.Count > 0)
                    xml.WriteElementString("InlineBinary", Convert.ToBase64String(binary.Buffer.Data));
                break;
            case DicomPersonName name:
                WriteEach(xml, "PersonName", Array.ConvertAll(name.Get<string[]>(), value => value.Trim('^', '=', ' ').Length == 0 ? "" : value), value => WriteName(xml, value));
                break;
            case DicomAttributeTag tags:
                WriteEach(xml, "Value", [.. tags.Get<DicomTag[]>().Select(tag => tag.ToString("J", CultureInfo.InvariantCulture))], xml.WriteString);
                break;
            case DicomElement element:
                WriteEach(xml, "Value", element.Get<string[]>(), value => xml.WriteString(Clean(value)));
                break;
        }
    }

    /// <summary>Values count from 1; an empty one leaves a gap in the count.</summary>
    private static void WriteEach(XmlWriter xml, string name, string[] values, Action<string> write)
    {
        for (var n = 0; n < values.Length; n++)
        {
            if (!string.IsNullOrEmpty(values[n]))
                WriteNumbered(xml, name, n, () => write(values[n]));
        }
    }

    private static void WriteNumbered(XmlWriter xml, string name, int index, Action write)
    {
        xml.WriteStartElement(name);
        xml.WriteAttributeString("number", (index + 1).ToString(CultureInfo.InvariantCulture));
        write();
        xml.WriteEndElement();
    }

    private static void WriteName(XmlWriter xml, string name)
    {
        foreach (var (group, text) in NameGroups.Zip(name.Split('=')).Where(pair => pair.Second.Length > 0))
        {
            xml.WriteStartElement(group);
            foreach (var (part, value) in NameParts.Zip(text.Split('^')).Where(pair => pair.Second.Length > 0))
                xml.WriteElementString(part, Clean(value));
            xml.WriteEndElement();
        }
    }

    /// <summary>Characters that XML cannot hold become U+FFFD.</summary>
    private static string Clean(string text)
    {
        for (var n = 0; n < text.Length; n++)
        {
            if (!XmlConvert.IsXmlChar(text[n]))
                return new StringBuilder().AppendJoin("", text.EnumerateRunes().Select(r => r.IsBmp && !XmlConvert.IsXmlChar((char)r.Value) ? Rune.ReplacementChar : r)).ToString();
        }

        return text;
    }
}
