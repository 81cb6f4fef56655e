//! Providers that are away, slow to come, or not who they say.

use jiff::SignedDuration;
use tokio::net::TcpListener;

use crate::browser::Browser;
use crate::hostile_provider::HostileProvider;
use crate::setting::{Console, Place, provider};

#[tokio::test]
async fn a_provider_that_is_away_stops_nobody_from_starting_and_is_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let settings = vec![provider("company", &format!("http://{address}"))];
    let console = Console::open(Place::new().await, settings).await;
    let mut browser = Browser::new();
    let sign_in = console.address("/auth/sign-in/company?return_to=/data-volumes");
    let away = "/sign-in?problem=provider-away&return_to=%2Fdata-volumes";
    assert_eq!(browser.get(&sign_in).await.location(), away);

    let listener = TcpListener::bind(address).await.expect("the same port");
    let _provider = HostileProvider::answer_on(listener);
    // Not asked again at once, so that many impatient people do not make many slow questions.
    assert_eq!(browser.get(&sign_in).await.location(), away);
    console.clock.hand_on(SignedDuration::from_secs(5));
    assert!(
        browser
            .get(&sign_in)
            .await
            .location()
            .starts_with(&format!("http://{address}/authorize?"))
    );
}

#[tokio::test]
async fn a_provider_with_another_issuer_than_configured_is_not_used() {
    let hostile = HostileProvider::start().await;
    for issuer in [
        format!("{}/", hostile.issuer()),
        hostile.issuer().replace("127.0.0.1", "localhost"),
    ] {
        let console = Console::open(Place::new().await, vec![provider("company", &issuer)]).await;
        let page = Browser::new()
            .get(&console.address("/auth/sign-in/company"))
            .await;
        assert!(
            ["token", "provider-away"].contains(&page.sent_with("problem").as_str()),
            "{issuer}"
        );
    }
}
