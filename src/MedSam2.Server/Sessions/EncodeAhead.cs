using MedSam2.Imaging.Geometry;
using MedSam2.Server.Device;

namespace MedSam2.Server.Sessions;

/// <summary>
/// Encodes the slices around the one that was last prompted while the device has nothing better to do, so that the next click
/// there is answered from the cache. A newer place takes the older one's turn.
/// </summary>
internal sealed class EncodeAhead(SegmentationSession session, DeviceWorker device, SessionSlots slots, StreamingOptions options, SessionSlots.Slot slot)
{
    private long _newest;

    public void Around(SliceAxis axis, int index, CancellationToken closing)
    {
        if (options.EncodeAhead == 0)
            return;
        var number = Interlocked.Increment(ref _newest);
        _ = RunAsync();

        async Task RunAsync()
        {
            try
            {
                await device.RunStepsAsync(DevicePriority.EncodeAhead, _ => Steps(), closing, session);
            }
            catch (Exception exception) when (exception is OperationCanceledException or DeviceBusyException or ObjectDisposedException)
            {
                // It was a favour: the session closes, or there is no time for it.
            }
        }

        IEnumerable<bool> Steps()
        {
            for (var away = 1; away <= options.EncodeAhead; away++)
            {
                foreach (var slice in (int[])[index + away, index - away])
                {
                    if (Interlocked.Read(ref _newest) != number || slots.Bytes >= options.TotalBytes)
                        yield break;
                    if (!session.Volume.EncodeAhead(axis, slice))
                        continue;
                    slot.Bytes = session.Volume.FeatureBytes;
                    yield return true;
                }
            }
        }
    }
}
