using System.Numerics;
using System.Runtime.InteropServices;

namespace MedSam2.Network.Checkpoints.Torch;

/// <summary>
/// Reads Python pickles as data. It knows the operations that build numbers, text, lists, tuples, dicts and tensors, and calls
/// nothing: any other operation, and any class or function but those of <see cref="TorchGlobal"/>, is refused by name.
/// </summary>
/// <remarks>Throws <see cref="InvalidDataException"/> for all faults. Time and memory are bounded by <see cref="PickleLimits"/>.</remarks>
internal sealed class PickleReader(TorchObjects objects)
{
    private static readonly object True = true;
    private static readonly object False = false;

    private readonly List<object?> stack = [];
    private readonly List<int> marks = [];
    private readonly List<object?> memo = [];
    private int operations;

    /// <summary>The value of the pickle at the cursor, which then stands behind its last byte.</summary>
    public object? Read(PickleCursor cursor)
    {
        stack.Clear();
        marks.Clear();
        memo.Clear();
        while (true)
        {
            if (++operations > PickleLimits.MostOperations)
                throw new InvalidDataException($"the pickle has more than {PickleLimits.MostOperations} operations");
            var opcode = (PickleOpcode)cursor.ReadByte();
            if (opcode == PickleOpcode.Stop)
                return Pop();
            if (!TryConstant(opcode, cursor))
                Build(opcode, cursor);
        }
    }

    /// <summary>Operations that push one value of their own.</summary>
    private bool TryConstant(PickleOpcode opcode, PickleCursor cursor)
    {
        switch (opcode)
        {
            case PickleOpcode.None:
                Push(null);
                return true;
            case PickleOpcode.NewTrue:
                Push(True);
                return true;
            case PickleOpcode.NewFalse:
                Push(False);
                return true;
            case PickleOpcode.BinInt:
                Push((long)cursor.ReadInt32());
                return true;
            case PickleOpcode.BinInt1:
                Push((long)cursor.ReadByte());
                return true;
            case PickleOpcode.BinInt2:
                Push((long)cursor.ReadUInt16());
                return true;
            case PickleOpcode.Long1:
                PushInteger(cursor);
                return true;
            case PickleOpcode.BinFloat:
                Push(cursor.ReadBigEndianDouble());
                return true;
            case PickleOpcode.ShortBinString or PickleOpcode.ShortBinUnicode:
                Push(cursor.ReadString(cursor.ReadByte()));
                return true;
            case PickleOpcode.BinString or PickleOpcode.BinUnicode:
                Push(cursor.ReadString(cursor.ReadInt32()));
                return true;
            case PickleOpcode.BinUnicode8:
                Push(cursor.ReadString(cursor.ReadInt64()));
                return true;
            case PickleOpcode.ShortBinBytes:
                Pass(cursor, cursor.ReadByte());
                return true;
            case PickleOpcode.BinBytes:
                Pass(cursor, cursor.ReadInt32());
                return true;
            case PickleOpcode.EmptyTuple:
                Push(Array.Empty<object?>());
                return true;
            case PickleOpcode.EmptyList:
                Push(new PickleList());
                return true;
            case PickleOpcode.EmptyDict:
                Push(new PickleDictionary());
                return true;
            case PickleOpcode.Global:
                Push(TorchGlobal.Find(cursor.ReadLine(), cursor.ReadLine()));
                return true;
            default:
                return false;
        }
    }

