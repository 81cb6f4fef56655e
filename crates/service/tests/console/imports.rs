use std::time::Duration;

use anyhow::Result;
use authz::Caller;
use domain::{
    AccessRuleId, DataVolumeId, EventKind, ExistingFiles, HttpFile, ImportId, ImportSource,
    ImportState, Role, SignInId, VolumePath,
};
use jiff::SignedDuration;
use service::Error;
use store::SignIn;
use uuid::Uuid;
use wire::{DeleteDataVolume, ImportView, NewImport};

use crate::fixture::Console;
use crate::web_server::WebServer;

fn import(addresses: &[String]) -> NewImport {
    let files = addresses.iter().map(|url| HttpFile {
        url: url.clone(),
        path: None,
        sha256: None,
    });
    NewImport {
        source: ImportSource::Http {
            files: files.collect(),
        },
        into: "raw".parse().unwrap(),
        existing: ExistingFiles::Update,
        credential: None,
    }
}

impl Console {
    /// An editor for whom their provider vouches, and a data volume of theirs.
    async fn editor(&self) -> Result<(Caller, DataVolumeId)> {
        let ada = self.person("ada", Role::Editor, "Vision").await?;
        self.sign_in(&ada).await?;
        let id = self.volume(&ada, "imagenet", "images").await?.id;
        Ok((ada, id))
    }

    async fn sign_in(&self, caller: &Caller) -> Result<()> {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let mut tx = self.store.begin().await?;
        tx.add_sign_in(&SignIn {
            id: SignInId(Uuid::from_u128(0x516)),
            person_id: caller.id(),
            provider_key: "acme".to_owned(),
            provider_session: None,
            groups: Vec::new(),
            groups_read_at: now,
            tokens: String::new(),
            began_at: now,
            expires_at: now + SignedDuration::from_hours(24 * 365 * 200),
        })
        .await?;
        Ok(tx.commit().await?)
    }

