//! Lists of data volumes.

mod model;

use anyhow::Result;
use domain::{
    CatalogueView, DataVolume, PersistenceClass, Phase, Placed, Reach, ShareMode, SortBy,
};
use store::{Added, Listing};

use crate::database::{Database, contracts};
use crate::fixtures::{
    ACME, ADA, ARMS, EAST, IMAGES, ROBOTS, SPEECH, VIDEO, VISION, VOICES, WEST, at, fill, path,
    plant, volume,
};

contracts![
    names_are_sorted_by_their_bytes,
    a_search_finds_every_word_in_any_case_and_script,
    the_signs_of_a_pattern_stand_for_themselves,
    what_was_never_measured_comes_last_both_ways,
    pages_join_without_a_gap_and_the_total_stays,
    whoever_reaches_nothing_sees_nothing,
    a_page_carries_what_each_volume_is_shared_with,
    a_changed_volume_is_found_by_its_new_words,
    volumes_are_counted_at_every_scope_above_them,
    every_list_is_what_the_rules_say,
    a_search_with_thousands_of_hits_is_like_any_other,
];

async fn names(database: &Database, listing: &Listing) -> Result<Vec<String>> {
    let (rows, total) = database
        .store
        .read()
        .await?
        .list_data_volumes(listing)
        .await?;
    assert_eq!(rows.len() as u64, total, "all of them fit on the page");
    Ok(rows
        .into_iter()
        .map(|volume| volume.thing.name.to_string())
        .collect())
}

fn everything() -> Listing {
    Listing {
        reach: vec![path(ACME)],
        limit: 500,
        ..Listing::default()
    }
}

fn named(names: &[&str]) -> Vec<Placed<DataVolume>> {
    (1..)
        .zip(names)
        .map(|(number, name)| volume(number, name, IMAGES))
        .collect()
}

async fn names_are_sorted_by_their_bytes(database: Database) -> Result<()> {
    fill(
        &database.store,
        &named(&["ab", "a1", "b", "a", "a-b", "ab-c", "abc", "a-1", "1a"]),
    )
    .await?;
    let sorted = ["1a", "a", "a-1", "a-b", "a1", "ab", "ab-c", "abc", "b"];
    assert_eq!(names(&database, &everything()).await?, sorted);
    let mut backwards = names(
        &database,
        &Listing {
            descending: true,
            ..everything()
        },
    )
    .await?;
    backwards.reverse();
    assert_eq!(backwards, sorted);
    Ok(())
}

async fn a_search_finds_every_word_in_any_case_and_script(database: Database) -> Result<()> {
    let mut volumes = named(&["faces", "street-signs", "corpus"]);
    volumes[0].thing.description = "GRÖSSE der Köpfe".parse()?;
    volumes[1].thing.tags = vec!["Straßenschilder".parse()?, "数据集".parse()?];
    volumes[2].thing.description = "ΟΔΟΣ and МОСКВА".parse()?;
    fill(&database.store, &volumes).await?;
    for (words, expected) in [
        (vec!["grösse"], vec!["faces"]),
        (vec!["KÖPFE", "FACE"], vec!["faces"]),
        (vec!["köpfe", "signs"], vec![]),
        (vec!["STRASSE"], vec![]),
        (vec!["straße"], vec!["street-signs"]),
        (vec!["数据"], vec!["street-signs"]),
        (vec!["москва", "οδοσ"], vec!["corpus"]),
        (vec!["S"], vec!["corpus", "faces", "street-signs"]),
        // Not across the end of one text and the beginning of the next.
        (vec!["facesgr"], vec![]),
    ] {
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        assert_eq!(
            names(
                &database,
                &Listing {
                    words: words.clone(),
                    ..everything()
                }
            )
            .await?,
            expected,
            "{words:?}"
        );
    }
    Ok(())
}

async fn the_signs_of_a_pattern_stand_for_themselves(database: Database) -> Result<()> {
    let mut volumes = named(&["a", "b", "c", "d"]);
    for (volume, text) in
        volumes
            .iter_mut()
            .zip(["100% of it", "snake_case", "C:\\data", "plain 'text'"])
    {
        volume.thing.description = text.parse()?;
    }
    fill(&database.store, &volumes).await?;
    for (word, expected) in [
        ("%", "a"),
        ("0% ", "a"),
        ("_", "b"),
        ("\\", "c"),
        ("\\d", "c"),
        ("'", "d"),
    ] {
        let listing = Listing {
            words: vec![word.to_owned()],
            ..everything()
        };
        assert_eq!(names(&database, &listing).await?, [expected], "{word}");
    }
    Ok(())
}

