using Tare.Cli;

return CliProgram.Main(args);