    /// <summary>Operations on what is there already.</summary>
    private void Build(PickleOpcode opcode, PickleCursor cursor)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto:
                if (cursor.ReadByte() is var version and (< 2 or > 5))
                    throw new InvalidDataException($"pickle protocol {version} is not supported (only 2 to 5)");
                break;
            case PickleOpcode.Frame:
                cursor.ReadInt64(); // a hint for buffering
                break;
            case PickleOpcode.Mark:
                marks.Add(stack.Count);
                break;
            case PickleOpcode.Pop:
                Pop();
                break;
            case PickleOpcode.PopMark:
                PopToMark();
                break;
            case PickleOpcode.Tuple:
                Push(PopToMark());
                break;
            case PickleOpcode.Tuple1:
                Push(new[] { Pop() });
                break;
            case PickleOpcode.Tuple2:
                var second = Pop();
                Push(new[] { Pop(), second });
                break;
            case PickleOpcode.Tuple3:
                var (c, b) = (Pop(), Pop());
                Push(new[] { Pop(), b, c });
                break;
            case PickleOpcode.Append:
                var item = Pop();
                Top<PickleList>(opcode).Add(item);
                break;
            case PickleOpcode.Appends:
                var items = PopToMark();
                var list = Top<PickleList>(opcode);
                Array.ForEach(items, list.Add);
                break;
            case PickleOpcode.SetItem:
                var value = Pop();
                var key = Pop();
                Top<PickleDictionary>(opcode).Add(key, value);
                break;
            case PickleOpcode.SetItems:
                SetItems(PopToMark());
                break;
            case PickleOpcode.BinPut:
                Remember(cursor.ReadByte());
                break;
            case PickleOpcode.LongBinPut:
                Remember(cursor.ReadInt32());
                break;
            case PickleOpcode.Memoize:
                Remember(memo.Count);
                break;
            case PickleOpcode.BinGet:
                Push(Recall(cursor.ReadByte()));
                break;
            case PickleOpcode.LongBinGet:
                Push(Recall(cursor.ReadInt32()));
                break;
            case PickleOpcode.StackGlobal:
                var name = Pop() as string;
                Push(TorchGlobal.Find(Pop() as string ?? "?", name ?? "?"));
                break;
            case PickleOpcode.BinPersId:
                Push(objects.Resolve(Pop()));
                break;
            case PickleOpcode.Reduce:
                Reduce();
                break;
            case PickleOpcode.Build:
                Pop(); // an OrderedDict's attributes (a state dict's module versions): nothing needs them
                Top<PickleDictionary>(opcode);
                break;
            default:
                throw new InvalidDataException(
                    Enum.IsDefined(opcode)
                        ? $"the pickle operation {opcode} is no part of a state dict; nothing was run"
                        : $"0x{(byte)opcode:x2} is no pickle operation");
        }
    }

    private void Reduce()
    {
        var arguments = Pop() as object?[];
        var callee = Pop() as TorchGlobal;
        if (arguments is null || callee is null)
            throw new InvalidDataException("the pickle calls something that is no function");
        Push(TorchObjects.Call(callee, arguments));
    }

    private void SetItems(object?[] pairs)
    {
        var dictionary = Top<PickleDictionary>(PickleOpcode.SetItems);
        if (pairs.Length % 2 != 0)
            throw new InvalidDataException("a dict has a key without a value");
        for (var n = 0; n < pairs.Length; n += 2)
            dictionary.Add(pairs[n], pairs[n + 1]);
    }

    private void Pass(PickleCursor cursor, long count)
    {
        cursor.Skip(count);
        Push(PickleOpaque.Instance);
    }

    private void PushInteger(PickleCursor cursor)
    {
        Span<byte> bytes = stackalloc byte[PickleLimits.LongestInteger];
        var length = cursor.ReadByte();
        if (length > bytes.Length)
            throw new InvalidDataException($"an integer of {length} bytes is longer than the {bytes.Length} allowed");
        cursor.Read(bytes[..length]);
        var value = new BigInteger(bytes[..length]);
        if (value >= long.MinValue && value <= long.MaxValue)
            Push((long)value);
        else
            Push(value);
    }

    private void Push(object? value)
    {
        if (stack.Count == PickleLimits.MostStackEntries)
            throw new InvalidDataException($"the pickle piles up more than {PickleLimits.MostStackEntries} values");
        stack.Add(value);
    }

    private object? Pop()
    {
        if (stack.Count <= (marks.Count > 0 ? marks[^1] : 0))
            throw new InvalidDataException("the pickle takes a value where none is");
        var value = stack[^1];
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private object?[] PopToMark()
    {
        if (marks.Count == 0)
            throw new InvalidDataException("the pickle goes back to a mark where none is");
        var mark = marks[^1];
        marks.RemoveAt(marks.Count - 1);
        var values = CollectionsMarshal.AsSpan(stack)[mark..].ToArray();
        stack.RemoveRange(mark, stack.Count - mark);
        return values;
    }

    private T Top<T>(PickleOpcode opcode)
        where T : class
    {
        return stack.Count > (marks.Count > 0 ? marks[^1] : 0) && stack[^1] is T value
            ? value
            : throw new InvalidDataException($"the pickle operation {opcode} meets something else than it needs");
    }

    /// <summary>Picklers number what they remember from 0 without gaps; anything else would be an invitation to allocate.</summary>
    private void Remember(int index)
    {
        if (stack.Count == 0)
            throw new InvalidDataException("the pickle remembers a value where none is");
        if (index < 0 || index > memo.Count || index >= PickleLimits.MostRemembered)
            throw new InvalidDataException($"the pickle remembers value number {index} after {memo.Count} others");
        if (index == memo.Count)
            memo.Add(stack[^1]);
        else
            memo[index] = stack[^1];
    }

    private object? Recall(int index)
    {
        return index >= 0 && index < memo.Count
            ? memo[index]
            : throw new InvalidDataException($"the pickle recalls value number {index} of {memo.Count}");
    }
}
