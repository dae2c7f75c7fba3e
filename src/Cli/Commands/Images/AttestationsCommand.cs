using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.EngineApi.Images;

namespace Tare.Cli.Commands.Images;

/// <summary>tare image attestations: what builders have stated about an image, such as its parts and its making.</summary>
internal static class AttestationsCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] IMAGE", "List statements about an image: SBOM, provenance") { MinArguments = 1, MaxArguments = 1 };
        TextFlag format = command.Flags.Text("format", "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or a Go template");
        ListFlag type = command.Flags.List("type", "Only statements of this predicate type");
        command.Run = (session, words) =>
        {
            var listing = new Listing(("PredicateType", "PREDICATE TYPE"), ("Digest", "DIGEST"), ("Size", "SIZE"));
            foreach (AttestationStatement statement in session.Client.Images.Attestations(words[0], type.Values))
            {
                listing.Add(new Dictionary<string, object?>
                {
                    ["PredicateType"] = statement.PredicateType,
                    ["Digest"] = statement.Descriptor.Digest,
                    ["Size"] = Human.Size(statement.Descriptor.Size),
                });
            }
            listing.Print(session.Out, format.Given);
            return 0;
        };
        return command;
    }
}
