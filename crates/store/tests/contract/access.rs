//! Access rules.

use anyhow::Result;
use domain::{AccessRule, AccessRuleId, Role, Subject};
use uuid::Uuid;

use crate::database::{Database, contracts};
use crate::fixtures::{ACME, IMAGES, VISION, path, plant};

contracts![
    a_person_gets_the_rules_of_their_groups_and_their_own,
    a_rule_that_says_the_same_is_added_once,
    a_group_is_named_byte_for_byte,
    only_mapped_groups_are_kept,
    thousands_of_groups_are_no_obstacle,
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
    tx.add_access_rule(&first).await?;
    tx.add_access_rule(&first).await?;
    tx.add_access_rule(&rule(2, group("vision"), Role::Editor, VISION))
        .await?;
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
