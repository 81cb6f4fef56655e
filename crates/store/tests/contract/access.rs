//! Access rules.

use anyhow::Result;
use domain::{AccessRule, AccessRuleId, Role, Subject};
use store::Store;
use uuid::Uuid;

use crate::database::{Database, contracts};
use crate::fixtures::{ACME, EAST, IMAGES, VISION, path, plant};

contracts![
    a_person_gets_the_rules_of_their_groups_and_their_own,
    a_rule_that_says_the_same_is_added_once,
    a_group_is_named_byte_for_byte,
    only_mapped_groups_are_kept,
    thousands_of_groups_are_no_obstacle,
    rules_are_listed_within_the_reach_and_removed_one_by_one,
    of_two_that_remove_the_last_rules_of_each_other_one_is_left,
];

fn rule(number: u128, subject: Subject, role: Role, scope: &[&str]) -> AccessRule {
    AccessRule {
        id: AccessRuleId(Uuid::from_u128(number)),
        subject,
        role,
        scope: path(scope),
    }
}

fn group(name: &str) -> Subject {
    Subject::Group(name.to_owned())
}

fn user(issuer: &str, subject: &str) -> Subject {
    Subject::User {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
    }
}

async fn a_person_gets_the_rules_of_their_groups_and_their_own(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let rules = [
        rule(1, group("vision"), Role::Editor, VISION),
        rule(
            2,
            user("https://id.example", "ada"),
            Role::SystemAdministrator,
            ACME,
        ),
        rule(
            3,
            user("https://other.example", "ada"),
            Role::Viewer,
            IMAGES,
        ),
        // A group of this name is not the person of this name.
        rule(4, group("ada"), Role::Viewer, IMAGES),
        rule(5, group("speech"), Role::MlEngineer, VISION),
    ];
    let mut tx = database.store.begin().await?;
    for rule in &rules {
        tx.add_access_rule(rule).await?;
    }
    let groups = [
        "vision".to_owned(),
        "unmapped".to_owned(),
        "vision".to_owned(),
    ];
    let found = tx
        .access_rules_for(&groups, "https://id.example", "ada")
        .await?;
    assert_eq!(found, rules[..2]);
    assert_eq!(
        tx.access_rules_for(&[], "https://other.example", "ada")
            .await?,
        rules[2..3]
    );
    assert!(
        tx.access_rules_for(&[], "https://id.example", "vision")
            .await?
            .is_empty()
    );
    assert!(tx.access_rules_for(&[], "", "vision").await?.is_empty());
    Ok(())
}

async fn a_rule_that_says_the_same_is_added_once(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let first = rule(1, group("vision"), Role::Editor, VISION);
    let mut tx = database.store.begin().await?;
    assert!(tx.add_access_rule(&first).await?);
    assert!(!tx.add_access_rule(&first).await?);
    let same = rule(2, group("vision"), Role::Editor, VISION);
    assert!(!tx.add_access_rule(&same).await?);
    assert_eq!(
        tx.access_rules_for(&["vision".to_owned()], "i", "s")
            .await?,
        [first]
    );
    Ok(())
}

async fn a_group_is_named_byte_for_byte(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let name = "CN=Forschung & Büro, O='Acme' — 研究_%";
    let mut tx = database.store.begin().await?;
    tx.add_access_rule(&rule(1, group(name), Role::Viewer, ACME))
        .await?;
    for (asked, found) in [
        (name.to_owned(), 1),
        (name.to_lowercase(), 0),
        (format!("{name} "), 0),
    ] {
        assert_eq!(tx.access_rules_for(&[asked], "i", "s").await?.len(), found);
    }
    Ok(())
}

async fn only_mapped_groups_are_kept(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    tx.add_access_rule(&rule(1, group("vision"), Role::Editor, VISION))
        .await?;
    tx.add_access_rule(&rule(2, group("vision"), Role::Viewer, ACME))
        .await?;
    tx.add_access_rule(&rule(3, user("i", "all-staff"), Role::Viewer, ACME))
        .await?;
    let groups = ["vision", "all-staff", "canteen"].map(str::to_owned);
    assert_eq!(tx.mapped_groups(&groups).await?, ["vision"]);
    assert!(tx.mapped_groups(&[]).await?.is_empty());
    Ok(())
}

async fn thousands_of_groups_are_no_obstacle(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    tx.add_access_rule(&rule(1, group("g-2999"), Role::Editor, VISION))
        .await?;
    let groups: Vec<String> = (0..3000).map(|number| format!("g-{number}")).collect();
    assert_eq!(tx.access_rules_for(&groups, "i", "s").await?.len(), 1);
    assert_eq!(tx.mapped_groups(&groups).await?, ["g-2999"]);
    Ok(())
}

async fn rules_are_listed_within_the_reach_and_removed_one_by_one(
    database: Database,
) -> Result<()> {
    plant(&database.store).await?;
    let rules = [
        rule(1, group("root"), Role::SystemAdministrator, ACME),
        rule(2, group("east"), Role::SystemAdministrator, EAST),
        rule(3, group("vision"), Role::DepartmentAdministrator, VISION),
        rule(4, user("https://id.example", "ada"), Role::Editor, IMAGES),
    ];
    let mut tx = database.store.begin().await?;
    for rule in &rules {
        assert!(tx.add_access_rule(rule).await?);
    }
    assert_eq!(tx.list_access_rules(&[path(ACME)]).await?, rules);
    assert_eq!(tx.list_access_rules(&[path(EAST)]).await?, rules[1..]);
    assert_eq!(tx.list_access_rules(&[path(VISION)]).await?, rules[2..]);
    assert!(tx.list_access_rules(&[]).await?.is_empty());
    assert_eq!(tx.count_system_administrator_rules().await?, 1);
    assert_eq!(tx.access_rule(rules[2].id).await?.as_ref(), Some(&rules[2]));
    tx.remove_access_rule(rules[2].id).await?;
    tx.remove_access_rule(rules[2].id).await?;
    assert_eq!(tx.access_rule(rules[2].id).await?, None);
    assert_eq!(tx.list_access_rules(&[path(VISION)]).await?, rules[3..]);
    Ok(())
}

async fn of_two_that_remove_the_last_rules_of_each_other_one_is_left(
    database: Database,
) -> Result<()> {
    async fn remove_unless_last(store: Store, id: AccessRuleId) -> Result<bool> {
        let mut tx = store.begin().await?;
        let is_last = tx.count_system_administrator_rules().await? <= 1;
        // Gives the other every chance to come in between.
        tokio::task::yield_now().await;
        if !is_last {
            tx.remove_access_rule(id).await?;
            tx.commit().await?;
        }
        Ok(!is_last)
    }
    plant(&database.store).await?;
    let rules = [
        rule(1, group("a"), Role::SystemAdministrator, ACME),
        rule(2, group("b"), Role::SystemAdministrator, ACME),
    ];
    let mut tx = database.store.begin().await?;
    for rule in &rules {
        tx.add_access_rule(rule).await?;
    }
    tx.commit().await?;
    let elsewhere = Store::connect(&database.url).await?;
    let here = tokio::spawn(remove_unless_last(database.store.clone(), rules[0].id));
    let there = tokio::spawn(remove_unless_last(elsewhere, rules[1].id));
    assert_ne!(here.await??, there.await??);
    let mut tx = database.store.read().await?;
    assert_eq!(tx.count_system_administrator_rules().await?, 1);
    Ok(())
}
