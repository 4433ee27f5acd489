using Howdah.Operations.ReceiveWal;

namespace Howdah.Bench.Wal;

internal sealed class ConsoleObserver : IWalReceiverObserver
{
    public void OnEvent(WalReceiverEvent happened)
    {
        if (happened.Kind != WalReceiverEventKind.SegmentStored)
            Console.WriteLine($"{(happened.IsAlarm ? "ALARM " : "")}{happened.Kind}: {happened.Message}");
    }
}
