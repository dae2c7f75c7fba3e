using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Tare.Tests.Unit")]
