//! The lines that bring a data volume into a job, ready to be copied.

use domain::{ClusterKind, ShareMode, VolumePath};
use leptos::prelude::*;
use wire::{DataVolumeView, pod_manifest, slurm_script};

use crate::ui::{Choice, CopyButton, Field, Select};

/// One project in which the data volume can be found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    project_id: String,
    project: String,
    mode: ShareMode,
    location: String,
    sub_path: VolumePath,
}

/// The job script for the project that the reader works in. Nothing where no project can be told a place.
#[component]
pub(crate) fn MountSnippet(
    /// The data volume.
    #[prop(into)]
    volume: Signal<DataVolumeView>,
) -> impl IntoView {
    let places = Memo::new(move |_| volume.with(places));
    let chosen = RwSignal::new(
        places.with_untracked(|places| first_choice(places, &volume.get_untracked())),
    );
    let shown = Memo::new(move |_| {
        let chosen = chosen.get();
        places.with(|places| {
            let place = places
                .iter()
                .find(|place| place.project_id == chosen)
                .or_else(|| places.first())?;
            Some(volume.with(|volume| snippet(volume, place)))
        })
    });
    let choices = Signal::derive(move || {
        places
            .get()
            .into_iter()
            .map(|place| Choice {
                value: place.project_id,
                title: format!("{} ({})", place.project, place.mode),
            })
            .collect::<Vec<_>>()
    });
    let (title, words) = match volume.with_untracked(|volume| volume.cluster.kind) {
        ClusterKind::Filesystem => ("Use it in a Slurm job", "job script"),
        ClusterKind::Kubernetes => ("Use it in a pod", "pod's manifest"),
    };
    let has_choice = Memo::new(move |_| places.with(Vec::len) > 1);
    move || {
        shown.with(Option::is_some).then(|| {
            view! {
                <section class="card snippet" aria-labelledby="snippet-title">
                    <header class="card__header">
                        <h2 id="snippet-title">{title}</h2>
                        <CopyButton
                            text=Signal::derive(move || shown.get().unwrap_or_default())
                            label=format!("Copy the {words}")
                        />
                    </header>
                    {move || has_choice.get().then(|| view! {
                        <Field id="snippet-project" label="For the project">
                            <Select name="project" value=chosen choices/>
                        </Field>
                    })}
                    <pre class="code" tabindex="0" aria-label=words><code>{move || shown.get()}</code></pre>
                </section>
            }
        })
    }
}

/// Where the data volume is on the cluster: in its own project, then in those that it is shared with.
fn places(volume: &DataVolumeView) -> Vec<Place> {
    let origin = Place {
        project_id: volume.project_id.to_string(),
        project: volume.project_name.clone(),
        mode: ShareMode::ReadWrite,
        location: volume.claim_location.clone(),
        sub_path: volume.claim_sub_path.clone(),
    };
    let mounts = volume.mounts.iter().map(|mount| Place {
        project_id: mount.project_id.to_string(),
        project: mount.project_name.clone(),
        mode: mount.mode,
        location: mount.location.clone(),
        sub_path: VolumePath::root(),
    });
    std::iter::once(origin)
        .chain(mounts)
        .filter(|place| !place.location.is_empty())
        .collect()
}

fn snippet(volume: &DataVolumeView, place: &Place) -> String {
    match volume.cluster.kind {
        ClusterKind::Filesystem => {
            slurm_script(&volume.name, &place.project, place.mode, &place.location)
        }
        ClusterKind::Kubernetes => pod_manifest(&place.location, &place.sub_path, place.mode),
    }
}

/// Who may write most likely works in the origin project, others in one that it is shared with.
fn first_choice(places: &[Place], volume: &DataVolumeView) -> String {
    let origin = volume.project_id.as_str();
    places
        .iter()
        .find(|place| (place.project_id == origin) == volume.may.write_files)
        .or_else(|| places.first())
        .map(|place| place.project_id.clone())
        .unwrap_or_default()
}
