using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.Cli.Options;
using Tare.Cli.Registries;
using Tare.EngineApi.Client;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Json;
using Tare.Errors;

namespace Tare.Cli.Commands.Containers;

/// <summary>The part that run and create share: body, pull where the image is missing, create, id file.</summary>
internal sealed class ContainerCreation(Session session, ContainerFlags flags)
{
    /// <summary>Builds the body; what the options say wrongly ends with 125.</summary>
    public CreateRequest BuildBody(List<string> arguments, bool detach)
    {
        try
        {
            if (flags.Pull.Value is not ("always" or "missing" or "never"))
                throw TareException.Invalid($"invalid pull option: '{flags.Pull.Value}': must be one of \"always\", \"missing\" or \"never\"");
            CreateRequest body = ContainerBody.Build(flags, arguments, detach, session.Environment);
            if (body.Tty && Session.OutputIsTerminal)
                body.HostConfig!.ConsoleSize = ConsoleSize();
            if (flags.CidFile.Value.Length > 0 && File.Exists(flags.CidFile.Value))
                throw TareException.Invalid($"container ID file found, make sure the other container isn't running or delete {flags.CidFile.Value}");
            return body;
        }
        catch (TareException error)
        {
            throw new ExitException(125, $"tare: {TareException.Describe(error)}\n\nRun 'tare run --help' for more information");
        }
    }

    /// <summary>Creates the container and returns its id.</summary>
    public string Create(CreateRequest body)
    {
        byte[] json = CreateRequestWriter.Write(body);
        if (flags.Pull.Value == "always")
            Pull(body.Image);
        CreateResponse created = CreateOrPull(json, body.Image);
        foreach (string warning in created.Warnings ?? [])
            session.Error.WriteLine($"WARNING: {warning}");
        if (flags.CidFile.Value.Length > 0)
            File.WriteAllText(flags.CidFile.Value, created.Id);
        return created.Id;
    }

    private CreateResponse CreateOrPull(byte[] json, string image)
    {
        string? platform = flags.Platform.Given;
        try
        {
            return session.Client.Containers.Create(json, flags.Name.Given, platform);
        }
        catch (EngineErrorException error) when (error.IsNotFound && flags.Pull.Value == "missing" && error.Message.Contains("image", StringComparison.OrdinalIgnoreCase))
        {
            if (!flags.Quiet.Value)
                session.Error.WriteLine($"Unable to find image '{ImageName.WithTag(image)}' locally");
            Pull(image);
            return session.Client.Containers.Create(json, flags.Name.Given, platform);
        }
    }

    private void Pull(string image)
    {
        session.Error.Flush();
        (string repository, string tag) = ImageName.Split(image);
        using EngineResponse response = session.Client.Images.Pull(repository, tag, flags.Platform.Given, new CredentialStore(session.Environment).HeaderFor(image));
        ProgressDisplay.Show(response.Body, flags.Quiet.Value ? null : session.Error);
    }

    private static List<uint> ConsoleSize()
    {
        using var stdout = new Linux.FileDescriptor(1, owns: false);
        (ushort rows, ushort columns) = Linux.Terminal.Size(stdout);
        return [rows, columns];
    }
}