async fn what_was_never_measured_comes_last_both_ways(database: Database) -> Result<()> {
    let mut volumes = named(&["none", "some", "much", "nothing"]);
    for (volume, bytes) in volumes.iter_mut().zip([None, Some(5), Some(500), Some(0)]) {
        volume.thing.origin.capacity = bytes.map(domain::Bytes);
    }
    fill(&database.store, &volumes).await?;
    let listing = Listing {
        sort: SortBy::Size,
        ..everything()
    };
    assert_eq!(
        names(&database, &listing).await?,
        ["nothing", "some", "much", "none"]
    );
    let listing = Listing {
        descending: true,
        ..listing
    };
    assert_eq!(
        names(&database, &listing).await?,
        ["much", "some", "nothing", "none"]
    );
    Ok(())
}

async fn pages_join_without_a_gap_and_the_total_stays(database: Database) -> Result<()> {
    fill(
        &database.store,
        &named(&["g", "f", "e", "d", "c", "b", "a"]),
    )
    .await?;
    let mut tx = database.store.read().await?;
    // All have the same phase: the ids break the tie.
    let mut found = Vec::new();
    for offset in [0, 3, 6, 9] {
        let listing = Listing {
            sort: SortBy::Status,
            offset,
            limit: 3,
            ..everything()
        };
        let (rows, total) = tx.list_data_volumes(&listing).await?;
        assert_eq!(total, 7);
        found.extend(rows.into_iter().map(|volume| volume.thing.name.to_string()));
    }
    assert_eq!(found, ["g", "f", "e", "d", "c", "b", "a"]);
    Ok(())
}

async fn whoever_reaches_nothing_sees_nothing(database: Database) -> Result<()> {
    fill(&database.store, &named(&["a", "b"])).await?;
    let listing = Listing {
        reach: vec![],
        ..everything()
    };
    assert!(names(&database, &listing).await?.is_empty());
    assert!(
        database
            .store
            .read()
            .await?
            .count_by_scope(&[])
            .await?
            .is_empty()
    );
    Ok(())
}

async fn a_page_carries_what_each_volume_is_shared_with(database: Database) -> Result<()> {
    let mut volumes = named(&["a", "b"]);
    volumes[1].reaches = vec![
        Reach::whole(path(WEST), ShareMode::ReadOnly),
        Reach {
            sub_path: "train/de".parse()?,
            ..Reach::whole(path(VOICES), ShareMode::ReadWrite)
        },
    ];
    fill(&database.store, &volumes).await?;
    let (rows, _) = database
        .store
        .read()
        .await?
        .list_data_volumes(&everything())
        .await?;
    assert_eq!(rows, volumes);
    Ok(())
}

async fn a_changed_volume_is_found_by_its_new_words(database: Database) -> Result<()> {
    let mut volumes = named(&["old"]);
    fill(&database.store, &volumes).await?;
    volumes[0].thing.name = "new".parse()?;
    volumes[0].thing.phase = Phase::Ready;
    let mut tx = database.store.begin().await?;
    tx.save_data_volume(&volumes[0].thing).await?;
    tx.commit().await?;
    for (word, found) in [("old", 0), ("new", 1)] {
        let listing = Listing {
            words: vec![word.to_owned()],
            ..everything()
        };
        assert_eq!(names(&database, &listing).await?.len(), found);
    }
    let ready = Listing {
        phases: vec![Phase::Ready, Phase::Deleting],
        ..everything()
    };
    assert_eq!(names(&database, &ready).await?.len(), 1);
    let durable = Listing {
        persistence: vec![PersistenceClass::Durable],
        ..everything()
    };
    assert_eq!(names(&database, &durable).await?.len(), 0);
    let originated = Listing {
        view: CatalogueView::Originated,
        scope: Some(path(VIDEO)),
        ..everything()
    };
    assert_eq!(names(&database, &originated).await?.len(), 0);
    Ok(())
}

