//! What crosses the network: requests, views and problems, the same types on both sides.
//!
//! camelCase, RFC 3339 in UTC, sizes in bytes. A view already says what this caller may do (`may`), so
//! that a page never guesses.

mod access;
mod administration;
mod audit;
mod catalogue;
mod data_volume;
mod device_sign_in;
mod event;
mod files;
mod import;
mod problem;
mod programs;
mod retained;
mod saved_view;
mod share;
mod share_request;
mod sign_in_problem;
mod snippet;
mod static_volume;
mod upload;

pub use access::{GrantView, MeView, PersonView, SignInOption, SignInOptions};
pub use administration::{
    AccessRuleChoices, AccessRulePlan, AccessRuleView, AdministrationView, DepartmentView,
    ManagedScope, NewAccessRule, NewDepartment, NewProject, NewSubject, PersonChoice, ProjectView,
    SubjectType,
};
pub use audit::{AuditEntryView, AuditPage, AuditQuery, AuditResult};
pub use catalogue::{CatalogueColumn, CataloguePage, CatalogueQuery, CatalogueRow, ScopeNode};
pub use data_volume::{
    ClaimChoice, ClusterView, DataVolumeEdit, DataVolumePlan, DataVolumeView, DeleteDataVolume,
    DeletionConsequences, May, MountView, NewDataVolume, ProjectChoice, StorageChoices,
    StorageClassView,
};
pub use device_sign_in::{DeviceAnswer, DeviceSignInView};
pub use domain::{CatalogueView, SortBy, SortOrder};
pub use event::{ActivityView, ChangeView};
pub use files::{
    FileDetails, FileKind, FileView, FolderView, NewFolder, PreviewView, RenameFile, StoredFile,
    UsageView,
};
pub use import::{
    ImportCredentialView, ImportOrder, ImportStanding, ImportView, ImportsView, NewImport,
};
pub use problem::Problem;
pub use programs::{
    AccessKeyView, AccessKeysView, ApplicationView, ApplicationsPage, KeyPatch, MadeKey, NewKey,
};
pub use retained::{RetainedVolumeView, RetainedVolumesView, TakeBackVolume};
pub use saved_view::{NewSavedView, SavedViewView};
pub use share::{NewShare, PodsView, ShareTarget, ShareView};
pub use share_request::{AnswerView, NewAnswer, ShareRequestView, ShareRequestsPage};
pub use sign_in_problem::SignInProblem;
pub use snippet::{pod_manifest, slurm_script};
pub use static_volume::{
    NewVolumeOffer, OfferedVolumesView, StaticVolumeView, StaticVolumesView, VolumeOfferView,
};
pub use upload::{
    ArchiveAnswer, BatchAnswer, BatchFile, BatchResult, UnfinishedUpload, WhenPresent,
};
