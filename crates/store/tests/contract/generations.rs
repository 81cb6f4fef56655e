//! What tells that a kept answer is old.

use anyhow::Result;
use domain::{
    AccessRule, AccessRuleId, ApplicationId, Bytes, KeyHolder, Mount, MountPhase, Role, ShareMode,
    Subject, Usage, VolumePath,
};
use store::{Generations, Store, Tx};
use uuid::Uuid;

use crate::access_keys::{add_sign_ins, key, sign_in};
use crate::database::{Database, contracts};
use crate::fixtures::{
    ADA, IMAGES, SPEECH, VIDEO, VISION, VOICES, at, fill, path, scope, share, volume, volume_id,
};

contracts![
    whatever_a_list_shows_counts_on_when_it_changes,
    what_no_list_shows_leaves_the_number,
    a_change_that_was_undone_never_was,
    an_access_rule_counts_on_when_it_comes_and_when_it_goes,
    whoever_is_another_caller_afterwards_counts_on,
    another_console_reads_the_same_numbers,
];

/// What is about to change something.
struct Change<'d> {
    database: &'d Database,
    before: Generations,
    tx: Tx,
}

async fn change(database: &Database) -> Result<Change<'_>> {
    Ok(Change {
        database,
        before: database.store.generations().await?,
        tx: database.store.begin().await?,
    })
}

impl Change<'_> {
    /// What counted on with it.
    async fn counts_on(self) -> Result<Vec<&'static str>> {
        self.tx.commit().await?;
        let (before, after) = (self.before, self.database.store.generations().await?);
        let grown = [
            ("lists", after.lists > before.lists),
            ("access rules", after.access_rules > before.access_rules),
            ("callers", after.callers > before.callers),
        ];
        Ok(grown
            .into_iter()
            .filter(|(_, is_grown)| *is_grown)
            .map(|(name, _)| name)
            .collect())
    }
}

async fn whatever_a_list_shows_counts_on_when_it_changes(database: Database) -> Result<()> {
    const LISTS: [&str; 1] = ["lists"];
    let faces = volume(1, "faces", IMAGES);
    let offered = share(1, volume_id(1), SPEECH, ShareMode::ReadOnly);
    let usage = Usage {
        used_bytes: Bytes(5),
        file_count: 1,
        measured_at: at(1),
    };
    fill(&database.store, &[volume(2, "cats", VIDEO)]).await?;
    let mut added = change(&database).await?;
    added.tx.add_data_volume(&faces, None).await?;
    assert_eq!(added.counts_on().await?, LISTS);
    let mut saved = change(&database).await?;
    saved.tx.save_data_volume(&faces.thing).await?;
    assert_eq!(saved.counts_on().await?, LISTS);
    let mut measured = change(&database).await?;
    measured.tx.set_usage(volume_id(1), usage).await?;
    assert_eq!(measured.counts_on().await?, LISTS);
    let mut shared = change(&database).await?;
    assert!(shared.tx.add_share(&offered).await?);
    assert_eq!(shared.counts_on().await?, LISTS);
    let mut unshared = change(&database).await?;
    unshared.tx.remove_share(offered.id).await?;
    assert_eq!(unshared.counts_on().await?, LISTS);
    let mut removed = change(&database).await?;
    removed.tx.remove_data_volume(volume_id(1)).await?;
    assert_eq!(removed.counts_on().await?, LISTS);
    let mut renamed = change(&database).await?;
    renamed.tx.rename_scope(path(VISION).id(), "Seeing").await?;
    assert_eq!(renamed.counts_on().await?, LISTS);
    let mut left = change(&database).await?;
    left.tx.leave_scope(path(VOICES).id(), at(1)).await?;
    assert_eq!(left.counts_on().await?, LISTS);
    let mut new = change(&database).await?;
    let ids = ["acme", "east", "vision", "103"];
    new.tx.add_scope(&scope(&ids, "drawings")).await?;
    assert_eq!(new.counts_on().await?, LISTS);
    let mut named = change(&database).await?;
    named
        .tx
        .remember_person(ADA, "https://id.example", "ada", "Ada", None, at(1))
        .await?;
    assert_eq!(named.counts_on().await?, ["lists", "callers"]);
    Ok(())
}