async fn volumes_are_counted_at_every_scope_above_them(database: Database) -> Result<()> {
    let mut volumes = vec![
        volume(1, "a", IMAGES),
        volume(2, "b", IMAGES),
        volume(3, "c", VIDEO),
        volume(4, "d", VOICES),
        volume(5, "e", ARMS),
    ];
    volumes[4].reaches = vec![
        Reach::whole(path(SPEECH), ShareMode::ReadOnly),
        Reach::whole(path(EAST), ShareMode::ReadOnly),
    ];
    fill(&database.store, &volumes).await?;
    let mut tx = database.store.read().await?;
    for (reach, expected) in [
        (
            ACME,
            "101: 2, 102: 1, 201: 1, 301: 1, acme: 5, east: 4, robots: 1, speech: 1, vision: 3, west: 1",
        ),
        (
            VISION,
            "101: 2, 102: 1, 301: 1, acme: 4, east: 3, robots: 1, vision: 3, west: 1",
        ),
        (
            VOICES,
            "201: 1, 301: 1, acme: 2, east: 1, robots: 1, speech: 1, west: 1",
        ),
        (ROBOTS, "301: 1, acme: 1, robots: 1, west: 1"),
    ] {
        let counts = tx.count_by_scope(&[path(reach)]).await?;
        let counts: Vec<String> = counts
            .iter()
            .map(|(id, count)| format!("{id}: {count}"))
            .collect();
        assert_eq!(counts.join(", "), expected, "{reach:?}");
    }
    Ok(())
}

/// Lists by chance, compared with the plain reading of the rules in [`model`].
async fn every_list_is_what_the_rules_say(database: Database) -> Result<()> {
    let mut chance = model::Chance::new(0x5709_a6e5);
    let volumes = model::volumes(&mut chance, 150);
    fill(&database.store, &volumes).await?;
    let mut tx = database.store.begin().await?;
    tx.remember_person(
        ADA,
        "https://id.example",
        "ada",
        model::ADAS_NAME,
        None,
        at(0),
    )
    .await?;
    tx.commit().await?;
    let mut tx = database.store.read().await?;
    for _ in 0..600 {
        let listing = model::listing(&mut chance);
        let (rows, total) = tx.list_data_volumes(&listing).await?;
        let (expected, expected_total) = model::list(&volumes, &listing);
        let rows: Vec<_> = rows
            .iter()
            .map(|volume| volume.thing.name.as_str())
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|volume| volume.thing.name.as_str())
            .collect();
        assert_eq!((rows, total), (expected, expected_total), "{listing:#?}");
    }
    for _ in 0..40 {
        let reach = model::listing(&mut chance).reach;
        assert_eq!(
            tx.count_by_scope(&reach).await?,
            model::counts(&volumes, &reach),
            "{reach:#?}"
        );
    }
    Ok(())
}

/// More hits than are gathered: the page comes from the index then.
async fn a_search_with_thousands_of_hits_is_like_any_other(database: Database) -> Result<()> {
    const COUNT: u32 = 5_200;
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    for number in 1..=COUNT {
        let project = if number % 2 == 0 { IMAGES } else { ARMS };
        // Names fall where numbers rise.
        let name = format!("face-{:04}", 9_999 - number);
        assert_eq!(
            tx.add_data_volume(&volume(number, &name, project), None)
                .await?,
            Added::Yes
        );
    }
    for (reach, total) in [(ACME, COUNT), (EAST, COUNT / 2)] {
        for offset in [0, 2_000, 2_599, u64::from(COUNT)] {
            for words in [vec![], vec!["FACE-".to_owned()]] {
                let reach = vec![path(reach)];
                let listing = Listing {
                    reach,
                    words,
                    offset,
                    limit: 2,
                    ..Listing::default()
                };
                let (rows, found) = tx.list_data_volumes(&listing).await?;
                assert_eq!(found, u64::from(total), "{listing:?}");
                let step = u64::from(COUNT / total);
                let expected: Vec<String> = (offset..u64::from(total).min(offset + 2))
                    .map(|row| format!("face-{}", 9_999 - u64::from(COUNT) + row * step))
                    .collect();
                let names: Vec<_> = rows.iter().map(|row| row.thing.name.to_string()).collect();
                assert_eq!(names, expected, "{listing:?}");
            }
        }
    }
    Ok(())
}
