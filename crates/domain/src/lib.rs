//! The words of Stowage and the rules that hold wherever they are used.
//!
//! Everything here is pure: no I/O, no async, no clock, no random numbers. The same code runs in the
//! browser and on the server, so a rule exists once. A value that exists is valid.

mod access;
mod access_key;
mod catalogue;
mod claim_asset;
mod clock;
mod data_volume;
mod event;
mod ids;
mod import;
mod name;
mod path;
mod saved_view;
mod scope;
mod share;
mod share_request;
mod size;
mod volume_offer;

pub use access::{AccessRule, Role, Subject};
pub use access_key::{AccessKey, KeyHolder};
pub use catalogue::{
    CatalogueFilter, CatalogueView, Comparison, FilterError, FilterText, SortBy, SortOrder,
};
pub use claim_asset::{ClaimAsset, MadeClaim};
pub use clock::{Clock, Ids};
pub use data_volume::{
    AccessMode, Condition, ConditionStatus, DataVolume, OriginClaim, OriginSource, Persistence,
    PersistenceClass, Phase, Sharing, Usage,
};
pub use event::{Actor, Event, EventKind, EventObject, ObjectType, Origin, Outcome};
pub use ids::{
    AccessKeyId, AccessRuleId, ApplicationId, ClaimAssetId, DataVolumeId, EventId, ImportId,
    SavedViewId, ScopeId, ShareId, ShareRequestId, SignInId, UserId, VolumeOfferId,
};
pub use import::{
    ExistingFiles, HttpFile, Import, ImportProblem, ImportProgress, ImportSource, ImportState,
    ImportedBytes, ImportedFiles, RepositoryType,
};
pub use name::{Description, KeyName, NameError, ScopeName, Tag, ViewName, VolumeName};
pub use path::{PathError, VolumePath};
pub use saved_view::SavedView;
pub use scope::{ClusterKind, Placed, Scope, ScopePath, ScopeType, Standing};
pub use share::{Mount, MountPhase, Reach, Share, ShareMode, mounted};
pub use share_request::{RequestAnswer, ShareRequest};
pub use size::{Bytes, SizeError};
pub use volume_offer::VolumeOffer;
