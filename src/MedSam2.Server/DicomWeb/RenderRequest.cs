using System.Globalization;
using MedSam2.Server.Errors;
using MedSam2.Studies.Rendering;
using SkiaSharp;

namespace MedSam2.Server.DicomWeb;

/// <summary>How a picture is wanted (PS3.18 8.3.5).</summary>
/// <param name="MediaType"><c>image/jpeg</c> or <c>image/png</c>.</param>
/// <param name="Quality">1 to 100, for JPEG.</param>
/// <param name="Box">The picture is made to fit in this many pixels, or null for its own size.</param>
/// <param name="Window">In place of the header's window.</param>
internal sealed record RenderRequest(string MediaType, int Quality, (int Width, int Height)? Box, GreyWindow? Window)
{
    private const int MaxSide = 8192;

    private static readonly string[] MediaTypes = ["image/jpeg", "image/png"];

    /// <param name="request">The HTTP request.</param>
    /// <param name="box">Used where the request names no viewport.</param>
    /// <exception cref="RequestException">A parameter makes no sense, or no picture type is accepted.</exception>
    public static RenderRequest Read(HttpRequest request, (int Width, int Height)? box)
    {
        var mediaType = AcceptedMedia.Of(request).Select(media => MediaTypes.FirstOrDefault(media.Takes)).FirstOrDefault(type => type is not null)
            ?? throw RequestException.NotAcceptable("Rendered frames come as image/jpeg or image/png. Ask for one of these.");
        var query = request.Query;
        var quality = query.TryGetValue("quality", out var text) ? (int)Number("quality", text.ToString(), 1, 100) : 90;
        if (query.TryGetValue("viewport", out text))
        {
            var parts = text.ToString().Split(',');
            if (parts.Length != 2)
                throw RequestException.BadRequest("The viewport is not two numbers (width,height); source regions are not cut out here. Correct the query.");
            box = ((int)Number("viewport", parts[0], 1, MaxSide), (int)Number("viewport", parts[1], 1, MaxSide));
        }

        return new(mediaType, quality, box, query.TryGetValue("window", out text) ? ReadWindow(text.ToString()) : null);
    }

    /// <summary>Draws the picture at the size asked for.</summary>
    public byte[] Encode(RenderedFrame frame)
    {
        var info = new SKImageInfo(frame.Width, frame.Height, frame.IsColour ? SKColorType.Rgba8888 : SKColorType.Gray8, SKAlphaType.Opaque);
        using var picture = SKImage.FromPixelCopy(info, frame.Pixels);
        using var scaled = Scale(picture);
        using var data = (scaled ?? picture).Encode(MediaType == "image/png" ? SKEncodedImageFormat.Png : SKEncodedImageFormat.Jpeg, Quality);
        return data.ToArray();
    }

    private SKImage? Scale(SKImage picture)
    {
        if (Box is not var (width, height))
            return null;
        var factor = Math.Min((double)width / picture.Width, (double)height / picture.Height);
        var size = new SKImageInfo(
            Math.Max(1, (int)Math.Round(picture.Width * factor)), Math.Max(1, (int)Math.Round(picture.Height * factor)), picture.ColorType, SKAlphaType.Opaque);
        using var target = new SKBitmap(size);
        using var pixels = target.PeekPixels();
        picture.ScalePixels(pixels, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        return SKImage.FromBitmap(target);
    }

    private static GreyWindow ReadWindow(string text)
    {
        var parts = text.Split(',');
        if (parts.Length is not (2 or 3))
            throw RequestException.BadRequest("The window is not center,width or center,width,function. Correct the query.");
        var function = parts.Length < 3 ? WindowFunction.Linear : parts[2].ToLowerInvariant() switch
        {
            "linear" => WindowFunction.Linear,
            "linear-exact" => WindowFunction.LinearExact,
            "sigmoid" => WindowFunction.Sigmoid,
            _ => throw RequestException.BadRequest("The window's function is not linear, linear-exact or sigmoid. Correct the query."),
        };
        return new(Number("window", parts[0], -1e9, 1e9), Number("window", parts[1], function == WindowFunction.Linear ? 1 : 1e-6, 1e9), function);
    }

    private static double Number(string name, string text, double low, double high) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= low && number <= high
            ? number
            : throw RequestException.BadRequest(string.Create(CultureInfo.InvariantCulture, $"The value of {name} is not a number from {low} to {high}. Correct the query."));
}
