//! “Import”: from where files are pulled into a data volume.

use domain::{DataVolumeId, ExistingFiles, HttpFile, ImportSource, RepositoryType, VolumePath};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{ImportCredentialView, NewImport, Problem};

use super::field_problem::{self, FieldId, of_field};
use crate::components::problem_notice::ProblemNotice;
use crate::components::sentence::sentence;
use crate::server_fns::start_import;
use crate::ui::{
    Button, Checkbox, Choice, Dialog, Field, Look, RadioCard, RadioCards, Select, TextArea,
    TextInput, use_toasts,
};

const ENDPOINT: FieldId = ("source.endpoint", "import-endpoint");
const REGION: FieldId = ("source.region", "import-region");
const BUCKET: FieldId = ("source.bucket", "import-bucket");
const PREFIX: FieldId = ("source.prefix", "import-prefix");
const FILES: FieldId = ("source.files", "import-files");
const REPOSITORY: FieldId = ("source.repository", "import-repository");
const REVISION: FieldId = ("source.revision", "import-revision");
const INTO: FieldId = ("into", "import-into");
const EXISTING: FieldId = ("existing", "import-existing");
const CREDENTIAL: FieldId = ("credential", "import-credential");
const FIELDS: &[FieldId] = &[
    ENDPOINT, REGION, BUCKET, PREFIX, FILES, REPOSITORY, REVISION, INTO, EXISTING, CREDENTIAL,
];

const HUGGING_FACE: &str = "https://huggingface.co";

/// The form in front of the page.
#[component]
pub(crate) fn ImportDialog(
    /// Whether it is shown.
    is_open: RwSignal<bool>,
    /// Into which data volume.
    id: DataVolumeId,
    /// The folder that is open.
    folder: Signal<VolumePath>,
    /// What the source can be shown.
    credentials: Signal<Vec<ImportCredentialView>>,
    /// What follows.
    #[prop(into)]
    on_started: Callback<()>,
) -> impl IntoView {
    view! {
        <Dialog is_open id="import" title="Import">
            {move || is_open.get().then(|| view! { <ImportForm is_open id folder credentials on_started/> })}
        </Dialog>
    }
}

/// What is typed in.
#[derive(Clone, Copy)]
struct Typed {
    kind: RwSignal<String>,
    endpoint: RwSignal<String>,
    region: RwSignal<String>,
    bucket: RwSignal<String>,
    prefix: RwSignal<String>,
    path_style: RwSignal<bool>,
    addresses: RwSignal<String>,
    server: RwSignal<String>,
    repository_type: RwSignal<String>,
    repository: RwSignal<String>,
    revision: RwSignal<String>,
    subfolder: RwSignal<String>,
    into: RwSignal<String>,
    existing: RwSignal<String>,
    credential: RwSignal<String>,
}

impl Typed {
    fn new(folder: &VolumePath) -> Self {
        let text = |text: &str| RwSignal::new(text.to_owned());
        Self {
            kind: text("s3"),
            endpoint: text(""),
            region: text("us-east-1"),
            bucket: text(""),
            prefix: text(""),
            path_style: RwSignal::new(true),
            addresses: text(""),
            server: text(HUGGING_FACE),
            repository_type: text("dataset"),
            repository: text(""),
            revision: text("main"),
            subfolder: text(""),
            into: text(folder.as_str()),
            existing: text("update"),
            credential: text(""),
        }
    }

    fn source(self) -> ImportSource {
        let of = |signal: RwSignal<String>| signal.with_untracked(|text| text.trim().to_owned());
        match &*self.kind.get_untracked() {
            "http" => ImportSource::Http {
                files: self.addresses.with_untracked(|text| files(text)),
            },
            "huggingFace" => ImportSource::HuggingFace {
                endpoint: of(self.server),
                repository_type: if self.repository_type.get_untracked() == "model" {
                    RepositoryType::Model
                } else {
                    RepositoryType::Dataset
                },
                repository: of(self.repository),
                revision: of(self.revision),
                prefix: of(self.subfolder),
            },
            _ => ImportSource::S3 {
                endpoint: of(self.endpoint),
                region: of(self.region),
                bucket: of(self.bucket),
                prefix: of(self.prefix),
                path_style: self.path_style.get_untracked(),
            },
        }
    }