    /// Looks after imports until this one stands so.
    async fn until(
        &self,
        caller: &Caller,
        (id, import): (DataVolumeId, ImportId),
        is_so: impl Fn(&ImportView) -> bool,
    ) -> Result<ImportView> {
        let waiting = async {
            loop {
                self.service.look_after_imports().await?;
                let view = self.service.show_import(caller, id, import).await?;
                if is_so(&view) {
                    return anyhow::Ok(view);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waiting).await?
    }
}

fn has_ended(import: &ImportView) -> bool {
    import.ended_at.is_some()
}

#[tokio::test]
async fn an_import_stores_files_and_says_so() -> Result<()> {
    let console = Console::start().await?;
    let web = WebServer::start().await?;
    let (ada, id) = console.editor().await?;
    web.put("/a.csv", b"n,m\n1,2\n");
    web.put("/deep/b.bin", &vec![7; 100_000]);
    let addresses = ["/a.csv", "/deep/b.bin"].map(|path| web.address(path));
    let service = &console.service;
    let asked = service.start_import(&ada, id, import(&addresses)).await?;
    assert_eq!(
        (asked.state, &*asked.asked_by),
        (ImportState::Waiting, "ada")
    );
    let over = console.until(&ada, (id, asked.id), has_ended).await?;
    assert_eq!(over.state, ImportState::Succeeded, "{:?}", over.progress);
    assert_eq!(
        (over.progress.files.found, over.progress.files.stored),
        (2, 2)
    );
    assert_eq!(over.progress.bytes.stored, 100_008);
    let folder = console.project_folder("imagenet").join("images/raw");
    assert_eq!(std::fs::read(folder.join("a.csv"))?, b"n,m\n1,2\n");
    assert_eq!(std::fs::read(folder.join("b.bin"))?, vec![7; 100_000]);
    console.settle().await?;
    let seen = service.show_data_volume(&ada, id).await?;
    assert_eq!(seen.file_count, Some(2));
    let told = service.list_activity(&ada, id).await?;
    let ended = told
        .iter()
        .find(|entry| entry.kind == EventKind::ImportEnded);
    assert!(ended.unwrap().subject.ends_with("2 stored"), "{told:?}");
    assert_eq!(service.list_imports(&ada, id).await?.imports, [over]);
    service.remove_import(&ada, id, asked.id).await?;
    assert!(service.list_imports(&ada, id).await?.imports.is_empty());
    Ok(())
}

#[tokio::test]
async fn an_import_that_runs_again_fetches_what_has_changed() -> Result<()> {
    let console = Console::start().await?;
    let web = WebServer::start().await?;
    let (ada, id) = console.editor().await?;
    web.put("/a", b"one");
    web.put("/b", b"two");
    let addresses = ["/a", "/b"].map(|path| web.address(path));
    let asked = console
        .service
        .start_import(&ada, id, import(&addresses))
        .await?;
    console.until(&ada, (id, asked.id), has_ended).await?;
    web.put("/b", b"three");
    console.service.run_import_again(&ada, id, asked.id).await?;
    let over = console.until(&ada, (id, asked.id), has_ended).await?;
    assert_eq!(over.state, ImportState::Succeeded, "{:?}", over.progress);
    let files = over.progress.files;
    assert_eq!((files.stored, files.unchanged), (1, 1));
    let stored = console.project_folder("imagenet").join("images/raw/b");
    assert_eq!(std::fs::read(stored)?, b"three");
    Ok(())
}

#[tokio::test]
async fn an_import_ends_with_the_right_to_it() -> Result<()> {
    let console = Console::start().await?;
    let web = WebServer::start().await?;
    let (ada, id) = console.editor().await?;
    let viewer = console
        .person("victor", Role::L1Researcher, "Vision")
        .await?;
    let endless = import(&[web.address("/nothing-yet")]);
    let asked = console.service.start_import(&ada, id, endless).await?;
    let is_asked = |_: &ImportView| web.asked() > 0;
    console.until(&ada, (id, asked.id), is_asked).await?;
    let mut tx = console.store.begin().await?;
    tx.remove_access_rule(AccessRuleId(Uuid::from_u64_pair(8, 0)))
        .await?;
    tx.commit().await?;
    let over = console.until(&viewer, (id, asked.id), has_ended).await?;
    assert_eq!(over.state, ImportState::Failed);
    assert!(!over.progress.message.is_empty());
    Ok(())
}

#[tokio::test]
async fn nothing_is_imported_for_somebody_who_signed_out() -> Result<()> {
    let console = Console::start().await?;
    let web = WebServer::start().await?;
    web.put("/a", b"one");
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let id = console.volume(&ada, "imagenet", "images").await?.id;
    let asked = console
        .service
        .start_import(&ada, id, import(&[web.address("/a")]))
        .await?;
    let says_so = |import: &ImportView| import.progress.message.contains("signs in again");
    let waits = console.until(&ada, (id, asked.id), says_so).await?;
    assert_eq!((waits.state, web.asked()), (ImportState::Waiting, 0));
    console.sign_in(&ada).await?;
    let over = console.until(&ada, (id, asked.id), has_ended).await?;
    assert_eq!(over.state, ImportState::Succeeded);
    Ok(())
}

#[tokio::test]
async fn an_import_is_canceled_and_leaves_nothing_half() -> Result<()> {
    let console = Console::start().await?;
    let web = WebServer::start().await?;
    let (ada, id) = console.editor().await?;
    web.put("/a", b"one");
    let addresses = ["/a", "/nothing-yet"].map(|path| web.address(path));
    let service = &console.service;
    let asked = service.start_import(&ada, id, import(&addresses)).await?;
    let one_is_stored = |import: &ImportView| import.progress.files.stored == 1;
    console.until(&ada, (id, asked.id), one_is_stored).await?;
    let again = service.run_import_again(&ada, id, asked.id).await;
    assert!(matches!(again.unwrap_err(), Error::Conflict(_)));
    let removed = service.remove_import(&ada, id, asked.id).await;
    assert!(matches!(removed.unwrap_err(), Error::Conflict(_)));
    let canceled = service.cancel_import(&ada, id, asked.id).await?;
    assert_eq!(canceled.state, ImportState::Canceled);
    let over = console.until(&ada, (id, asked.id), has_ended).await?;
    assert_eq!(over.state, ImportState::Canceled);
    let twice = service.cancel_import(&ada, id, asked.id).await;
    assert!(matches!(twice.unwrap_err(), Error::Conflict(_)));
    let folder = console.project_folder("imagenet").join("images/raw");
    let names: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    assert_eq!(names.len(), 1);
    Ok(())
}

#[tokio::test]
async fn private_addresses_are_refused_unless_administrators_permit_them() -> Result<()> {
    let console = Console::start().await?;
    let (ada, id) = console.editor().await?;
    let inside = import(&["http://169.254.169.254/latest/meta-data".to_owned()]);
    let asked = console.service.start_import(&ada, id, inside).await?;
    let over = console.until(&ada, (id, asked.id), has_ended).await?;
    assert_eq!(over.state, ImportState::Failed);
    let told = format!("{:?}", over.progress);
    assert!(told.contains("169.254.169.254"), "{told}");
    Ok(())
}

#[tokio::test]
async fn a_credential_is_for_its_projects_and_its_servers() -> Result<()> {
    let console = Console::start().await?;
    let (ada, id) = console.editor().await?;
    let grace = console.person("grace", Role::Editor, "Speech").await?;
    let other = console.volume(&grace, "asr", "voices").await?.id;
    let service = &console.service;
    let usable = service.list_imports(&ada, id).await?.credentials;
    assert_eq!(usable[0].name, "pictures");
    assert_eq!(usable[0].origins, ["https://pictures.example"]);
    assert!(
        service
            .list_imports(&grace, other)
            .await?
            .credentials
            .is_empty()
    );
    let with = |address: &str| {
        let mut new = import(&[address.to_owned()]);
        new.credential = Some("pictures".to_owned());
        new
    };
    for (caller, id, address) in [
        (&grace, other, "https://pictures.example/a"),
        (&ada, id, "https://elsewhere.example/a"),
        (&ada, id, "http://pictures.example/a"),
    ] {
        let refused = service.start_import(caller, id, with(address)).await;
        let refused = refused.unwrap_err();
        assert!(
            matches!(
                refused,
                Error::Invalid {
                    field: "credential",
                    ..
                }
            ),
            "{refused}"
        );
    }
    service
        .start_import(&ada, id, with("https://pictures.example/a"))
        .await?;
    Ok(())
}

#[tokio::test]
async fn sources_that_make_no_sense_are_refused_by_field() -> Result<()> {
    let console = Console::start().await?;
    let (ada, id) = console.editor().await?;
    let s3 = |endpoint: &str, region: &str, bucket: &str| ImportSource::S3 {
        endpoint: endpoint.to_owned(),
        region: region.to_owned(),
        bucket: bucket.to_owned(),
        prefix: String::new(),
        path_style: true,
    };
    let hub = |repository: &str, revision: &str| ImportSource::HuggingFace {
        endpoint: "https://hub.example".to_owned(),
        repository_type: domain::RepositoryType::Dataset,
        repository: repository.to_owned(),
        revision: revision.to_owned(),
        prefix: String::new(),
    };
    let http = |url: &str, sha256: Option<&str>| ImportSource::Http {
        files: vec![HttpFile {
            url: url.to_owned(),
            path: None,
            sha256: sha256.map(str::to_owned),
        }],
    };
    for (source, wrong) in [
        (s3("s3.example", "r", "b"), "source.endpoint"),
        (s3("ftp://s3.example", "r", "b"), "source.endpoint"),
        (s3("https://a:b@s3.example", "r", "b"), "source.endpoint"),
        (s3("https://s3.example/b", "r", "b"), "source.endpoint"),
        (s3("https://s3.example", " ", "b"), "source.region"),
        (s3("https://s3.example", "r", ""), "source.bucket"),
        (s3("https://s3.example", "r", "b/c"), "source.bucket"),
        (hub("a/b/c", "main"), "source.repository"),
        (hub("../b", "main"), "source.repository"),
        (hub("a/b", ""), "source.revision"),
        (http("file:///etc/passwd", None), "source.files"),
        (http("https://a.example/x", Some("12")), "source.files"),
        (ImportSource::Http { files: vec![] }, "source.files"),
    ] {
        let new = NewImport {
            source: source.clone(),
            into: VolumePath::root(),
            existing: ExistingFiles::Skip,
            credential: None,
        };
        let refused = console.service.start_import(&ada, id, new).await;
        let Err(Error::Invalid { field, .. }) = refused else {
            panic!("{source} was taken: {refused:?}");
        };
        assert_eq!(field, wrong, "{source}");
    }
    Ok(())
}

#[tokio::test]
async fn an_import_ends_when_its_data_volume_is_deleted() -> Result<()> {
    let console = Console::start().await?;
    let web = WebServer::start().await?;
    let (ada, id) = console.editor().await?;
    let endless = import(&[web.address("/nothing-yet")]);
    let asked = console.service.start_import(&ada, id, endless).await?;
    let is_asked = |_: &ImportView| web.asked() > 0;
    console.until(&ada, (id, asked.id), is_asked).await?;
    let confirmed = DeleteDataVolume {
        name: "images".to_owned(),
        seen_mount_count: 0,
    };
    console
        .service
        .delete_data_volume(&ada, id, confirmed)
        .await?;
    let over = console.until(&ada, (id, asked.id), has_ended).await?;
    assert_eq!(over.state, ImportState::Failed);
    assert_eq!(over.progress.message, "The data volume is being deleted.");
    Ok(())
}
