//! Where the storage comes from: made new, or there already.

use domain::{Bytes, ClusterKind, VolumePath};
use leptos::prelude::*;
use wire::{ClaimChoice, Problem, StaticVolumeView, StorageChoices, StorageClassView};

use super::draft::{Draft, EXISTING_STORAGE, NEW_STORAGE, OFFERED_STORAGE, offered_value};
use super::{CLAIM, SIZE, VOLUME};
use crate::components::sentence::sentence;
use crate::forms::field_problem::of_field;
use crate::ui::{Choice, EmptyState, Field, Glyph, RadioCard, RadioCards, Select, TextInput};

#[component]
pub(super) fn StorageFields(
    /// What has been entered so far.
    draft: Draft,
    /// What the project offers.
    choices: StorageChoices,
    /// What the server said.
    problem: RwSignal<Option<Problem>>,
) -> impl IntoView {
    let words = Words::of(choices.cluster_kind);
    let card = |value: &str, title: &str, text: String| RadioCard {
        value: value.to_owned(),
        title: title.to_owned(),
        text,
        refusal: None,
    };
    let existing = choices.existing_claims.len();
    let offered = choices.offered_volumes.len();
    let mut sources = vec![
        card(NEW_STORAGE, words.new, words.new_text.to_owned()),
        card(
            EXISTING_STORAGE,
            words.existing,
            words.existing_text.to_owned() + &found(existing),
        ),
    ];
    if choices.cluster_kind == ClusterKind::Kubernetes {
        sources.push(card(
            OFFERED_STORAGE,
            "Offered volume",
            "A volume that an administrator made by hand and offers to this project, with what lies in it."
                .to_owned()
                + &found(offered),
        ));
    }
    let volumes = StoredValue::new(choices.offered_volumes);
    let classes = StoredValue::new(choices.storage_classes);
    let claims = StoredValue::new(choices.existing_claims);
    view! {
        <RadioCards legend="Storage" name="storage" value=draft.storage cards=sources/>
        {move || {
            draft.storage.with(|storage| match storage.as_str() {
                EXISTING_STORAGE => {
                    view! { <ExistingStorage draft claims=claims.get_value() words problem/> }.into_any()
                }
                OFFERED_STORAGE => view! { <OfferedStorage draft volumes=volumes.get_value() problem/> }.into_any(),
                _ => view! { <NewStorage draft classes=classes.get_value() problem/> }.into_any(),
            })
        }}
    }
}

fn found(existing: usize) -> String {
    match existing {
        0 => " None is there now.".to_owned(),
        1 => " One is there.".to_owned(),
        more => format!(" {more} are there."),
    }
}

#[component]
fn NewStorage(
    draft: Draft,
    classes: Vec<StorageClassView>,
    problem: RwSignal<Option<Problem>>,
) -> impl IntoView {
    if classes.is_empty() {
        return view! {
            <EmptyState title="No storage class" glyph=Glyph::Cluster>
                <p>
                    "This cluster offers no storage to make a data volume from. A platform administrator adds a "
                    "storage class to it; a folder or claim that is there already can be used now."
                </p>
            </EmptyState>
        }
        .into_any();
    }
    let cards: Vec<RadioCard> = classes
        .into_iter()
        .map(|class| RadioCard {
            text: about(&class),
            value: class.name.clone(),
            title: class.name,
            refusal: None,
        })
        .collect();
    let said = of_field(problem, SIZE);
    let error = Signal::derive(move || {
        said.get().or_else(|| {
            draft
                .size
                .with(|size| size.parse::<Bytes>())
                .err()
                .map(sentence)
        })
    });
    view! {
        <RadioCards legend="Storage class" name="storage-class" value=draft.storage_class cards/>
        <Field id=SIZE.1 label="Size" hint="A number and a unit, such as 100 GiB or 1.5 TiB." error>
            <TextInput name="size" value=draft.size on_input=move |_| problem.set(None)/>
        </Field>
    }
    .into_any()
}

fn about(class: &StorageClassView) -> String {
    let mut text = class.description.trim().trim_end_matches('.').to_owned();
    if !text.is_empty() {
        text.push_str(". ");
    }
    text.push_str(&sentence(class.persistence.class));
    match class.available_bytes {
        Some(available) => format!("{text} {available} free now."),
        None => text,
    }
}