async fn what_no_list_shows_leaves_the_number(database: Database) -> Result<()> {
    const NOTHING: [&str; 0] = [];
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let nothing = change(&database).await?;
    assert_eq!(nothing.counts_on().await?, NOTHING);
    let mut none_there = change(&database).await?;
    none_there.tx.remove_data_volume(volume_id(9)).await?;
    assert_eq!(none_there.counts_on().await?, NOTHING);
    let mut due = change(&database).await?;
    due.tx.reconcile_at(volume_id(1), Some(at(1))).await?;
    assert_eq!(due.counts_on().await?, NOTHING);
    let mut mounted = change(&database).await?;
    let mount = Mount {
        data_volume_id: volume_id(1),
        project_id: path(VIDEO).id().clone(),
        mode: ShareMode::ReadOnly,
        sub_path: VolumePath::root(),
        phase: MountPhase::Ready,
        location: String::new(),
        message: String::new(),
        updated_at: at(1),
    };
    mounted.tx.save_mount(&mount).await?;
    assert_eq!(mounted.counts_on().await?, NOTHING);
    Ok(())
}

async fn a_change_that_was_undone_never_was(database: Database) -> Result<()> {
    fill(&database.store, &[]).await?;
    let before = database.store.generations().await?;
    let mut tx = database.store.begin().await?;
    tx.add_data_volume(&volume(1, "faces", IMAGES), None)
        .await?;
    drop(tx);
    assert_eq!(database.store.generations().await?, before);
    Ok(())
}

async fn an_access_rule_counts_on_when_it_comes_and_when_it_goes(database: Database) -> Result<()> {
    const RULES: [&str; 1] = ["access rules"];
    fill(&database.store, &[]).await?;
    let rule = AccessRule {
        id: AccessRuleId(Uuid::from_u128(1)),
        subject: Subject::Group("vision".to_owned()),
        role: Role::Editor,
        scope: path(IMAGES),
    };
    let mut made = change(&database).await?;
    assert!(made.tx.add_access_rule(&rule).await?);
    assert_eq!(made.counts_on().await?, RULES);
    let mut removed = change(&database).await?;
    removed.tx.remove_access_rule(rule.id).await?;
    assert_eq!(removed.counts_on().await?, RULES);
    let mut application = change(&database).await?;
    application
        .tx
        .delete_application(ApplicationId(Uuid::from_u128(1)))
        .await?;
    assert_eq!(application.counts_on().await?, ["access rules", "callers"]);
    Ok(())
}

async fn whoever_is_another_caller_afterwards_counts_on(database: Database) -> Result<()> {
    const CALLERS: [&str; 1] = ["callers"];
    fill(&database.store, &[]).await?;
    let mut saved = change(&database).await?;
    saved.tx.save_session("key", "content", at(9)).await?;
    assert_eq!(saved.counts_on().await?, CALLERS);
    let mut ended = change(&database).await?;
    ended.tx.delete_session("key").await?;
    assert_eq!(ended.counts_on().await?, CALLERS);

    let known = sign_in(1, 1);
    add_sign_ins(&database.store, std::slice::from_ref(&known)).await?;
    let mut again = change(&database).await?;
    again.tx.save_sign_in(&known).await?;
    assert_eq!(again.counts_on().await?, CALLERS);
    let mut by_provider = change(&database).await?;
    by_provider
        .tx
        .end_provider_session("company", "session-1")
        .await?;
    assert_eq!(by_provider.counts_on().await?, CALLERS);
    let mut by_subject = change(&database).await?;
    by_subject
        .tx
        .end_sign_ins_of("company", "https://id.example", "ada")
        .await?;
    assert_eq!(by_subject.counts_on().await?, CALLERS);
    let mut out = change(&database).await?;
    out.tx.end_sign_in(known.id).await?;
    assert_eq!(out.counts_on().await?, CALLERS);

    let key = key(1, KeyHolder::Person(ADA), "nightly");
    let mut made = change(&database).await?;
    made.tx.add_access_key(&key, "hash").await?;
    made.tx.access_key_was_used(key.id, at(2)).await?;
    assert!(made.counts_on().await?.is_empty());
    let mut disabled = change(&database).await?;
    disabled.tx.save_access_key(&key).await?;
    assert_eq!(disabled.counts_on().await?, CALLERS);
    let mut renewed = change(&database).await?;
    renewed.tx.save_secret_hash(key.id, "another").await?;
    assert_eq!(renewed.counts_on().await?, CALLERS);
    let mut removed = change(&database).await?;
    assert!(removed.tx.delete_access_key(key.id).await?);
    assert_eq!(removed.counts_on().await?, CALLERS);
    Ok(())
}

async fn another_console_reads_the_same_numbers(database: Database) -> Result<()> {
    fill(&database.store, &[]).await?;
    let other = Store::connect(&database.url).await?;
    let before = other.generations().await?;
    let mut tx = database.store.begin().await?;
    tx.add_data_volume(&volume(1, "faces", IMAGES), None)
        .await?;
    tx.commit().await?;
    let (one, two) = tokio::join!(other.generations(), other.generations());
    assert!(one?.lists > before.lists && two?.lists > before.lists);
    Ok(())
}
