global using MedSam2.TestSupport;
global using Xunit;
