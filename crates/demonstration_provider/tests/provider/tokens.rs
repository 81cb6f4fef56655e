//! The token endpoint, the ID token and userinfo; the ID token is checked by the verifier that clients use.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HOST, WWW_AUTHENTICATE};
use axum::http::{Request, StatusCode};
use domain::Clock;
use jiff::SignedDuration;
use openidconnect::core::{
    CoreGenderClaim, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, ClientId, ClientSecret, IdToken, IssuerUrl,
    Nonce, ProviderMetadataWithLogout,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::setting::{CALLBACK, HOSTNAME, ISSUER, SECRET, Setting, VERIFIER, ada};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Further {
    groups: Option<Vec<String>>,
    sid: String,
}

impl AdditionalClaims for Further {}

type Token =
    IdToken<Further, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

#[tokio::test]
async fn the_id_token_satisfies_a_clients_own_verifier() -> anyhow::Result<()> {
    let mut setting = Setting::new();
    let metadata = setting.get("/.well-known/openid-configuration", &[]).await;
    let metadata: ProviderMetadataWithLogout = serde_json::from_str(&metadata.text)?;
    assert_eq!(metadata.issuer().as_str(), ISSUER);
    let keys: CoreJsonWebKeySet = serde_json::from_str(&setting.get("/jwks", &[]).await.text)?;
    let tokens = setting.tokens().await;
    let access_token = AccessToken::new(
        tokens["access_token"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    );
    let token: Token = serde_json::from_value(tokens["id_token"].clone())?;

    let now = setting.clock.now();
    let verifier = CoreIdTokenVerifier::new_confidential_client(
        ClientId::new("stowage".to_owned()),
        ClientSecret::new(SECRET.to_owned()),
        IssuerUrl::new(ISSUER.to_owned())?,
        keys,
    )
    .set_allowed_algs([CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256])
    .set_time_fn(move || chrono::DateTime::from_timestamp(now.as_second(), 0).unwrap_or_default());
    let claims = token.claims(&verifier, &Nonce::new("a nonce".to_owned()))?;
    let hash = AccessTokenHash::from_token(
        &access_token,
        token.signing_alg()?,
        token.signing_key(&verifier)?,
    )?;
    assert_eq!(claims.access_token_hash(), Some(&hash));
    assert_eq!(claims.subject().as_str(), "ada");
    assert_eq!(
        claims.email().map(|email| email.as_str()),
        Some("ada@example.org")
    );
    assert_eq!(claims.email_verified(), Some(true));
    assert_eq!(
        claims.preferred_username().map(|name| name.as_str()),
        Some("ada")
    );
    assert_eq!(
        claims.auth_time().map(|at| at.timestamp()),
        Some(now.as_second())
    );
    assert_eq!(
        claims.additional_claims().groups.as_ref(),
        Some(&ada().groups)
    );
    assert_eq!(claims.additional_claims().sid.len(), 43);
    assert!(
        token
            .claims(&verifier, &Nonce::new("another".to_owned()))
            .is_err()
    );
    Ok(())
}

#[tokio::test]
async fn without_the_scope_groups_there_is_no_such_claim() {
    let mut setting = Setting::new();
    let page = setting.authorize(&[("scope", "openid unknown")]).await;
    let answer = setting
        .post(
            "/sign-in",
            &[("sign_in", &page.form_token()), ("person", "ada")],
        )
        .await;
    let code = answer.sent_to().1.remove("code").expect("a code");
    let tokens = setting.exchange(&code).await.json();
    assert_eq!(tokens["scope"], "openid");
    let about = setting
        .userinfo(tokens["access_token"].as_str().unwrap_or_default())
        .await;
    assert_eq!(about.json(), json!({ "sub": "ada" }));
}

#[tokio::test]
async fn userinfo_tells_the_groups_of_now_and_nothing_to_a_bad_token() {
    let mut setting = Setting::new();
    let tokens = setting.tokens().await;
    let token = tokens["access_token"].as_str().unwrap_or_default();
    let expected = json!({
        "sub": "ada",
        "name": "Ada Lovelace",
        "preferred_username": "ada",
        "email": "ada@example.org",
        "email_verified": true,
        "groups": ["vision-editors", "speech-viewers"],
    });
    assert_eq!(setting.userinfo(token).await.json(), expected);
    setting.provider.put_person(demonstration_provider::Person {
        groups: Vec::new(),
        ..ada()
    });
    assert_eq!(setting.userinfo(token).await.json()["groups"], json!([]));

    for bad in [
        "nonsense",
        tokens["refresh_token"].as_str().unwrap_or_default(),
        "",
    ] {
        let answer = setting.userinfo(bad).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let header = answer.headers[WWW_AUTHENTICATE]
            .to_str()
            .expect("text")
            .to_owned();
        assert!(header.contains("error=\"invalid_token\""), "{header}");
    }
    setting.clock.hand_on(SignedDuration::from_mins(5));
    assert_eq!(
        setting.userinfo(token).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        setting
            .get("/userinfo", &[("access_token", token)])
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_code_needs_its_verifier_its_address_and_its_client() {
    let other = VERIFIER.replace('a', "b");
    let cases = [
        ("stowage", CALLBACK, other.as_str()),
        ("stowage", CALLBACK, "short"),
        ("stowage", "http://127.0.0.1:8080/", VERIFIER),
        ("other", CALLBACK, VERIFIER),
    ];
    for (client, redirect_uri, verifier) in cases {
        let mut setting = Setting::new();
        let code = setting.code().await;
        let words = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        let answer = setting.token(client, &words).await;
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (StatusCode::BAD_REQUEST, "invalid_grant")
        );
        let again = setting.exchange(&code).await;
        let still_good = client == "other";
        assert_eq!(
            again.status == StatusCode::OK,
            still_good,
            "a wrong try by its own client spends a code"
        );
    }
}

#[tokio::test]
async fn a_code_is_good_for_less_than_a_minute() {
    let mut setting = Setting::new();
    let code = setting.code().await;
    setting.clock.hand_on(SignedDuration::from_secs(59));
    assert_eq!(setting.exchange(&code).await.status, StatusCode::OK);
    let code = setting.code().await;
    setting.clock.hand_on(SignedDuration::from_secs(60));
    assert_eq!(setting.exchange(&code).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_code_that_is_used_again_takes_its_tokens_away() {
    let mut setting = Setting::new();
    let code = setting.code().await;
    let tokens = setting.exchange(&code).await.json();
    let token = |name: &str| tokens[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        setting.userinfo(&token("access_token")).await.status,
        StatusCode::OK
    );
    assert_eq!(setting.exchange(&code).await.error(), "invalid_grant");
    assert_eq!(
        setting.userinfo(&token("access_token")).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        setting.refresh(&token("refresh_token")).await.error(),
        "invalid_grant"
    );
}

#[tokio::test]
async fn each_refresh_gives_a_new_token_and_a_second_use_ends_the_grant() {
    let mut setting = Setting::new();
    let first = setting.tokens().await["refresh_token"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    setting.clock.hand_on(SignedDuration::from_mins(30));
    let words = [
        ("grant_type", "refresh_token"),
        ("refresh_token", first.as_str()),
    ];
    assert_eq!(
        setting.token("other", &words).await.error(),
        "invalid_grant"
    );

    let answer = setting.refresh(&first).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let tokens = answer.json();
    let second = tokens["refresh_token"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert_ne!(first, second);
    let claims = unverified(&tokens["id_token"]);
    assert_eq!(claims["nonce"], Value::Null);
    assert_eq!(
        claims["auth_time"].as_i64(),
        Some(setting.clock.now().as_second() - 1800)
    );

    assert_eq!(setting.refresh(&first).await.error(), "invalid_grant");
    assert_eq!(setting.refresh(&second).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_refresh_may_ask_for_less_but_not_for_more() {
    let mut setting = Setting::new();
    let token = setting.tokens().await["refresh_token"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", &token)];
    let more = [&refresh[..], &[("scope", "openid offline_access")]].concat();
    assert_eq!(
        setting.token("stowage", &more).await.error(),
        "invalid_scope"
    );
    let less = [&refresh[..], &[("scope", "openid email")]].concat();
    let tokens = setting.token("stowage", &less).await.json();
    assert_eq!(tokens["scope"], "openid email");
    assert_eq!(unverified(&tokens["id_token"])["groups"], Value::Null);
    let next = setting
        .refresh(tokens["refresh_token"].as_str().unwrap_or_default())
        .await
        .json();
    assert_eq!(next["scope"], "openid profile email groups");
}

#[tokio::test]
async fn who_is_removed_gets_no_more_tokens() {
    let mut setting = Setting::new();
    let tokens = setting.tokens().await;
    setting.provider.remove_person("ada");
    let answer = setting
        .refresh(tokens["refresh_token"].as_str().unwrap_or_default())
        .await;
    assert_eq!(answer.error(), "invalid_grant");
    assert_eq!(setting.authorize(&[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_client_proves_itself_in_one_of_two_ways() {
    let mut setting = Setting::new();
    let code = setting.code().await;
    let words = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let refused = [
        vec![],
        vec![("client_id", "stowage")],
        vec![("client_id", "stowage"), ("client_secret", "wrong")],
        vec![("client_id", "stranger"), ("client_secret", SECRET)],
    ];
    for proof in refused {
        let answer = setting.post("/token", &[&words[..], &proof].concat()).await;
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (StatusCode::UNAUTHORIZED, "invalid_client")
        );
        assert!(answer.headers.contains_key(WWW_AUTHENTICATE));
    }
    let both = [&words[..], &[("client_secret", SECRET)]].concat();
    assert_eq!(
        setting.token("stowage", &both).await.error(),
        "invalid_request"
    );
    let proof = [("client_id", "stowage"), ("client_secret", SECRET)];
    assert_eq!(
        setting
            .post("/token", &[&words[..], &proof].concat())
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn what_the_token_endpoint_cannot_read_is_an_invalid_request() {
    let mut setting = Setting::new();
    assert_eq!(
        setting.token("stowage", &[]).await.error(),
        "invalid_request"
    );
    assert_eq!(
        setting
            .token("stowage", &[("grant_type", "password")])
            .await
            .error(),
        "unsupported_grant_type"
    );
    let twice = [
        ("grant_type", "refresh_token"),
        ("grant_type", "refresh_token"),
    ];
    assert_eq!(
        setting.token("stowage", &twice).await.error(),
        "invalid_request"
    );
    let request = Request::post("/token")
        .header(HOST, HOSTNAME)
        .header(CONTENT_TYPE, "application/json");
    let answer = setting
        .send(request.body(Body::from("{}")).expect("a request"))
        .await;
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (StatusCode::BAD_REQUEST, "invalid_request")
    );
    let request = Request::post("/token").header(HOST, HOSTNAME);
    let answer = setting
        .send(
            request
                .body(Body::from(vec![b'a'; 20_000]))
                .expect("a request"),
        )
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

fn unverified(token: &Value) -> Value {
    use base64::Engine;
    let payload = token
        .as_str()
        .and_then(|token| token.split('.').nth(1))
        .expect("three parts");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}
