//! The lines that bring a data volume into a job, ready to be copied.

use domain::{ClusterKind, ShareMode};
use leptos::prelude::*;
use wire::DataVolumeView;

use crate::ui::{Choice, CopyButton, Field, Select};

/// One project in which the data volume can be found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    project_id: String,
    project: String,
    mode: ShareMode,
    location: String,
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
            Some(volume.with(|volume| slurm_script(&volume.name, place)))
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
    let has_choice = Memo::new(move |_| places.with(Vec::len) > 1);
    move || {
        shown.with(Option::is_some).then(|| {
            view! {
                <section class="card snippet" aria-labelledby="snippet-title">
                    <header class="card__header">
                        <h2 id="snippet-title">"Use it in a Slurm job"</h2>
                        <CopyButton
                            text=Signal::derive(move || shown.get().unwrap_or_default())
                            label="Copy the job script"
                        />
                    </header>
                    {move || has_choice.get().then(|| view! {
                        <Field id="snippet-project" label="For the project">
                            <Select name="project" value=chosen choices/>
                        </Field>
                    })}
                    <pre class="code" tabindex="0" aria-label="Job script"><code>{move || shown.get()}</code></pre>
                </section>
            }
        })
    }
}

/// Where the data volume is on the cluster: in its own project, then in those that it is shared with.
fn places(volume: &DataVolumeView) -> Vec<Place> {
    if volume.cluster.kind != ClusterKind::Filesystem {
        return Vec::new();
    }
    let origin = Place {
        project_id: volume.project_id.to_string(),
        project: volume.project_name.clone(),
        mode: ShareMode::ReadWrite,
        location: volume.claim_location.clone(),
    };
    let mounts = volume.mounts.iter().map(|mount| Place {
        project_id: mount.project_id.to_string(),
        project: mount.project_name.clone(),
        mode: mount.mode,
        location: mount.location.clone(),
    });
    std::iter::once(origin)
        .chain(mounts)
        .filter(|place| !place.location.is_empty())
        .collect()
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

fn slurm_script(name: &str, place: &Place) -> String {
    let project: String = place.project.chars().filter(|c| !c.is_control()).collect();
    format!(
        "#!/bin/bash\n\
         #SBATCH --job-name=train\n\
         #SBATCH --nodes=1\n\
         \n\
         # {name}, {mode} for {project}\n\
         export DATA={path}\n\
         \n\
         srun python train.py --data \"$DATA\"\n",
        mode = place.mode,
        path = quoted(&place.location),
    )
}

/// A word for the shell, whatever is in it.
fn quoted(text: &str) -> String {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | ':' | '+' | ',');
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_for_the_shell() {
        assert_eq!(
            quoted("/srv/projects/vision/imagenet-1k"),
            "/srv/projects/vision/imagenet-1k"
        );
        assert_eq!(quoted("/srv/a b"), "'/srv/a b'");
        assert_eq!(quoted("/srv/$(id)'x"), r"'/srv/$(id)'\''x'");
    }

    #[test]
    fn the_script_names_the_project_and_the_path() {
        let place = Place {
            project_id: "1".into(),
            project: "Speech\nrm -rf".into(),
            mode: ShareMode::ReadOnly,
            location: "/srv/speech/shared/imagenet".into(),
        };
        let script = slurm_script("imagenet", &place);
        assert!(script.contains(
            "# imagenet, read-only for Speechrm -rf\nexport DATA=/srv/speech/shared/imagenet\n"
        ));
    }
}
