using Xunit;

namespace MedSam2.Network.Tests.Golden;

public class Sam21TinyTests(Sam21TinyTests.Fixture model) : FullSizeMemoryTests(model), IClassFixture<Sam21TinyTests.Fixture>
{
    public sealed class Fixture() : FullSizeModel("sam2.1_hiera_tiny");
}

public class Sam2SmallTests(Sam2SmallTests.Fixture model) : FullSizeMemoryTests(model), IClassFixture<Sam2SmallTests.Fixture>
{
    public sealed class Fixture() : FullSizeModel("sam2_hiera_small");
}

public class MedSam2At512Tests(MedSam2At512Tests.Fixture model) : FullSizeMemoryTests(model), IClassFixture<MedSam2At512Tests.Fixture>
{
    public sealed class Fixture() : FullSizeModel("medsam2_t512");
}

public class Sam21SmallTests(Sam21SmallTests.Fixture model) : FullSizeTests(model), IClassFixture<Sam21SmallTests.Fixture>
{
    public sealed class Fixture() : FullSizeModel("sam2.1_hiera_small");
}

public class Sam21BasePlusTests(Sam21BasePlusTests.Fixture model) : FullSizeTests(model), IClassFixture<Sam21BasePlusTests.Fixture>
{
    public sealed class Fixture() : FullSizeModel("sam2.1_hiera_base_plus");
}

public class Sam21LargeTests(Sam21LargeTests.Fixture model) : FullSizeTests(model), IClassFixture<Sam21LargeTests.Fixture>
{
    public sealed class Fixture() : FullSizeModel("sam2.1_hiera_large");
}
