namespace Tare.Images.Progress;

/// <summary>One message about an image on its way: what a layer, by its short digest, is doing and how far it is; or a line without an id.</summary>
/// <param name="Id">Of a layer or tag; null for a line.</param>
/// <param name="Status">What is being done, in the words that Docker's clients know.</param>
/// <param name="Current">Bytes done, of a status that counts.</param>
/// <param name="Total">Bytes of the whole; 0 for a status that does not count.</param>
public readonly record struct ImageProgress(string? Id, string Status, long Current = 0, long Total = 0);
