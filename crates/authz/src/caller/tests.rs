use domain::ApplicationId;

use super::*;
use crate::principal::Application;

fn path(ids: &[&str]) -> ScopePath {
    ids[1..]
        .iter()
        .fold(ScopePath::tenant(ids[0].into()), |p, id| {
            p.child((*id).into()).unwrap()
        })
}

fn caller(role: Role, scope: &[&str]) -> Caller {
    let person = Person {
        id: "00000000-0000-0000-0000-0000000000ad".parse().unwrap(),
        issuer: "https://id.example".into(),
        subject: "ada".into(),
        name: "Ada".into(),
        email: None,
        groups: vec![],
    };
    Caller::new(
        person,
        vec![Grant {
            role,
            scope: path(scope),
            through: "a group".into(),
        }],
    )
}

struct Volume(ScopePath, Vec<Reach>, Option<UserId>);

impl Standing for Volume {
    fn place(&self) -> &ScopePath {
        &self.0
    }
    fn reaches(&self) -> &[Reach] {
        &self.1
    }
    fn owner(&self) -> Option<UserId> {
        self.2
    }
}

const VISION: [&str; 4] = ["acme", "east", "vision", "1"];
const SPEECH: [&str; 4] = ["acme", "east", "speech", "2"];

#[test]
fn a_stranger_is_told_that_there_is_no_such_volume() {
    let volume = Volume(path(&VISION), vec![], None);
    assert_eq!(
        caller(Role::Editor, &SPEECH).authorize(Action::Edit, &volume),
        Err(Refusal::Invisible)
    );
}

#[test]
fn a_share_lets_a_reader_read_and_no_more() {
    let volume = Volume(
        path(&VISION),
        vec![Reach::whole(path(&SPEECH[..3]), ShareMode::ReadOnly)],
        None,
    );
    let editor = caller(Role::Editor, &SPEECH);
    assert_eq!(editor.authorize(Action::ReadFiles, &volume), Ok(()));
    for action in [
        Action::WriteFiles,
        Action::Edit,
        Action::Delete,
        Action::Share,
    ] {
        assert_eq!(
            editor.authorize(action, &volume),
            Err(Refusal::Forbidden(action))
        );
    }
    let viewer = caller(Role::Viewer, &SPEECH);
    assert_eq!(viewer.authorize(Action::See, &volume), Ok(()));
    assert_eq!(
        viewer.authorize(Action::ReadFiles, &volume),
        Err(Refusal::Forbidden(Action::ReadFiles))
    );
}

#[test]
fn a_read_write_share_lets_an_editor_write() {
    let volume = Volume(
        path(&VISION),
        vec![Reach::whole(path(&SPEECH), ShareMode::ReadWrite)],
        None,
    );
    assert_eq!(
        caller(Role::Editor, &SPEECH).authorize(Action::WriteFiles, &volume),
        Ok(())
    );
    assert!(
        caller(Role::L2Researcher, &SPEECH)
            .authorize(Action::WriteFiles, &volume)
            .is_err()
    );
}

#[test]
fn a_share_of_a_folder_gives_that_folder_only() {
    let offered = |scope: &[&str], mode, sub_path: &str| Reach {
        sub_path: sub_path.parse().unwrap(),
        ..Reach::whole(path(scope), mode)
    };
    let volume = Volume(
        path(&VISION),
        vec![
            offered(&SPEECH, ShareMode::ReadWrite, "inbox"),
            offered(&SPEECH[..3], ShareMode::ReadOnly, "train"),
            offered(&SPEECH, ShareMode::ReadOnly, "train-old"),
            offered(&SPEECH, ShareMode::ReadOnly, "train/de"),
        ],
        None,
    );
    let folders = |caller: &Caller, action| -> Vec<String> {
        let folders = caller.folders(action, &volume);
        folders.iter().map(VolumePath::to_string).collect()
    };
    let editor = caller(Role::Editor, &SPEECH);
    assert_eq!(
        folders(&editor, Action::ReadFiles),
        ["inbox", "train", "train-old"]
    );
    assert_eq!(folders(&editor, Action::WriteFiles), ["inbox"]);
    let theirs = caller(Role::Editor, &VISION);
    assert_eq!(folders(&theirs, Action::WriteFiles), [""]);
    let nobody = caller(Role::Viewer, &SPEECH);
    assert!(folders(&nobody, Action::ReadFiles).is_empty());
}

#[test]
fn an_l1_researcher_deletes_only_what_is_their_own() {
    let me = caller(Role::L1Researcher, &VISION);
    let mine = Volume(path(&VISION), vec![], Some(me.id()));
    let theirs = Volume(path(&VISION), vec![], None);
    assert_eq!(me.authorize(Action::Delete, &mine), Ok(()));
    assert_eq!(
        me.authorize(Action::Delete, &theirs),
        Err(Refusal::Forbidden(Action::Delete))
    );
}

#[test]
fn the_reach_names_only_the_outermost_scopes() {
    let me = caller(Role::Editor, &VISION);
    let viewer = Grant {
        role: Role::Viewer,
        scope: path(&VISION[..3]),
        through: String::new(),
    };
    let grants = [&me.grants()[..], &[viewer]].concat();
    let me = me.with_grants(grants);
    assert_eq!(me.reach(Action::See), vec![path(&VISION[..3])]);
    assert_eq!(me.reach(Action::Share), vec![path(&VISION)]);
}

#[test]
fn a_department_administrator_gives_no_role_that_is_stronger_and_none_elsewhere() {
    let me = caller(Role::DepartmentAdministrator, &VISION[..3]);
    let given = |scope: &[&str]| -> Vec<&str> {
        let scope = path(scope);
        Role::ALL
            .into_iter()
            .filter(|role| me.may_give(*role, &scope))
            .map(Role::as_str)
            .collect()
    };
    let all_but_the_strongest: Vec<&str> =
        Role::ALL[1..].iter().map(|role| role.as_str()).collect();
    assert_eq!(given(&VISION), all_but_the_strongest);
    assert_eq!(given(&VISION[..3]), all_but_the_strongest);
    assert!(given(&VISION[..2]).is_empty());
    assert!(given(&SPEECH).is_empty());
    let editor = caller(Role::Editor, &VISION);
    assert!(!editor.may_give(Role::Viewer, &path(&VISION)));
}

#[test]
fn what_an_application_made_is_its_own() {
    let id: ApplicationId = "00000000-0000-0000-0000-0000000000a9".parse().unwrap();
    let application = Application {
        id,
        name: "nightly".into(),
    };
    let grants = caller(Role::L1Researcher, &VISION).grants;
    let me = Caller::new(application, grants).with_access_key(id.into());
    let mine = Volume(path(&VISION), vec![], Some(id.into()));
    assert_eq!(me.authorize(Action::Delete, &mine), Ok(()));
    assert_eq!(me.signed_in_person(), None);
}

#[test]
fn a_program_with_a_key_is_not_somebody_who_signed_in() {
    let me = caller(Role::Viewer, &VISION);
    assert!(me.signed_in_person().is_some());
    let key = "00000000-0000-0000-0000-0000000000e1".parse().unwrap();
    assert_eq!(me.with_access_key(key).signed_in_person(), None);
}

#[test]
fn no_groups_means_no_rights() {
    let nobody = Caller::new(caller(Role::Viewer, &VISION).principal, vec![]);
    assert!(!nobody.may(Action::See, &path(&VISION)));
    assert!(nobody.reach(Action::See).is_empty());
}