    fn existing(self) -> ExistingFiles {
        match &*self.existing.get_untracked() {
            "skip" => ExistingFiles::Skip,
            "replace" => ExistingFiles::Replace,
            _ => ExistingFiles::Update,
        }
    }

    fn credential(self) -> Option<String> {
        Some(self.credential.get_untracked()).filter(|name| !name.is_empty())
    }
}

/// One file for each line that says something.
fn files(text: &str) -> Vec<HttpFile> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let file = |line: &str| HttpFile {
        url: line.to_owned(),
        path: None,
        sha256: None,
    };
    lines.map(file).collect()
}

#[component]
fn ImportForm(
    is_open: RwSignal<bool>,
    id: DataVolumeId,
    folder: Signal<VolumePath>,
    credentials: Signal<Vec<ImportCredentialView>>,
    on_started: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let typed = folder.with_untracked(Typed::new);
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    let into = Memo::new(move |_| {
        typed.into.with(|text| {
            let text = text.trim().trim_matches('/');
            text.parse::<VolumePath>().map_err(sentence)
        })
    });
    let refusal = Signal::derive(move || into.get().err());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Ok(into), false) = (into.get_untracked(), is_at_work.get_untracked()) else {
            return;
        };
        let new = NewImport {
            source: typed.source(),
            into,
            existing: typed.existing(),
            credential: typed.credential(),
        };
        is_at_work.set(true);
        spawn_local(async move {
            match start_import(id, new).await {
                Ok(_) => {
                    toasts.say("The import goes on by itself, also when you close this page");
                    is_open.set(false);
                    on_started.try_run(());
                }
                Err(refused) => {
                    field_problem::focus(&refused, FIELDS);
                    problem.set(Some(refused));
                }
            }
            is_at_work.set(false);
        });
    };
    let rest = field_problem::of_none(problem, FIELDS);
    let source = move || match &*typed.kind.get() {
        "http" => view! { <HttpFields typed problem/> }.into_any(),
        "huggingFace" => view! { <HuggingFaceFields typed problem/> }.into_any(),
        _ => view! { <S3Fields typed problem/> }.into_any(),
    };
    view! {
        <form class="form" on:submit=submit>
            <RadioCards legend="From" name="kind" value=typed.kind cards=kinds()/>
            {source}
            <Field
                id=CREDENTIAL.1
                label="Credential"
                hint="Administrators of the console keep them. It is shown to its own servers only."
                error=of_field(problem, CREDENTIAL)
            >
                <Select name="credential" value=typed.credential choices=Signal::derive(move || named(&credentials.get()))/>
            </Field>
            <Field
                id=INTO.1
                label="Into the folder"
                hint="Empty is the data volume itself. It is made if it is not there."
                error=Signal::derive(move || refusal.get().or_else(|| of_field(problem, INTO).get()))
            >
                <TextInput name="into" value=typed.into is_code=true/>
            </Field>
            <Field id=EXISTING.1 label="Files that are there already" error=of_field(problem, EXISTING)>
                <Select name="existing" value=typed.existing choices=existing_choices()/>
            </Field>
            {move || rest().map(|problem| view! { <ProblemNotice problem/> })}
            <div class="form__actions">
                <Button look=Look::Primary submits=true refusal is_busy=is_at_work>"Import"</Button>
                <Button on_press=move |()| is_open.set(false)>"Cancel"</Button>
            </div>
        </form>
    }
}