#[component]
fn ExistingStorage(
    draft: Draft,
    claims: Vec<ClaimChoice>,
    words: Words,
    problem: RwSignal<Option<Problem>>,
) -> impl IntoView {
    if claims.is_empty() {
        return view! {
            <EmptyState title=words.none glyph=Glyph::Folder>
                <p>{words.none_text}</p>
            </EmptyState>
        }
        .into_any();
    }
    let none = Choice {
        value: String::new(),
        title: "Choose…".to_owned(),
    };
    let choices: Vec<Choice> = std::iter::once(none)
        .chain(claims.into_iter().map(choice))
        .collect();
    view! {
        <Field id=CLAIM.1 label=words.existing hint=words.existing_hint error=of_field(problem, CLAIM)>
            <Select name="claim" value=draft.claim choices on_change=move |_| problem.set(None)/>
        </Field>
        {words.folder_hint.map(|hint| view! { <FolderField draft hint/> })}
    }
    .into_any()
}

#[component]
fn OfferedStorage(
    draft: Draft,
    volumes: Vec<StaticVolumeView>,
    problem: RwSignal<Option<Problem>>,
) -> impl IntoView {
    if volumes.is_empty() {
        return view! {
            <EmptyState title="No volume is offered" glyph=Glyph::DataVolume>
                <p>
                    "A system administrator offers volumes that were made by hand, to a project or its department, "
                    "under “Administration”, “Static volumes”. When this page is opened anew, they can be chosen here."
                </p>
            </EmptyState>
        }
        .into_any();
    }
    let none = Choice {
        value: String::new(),
        title: "Choose…".to_owned(),
    };
    let choices: Vec<Choice> = std::iter::once(none)
        .chain(volumes.iter().map(|volume| Choice {
            value: offered_value(volume),
            title: format!(
                "{} ({}, {})",
                volume.volume_name, volume.capacity_bytes, volume.persistence
            ),
        }))
        .collect();
    view! {
        <Field
            id=VOLUME.1
            label="Offered volume"
            hint="Whoever creates a data volume of it first has it."
            error=of_field(problem, VOLUME)
        >
            <Select name="volume" value=draft.offered choices on_change=move |_| problem.set(None)/>
        </Field>
    }
    .into_any()
}

fn choice(claim: ClaimChoice) -> Choice {
    let title = match claim.capacity_bytes {
        Some(capacity) => format!("{} ({capacity})", claim.name),
        None => claim.name.clone(),
    };
    Choice {
        value: claim.name,
        title,
    }
}

/// The folder of a claim that is to be the data volume.
#[component]
fn FolderField(draft: Draft, hint: &'static str) -> impl IntoView {
    let error = Signal::derive(move || {
        let folder = draft
            .folder
            .with(|folder| folder.trim().parse::<VolumePath>());
        folder.err().map(sentence)
    });
    view! {
        <Field id="new-folder" label="Folder" hint error is_optional=true>
            <TextInput name="folder" value=draft.folder is_code=true placeholder="datasets/imagenet"/>
        </Field>
    }
}

/// The words of one kind of cluster.
#[derive(Clone, Copy)]
struct Words {
    new: &'static str,
    new_text: &'static str,
    existing: &'static str,
    existing_text: &'static str,
    existing_hint: &'static str,
    /// Where a folder of it can be the data volume.
    folder_hint: Option<&'static str>,
    none: &'static str,
    none_text: &'static str,
}

impl Words {
    fn of(kind: ClusterKind) -> Self {
        match kind {
            ClusterKind::Filesystem => Self {
                new: "New folder",
                new_text: "Stowage makes an empty folder in the project.",
                existing: "Existing folder",
                existing_text: "A folder of the project becomes a data volume; its files stay where they are.",
                existing_hint: "Folders of the project that are no data volume yet.",
                folder_hint: None,
                none: "No folder to take",
                none_text: "Every folder of this project is a data volume already, or there is none. Make a folder \
                            in the project's folder on the cluster and fill it; when this page is opened anew, it \
                            can be chosen here.",
            },
            ClusterKind::Kubernetes => Self {
                new: "New claim",
                new_text: "Stowage makes a PersistentVolumeClaim in the project's namespace.",
                existing: "Existing claim",
                existing_text: "A claim of the project becomes a data volume; its files stay where they are.",
                existing_hint: "Claims in the project's namespace that are no data volume yet.",
                folder_hint: Some(
                    "Only this folder of the claim becomes the data volume; it is made if it is missing.",
                ),
                none: "No claim to take",
                none_text: "Every claim in this project's namespace is a data volume already, or there is none. Make \
                            a PersistentVolumeClaim in the namespace; when this page is opened anew, it can be \
                            chosen here.",
            },
        }
    }
}
