using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Client;

namespace Tare.Cli.Commands.Images;

/// <summary>tare tag: a further name for an image.</summary>
internal static class TagCommand
{
    public static Command Build(string path) => new(path, "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]", "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE")
    {
        MinArguments = 2,
        MaxArguments = 2,
        Run = static (session, words) =>
        {
            (string? repository, string? tag) = ImageName.SplitOptional(words[1]);
            try
            {
                session.Client.Images.Tag(words[0], repository ?? "", tag);
                return 0;
            }
            catch (EngineErrorException error) when (error.IsBadReference)
            {
                throw new ExitException(1, $"Error parsing reference: \"{words[1]}\" is not a valid repository/tag: {error.Message}");
            }
        },
    };
}
