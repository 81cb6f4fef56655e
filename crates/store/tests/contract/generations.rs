//! What tells that a kept answer is old.

use anyhow::Result;
use domain::{
    AccessRule, AccessRuleId, ApplicationId, Bytes, Mount, MountPhase, Role, ShareMode, Subject,
    Usage, VolumePath,
};
use store::{Generations, Store, Tx};
use uuid::Uuid;

use crate::database::{Database, contracts};
use crate::fixtures::{
    ADA, IMAGES, SPEECH, VIDEO, VISION, VOICES, at, fill, path, scope, share, volume, volume_id,
};

contracts![
    whatever_a_list_shows_counts_on_when_it_changes,
    what_no_list_shows_leaves_the_number,
    a_change_that_was_undone_never_was,
    an_access_rule_counts_on_when_it_comes_and_when_it_goes,
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
    /// Whether lists and access rules counted on with it.
    async fn counts_on(self) -> Result<(bool, bool)> {
        self.tx.commit().await?;
        let after = self.database.store.generations().await?;
        Ok((
            after.lists > self.before.lists,
            after.access_rules > self.before.access_rules,
        ))
    }
}

async fn whatever_a_list_shows_counts_on_when_it_changes(database: Database) -> Result<()> {
    const LISTS: (bool, bool) = (true, false);
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
    assert_eq!(named.counts_on().await?, LISTS);
    Ok(())
}

async fn what_no_list_shows_leaves_the_number(database: Database) -> Result<()> {
    const NEITHER: (bool, bool) = (false, false);
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let nothing = change(&database).await?;
    assert_eq!(nothing.counts_on().await?, NEITHER);
    let mut none_there = change(&database).await?;
    none_there.tx.remove_data_volume(volume_id(9)).await?;
    assert_eq!(none_there.counts_on().await?, NEITHER);
    let mut due = change(&database).await?;
    due.tx.reconcile_at(volume_id(1), Some(at(1))).await?;
    assert_eq!(due.counts_on().await?, NEITHER);
    let mut session = change(&database).await?;
    session.tx.save_session("key", "content", at(1)).await?;
    assert_eq!(session.counts_on().await?, NEITHER);
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
    assert_eq!(mounted.counts_on().await?, NEITHER);
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
    const RULES: (bool, bool) = (false, true);
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
    assert_eq!(application.counts_on().await?, RULES);
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
