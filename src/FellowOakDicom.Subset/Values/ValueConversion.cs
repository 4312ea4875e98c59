#nullable enable

using System.Globalization;
using System.Reflection;

namespace FellowOakDicom;

/// <summary>From the number or text that a value is to the type that a caller asks for.</summary>
internal static class ValueConversion
{
    public static T To<T>(object number)
    {
        var target = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        return target.IsEnum
            ? (T)Enum.ToObject(target, number)
            : (T)Convert.ChangeType(number, target, CultureInfo.InvariantCulture);
    }

    /// <summary>Numbers as an array type; false where its elements are no numbers.</summary>
    public static bool TryToArray<TFrom, TArray>(TFrom[] numbers, out TArray? array)
        where TFrom : struct
    {
        array = default;
        if (typeof(TArray).GetElementType() is not { } type)
            return false;
        if (type == typeof(TFrom))
        {
            array = (TArray)(object)numbers;
            return true;
        }

        var target = Nullable.GetUnderlyingType(type) ?? type;
        if (target == typeof(object))
            target = typeof(TFrom);
        if (!target.IsPrimitive && target != typeof(decimal))
            return false;
        var converted = Array.CreateInstance(type, numbers.Length);
        for (var i = 0; i < numbers.Length; i++)
            converted.SetValue(Convert.ChangeType(numbers[i], target, CultureInfo.InvariantCulture), i);
        array = (TArray)(object)converted;
        return true;
    }

    /// <summary>Text as an enumeration's name, or through the static <c>Parse(string)</c> of a <see cref="DicomParseable"/>.</summary>
    public static bool TryFromText<T>(string text, out T? value)
    {
        value = default;
        var target = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        if (target.IsEnum)
        {
            value = (T)Enum.Parse(target, text.Replace("\0", "", StringComparison.Ordinal), ignoreCase: true);
            return true;
        }

        if (!target.IsSubclassOf(typeof(DicomParseable)))
            return false;
        var parse = target.GetMethod("Parse", [typeof(string)]) ?? throw new DicomDataException($"{target.Name} cannot be parsed.");
        value = (T?)parse.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [text], CultureInfo.InvariantCulture);
        return true;
    }
}
