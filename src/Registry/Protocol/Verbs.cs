using Tare.Registry.Access;
using Tare.Registry.Blobs;
using Tare.Registry.Manifests;
using Tare.Registry.Referrers;
using Tare.Registry.Tags;
using Tare.Registry.Uploads;

namespace Tare.Registry.Protocol;

/// <summary>One verb: what its caller must be allowed, and what it does.</summary>
internal sealed record Verb(RepositoryAction Action, Func<RegistryCall, Task> Handle);

/// <summary>The whole API in one table; the specification's endpoint numbers beside it.</summary>
internal static class Verbs
{
    private static readonly Verb Base = new(RepositoryAction.Read, BaseGet.HandleAsync);                            // end-1
    private static readonly Verb GetBlob = new(RepositoryAction.Read, BlobGet.HandleAsync);                         // end-2
    private static readonly Verb GetManifest = new(RepositoryAction.Read, ManifestGet.HandleAsync);                 // end-3
    private static readonly Verb StartUpload = new(RepositoryAction.Write, UploadStart.HandleAsync);                // end-4a, 4b, 4c, 11
    private static readonly Verb AddChunk = new(RepositoryAction.Write, UploadChunk.HandleAsync);                   // end-5
    private static readonly Verb FinishUpload = new(RepositoryAction.Write, UploadFinish.HandleAsync);              // end-6
    private static readonly Verb PutManifest = new(RepositoryAction.Write, ManifestPut.HandleAsync);                // end-7a, 7b
    private static readonly Verb ListTags = new(RepositoryAction.Read, TagList.HandleAsync);                        // end-8a, 8b
    private static readonly Verb DeleteManifest = new(RepositoryAction.Delete, ManifestDelete.HandleAsync);         // end-9
    private static readonly Verb DeleteBlob = new(RepositoryAction.Delete, BlobDelete.HandleAsync);                 // end-10
    private static readonly Verb ListReferrers = new(RepositoryAction.Read, ReferrerList.HandleAsync);              // end-12a, 12b
    private static readonly Verb UploadState = new(RepositoryAction.Write, UploadStatus.HandleAsync);               // end-13
    private static readonly Verb CancelUpload = new(RepositoryAction.Write, UploadCancel.HandleAsync);              // end-14
    private static readonly Verb Catalog = new(RepositoryAction.Read, CatalogList.HandleAsync);

    /// <summary>The verb of a method on a resource, or null.</summary>
    public static Verb? Find(string method, Resource resource) => (resource, method) switch
    {
        (Resource.Base, "GET" or "HEAD") => Base,
        (Resource.Catalog, "GET") => Catalog,
        (Resource.Blob, "GET" or "HEAD") => GetBlob,
        (Resource.Blob, "DELETE") => DeleteBlob,
        (Resource.Uploads, "POST") => StartUpload,
        (Resource.Upload, "PATCH") => AddChunk,
        (Resource.Upload, "PUT") => FinishUpload,
        (Resource.Upload, "GET" or "HEAD") => UploadState,
        (Resource.Upload, "DELETE") => CancelUpload,
        (Resource.Manifest, "GET" or "HEAD") => GetManifest,
        (Resource.Manifest, "PUT") => PutManifest,
        (Resource.Manifest, "DELETE") => DeleteManifest,
        (Resource.Tags, "GET") => ListTags,
        (Resource.Referrers, "GET") => ListReferrers,
        _ => null,
    };
}
