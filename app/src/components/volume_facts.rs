//! What is known of a data volume: its claim, its place, its amounts, and what becomes of the bytes.

use domain::{AccessMode, ClusterKind, Sharing};
use leptos::prelude::*;
use wire::DataVolumeView;

use super::persistence_badge::PersistenceBadge;
use super::sentence::sentence;
use super::usage_meter::UsageMeter;
use crate::ui::{CopyButton, Glyph, Icon, Time, count};

/// The facts, as pairs of a word and what it is.
#[component]
pub(crate) fn VolumeFacts(
    /// The data volume.
    volume: DataVolumeView,
) -> impl IntoView {
    let claim_word = match volume.cluster.kind {
        ClusterKind::Filesystem => "Folder",
        ClusterKind::Kubernetes => "Claim",
    };
    let origin = if volume.claim_is_existing {
        "was there before, and stays when the data volume is deleted"
    } else {
        "made by Stowage, and deleted with the data volume"
    };
    let location = (!volume.claim_location.is_empty()).then(|| {
        view! {
            <Fact word="Location">
                <code class="facts__location">{volume.claim_location.clone()}</code>
                <CopyButton text=volume.claim_location.clone() label="Copy the location"/>
            </Fact>
        }
    });
    let folder = (!volume.claim_sub_path.is_root()).then(|| {
        view! {
            <Fact word="Folder">
                <code>{volume.claim_sub_path.to_string()}</code>
                <small class="facts__note">"of the claim; the rest of it is not in the data volume"</small>
            </Fact>
        }
    });
    let class = (!volume.storage_class.is_empty()).then(
        || view! { <Fact word="Storage class"><code>{volume.storage_class.clone()}</code></Fact> },
    );
    let files = volume.file_count.map_or_else(|| "–".to_owned(), count);
    let measured = volume
        .measured_at
        .map(|at| view! { <small class="facts__note">"measured " <Time at/></small> });
    let modes: Vec<&str> = volume
        .access_modes
        .iter()
        .copied()
        .map(AccessMode::as_str)
        .collect();
    let modes =
        (!modes.is_empty()).then(|| view! { <Fact word="Access modes">{modes.join(", ")}</Fact> });
    view! {
        <section class="card" aria-labelledby="facts-title">
            <h2 id="facts-title">"Storage"</h2>
            <dl class="facts">
                <Fact word="Used">
                    <UsageMeter used=volume.used_bytes capacity=volume.capacity_bytes/>
                    {measured}
                </Fact>
                <Fact word="Files">{files}</Fact>
                <Fact word=claim_word>
                    <code>{volume.claim_name.clone()}</code>
                    <small class="facts__note">{origin}</small>
                </Fact>
                {folder}
                {location}
                {class}
                {modes}
                <Fact word="Made">{format!("by {} ", volume.created_by)} <Time at=volume.created_at/></Fact>
                <Fact word="Changed"><Time at=volume.updated_at/></Fact>
            </dl>
        </section>
    }
}

/// What becomes of the bytes and whether others can get them, with the reasons.
#[component]
pub(crate) fn VolumePromises(
    /// The data volume.
    volume: DataVolumeView,
) -> impl IntoView {
    let persistence = volume.persistence.map(|persistence| {
        let reason = sentence(&persistence.reason);
        view! {
            <div class="promise">
                <PersistenceBadge persistence=Some(persistence)/>
                <p>{reason}</p>
            </div>
        }
    });
    let sharing = volume
        .sharing
        .map(|sharing| view! { <SharingPromise sharing/> });
    let is_unknown = persistence.is_none() && sharing.is_none();
    view! {
        <section class="card" aria-labelledby="promises-title">
            <h2 id="promises-title">"Persistence and sharing"</h2>
            {persistence}
            {sharing}
            {is_unknown.then(|| view! { <p class="muted">"Known as soon as the storage is there."</p> })}
        </section>
    }
}

/// Whether it can be shared, and how or why not.
#[component]
pub(crate) fn SharingPromise(
    /// What the cluster says.
    sharing: Sharing,
) -> impl IntoView {
    let (glyph, title, text) = match sharing {
        Sharing::Possible { how } => (Glyph::Share, "Can be shared", how),
        Sharing::Refused { reason } => (Glyph::Minus, "Cannot be shared", reason),
    };
    view! {
        <div class="promise">
            <span class="promise__title"><Icon glyph/> {title}</span>
            <p>{sentence(text)}</p>
        </div>
    }
}

/// A word and what is so.
#[component]
pub(crate) fn Fact(
    /// What it is about.
    word: &'static str,
    /// What is so.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="facts__fact">
            <dt>{word}</dt>
            <dd>{children()}</dd>
        </div>
    }
}
