//! Every door, with a request that says enough to come to the question of rights, and asks for nothing that
//! could be done: a name that is none, a path that is not there, what is so already.

use super::door::{Body, Door, door};

const TUS: &[(&str, &str)] = &[("tus-resumable", "1.0.0")];
const TAKE_BACK: Body = Body::Json(
    r#"{"clusterId": "{cluster_id}", "volumeName": "pv-1", "volumeUid": "1", "projectId": "{project_id}",
        "name": "No Label"}"#,
);
const OFFER: Body = Body::Json(
    r#"{"clusterId": "{cluster_id}", "volumeName": "pv-1", "volumeUid": "1", "scopeId": "{project_id}"}"#,
);
const IMPORT: Body = Body::Json(r#"{"source": {"kind": "http", "files": []}}"#);
const STALE: &[(&str, &str)] = &[("if-match", "\"1\"")];

pub(super) fn doors() -> Vec<Door> {
    let mut doors = rest();
    doors.extend(rest_files());
    doors.extend(rest_imports());
    doors.extend(rest_storage_and_rights());
    doors.extend(rest_administration());
    doors.extend(rest_programs());
    doors.extend(rest_descriptions());
    doors.extend(server_functions());
    doors.extend(server_functions_of_sharing());
    doors.extend(server_functions_of_imports());
    doors.extend(server_functions_of_programs());
    doors.extend(server_functions_of_the_administration());
    doors.extend(pages());
    doors.extend(signing_in());
    doors
}

fn rest() -> Vec<Door> {
    const USABLE: &str = "?requestType=UsableInProject&usableInProjectId={project_id}";
    const SHARED: Body =
        Body::Json(r#"{"add": [{"scopeType": "project", "scopeId": "{other_project_id}"}]}"#);
    vec![
        door("GET", "/api/v1/datavolumes").asking(USABLE),
        door("POST", "/api/v1/datavolumes").with(Body::Json(
            r#"{"name": "No Label", "originPvcName": "data", "projectId": "{project_id}"}"#,
        )),
        door("GET", "/api/v1/datavolumes/count").asking(USABLE),
        door("GET", "/api/v1/datavolumes/name-availability")
            .asking("?dataName=free&clusterId={cluster_id}"),
        door("GET", "/api/v1/datavolumes/settings"),
        door("GET", "/api/v1/datavolumes/{data_volume_id}"),
        door("PATCH", "/api/v1/datavolumes/{data_volume_id}")
            .with(Body::Json("{}"))
            .saying(STALE),
        door("DELETE", "/api/v1/datavolumes/{data_volume_id}"),
        door("PUT", "/api/v1/datavolumes/{data_volume_id}/size")
            .with(Body::Json(r#"{"sizeBytes": 0}"#)),
        door("GET", "/api/v1/datavolumes/{data_volume_id}/sharedScopes"),
        door("PATCH", "/api/v1/datavolumes/{data_volume_id}/sharedScopes").with(SHARED),
        door("GET", "/api/v1/datavolumes/{data_volume_id}/shared-scopes"),
        door(
            "PATCH",
            "/api/v1/datavolumes/{data_volume_id}/shared-scopes",
        )
        .with(SHARED),
        door("GET", "/api/v1/datavolumes/export.csv").asking("?scope={department_id}"),
        door("GET", "/api/v1/datavolumes/export.json").asking("?scope={department_id}"),
        door("GET", "/api/v1/events"),
    ]
}

fn rest_files() -> Vec<Door> {
    const UPLOADS: &str = "/api/v1/datavolumes/{data_volume_id}/uploads";
    const UPLOAD: &str = "/api/v1/datavolumes/{data_volume_id}/uploads/{upload_id}";
    let mut doors = vec![
        door("GET", "/api/v1/datavolumes/{data_volume_id}/files"),
        door("DELETE", "/api/v1/datavolumes/{data_volume_id}/files").asking("?path=nothing"),
        door("GET", "/api/v1/datavolumes/{data_volume_id}/files/content").asking("?path=a.txt"),
        door("GET", "/api/v1/datavolumes/{data_volume_id}/files/details").asking("?path=a.txt"),
        door("GET", "/api/v1/datavolumes/{data_volume_id}/manifest"),
        door(
            "POST",
            "/api/v1/datavolumes/{data_volume_id}/uploads/archive",
        )
        .asking("?format=rar"),
        door("POST", "/api/v1/datavolumes/{data_volume_id}/uploads/batch"),
        door("POST", "/api/v1/datavolumes/{data_volume_id}/files/folder")
            .with(Body::Json(r#"{"path": "a.txt"}"#)),
        door("POST", "/api/v1/datavolumes/{data_volume_id}/files/rename")
            .with(Body::Json(r#"{"from": "nothing", "to": "b"}"#)),
    ];
    let of = |path: &'static str| move |method: &'static str| door(method, path).saying(TUS);
    doors.extend(["GET", "POST", "HEAD", "OPTIONS"].map(of(UPLOADS)));
    doors.extend(["GET", "POST", "HEAD", "PATCH", "DELETE", "OPTIONS"].map(of(UPLOAD)));
    doors
}

fn rest_imports() -> Vec<Door> {
    const ALL: &str = "/api/v1/datavolumes/{data_volume_id}/imports";
    const ONE: &str = "/api/v1/datavolumes/{data_volume_id}/imports/{import_id}";
    vec![
        door("GET", ALL),
        door("POST", ALL).with(IMPORT),
        door("GET", ONE),
        door("DELETE", ONE),
        door(
            "POST",
            "/api/v1/datavolumes/{data_volume_id}/imports/{import_id}/cancel",
        ),
        door(
            "POST",
            "/api/v1/datavolumes/{data_volume_id}/imports/{import_id}/run",
        ),
    ]
}

fn server_functions_of_imports() -> Vec<Door> {
    const ONE: Body = Body::Json(r#"{"id": "{data_volume_id}", "import": "{import_id}"}"#);
    vec![
        door("GET", "/fn/imports/list").asking("?id={data_volume_id}"),
        door("POST", "/fn/imports/start").with(Body::Json(
            r#"{"id": "{data_volume_id}", "new": {"source": {"kind": "http", "files": []}}}"#,
        )),
        door("POST", "/fn/imports/cancel").with(ONE),
        door("POST", "/fn/imports/run").with(ONE),
        door("POST", "/fn/imports/remove").with(ONE),
    ]
}

fn rest_storage_and_rights() -> Vec<Door> {
    vec![
        door("GET", "/api/v1/asset/datasource/pvc").asking("?projectId={project_id}"),
        door("POST", "/api/v1/asset/datasource/pvc").with(Body::Json(
            r#"{"meta": {"name": "No Label", "scope": "project", "projectId": {project_id}},
                "spec": {"existingPvc": true, "claimName": "data"}}"#,
        )),
        door("GET", "/api/v1/asset/datasource/pvc/{asset_id}"),
        door("DELETE", "/api/v1/asset/datasource/pvc/{asset_id}"),
        door("GET", "/api/v2/storage-classes").asking("?clusterId={cluster_id}"),
        door("GET", "/api/v1/clusters"),
        door("GET", "/api/v1/retained-volumes"),
        door("POST", "/api/v1/retained-volumes").with(TAKE_BACK),
        door("GET", "/api/v1/static-volumes"),
        door("GET", "/api/v1/static-volumes/offers").asking("?projectId={project_id}"),
        door("POST", "/api/v1/static-volumes/offers").with(OFFER),
        door("DELETE", "/api/v1/static-volumes/offers/{offer_id}"),
        door("GET", "/api/v1/clusters/{id}").about("cluster_id"),
        door("GET", "/api/v1/org-unit/departments"),
        door("GET", "/api/v1/org-unit/departments/{id}").about("department_id"),
        door("GET", "/api/v1/org-unit/projects"),
        door("GET", "/api/v1/org-unit/projects/{id}").about("project_id"),
        door("GET", "/api/v1/authorization/roles"),
        door("GET", "/api/v1/authorization/permissions"),
        door("POST", "/api/v1/authorization/permitted-scopes")
            .with(Body::Json(r#"{"resourceType": "datavolumes"}"#)),
    ]
}

fn rest_administration() -> Vec<Door> {
    const RULES: &str = "/api/v1/authorization/access-rules";
    const RULE: &str = "/api/v1/authorization/access-rules/{access_rule_id}";
    const DEPARTMENT: &str = "/api/v1/org-unit/departments/{id}";
    const PROJECT: &str = "/api/v1/org-unit/projects/{id}";
    const NO_NAME: Body = Body::Json(r#"{"name": ""}"#);
    vec![
        door("GET", RULES),
        door("POST", RULES).with(Body::Json(
            r#"{"subjectType": "group", "subjectId": "", "roleId": 9,
                "scopeType": "department", "scopeId": "{department_id}"}"#,
        )),
        door("GET", RULE),
        door("DELETE", RULE),
        door("POST", "/api/v1/org-unit/departments")
            .with(Body::Json(r#"{"name": "", "clusterId": "{cluster_id}"}"#)),
        door("PUT", DEPARTMENT).about("department_id").with(NO_NAME),
        door("DELETE", DEPARTMENT).about("department_id"),
        door("POST", "/api/v1/org-unit/projects").with(Body::Json(
            r#"{"name": "", "clusterId": "{cluster_id}", "parentId": "{department_id}"}"#,
        )),
        door("PUT", PROJECT).about("project_id").with(NO_NAME),
        door("DELETE", PROJECT).about("project_id"),
        door("GET", "/api/v1/audit/log"),
    ]
}

/// Applications are the organisation's, and nobody here may manage that; access keys are somebody else's.
fn rest_programs() -> Vec<Door> {
    const NO_NAME: Body = Body::Json(r#"{"name": "No Name"}"#);
    const SWITCH: Body = Body::Json(r#"{"enabled": true}"#);
    let mut doors = Vec::new();
    for (all, one, secret) in [
        (
            "/api/v1/apps",
            "/api/v1/apps/{app_id}",
            "/api/v1/apps/{app_id}/secret",
        ),
        (
            "/api/v1/service-accounts",
            "/api/v1/service-accounts/{app_id}",
            "/api/v1/service-accounts/{app_id}/secret",
        ),
        (
            "/api/v1/access-keys",
            "/api/v1/access-keys/{access_key_id}",
            "/api/v1/access-keys/{access_key_id}/secret",
        ),
    ] {
        doors.extend([
            door("GET", all),
            door("POST", all).with(NO_NAME),
            door("GET", one),
            door("PATCH", one).with(SWITCH),
            door("DELETE", one),
            door("POST", secret),
        ]);
    }
    doors.extend([
        door("GET", "/api/v1/audit/export.csv"),
        door("GET", "/api/v1/audit/export.json"),
    ]);
    doors
}

fn rest_descriptions() -> Vec<Door> {
    vec![
        door("GET", "/api/v1/openapi.json"),
        door("GET", "/api/docs"),
        door("GET", "/api/docs.css"),
    ]
}

/// None of these asks who somebody is by a session: they are where sessions and tokens come from.
fn signing_in() -> Vec<Door> {
    vec![
        door("GET", "/auth/sign-in/{key}"),
        door("GET", "/auth/callback/{key}"),
        door("POST", "/auth/back-channel-logout/{key}").with(Body::Form("logout_token=none")),
        // From elsewhere: whoever asks is still signed in afterwards.
        door("POST", "/auth/sign-out").saying(&[("sec-fetch-site", "cross-site")]),
        door("POST", "/api/v1/token").with(Body::Json(
            r#"{"grantType": "app_token", "AppId": "{app_id}", "AppSecret": "wrong"}"#,
        )),
        door("POST", "/api/v2/device-authorization").with(Body::Form("device_name=a%00b")),
        door("POST", "/api/v2/token").with(Body::Form(
            "grant_type=client_credentials&client_id={app_id}&client_secret=wrong",
        )),
    ]
}

fn server_functions_of_the_administration() -> Vec<Door> {
    const RULE: Body = Body::Json(
        r#"{"new": {"subject": {"type": "group", "name": ""}, "role": "viewer",
            "scopeId": "{department_id}"}}"#,
    );
    vec![
        door("GET", "/fn/access-rules/list").asking("?scope={department_id}"),
        door("GET", "/fn/access-rules/choices"),
        door("GET", "/fn/people/find").asking("?search=nobody"),
        door("POST", "/fn/access-rules/plan").with(RULE),
        door("POST", "/fn/access-rules/add").with(RULE),
        door("POST", "/fn/access-rules/remove").with(Body::Form("id={access_rule_id}")),
        door("GET", "/fn/retained-volumes/list"),
        door("POST", "/fn/retained-volumes/take-back").with(Body::Json(
            r#"{"wish": {"clusterId": "{cluster_id}", "volumeName": "pv-1", "volumeUid": "1",
                "projectId": "{project_id}", "name": "No Label"}}"#,
        )),
        door("GET", "/fn/static-volumes/list"),
        door("POST", "/fn/static-volumes/offer").with(Body::Json(
            r#"{"new": {"clusterId": "{cluster_id}", "volumeName": "pv-1", "volumeUid": "1",
                "scopeId": "{project_id}"}}"#,
        )),
        door("POST", "/fn/static-volumes/withdraw").with(Body::Json(r#"{"id": "{offer_id}"}"#)),
        door("GET", "/fn/departments/list"),
        door("GET", "/fn/projects/list"),
        door("POST", "/fn/departments/create").with(Body::Json(
            r#"{"new": {"clusterId": "{cluster_id}", "name": ""}}"#,
        )),
        door("POST", "/fn/departments/rename").with(Body::Form("id={department_id}&name=")),
        door("POST", "/fn/departments/delete").with(Body::Form("id={department_id}")),
        door("POST", "/fn/projects/create").with(Body::Json(
            r#"{"new": {"departmentId": "{department_id}", "name": ""}}"#,
        )),
        door("POST", "/fn/projects/rename").with(Body::Form("id={project_id}&name=")),
        door("POST", "/fn/projects/delete").with(Body::Form("id={project_id}")),
        door("GET", "/fn/audit/list").asking("?query[limit]=1"),
    ]
}

/// What is shared already is shared again, and a refusal has no reason.
fn server_functions_of_sharing() -> Vec<Door> {
    const ID: &str = "?id={data_volume_id}";
    vec![
        door("GET", "/fn/data-volumes/share-targets").asking(ID),
        door("POST", "/fn/data-volumes/share").with(Body::Json(
            r#"{"id": "{data_volume_id}", "with": {"scopeId": "{other_project_id}"}}"#,
        )),
        door("POST", "/fn/data-volumes/change-shares").with(Body::Json(
            r#"{"id": "{data_volume_id}", "add": [["project", {"scopeId": "{other_project_id}"}]],
                "remove": []}"#,
        )),
        door("POST", "/fn/data-volumes/pods").with(Body::Json(
            r#"{"id": "{data_volume_id}", "scopes": ["{other_project_id}"]}"#,
        )),
        door("POST", "/fn/data-volumes/unshare").with(Body::Form(
            "id={data_volume_id}&share_id=00000000-0000-7000-8000-00000005a4e0",
        )),
        door("GET", "/fn/data-volumes/share-requests").asking(ID),
        door("GET", "/fn/share-requests/mine"),
        door("POST", "/fn/share-requests/ask").with(Body::Json(
            r#"{"id": "{data_volume_id}", "wanted": {"scopeId": "{other_project_id}"}}"#,
        )),
        door("POST", "/fn/share-requests/answer").with(Body::Json(
            r#"{"id": "{share_request_id}", "answer": {"isApproved": false, "reason": ""}}"#,
        )),
        door("POST", "/fn/share-requests/withdraw")
            .with(Body::Json(r#"{"id": "{share_request_id}"}"#)),
    ]
}

/// As over REST: applications are the organisation's, and the access keys are somebody else's.
fn server_functions_of_programs() -> Vec<Door> {
    const NO_NAME: Body = Body::Json(r#"{"new": {"name": "No Name"}}"#);
    vec![
        door("GET", "/fn/access-keys/list"),
        door("POST", "/fn/access-keys/create").with(NO_NAME),
        door("GET", "/fn/device-sign-ins/show").asking("?code=BCDF-GHJK"),
        door("POST", "/fn/device-sign-ins/answer").with(Body::Json(
            r#"{"answer": {"userCode": "BCDF-GHJK", "isApproved": false}}"#,
        )),
        door("POST", "/fn/access-keys/delete").with(Body::Json(r#"{"id": "{access_key_id}"}"#)),
        door("GET", "/fn/applications/list").asking("?offset=0&limit=1"),
        door("POST", "/fn/applications/create").with(NO_NAME),
        door("POST", "/fn/applications/edit").with(Body::Json(
            r#"{"id": "{app_id}", "patch": {"enabled": true}}"#,
        )),
        door("POST", "/fn/applications/delete").with(Body::Json(r#"{"id": "{app_id}"}"#)),
    ]
}

fn server_functions() -> Vec<Door> {
    const ID: &str = "?id={data_volume_id}";
    vec![
        door("GET", "/fn/access/me"),
        door("GET", "/fn/access/sign-in-options"),
        door("GET", "/fn/scopes/tree"),
        door("GET", "/fn/data-volumes/list").asking("?query[scope]={department_id}"),
        door("GET", "/fn/data-volumes/show").asking(ID),
        door("GET", "/fn/data-volumes/activity").asking(ID),
        door("GET", "/fn/data-volumes/project-choices"),
        door("GET", "/fn/data-volumes/storage-choices").asking("?project_id={project_id}"),
        door("POST", "/fn/data-volumes/plan").with(Body::Json(
            r#"{"new": {"projectId": "{project_id}", "name": "x",
                "storage": {"kind": "existingClaim", "claim": "data"}}}"#,
        )),
        door("POST", "/fn/data-volumes/create").with(Body::Json(
            r#"{"new": {"projectId": "{project_id}", "name": "No Label",
                "storage": {"kind": "existingClaim", "claim": "data"}}}"#,
        )),
        door("POST", "/fn/data-volumes/edit").with(Body::Json(
            r#"{"id": "{data_volume_id}", "edit": {"description": "a\nb", "tags": []}}"#,
        )),
        door("POST", "/fn/data-volumes/grow").with(Body::Form("id={data_volume_id}&size_bytes=0")),
        door("GET", "/fn/data-volumes/deletion-consequences").asking(ID),
        door("POST", "/fn/data-volumes/delete").with(Body::Form(
            "id={data_volume_id}&name=wrong&seen_mount_count=0",
        )),
        door("GET", "/fn/saved-views/list"),
        door("POST", "/fn/saved-views/save")
            .with(Body::Json(r#"{"new": {"name": "", "query": ""}}"#)),
        door("POST", "/fn/saved-views/delete").with(Body::Json(
            r#"{"id": "00000000-0000-7000-8000-0000000005ed"}"#,
        )),
        door("GET", "/fn/files/list").asking("?id={data_volume_id}&path=&offset=0"),
        door("GET", "/fn/files/preview").asking("?id={data_volume_id}&path=a.txt"),
        door("GET", "/fn/files/details").asking("?id={data_volume_id}&path=a.txt"),
        door("GET", "/fn/files/readme").asking(ID),
        door("POST", "/fn/files/make-folder").with(Body::Form("id={data_volume_id}&path=a.txt")),
        door("POST", "/fn/files/rename").with(Body::Form("id={data_volume_id}&from=nothing&to=b")),
        door("POST", "/fn/files/delete").with(Body::Form("id={data_volume_id}&path=nothing")),
    ]
}

fn pages() -> Vec<Door> {
    vec![
        door("GET", "/"),
        door("GET", "/sign-in"),
        door("GET", "/data-volumes").asking("?scope={department_id}"),
        door("GET", "/data-volumes/new"),
        door("GET", "/data-volumes/{id}"),
        door("GET", "/data-volumes/{id}/files"),
        door("GET", "/data-volumes/{id}/sharing"),
        door("GET", "/data-volumes/{id}/activity"),
        door("GET", "/my-access"),
        door("GET", "/device").asking("?code=BCDF-GHJK"),
        door("GET", "/share-requests"),
        door("GET", "/administration"),
        door("GET", "/administration/access-rules"),
        door("GET", "/administration/departments-and-projects"),
        door("GET", "/administration/retained-volumes"),
        door("GET", "/administration/static-volumes"),
        door("GET", "/administration/applications"),
        door("GET", "/administration/audit-log"),
        door("GET", "/{*address}"),
    ]
}
