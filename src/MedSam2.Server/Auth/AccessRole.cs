namespace MedSam2.Server.Auth;

/// <summary>What somebody may do. Each role may do what those before it may.</summary>
internal enum AccessRole
{
    /// <summary>Nothing but what is open to all.</summary>
    None,

    /// <summary>Look at images, and segment.</summary>
    User,

    /// <summary>Save images and labels.</summary>
    Annotator,

    /// <summary>As an annotator: MONAI Label knows the role, but gives it no rights of its own.</summary>
    Reviewer,

    /// <summary>Delete, train, change models, read logs.</summary>
    Admin,
}