#[component]
fn S3Fields(typed: Typed, problem: RwSignal<Option<Problem>>) -> impl IntoView {
    view! {
        <Field
            id=ENDPOINT.1
            label="Server"
            hint="Any that speaks S3, like https://s3.eu-central-1.amazonaws.com."
            error=of_field(problem, ENDPOINT)
        >
            <TextInput name="endpoint" value=typed.endpoint is_code=true has_focus=true/>
        </Field>
        <Field id=BUCKET.1 label="Bucket" error=of_field(problem, BUCKET)>
            <TextInput name="bucket" value=typed.bucket is_code=true/>
        </Field>
        <Field
            id=PREFIX.1
            label="Prefix"
            hint="Only what begins with it; empty is the whole bucket. A folder ends in “/”."
            error=of_field(problem, PREFIX)
        >
            <TextInput name="prefix" value=typed.prefix is_code=true/>
        </Field>
        <Field id=REGION.1 label="Region" error=of_field(problem, REGION)>
            <TextInput name="region" value=typed.region is_code=true/>
        </Field>
        <Checkbox
            name="path-style"
            label="The bucket stands in the path of addresses, as on most servers but Amazon’s"
            is_checked=typed.path_style
            on_change=move |checked| typed.path_style.set(checked)
        />
    }
}

#[component]
fn HttpFields(typed: Typed, problem: RwSignal<Option<Problem>>) -> impl IntoView {
    view! {
        <Field
            id=FILES.1
            label="Addresses"
            hint="One on each line. Each file gets the name at the end of its address."
            error=of_field(problem, FILES)
        >
            <TextArea name="addresses" value=typed.addresses rows=5/>
        </Field>
    }
}

#[component]
fn HuggingFaceFields(typed: Typed, problem: RwSignal<Option<Problem>>) -> impl IntoView {
    let types = [("dataset", "Dataset"), ("model", "Model")]
        .map(choice)
        .to_vec();
    view! {
        <Field id=REPOSITORY.1 label="Repository" hint="Like owner/name." error=of_field(problem, REPOSITORY)>
            <TextInput name="repository" value=typed.repository is_code=true has_focus=true/>
        </Field>
        <Field id="import-repository-type" label="Holds a">
            <Select name="repository-type" value=typed.repository_type choices=types/>
        </Field>
        <Field id=REVISION.1 label="Revision" hint="A branch, tag or commit." error=of_field(problem, REVISION)>
            <TextInput name="revision" value=typed.revision is_code=true/>
        </Field>
        <Field
            id=PREFIX.1
            label="Only the folder"
            hint="Empty is the whole repository."
            error=of_field(problem, PREFIX)
        >
            <TextInput name="subfolder" value=typed.subfolder is_code=true/>
        </Field>
        <Field id=ENDPOINT.1 label="Server" error=of_field(problem, ENDPOINT)>
            <TextInput name="server" value=typed.server is_code=true/>
        </Field>
    }
}

fn kinds() -> Vec<RadioCard> {
    [
        (
            "s3",
            "S3",
            "The objects of a bucket, on any server that speaks S3.",
        ),
        ("http", "Addresses", "Files that a web server has."),
        ("huggingFace", "Hugging Face", "A dataset or a model."),
    ]
    .map(|(value, title, text)| RadioCard {
        value: value.to_owned(),
        title: title.to_owned(),
        text: text.to_owned(),
        refusal: None,
    })
    .to_vec()
}

fn existing_choices() -> Vec<Choice> {
    [
        ("update", "Fetch what changed since the last import"),
        ("skip", "Leave them"),
        ("replace", "Replace them"),
    ]
    .map(choice)
    .to_vec()
}

fn named(credentials: &[ImportCredentialView]) -> Vec<Choice> {
    let none = choice(("", "None: it is open to everybody"));
    let rest = credentials.iter().map(|credential| Choice {
        value: credential.name.clone(),
        title: format!(
            "{} (for {})",
            credential.name,
            credential.origins.join(", ")
        ),
    });
    std::iter::once(none).chain(rest).collect()
}

fn choice((value, title): (&str, &str)) -> Choice {
    Choice {
        value: value.to_owned(),
        title: title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_an_address() {
        let found = files("https://a.example/x\n\n  https://b.example/y  \n");
        let urls: Vec<&str> = found.iter().map(|file| &*file.url).collect();
        assert_eq!(urls, ["https://a.example/x", "https://b.example/y"]);
        assert!(files(" \n").is_empty());
    }
}
